"""What reviewing is worth: an expert, played by the labels, goes through candidates in some order.

After a number of candidates a spotter is trained on what she has decided, and on nothing else. It
spots anew in the recordings that are reviewed, and she goes on with its candidates.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mespot.expressions import CLASSES
from mespot.metrics import paired_iou, strict_counts
from mespot.spotting.calibration import Calibration, calibrate, decoded
from mespot.spotting.decoders import Decoding
from mespot.spotting.recordings import Predicted
from mespot.training.ensemble import (
    Member,
    held_out_predictions,
    held_out_recordings,
    predict,
    train_members,
)
from mespot.training.recipes import SpotterRecipe
from mespot.training.spotter_input import SpotterInput, standardised
from mespot.training.spotter_training import SpotterTask, motion_task

SUREST, UNSUREST, RANDOM = "surest", "unsurest", "random"
ORDERS = (SUREST, UNSUREST, RANDOM)
MARGIN = 0.4  # seconds before and after a candidate that are decided on with it, as in the page
_IOU = 0.5


@dataclass(frozen=True)
class Candidate:
    """An interval to be looked at: its recording, class and inclusive working frames; confidence,
    and the threshold of its class on it."""

    recording: int
    expression: str
    onset: int
    offset: int
    confidence: float
    threshold: float


@dataclass(frozen=True)
class Setting:
    """How is trained and spotted. regions: names. rate: working frames a second."""

    recipe: SpotterRecipe
    decoding: Decoding
    regions: Sequence[str]
    rate: float


@dataclass
class Expert:
    """Somebody who knows all labels of the recordings, and what she has decided so far.

    seen: the frames that she has looked at, `(T,)` bool of each recording. accepted: {class: ends}
    of each recording, with the ends corrected.
    """

    recordings: Sequence[SpotterInput]
    rate: float
    seen: list[np.ndarray] = field(init=False)
    accepted: list[dict[str, list[tuple[int, int]]]] = field(init=False)

    def __post_init__(self) -> None:
        self.seen = [np.zeros(len(one.span), bool) for one in self.recordings]
        self.accepted = [{name: [] for name in CLASSES} for _ in self.recordings]

    def is_new(self, one: Candidate) -> bool:
        """Whether she has not looked at most of it yet."""
        return bool(self.seen[one.recording][one.onset : one.offset + 1].mean() < 0.5)

    def look(self, one: Candidate) -> None:
        """Accept it as the label that it hits, of either class; else reject it."""
        first, last = one.onset, one.offset
        ends = np.array([first, last])
        known = [
            (float(paired_iou(ends, label)), name, tuple(label))
            for name, labels in self.recordings[one.recording].labels.items()
            for label in labels
        ]
        fit, name, label = max(known, default=(0.0, "", (0, 0)))
        if fit >= _IOU:
            if label not in self.accepted[one.recording][name]:
                self.accepted[one.recording][name].append(label)
            first, last = min(first, label[0]), max(last, label[1])
        margin = round(MARGIN * self.rate)
        self.seen[one.recording][max(0, first - margin) : last + margin + 1] = True

    def reviewed(self, candidates: Sequence[Candidate]) -> list[SpotterInput]:
        """The recordings of which she has seen a part, with what is known of them: everything but
        the undecided candidates that are in sight. At first, a page shows those that are spotted.

        Where she has seen an expression that she has not accepted, because the candidate's ends
        were far off, she leaves it undecided.
        """
        margin = round(MARGIN * self.rate)
        found = []
        for number, one in enumerate(self.recordings):
            seen, accepted = self.seen[number], self.accepted[number]
            if not seen.any():
                continue
            known, marked = np.ones(len(seen), bool), np.zeros(len(seen), bool)
            for row in candidates:
                in_sight = row.confidence >= row.threshold
                if row.recording == number and in_sight and self.is_new(row):
                    known[max(0, row.onset - margin) : row.offset + margin + 1] = False
            known |= seen
            for name, labels in one.labels.items():
                for onset, offset in labels:
                    inside = slice(onset, offset + 1)
                    if (onset, offset) in accepted[name]:
                        marked[inside] = True
                    elif seen[inside].any():
                        known[inside] = False
            known |= marked
            own = {
                name: np.array(sorted(ends), np.int64).reshape(-1, 2)
                for name, ends in accepted.items()
            }
            if (known & (one.span >= 0)).any():
                found.append(replace(one, known=known, labels=own))
        return found


@dataclass(frozen=True)
class Trained:
    """A spotter: its networks and how they are decoded. unit: of motion."""

    task: SpotterTask
    members: Sequence[Member]
    calibration: Calibration
    unit: float

    def spot(self, recordings: Sequence[SpotterInput], how: Decoding) -> list[list[Candidate]]:
        """All candidates of each recording, read in px, those that are not spotted too."""
        read = [standardised(one, {}, self.unit) for one in recordings]
        recipe = self.task.recipe
        predicted = [
            Predicted(
                subject=one.subject,
                prediction=predict(self.task.shape, self.members, one, recipe.lags),
                paths=one.paths,
                span=one.span,
            )
            for one in read
        ]
        return [
            [
                Candidate(number, name, int(onset), int(offset), float(sure), threshold)
                for name, threshold in self.calibration.thresholds.items()
                for (onset, offset), sure in zip(
                    one.candidates[name].bounds, one.candidates[name].confidence, strict=True
                )
            ]
            for number, one in enumerate(decoded(predicted, self.calibration, how))
        ]


def train(recordings: Sequence[SpotterInput], setting: Setting, seed: int) -> Trained | None:
    """A spotter of recordings that are read in px; None where there is too little to learn from:
    no label, or a single subject."""
    subjects = {one.subject for one in recordings}
    if len(subjects) < 2 or not any(len(x) for one in recordings for x in one.labels.values()):
        return None
    recipe = replace(setting.recipe, seed=seed)
    task, unit = motion_task(recordings, recipe, setting.regions, setting.rate)
    members = train_members(task)
    held_out = held_out_recordings(
        task.recordings, members, held_out_predictions(task, members, predict)
    )
    calibration = calibrate(held_out, setting.decoding, setting.regions, setting.rate)
    return Trained(task, [m for m in members if not m.held_out], calibration, unit)


def ordered(
    candidates: Sequence[Candidate], order: str, rng: np.random.Generator
) -> list[Candidate]:
    """The candidates as they are looked at: the surest first, as in the review page; those nearest
    to the threshold of their class first; or at random."""
    if order == RANDOM:
        return [candidates[i] for i in rng.permutation(len(candidates))]
    if order == SUREST:
        return sorted(candidates, key=lambda one: -one.confidence)
    return sorted(candidates, key=_from_threshold)


def _from_threshold(one: Candidate) -> float:
    if not math.isfinite(one.threshold):  # nothing of this class has been found yet
        return math.inf
    return abs(math.log(max(one.confidence, 1e-9) / one.threshold))


def counts(
    found: Sequence[Sequence[Candidate]], recordings: Sequence[SpotterInput]
) -> dict[str, tuple[int, int, int]]:
    """{class: (tp, fp, fn)} of what reaches its threshold, by the strict rule."""
    total = {}
    for name in CLASSES:
        each = [
            strict_counts(
                np.array(
                    [
                        (row.onset, row.offset)
                        for row in rows
                        if row.expression == name and row.confidence >= row.threshold
                    ],
                    np.int64,
                ).reshape(-1, 2),
                one.labels[name],
                _IOU,
            )
            for rows, one in zip(found, recordings, strict=True)
        ]
        tp, fp, fn = (int(sum(column)) for column in zip(*each, strict=True))
        total[name] = (tp, fp, fn)
    return total


@dataclass(frozen=True)
class Point:
    """How good a spotter is after a number of candidates. accepted: how many of them were hits.
    counts: as `counts` gives them."""

    reviewed: int
    accepted: int
    counts: Mapping[str, tuple[int, int, int]]


def review(
    pool: Sequence[SpotterInput],
    tested: Sequence[SpotterInput],
    first: tuple[Sequence[Sequence[Candidate]], Sequence[Sequence[Candidate]]],
    setting: Setting,
    *,
    order: str,
    after: Sequence[int],
    seed: int,
) -> Iterator[Point]:
    """Points of the curve: before any review, and after each number of candidates.

    pool, tested: recordings with all their labels, read in px, of other subjects. first: candidates
    of each recording of `pool` and of `tested`, before there is a spotter. Stops early where
    nothing is left to look at. seed: of the order and of the trainings.
    """
    rng = np.random.default_rng([seed, ORDERS.index(order)])
    expert = Expert(pool, setting.rate)
    candidates, found = [one for rows in first[0] for one in rows], first[1]
    yield Point(0, 0, counts(found, tested))
    done = 0
    for wanted in after:
        for one in ordered(candidates, order, rng):
            if done == wanted:
                break
            if expert.is_new(one):
                expert.look(one)
                done += 1
        trained = train(expert.reviewed(candidates), setting, seed)
        if trained is not None:
            found = trained.spot(tested, setting.decoding)
            candidates = [one for rows in trained.spot(pool, setting.decoding) for one in rows]
        accepted = sum(len(ends) for own in expert.accepted for ends in own.values())
        yield Point(done, accepted, counts(found, tested))
        if done < wanted:
            return
