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
from mespot.training.spotter_input import SpotterInput, motion_unit, standardised
from mespot.training.spotter_loss import batch_losses
from mespot.training.windows import WindowRecipe, WindowSampler, window_recipe

_WARM_UP = 0.15  # share of the steps in which the learning rate rises
_GRADIENT_NORM = 1.0
_LOG_EVERY = 20  # steps a row of the history


@dataclass(frozen=True)
class SpotterTask:
    """What a network is trained on and how. shape: keyword arguments of networks.Spotter."""

    shape: Mapping[str, Any]
    recordings: Sequence[SpotterInput]
    windows: WindowRecipe
    recipe: SpotterRecipe


def motion_task(
    recordings: Sequence[SpotterInput], recipe: SpotterRecipe, regions: Sequence[str], rate: float
) -> tuple[SpotterTask, float]:
    """The task of a spotter that reads motion alone, of one corpus, and the unit of its motion, px.

    recordings: labelled, of one rate, read in px. regions: names. rate: working frames a second.
    """
    unit = motion_unit(recordings)
    read = [standardised(one, {}, unit) for one in recordings]
    windows = window_recipe(recipe, streams=[], rate=rate, regions=regions)
    return SpotterTask(spotter_shape(read, recipe), read, windows, recipe), unit


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
    task: SpotterTask, seed: Sequence[int], start: Mapping[str, Tensor] | None = None
) -> tuple[dict[str, Tensor], list[dict[str, float]]]:
    """Train a network: its weights, averaged over the run, and the history of losses.

    start: weights by name that it starts from; the others, or all, are drawn. The windows and the
    dropout are the same with and without it.

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
        network.load_state_dict({**network.state_dict(), **(start or {})})
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
            loss_weights(recipe),
            recipe.weight_average,
            steps,
        )
    return average["spotter"], history


def loss_weights(recipe: SpotterRecipe) -> dict[str, float]:
    """How the losses that `batch_losses` gives are added up."""
    return {"score": 1.0, "boundary": recipe.boundary_weight, "ends": recipe.ends_weight}


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
    weights: Mapping[str, float],
    decay: float,
    steps: int,
) -> tuple[dict[str, dict[str, Tensor]], list[dict[str, float]]]:
    """Train the networks `parts` together for `steps` steps: moving averages of their weights,
    {part: weights}, and the history of losses.

    losses_of_a_batch: {part: loss} of a new batch each time, one number or one of each head.
    weights: {part: weight} in the sum of all. decay: of the averages, a step.
    """
    average = {
        part: {name: value.clone() for name, value in module.state_dict().items()}
        for part, module in parts.items()
    }
    parameters = [p for module in parts.values() for p in module.parameters()]
    history, recent = [], []
    for step in range(1, steps + 1):
        losses = losses_of_a_batch()
        optimizer.zero_grad()
        parts_of_it = (weights[part] * loss.sum() for part, loss in losses.items())
        sum(parts_of_it, torch.zeros(())).backward()
        torch.nn.utils.clip_grad_norm_(parameters, _GRADIENT_NORM)
        optimizer.step()
        schedule.step()
        early = min(decay, step / (10 + step))
        for part, module in parts.items():
            for name, value in module.state_dict().items():
                average[part][name].lerp_(value, 1 - early)
        recent.append(_by_name(losses))
        if step % _LOG_EVERY == 0 or step == steps:
            means = {name: float(np.mean([row[name] for row in recent])) for name in recent[0]}
            history.append({"step": step, **means})
            recent = []
    return average, history


def continued(
    history: Sequence[Mapping[str, float]], more: Sequence[Mapping[str, float]]
) -> list[dict[str, float]]:
    """A history and that of a later training, whose steps are counted on."""
    before = int(history[-1]["step"]) if history else 0
    return [*map(dict, history), *({**row, "step": before + row["step"]} for row in more)]


def _by_name(losses: Mapping[str, Tensor]) -> dict[str, float]:
    """The losses of a step by part, and by head where a part has one of each."""
    named: dict[str, float] = {}
    for part, loss in losses.items():
        names = [f"{part}_{head}" for head in HEADS] if loss.dim() else [part]
        named |= dict(zip(names, loss.detach().reshape(-1).tolist(), strict=True))
    return named
