"""Training of a spotter together with the encoders whose features it reads.

A network that was trained on stored features goes on learning, and the encoders that made them with
it. Windows are read as values of the streams: coded, pooled over face regions, without drift, in
the units of the stored features. Drift is taken off inside the window, for coding a whole span each
step would cost several times as much.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mespot.networks.reconstruction import ReconstructionNetwork
from mespot.networks.spotter import Spotter
from mespot.training.encoders import coded
from mespot.training.ensemble import Member
from mespot.training.joint_encoders import JointEncoders
from mespot.training.spotter_loss import batch_losses
from mespot.training.spotter_training import (
    SpotterTask,
    continued,
    descend,
    loss_weights,
    rise_and_fall,
)
from mespot.training.windows import Window, WindowSampler


def train_jointly(
    encoders: JointEncoders, member: Member, task: SpotterTask, seed: Sequence[int]
) -> Member:
    """The member after more steps, in which its encoders learn too.

    encoders: with the videos of all recordings of the task, whose recipe says how (`joint`). What
    is returned are moving averages of the weights, of the spotter and of the encoders. Raises
    ValueError for a task without joint training.
    """
    recipe = task.recipe.joint
    if recipe is None:
        raise ValueError("the recipe of this task has no joint training")
    rng = np.random.default_rng([*seed, 1])
    # The encoders code whole frames, at the pace of the recording; draw_windows sees to the size.
    windows = replace(task.windows, stretch=1.0, amplitude=1.0, whole_frames=True)
    sampler = WindowSampler([replace(r, features={}) for r in task.recordings], windows, rng)
    # Dropout draws from torch's global generator: seeded here, given back after.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**62)))
        spotter = Spotter(**task.shape)
        spotter.load_state_dict(member.state)
        networks = {name: encoder.build() for name, encoder in encoders.encoders.items()}
        # What only the decoder of an encoder's network uses gets no gradient and stays.
        learned = [p for network in networks.values() for p in network.parameters()]
        optimizer = torch.optim.AdamW(
            [
                {"params": list(spotter.parameters()), "lr": recipe.learning_rate},
                {"params": learned, "lr": recipe.encoder_learning_rate},
            ],
            weight_decay=task.recipe.weight_decay,
            fused=True,
        )

        def losses() -> dict[str, Tensor]:
            drawn = draw_windows(sampler, task.windows.amplitude, recipe.batch_size)
            features = window_features(networks, encoders, sampler, drawn)
            batch = {**sampler.stacked(drawn), "features": features}
            return batch_losses(spotter, batch, task.recipe.focus)

        average, history = descend(
            {"spotter": spotter, **networks},
            optimizer,
            rise_and_fall(
                optimizer, [recipe.learning_rate, recipe.encoder_learning_rate], recipe.steps
            ),
            losses,
            loss_weights(task.recipe),
            task.recipe.weight_average,
            recipe.steps,
        )
    weights = {
        part: {name: value.cpu() for name, value in state.items()}
        for part, state in average.items()
    }
    return replace(
        member,
        state=weights.pop("spotter"),
        history=continued(member.history, history),
        encoders=weights,
    )


def draw_windows(sampler: WindowSampler, amplitude: float, size: int) -> list[Window]:
    """`size` windows, whose motion is scaled by up to `amplitude` and its inverse.

    The sampler itself must not scale: values of the streams are scaled with the regions' motion.
    """
    windows = [sampler.draw() for _ in range(size)]
    reach = math.log(amplitude)
    drawn = np.exp(sampler.rng.uniform(-reach, reach, size)).astype(np.float32)
    return [replace(w, amplitude=float(a)) for w, a in zip(windows, drawn, strict=True)]


def window_features(
    networks: Mapping[str, ReconstructionNetwork],
    encoders: JointEncoders,
    sampler: WindowSampler,
    windows: Sequence[Window],
) -> dict[str, Tensor]:
    """Features of windows on whole frames, {stream: (B, T, R, C)}, on the CPU.

    networks: `encoders` built, {stream: network}; gradients go through them. They are what `cut`
    gives of stored features, but for the drift, which is taken off inside the window.
    """
    return {
        name: torch.stack(
            [_window_features(network, name, encoders, sampler, window) for window in windows]
        )
        for name, network in networks.items()
    }


def _window_features(
    network: ReconstructionNetwork,
    stream: str,
    encoders: JointEncoders,
    sampler: WindowSampler,
    window: Window,
) -> Tensor:
    """Features of one window and stream, (T, R, C); zero beyond the span."""
    frames = sampler.recipe.frames
    kept = torch.from_numpy(window.kept(stream))
    if not kept.any():
        return torch.zeros(frames, len(kept), network.code_channels)
    place = sampler.recordings[window.recording].place
    first = round(window.first)
    last = min(first + frames, window.span[1])
    code = coded(
        network,
        encoders.encoders[stream],
        encoders.inputs[stream][place],
        (first, last),
        window.span,
        window.amplitude,
    )
    units = torch.from_numpy(np.asarray(encoders.scale[stream], np.float32))
    code = minus_moving_average(code, encoders.drift_frames[place]).cpu() / units
    if window.mirror is not None:
        code = code[:, list(window.mirror)]
    return F.pad(code * kept[:, None], (0, 0, 0, 0, 0, frames - len(code)))


def minus_moving_average(features: Tensor, drift_frames: int) -> Tensor:
    """`features` `(T, ...)` of one span minus their moving average, cut off at the ends; as
    spotting.signals.without_drift does it."""
    frames = torch.arange(len(features), device=features.device)
    near = (frames[:, None] - frames).abs() <= drift_frames // 2
    average = near.to(features.dtype) / near.sum(dim=1, keepdim=True)
    return features - torch.einsum("ts,s...->t...", average, features)
