"""Training of one network of a temporal spotter, on windows of recordings."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mespot.expressions import CLASSES
from mespot.networks.spotter import HEADS, Spotter
from mespot.spotting.lengths import usual_half_length
from mespot.training.recipes import SpotterRecipe
from mespot.training.region_motion import span_channels
from mespot.training.spotter_input import SpotterInput
from mespot.training.spotter_loss import batch_losses
from mespot.training.windows import WindowRecipe, WindowSampler

_WARM_UP = 0.15  # share of the steps in which the learning rate rises
_GRADIENT_NORM = 1.0
_LOG_EVERY = 20  # steps a row of the history
_PARTS = ("score", "boundary", "ends")  # of the losses


@dataclass(frozen=True)
class SpotterTask:
    """What a network is trained on and how. shape: keyword arguments of networks.Spotter."""

    shape: Mapping[str, Any]
    recordings: Sequence[SpotterInput]
    windows: WindowRecipe
    recipe: SpotterRecipe


def spotter_shape(recordings: Sequence[SpotterInput], recipe: SpotterRecipe) -> dict[str, Any]:
    """Keyword arguments of the Spotter that reads these labelled recordings; builtins only."""
    one = recordings[0]
    known = [[r.labels[c] for r in recordings] for c in CLASSES]
    return dict(
        regions=one.paths.shape[1],
        motion=span_channels(one.paths[:1], 1.0, recipe.lags).shape[2],
        context=one.context.shape[1],
        streams={name: x.shape[2] for name, x in sorted(one.features.items())},
        code=recipe.code,
        width=recipe.width,
        dilations=list(recipe.dilations),
        dropout=recipe.dropout,
        lengths=[usual_half_length(labels) for labels in (*known, [*itertools.chain(*known)])],
    )


def train_network(
    task: SpotterTask, seed: Sequence[int]
) -> tuple[dict[str, Tensor], list[dict[str, float]]]:
    """Train a network: its weights, averaged over the run, and the history of losses.

    The average decays by `weight_average` a step (Tarvainen and Valpola 2017, arXiv:1703.01780):
    the last weights are what is used, and single steps on so few recordings are noisy.
    """
    recipe, windows = task.recipe, task.windows
    rng = np.random.default_rng(list(seed))
    sampler = WindowSampler(task.recordings, windows, rng)
    steps = training_steps(task)
    # Initial weights and dropout draw from torch's global generator: seeded here, given back after.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**62)))
        network = Spotter(**task.shape)
        optimizer = torch.optim.AdamW(
            network.parameters(),
            lr=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            fused=True,
        )
        average, history = descend(
            {"spotter": network},
            optimizer,
            rise_and_fall(optimizer, [recipe.learning_rate], steps),
            lambda: batch_losses(network, sampler.batch(recipe.batch_size), recipe.focus),
            recipe,
            steps,
        )
    return average["spotter"], history


def training_steps(task: SpotterTask) -> int:
    """Steps of a network: `epochs` passes over the usable frames, but no more than `max_steps`.

    A large corpus teaches nothing new after so many windows, and time would grow with its size.
    """
    frames = sum(int((r.span >= 0).sum()) for r in task.recordings)
    passes = task.recipe.epochs * frames / (task.recipe.batch_size * task.windows.frames)
    return max(1, min(round(passes), task.recipe.max_steps))


def rise_and_fall(
    optimizer: torch.optim.Optimizer, highest: Sequence[float], steps: int
) -> torch.optim.lr_scheduler.OneCycleLR:
    """The learning rates of a spotter over `steps` steps: up to `highest`, one for each group of
    parameters, then down to nothing (Smith and Topin 2019, arXiv:1708.07120)."""
    # One step more than are taken: the last of them has a rate too.
    return torch.optim.lr_scheduler.OneCycleLR(
        optimizer, list(highest), total_steps=steps + 1, pct_start=_WARM_UP
    )


def descend(
    parts: Mapping[str, torch.nn.Module],
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    losses_of_a_batch: Callable[[], dict[str, Tensor]],
    recipe: SpotterRecipe,
    steps: int,
) -> tuple[dict[str, dict[str, Tensor]], list[dict[str, float]]]:
    """Train the networks `parts` together for `steps` steps: moving averages of their weights,
    {part: weights}, and the history of losses.

    losses_of_a_batch: as `batch_losses` gives them, of a new batch each time.
    """
    average = {
        part: {name: value.clone() for name, value in module.state_dict().items()}
        for part, module in parts.items()
    }
    parameters = [p for module in parts.values() for p in module.parameters()]
    history, recent = [], []
    for step in range(1, steps + 1):
        losses = losses_of_a_batch()
        total = (
            losses["score"].sum()
            + recipe.boundary_weight * losses["boundary"].sum()
            + recipe.ends_weight * losses["ends"].sum()
        )
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(parameters, _GRADIENT_NORM)
        optimizer.step()
        schedule.step()
        decay = min(recipe.weight_average, step / (10 + step))
        for part, module in parts.items():
            for name, value in module.state_dict().items():
                average[part][name].lerp_(value, 1 - decay)
        recent.append(torch.cat([losses[part] for part in _PARTS]).detach().numpy())
        if step % _LOG_EVERY == 0 or step == steps:
            history.append(_history_row(step, recent))
            recent = []
    return average, history


def _history_row(step: int, recent: Sequence[np.ndarray]) -> dict[str, float]:
    """Step, and the mean of the losses since the last row, by part and head."""
    means = np.mean(recent, axis=0)
    names = [f"{part}_{head}" for part in _PARTS for head in HEADS]
    return {"step": step, **dict(zip(names, map(float, means), strict=True))}
