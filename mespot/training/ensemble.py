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

from mespot.expressions import CLASSES
from mespot.networks.spotter import Spotter
from mespot.spans import usable_spans
from mespot.spotting.predictions import Prediction
from mespot.training.interrupted import Interrupted
from mespot.training.spotter_input import SpotterInput
from mespot.training.spotter_training import SpotterTask, train_network

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Member:
    """One trained network.

    held_out: the training subjects that it never saw; none for a network that is to spot in the
    test subjects. state: its weights. history: its losses. encoders: {stream: weights} of its own
    encoders, where these have learned with it.
    """

    held_out: list[str]
    state: dict[str, Tensor]
    history: list[dict[str, float]]
    encoders: dict[str, dict[str, Tensor]] = field(default_factory=dict)


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
    task: SpotterTask,
    *,
    draw: int = 0,
    go_on: Callable[[Member, SpotterTask, Sequence[int]], Member] | None = None,
    kept: Interrupted | None = None,
) -> list[Member]:
    """A network for each inner group, trained without it, then `repeats` trained on everybody.

    draw: another number means other random numbers on the same groups. go_on: goes on training a
    new network; called with it, its task and its seed. kept: where finished networks are kept; the
    first ones are taken from there.
    """
    members = [Member(**stored) for stored in (kept and kept.load()) or []]
    if members:
        log.info("continuing after %d networks", len(members))
    seed = task.recipe.seed
    groups = inner_groups(task.recordings, task.recipe.inner_groups, seed)
    held_out = groups + [[]] * task.recipe.repeats
    for number in range(len(members), len(held_out)):
        unseen = held_out[number]
        own = replace(task, recordings=[r for r in task.recordings if r.subject not in unseen])
        numbers = (seed, number, draw) if draw else (seed, number)
        member = Member(unseen, *train_network(own, numbers))
        if go_on is not None:
            member = go_on(member, own, numbers)
        log.info("network %d of %d: %s", number + 1, len(held_out), member.history[-1])
        members.append(member)
        if kept is not None:
            kept.save([dict(vars(member)) for member in members])
    return members


@torch.no_grad()
def predict(
    shape: Mapping[str, Any], members: Sequence[Member], recording: SpotterInput
) -> Prediction:
    """Average of networks `Spotter(**shape)`: mean score, geometric mean of distances.

    recording: standardised, if it has features.
    """
    networks = [_built(shape, member) for member in members]
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


def _built(shape: Mapping[str, Any], member: Member) -> Spotter:
    with torch.random.fork_rng(devices=[]):  # building one draws weights; leave no trace
        network = Spotter(**shape)
    network.load_state_dict(member.state)
    return network.eval()


def held_out_predictions(
    task: SpotterTask,
    members: Sequence[Member],
    predict_with: Callable[[Mapping[str, Any], Sequence[Member], SpotterInput], Prediction],
) -> list[Prediction]:
    """For each recording of the task the prediction of the network that never saw its subject.

    predict_with: `predict`, or another function of the same arguments.
    """
    return [
        predict_with(task.shape, [m for m in members if one.subject in m.held_out], one)
        for one in task.recordings
    ]
