"""The networks of a spotter: which subjects each has seen, and what they predict together.

The subjects of a fold's training part are dealt into inner groups. For each group a network is
trained on the others and predicts the group: thresholds are chosen from these predictions, because
networks are far surer of recordings that they were trained on. The networks that spot in the test
subjects are others, trained on all training subjects and averaged. An average of the inner groups'
networks would cost less, but each of them has seen fewer subjects.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mespot.networks.spotter import HEADS, Output, Spotter
from mespot.spans import usable_spans
from mespot.spotting.predictions import Prediction
from mespot.spotting.recordings import HeldOut
from mespot.training.interrupted import Interrupted
from mespot.training.masked_motion import pretrain_network
from mespot.training.region_motion import span_channels
from mespot.training.spotter_input import SpotterInput
from mespot.training.spotter_training import SpotterTask, continued, train_network

log = logging.getLogger(__name__)

# Frames that are predicted at once: memory does not grow with a recording.
_BLOCK = 3000


@dataclass(frozen=True)
class Member:
    """One trained network.

    held_out: the training subjects that it never saw, as SpotterInput.person gives them; none for a
    network that is to spot in the test subjects. state: its weights. history: its losses. encoders:
    {stream: weights} of its own encoders, where these have learned with it.
    """

    held_out: list[tuple[str, str]]
    state: dict[str, Tensor]
    history: list[dict[str, float]]
    encoders: dict[str, dict[str, Tensor]] = field(default_factory=dict)


def inner_groups(
    recordings: Sequence[SpotterInput], groups: int, seed: int
) -> list[list[tuple[str, str]]]:
    """The training subjects of each corpus dealt into groups, (corpus, subject) each.

    Those without a usable face come last, so that no group holds all that there is to learn from.
    Fewer subjects than groups make groups of one. Raises ValueError when the corpus that is spotted
    in has a single subject.
    """
    corpora = sorted({one.corpus for one in recordings})
    of = {c: sorted({one.person for one in recordings if one.corpus == c}) for c in corpora}
    if len(of.get("", [])) < 2:
        raise ValueError("thresholds need at least two training subjects")
    n = min(groups, len(of[""]))
    dealt: list[list[tuple[str, str]]] = [[] for _ in range(n)]
    usable = {one.person for one in recordings if (one.span >= 0).any()}
    for people in of.values():
        order = [people[i] for i in np.random.default_rng(seed).permutation(len(people))]
        order.sort(key=lambda person: person not in usable)
        for place, person in enumerate(order):
            dealt[place % n].append(person)
    return [sorted(group) for group in dealt]


def train_members(
    task: SpotterTask,
    *,
    draw: int = 0,
    go_on: Callable[[Member, SpotterTask, Sequence[int]], Member] | None = None,
    kept: Interrupted | None = None,
) -> list[Member]:
    """A network for each inner group, trained without it, then `repeats` trained on everybody.

    Where the recipe says so, each is first pretrained without labels, on its own recordings only.
    draw: another number means other random numbers on the same groups. go_on: goes on training a
    new network; called with it, its task and its seed. kept: where finished networks are kept; the
    first ones are taken from there.
    """
    members = [_restored(stored) for stored in (kept and kept.load()) or []]
    if members:
        log.info("continuing after %d networks", len(members))
    seed = task.recipe.seed
    groups = inner_groups(task.recordings, task.recipe.inner_groups, seed)
    held_out = groups + [[]] * task.recipe.repeats
    for number in range(len(members), len(held_out)):
        unseen = held_out[number]
        own = replace(task, recordings=[r for r in task.recordings if r.person not in unseen])
        numbers = (seed, number, draw) if draw else (seed, number)
        masked = task.recipe.masked_motion is not None
        start, before = pretrain_network(own, numbers) if masked else (None, [])
        state, history = train_network(own, numbers, start)
        member = Member(unseen, state, continued(before, history))
        if go_on is not None:
            member = go_on(member, own, numbers)
        log.info("network %d of %d: %s", number + 1, len(held_out), member.history[-1])
        members.append(member)
        if kept is not None:
            kept.save([dict(vars(member)) for member in members])
    return members


def _restored(stored: Mapping[str, Any]) -> Member:
    held_out = [(str(corpus), str(subject)) for corpus, subject in stored["held_out"]]
    return Member(**{**stored, "held_out": held_out})


@torch.no_grad()
def predict(
    shape: Mapping[str, Any],
    members: Sequence[Member],
    recording: SpotterInput,
    lags: Sequence[int],
) -> Prediction:
    """Average of networks `Spotter(**shape)`: mean score, geometric mean of distances.

    recording: standardised. lags: of the displacements that the networks read.
    """
    networks = [_built(shape, member) for member in members]
    frames = len(recording.span)
    score = np.zeros((frames, len(HEADS)), np.float32)
    distances = np.zeros((frames, len(HEADS), 2), np.float32)
    reach = sum(shape["dilations"]) + max(lags)  # how far a network sees
    for first, last in usable_spans(recording.span):
        for start in range(first, last, _BLOCK):
            stop = min(start + _BLOCK, last)
            near = max(start - reach, first), min(stop + reach, last)
            own = slice(start - near[0], stop - near[0])
            outputs = _outputs(networks, recording, near, lags)
            scores = torch.stack([output.logits[0, own].sigmoid() for output in outputs])
            score[start:stop] = scores.mean(0).numpy()
            logs = torch.stack([output.distances[0, own].log() for output in outputs])
            distances[start:stop] = logs.mean(0).exp().numpy()
    return Prediction(score, distances)


def _outputs(
    networks: Sequence[Spotter],
    recording: SpotterInput,
    frames: tuple[int, int],
    lags: Sequence[int],
) -> list[Output]:
    """What each network gives for frames of one span."""
    part = slice(*frames)
    channels = span_channels(recording.paths[part], recording.noise, lags)
    motion = torch.from_numpy(channels[None])
    features = {name: torch.from_numpy(x[None, part]) for name, x in recording.features.items()}
    context = torch.from_numpy(recording.context[None, part])
    mask = torch.ones(1, frames[1] - frames[0])
    return [network(motion, features, context, mask) for network in networks]


def _built(shape: Mapping[str, Any], member: Member) -> Spotter:
    with torch.random.fork_rng(devices=[]):  # building one draws weights; leave no trace
        network = Spotter(**shape)
    network.load_state_dict(member.state)
    return network.eval()


def held_out_predictions(
    task: SpotterTask,
    members: Sequence[Member],
    predict_with: Callable[
        [Mapping[str, Any], Sequence[Member], SpotterInput, Sequence[int]], Prediction
    ],
) -> list[Prediction]:
    """For each recording of the task the prediction of the network that never saw its subject.

    predict_with: `predict`, or another function of the same arguments.
    """
    return [
        predict_with(
            task.shape,
            [member for member in members if one.person in member.held_out],
            one,
            task.recipe.lags,
        )
        for one in task.recordings
    ]


def group_of(members: Sequence[Member], one: SpotterInput) -> int:
    """The number of the inner group that a training recording is in."""
    return next(i for i, member in enumerate(members) if one.person in member.held_out)


def held_out_recordings(
    recordings: Sequence[SpotterInput],
    members: Sequence[Member],
    predictions: Sequence[Prediction],
) -> list[HeldOut]:
    """Training recordings as calibration reads them. predictions: by the networks that never saw
    their subjects, as `held_out_predictions` gives them."""
    return [
        HeldOut(
            corpus=one.corpus,
            subject=one.subject,
            video=one.video,
            group=group_of(members, one),
            prediction=prediction,
            paths=one.paths,
            span=one.span,
            labels=one.labels,
            known=one.known,
        )
        for one, prediction in zip(recordings, predictions, strict=True)
    ]
