"""Training of a spotter together with the encoders whose features it reads.

A network that was trained on stored features goes on learning, and the encoders that made them with
it. Windows are read as values of the streams: coded, pooled over face regions, without drift, in
the units of the stored features. Drift is taken off inside the window, for coding a whole span each
step would cost several times as much.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mespot.device import autocast, device
from mespot.networks.reconstruction import ReconstructionNetwork
from mespot.networks.spotter import Spotter
from mespot.training.clips import Standardisation
from mespot.training.spot import Member, SpotterRecipe, descend, losses_of, rise_and_fall
from mespot.training.spotter_input import SpotterInput
from mespot.training.windows import Window, WindowRecipe, WindowSampler


@dataclass(frozen=True)
class Tuning:
    """How the training goes on; see `spotting.learned.joint` in config.yaml for each value."""

    steps: int
    batch_size: int
    learning_rate: float
    encoder_learning_rate: float


@dataclass(frozen=True)
class Encoder:
    """The encoder of one stream: keyword arguments and weights of its ReconstructionNetwork, the
    scale of its input, and the keyword arguments with which clips.video_values made that input."""

    network: Mapping[str, Any]
    state: Mapping[str, Tensor]
    standardisation: Standardisation
    values: Mapping[str, Any]

    def build(self, state: Mapping[str, Tensor]) -> ReconstructionNetwork:
        """The network with the weights `state`, on the device."""
        with torch.random.fork_rng(devices=[]):  # building one draws weights; leave no trace
            network = ReconstructionNetwork(**self.network)
        network.load_state_dict(state)
        return network.to(device())

    @property
    def scales(self) -> bool:
        """Whether values grow in proportion to motion: all but a face with its looks left in."""
        return self.values["stream"] == "flow" or self.values["reference_seconds"] > 0


@dataclass(frozen=True)
class Source:
    """A video as an encoder reads it: values `(T, C, S, S)` float16, the weights `(R, g, g)` with
    which its code is pooled over regions, and over how many frames drift is averaged."""

    values: np.ndarray
    weights: np.ndarray
    drift_frames: int


def draw_windows(sampler: WindowSampler, amplitude: float, size: int) -> list[Window]:
    """`size` windows, whose motion is scaled by up to `amplitude` and its inverse.

    The sampler itself must not scale: values of the streams are scaled with the regions' motion.
    """
    windows = [sampler.draw() for _ in range(size)]
    reach = math.log(amplitude)
    drawn = np.exp(sampler.rng.uniform(-reach, reach, size)).astype(np.float32)
    return [replace(w, amplitude=float(a)) for w, a in zip(windows, drawn, strict=True)]


def pooled(
    network: ReconstructionNetwork, encoder: Encoder, source: Source, window: Window, frames: int
) -> Tensor:
    """The code of a window, pooled over regions, `(T, R, C)`: T is `frames`, less where the span
    ends before. It is the code of the whole span: what a frame's code depends on is read too."""
    (start, stop), first, reach = window.span, round(window.first), network.temporal_reach
    last = min(first + frames, stop)
    low, high = max(start, first - reach), min(stop, last + reach)
    where = next(network.parameters()).device
    clip = torch.from_numpy(source.values[low:high]).to(where).float().transpose(0, 1)[None]
    if encoder.scales:
        moving, rest = clip[:, : network.in_channels], clip[:, network.in_channels :]
        clip = torch.cat([moving * window.amplitude, rest], dim=1)
    with autocast(where):
        code = network.encode(encoder.standardisation.inputs(clip))
    code = code[0, :, first - low : last - low].float().flatten(2)
    weights = torch.from_numpy(source.weights).to(where).flatten(1)
    return torch.einsum("ctg,rg->trc", code, weights)


def minus_moving_average(features: Tensor, drift_frames: int) -> Tensor:
    """`features` `(T, ...)` of one span minus their moving average, cut off at the ends; as
    spotting.signals.without_drift does it."""
    frames = torch.arange(len(features), device=features.device)
    near = (frames[:, None] - frames).abs() <= drift_frames // 2
    average = near.to(features.dtype) / near.sum(dim=1, keepdim=True)
    return features - torch.einsum("ts,s...->t...", average, features)


def train(
    encoders: Mapping[str, Encoder],
    sources: Mapping[str, Mapping[str, Source]],
    scale: Mapping[str, np.ndarray],
    tuning: Tuning,
    member: Member,
    shape: Mapping[str, Any],
    recordings: Sequence[SpotterInput],
    windows: WindowRecipe,
    recipe: SpotterRecipe,
    seed: Sequence[int],
) -> Member:
    """The member after `tuning.steps` more steps, in which its encoders learn too.

    encoders: by stream. sources: {stream: {video: source}} of all `recordings`. scale: the units
    of the features, {stream: (C,)}. The other arguments are those of spot.train_network. What is
    returned are moving averages of the weights, of the spotter and of the encoders.
    """
    rng = np.random.default_rng([*seed, 1])
    # The encoders code whole frames, at the pace of the recording.
    whole = replace(windows, stretch=1.0, amplitude=1.0, whole_frames=True)
    sampler = WindowSampler([replace(r, features={}) for r in recordings], whole, rng)
    units = {name: torch.from_numpy(np.asarray(x, np.float32)) for name, x in scale.items()}
    before = int(member.history[-1]["step"]) if member.history else 0
    # Dropout draws from torch's global generator: seeded here, given back after.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**62)))
        spotter = Spotter(**shape)
        spotter.load_state_dict(member.state)
        networks = {name: encoder.build(encoder.state) for name, encoder in encoders.items()}
        parts: dict[str, torch.nn.Module] = {"spotter": spotter, **networks}
        # What only the decoder of an encoder's network uses gets no gradient and stays.
        learnt = [p for network in networks.values() for p in network.parameters()]
        optimizer = torch.optim.AdamW(
            [
                {"params": list(spotter.parameters()), "lr": tuning.learning_rate},
                {"params": learnt, "lr": tuning.encoder_learning_rate},
            ],
            weight_decay=recipe.weight_decay,
            fused=True,
        )
        highest = [tuning.learning_rate, tuning.encoder_learning_rate]
        schedule = rise_and_fall(optimizer, highest, tuning.steps)

        def losses() -> dict[str, Tensor]:
            drawn = draw_windows(sampler, windows.amplitude, tuning.batch_size)
            batch = sampler.stacked(drawn)
            batch["features"] = _features(networks, encoders, sources, units, sampler, drawn)
            return losses_of(spotter, batch, recipe.focus)

        average, more = descend(
            parts, optimizer, schedule, losses, recipe, tuning.steps, before=before
        )
    learned = {
        part: {name: value.cpu() for name, value in state.items()}
        for part, state in average.items()
    }
    return replace(
        member, state=learned.pop("spotter"), history=[*member.history, *more], encoders=learned
    )


def _features(
    networks: Mapping[str, ReconstructionNetwork],
    encoders: Mapping[str, Encoder],
    sources: Mapping[str, Mapping[str, Source]],
    units: Mapping[str, Tensor],
    sampler: WindowSampler,
    windows: Sequence[Window],
) -> dict[str, Tensor]:
    """Features of a batch, {stream: (B, T, R, C)}."""
    frames = sampler.recipe.frames
    features = {}
    for name, network in networks.items():
        of_windows = []
        for window in windows:
            kept = torch.from_numpy(window.kept(name))
            if not kept.any():
                of_windows.append(torch.zeros(frames, len(kept), network.code_channels))
                continue
            source = sources[name][sampler.recordings[window.recording].video]
            code = pooled(network, encoders[name], source, window, frames)
            code = minus_moving_average(code, source.drift_frames).cpu() / units[name]
            if window.mirror is not None:
                code = code[:, list(window.mirror)]
            of_windows.append(F.pad(code * kept[:, None], (0, 0, 0, 0, 0, frames - len(code))))
        features[name] = torch.stack(of_windows)
    return features
