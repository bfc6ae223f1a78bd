"""Training of the temporal spotter: losses, the loop, and which networks see which subjects.

The subjects of a fold's training part are dealt into inner groups; for each group a network is
trained on the others and says what it sees in the group. That is where the thresholds are chosen:
networks are far surer of recordings that they were trained on. Other networks, trained on all of
these subjects and averaged, spot in the test subjects: an average of the inner groups' networks
would cost less, but each of them is short of a third of the subjects.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from mespot.expressions import CLASSES
from mespot.networks.spotter import Spotter
from mespot.spans import usable_spans
from mespot.training.spotter_input import SpotterInput
from mespot.training.windows import WindowRecipe, WindowSampler

log = logging.getLogger(__name__)

_WARM_UP = 0.15  # share of the steps in which the learning rate rises
_GRADIENT_NORM = 1.0
_LOG_EVERY = 20  # steps a row of the history


@dataclass(frozen=True)
class SpotterRecipe:
    """What is trained and how; see `spotting.learned` in config.yaml for each value."""

    epochs: float
    batch_size: int
    learning_rate: float
    weight_decay: float
    weight_average: float
    boundary_weight: float
    focus: float
    inner_groups: int
    repeats: int


@dataclass(frozen=True)
class Prediction:
    """What networks say of a recording: score `(T, 2)` in 0..1, distances `(T, 2, 2)` in frames."""

    score: np.ndarray
    distances: np.ndarray


@dataclass(frozen=True)
class Member:
    """One trained network: the training subjects it never saw (none: it is for the test subjects),
    its weights, its history, and the weights of its own encoders {stream: weights} where these
    have learned with it."""

    held_out: list[str]
    state: dict[str, Tensor]
    history: list[dict[str, float]]
    encoders: dict[str, dict[str, Tensor]] = field(default_factory=dict)


# Goes on training a member; called with it and the arguments of train_network.
Trainer = Callable[..., Member]


def score_loss(logits: Tensor, target: Tensor, mask: Tensor, focus: float) -> Tensor:
    """Quality focal loss of each class, `(2,)`: cross-entropy with a soft target, weighted by
    |error| ** focus (Li et al. 2020, arXiv:2006.04388), a unit of target.

    logits, target: `(B, T, 2)`; mask: `(B, T)`.
    """
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    weight = (torch.sigmoid(logits) - target).abs().pow(focus) * mask[..., None]
    return (loss * weight).sum(dim=(0, 1)) / target.sum(dim=(0, 1)).clamp(min=1.0)


def boundary_loss(distances: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """1 - IoU of predicted and true interval around the same frame, weighted mean, `(2,)`.

    distances, target: `(B, T, 2, 2)` frames to onset and offset; weight: `(B, T, 2)`.
    """
    shared = torch.minimum(distances, target).sum(-1) + 1  # the frame itself counts
    union = torch.maximum(distances, target).sum(-1) + 1
    return ((1 - shared / union) * weight).sum(dim=(0, 1)) / weight.sum(dim=(0, 1)).clamp(min=1.0)


def train_network(
    shape: Mapping[str, Any],
    recordings: Sequence[SpotterInput],
    windows: WindowRecipe,
    recipe: SpotterRecipe,
    seed: Sequence[int],
) -> tuple[dict[str, Tensor], list[dict[str, float]]]:
    """Train a `Spotter(**shape)`; its weights, averaged over the run, and the history of losses.

    The average decays by `weight_average` a step (Tarvainen and Valpola 2017, arXiv:1703.01780):
    the last weights are what is used, and single steps on so few recordings are noisy.
    """
    rng = np.random.default_rng(list(seed))
    sampler = WindowSampler(recordings, windows, rng)
    frames = sum(int((r.span >= 0).sum()) for r in recordings)
    steps = max(1, round(recipe.epochs * frames / (recipe.batch_size * windows.frames)))
    # Initial weights and dropout draw from torch's global generator: seeded here, given back after.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**62)))
        network = Spotter(**shape)
        optimizer = torch.optim.AdamW(
            network.parameters(),
            lr=recipe.learning_rate,
            weight_decay=recipe.weight_decay,
            fused=True,
        )
        schedule = rise_and_fall(optimizer, [recipe.learning_rate], steps)
        average, history = descend(
            {"spotter": network},
            optimizer,
            schedule,
            lambda: losses_of(network, sampler.batch(recipe.batch_size), recipe.focus),
            recipe,
            steps,
        )
    return average["spotter"], history


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
    *,
    before: int = 0,
) -> tuple[dict[str, dict[str, Tensor]], list[dict[str, float]]]:
    """Train the networks `parts` together for `steps` steps: moving averages of their weights,
    {part: weights}, and the history of losses, whose steps count on from `before`.

    losses_of_a_batch: as `losses_of` gives them, of a new batch each time.
    """
    average = {
        part: {name: value.clone() for name, value in module.state_dict().items()}
        for part, module in parts.items()
    }
    parameters = [p for module in parts.values() for p in module.parameters()]
    history, recent = [], []
    for step in range(1, steps + 1):
        losses = losses_of_a_batch()
        total = losses["score"].sum() + recipe.boundary_weight * losses["boundary"].sum()
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(parameters, _GRADIENT_NORM)
        optimizer.step()
        schedule.step()
        decay = min(recipe.weight_average, step / (10 + step))
        for part, module in parts.items():
            for name, value in module.state_dict().items():
                average[part][name].lerp_(value, 1 - decay)
        recent.append(torch.cat([losses["score"], losses["boundary"]]).detach().numpy())
        if step % _LOG_EVERY == 0 or step == steps:
            history.append(_history_row(before + step, recent))
            recent = []
    return average, history


def _history_row(step: int, recent: Sequence[np.ndarray]) -> dict[str, float]:
    """Step, and the mean of the losses since the last row, each score then boundary by class."""
    means = np.mean(recent, axis=0)
    names = [f"{part}_{c}" for part in ("score", "boundary") for c in CLASSES]
    return {"step": step, **dict(zip(names, map(float, means), strict=True))}


def losses_of(network: Spotter, batch: Mapping[str, Any], focus: float) -> dict[str, Tensor]:
    """Losses of a batch of a WindowSampler, {score, boundary: (2,)}; features may be tensors."""
    tensors = {name: torch.from_numpy(x) for name, x in batch.items() if name != "features"}
    features = {name: torch.as_tensor(x) for name, x in batch["features"].items()}
    mask = tensors["mask"]
    logits, distances = network(tensors["motion"], features, tensors["context"], mask)
    return {
        "score": score_loss(logits, tensors["score"], mask, focus),
        "boundary": boundary_loss(distances, tensors["distances"], tensors["score"]),
    }


def rebuilt(shape: Mapping[str, Any], states: Sequence[Mapping[str, Tensor]]) -> list[Spotter]:
    """Networks ready to predict."""
    networks = []
    for state in states:
        with torch.random.fork_rng(devices=[]):  # building one draws weights; leave no trace
            network = Spotter(**shape)
        network.load_state_dict(state)
        networks.append(network.eval())
    return networks


@torch.no_grad()
def predict(networks: Sequence[Spotter], recording: SpotterInput) -> Prediction:
    """Average of the networks: mean score, geometric mean of distances. Zero outside the spans."""
    frames = len(recording.span)
    score = np.zeros((frames, len(CLASSES)), np.float32)
    distances = np.zeros((frames, len(CLASSES), 2), np.float32)
    for start, stop in usable_spans(recording.span):
        motion = torch.from_numpy(recording.motion[None, start:stop])
        features = {
            name: torch.from_numpy(x[None, start:stop]) for name, x in recording.features.items()
        }
        context = torch.from_numpy(recording.context[None, start:stop])
        mask = torch.ones(1, stop - start)
        outputs = [network(motion, features, context, mask) for network in networks]
        score[start:stop] = torch.stack([o[0].sigmoid() for o in outputs]).mean(0)[0].numpy()
        logs = torch.stack([o[1].log() for o in outputs])
        distances[start:stop] = logs.mean(0).exp()[0].numpy()
    return Prediction(score, distances)


def average_predictions(predictions: Sequence[Prediction]) -> Prediction:
    """The same average of what spotters say of one recording, each with the same weight."""
    score = np.mean([p.score for p in predictions], axis=0)
    with np.errstate(divide="ignore"):  # zero outside the spans stays zero
        logs = np.mean([np.log(p.distances) for p in predictions], axis=0)
    return Prediction(score.astype(np.float32), np.exp(logs).astype(np.float32))


def inner_groups(recordings: Sequence[SpotterInput], groups: int, seed: int) -> list[list[str]]:
    """The training subjects dealt into groups; fewer subjects than groups make groups of one.

    Raises ValueError with a single subject.
    """
    subjects = sorted({r.subject for r in recordings})
    if len(subjects) < 2:
        raise ValueError("thresholds need at least two training subjects")
    n = min(groups, len(subjects))
    order = np.random.default_rng(seed).permutation(len(subjects))
    return [sorted(subjects[i] for i in order[k::n]) for k in range(n)]


def train_members(
    shape: Mapping[str, Any],
    recordings: Sequence[SpotterInput],
    windows: WindowRecipe,
    recipe: SpotterRecipe,
    seed: int,
    done: Sequence[Member] = (),
    save: Callable[[list[Member]], None] | None = None,
    go_on: Trainer | None = None,
    draw: int = 0,
) -> list[Member]:
    """A network for each inner group, trained without it, then `repeats` trained on everybody.

    `done` are members that an interrupted run has finished (the first ones); `save` is handed all
    members after each new one; `go_on` goes on training each before that. Another `draw` means
    other random numbers on the same groups.
    """
    members = list(done)
    held = inner_groups(recordings, recipe.inner_groups, seed) + [[]] * recipe.repeats
    for number in range(len(members), len(held)):
        known = [r for r in recordings if r.subject not in held[number]]
        numbers = (seed, number, draw) if draw else (seed, number)
        task = (shape, known, windows, recipe, numbers)
        member = Member(held[number], *train_network(*task))
        if go_on is not None:
            member = go_on(member, *task)
        log.info("network %d of %d: %s", number + 1, len(held), member.history[-1])
        members.append(member)
        if save is not None:
            save(members)
    return members


def held_out_predictions(
    shape: Mapping[str, Any], recordings: Sequence[SpotterInput], members: Sequence[Member]
) -> list[Prediction]:
    """For each recording what the member says that never saw its subject."""
    networks = rebuilt(shape, [m.state for m in members])
    return [
        predict([n for n, m in zip(networks, members, strict=True) if r.subject in m.held_out], r)
        for r in recordings
    ]
