"""Predictions and labels of a whole corpus as arrays, and which of them overlap.

All rules ask for the same thing: the pairs of a prediction and a label of the same video and class
that share a frame. They are looked up once, for all videos together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.metrics import paired_iou


@dataclass(frozen=True)
class CorpusIntervals:
    """N intervals of a corpus in the order of their group and time.

    group: `(N,)` int64, number of the video times number of classes, plus number of the class.
    bounds: `(N, 2)` int64, inclusive `[onset, offset]` in native frames. row: `(N,)` their
    positions in the table that they come from. confidence: `(N,)` float64, NaN where unknown.
    """

    group: np.ndarray
    bounds: np.ndarray
    row: np.ndarray
    confidence: np.ndarray

    def __len__(self) -> int:
        return len(self.group)

    def pick(self, which: np.ndarray) -> CorpusIntervals:
        return CorpusIntervals(
            self.group[which], self.bounds[which], self.row[which], self.confidence[which]
        )

    def joined(self, group: np.ndarray, bounds: np.ndarray) -> CorpusIntervals:
        """These and others, which have no row (-1) and no confidence."""
        nothing = np.full(len(group), np.nan)
        return _ordered(
            np.concatenate([self.group, group]),
            np.concatenate([self.bounds, bounds]),
            np.concatenate([self.row, np.full(len(group), -1)]),
            np.concatenate([self.confidence, nothing]),
        )


@dataclass(frozen=True)
class Pairs:
    """K overlapping pairs: positions of the prediction and of the label, `(K,)` int64, and IoUs.

    iou counts both ends of an interval as frames. iou_open takes an interval as half-open, offset -
    onset long (0 where two such intervals have no length at all). Sorted by prediction, then label,
    hence by time.
    """

    prediction: np.ndarray
    label: np.ndarray
    iou: np.ndarray
    iou_open: np.ndarray

    def pick(self, which: np.ndarray) -> Pairs:
        return Pairs(
            self.prediction[which], self.label[which], self.iou[which], self.iou_open[which]
        )


@dataclass(frozen=True)
class ScoredCorpus:
    """What is scored: V videos of S subjects, the predictions and the labels in them.

    subjects: their names, sorted. subject_of: `(V,)` number of each video's subject.
    """

    videos: list[str]
    subjects: list[str]
    subject_of: np.ndarray
    predictions: CorpusIntervals
    labels: CorpusIntervals

    @cached_property
    def pairs(self) -> Pairs:
        return overlapping(self.predictions, self.labels)

    @property
    def n_groups(self) -> int:
        return len(self.videos) * len(CLASSES)

    def per_group(self, intervals: CorpusIntervals, which: np.ndarray | None = None) -> np.ndarray:
        """How many of `intervals` (a mask or positions: of those) each group has, `(G,)` int64."""
        group = intervals.group if which is None else intervals.group[which]
        return np.bincount(group, minlength=self.n_groups).astype(np.int64)

    def by_subject(self, counts: np.ndarray) -> np.ndarray:
        """Sums of `(G, K)` counts of groups: `(S, classes, K)`."""
        counts = counts.reshape(len(self.videos), len(CLASSES), -1)
        total = np.zeros((len(self.subjects), *counts.shape[1:]), dtype=counts.dtype)
        np.add.at(total, self.subject_of, counts)
        return total

    def with_predictions(self, which: np.ndarray) -> ScoredCorpus:
        """The same videos and labels with part of the predictions only."""
        return replace(self, predictions=self.predictions.pick(which))

    def labelled_only(self) -> ScoredCorpus:
        """Without the predictions in videos that have no label of their class."""
        known = self.per_group(self.labels) > 0
        return self.with_predictions(known[self.predictions.group])


def corpus_videos(subject_of: Mapping[str, str]) -> pd.DataFrame:
    """The table subject, video of {video: subject}, as `pool` takes it."""
    return pd.DataFrame({"video": list(subject_of), "subject": list(subject_of.values())})


def pool(
    videos: pd.DataFrame, labels: pd.DataFrame | None, predictions: pd.DataFrame, name: str
) -> ScoredCorpus:
    """Tables as arrays.

    videos: subject and video of every one that counts. labels and predictions: subject, video,
    type, onset, offset (native frames); predictions may have a confidence. name: what errors call
    the predictions. Raises InputError for a row that no subject would count: an unknown video or
    type, another subject than the video's.
    """
    names = pd.Index(videos["video"].astype(str))
    subjects, owner = np.unique(videos["subject"].astype(str).to_numpy(), return_inverse=True)
    intervals = []
    for table, what in ((predictions, name), (labels, "labels")):
        if table is None or table.empty:
            nothing = np.zeros(0, np.int64)
            empty = CorpusIntervals(nothing, np.zeros((0, 2), np.int64), nothing, np.zeros(0))
            intervals.append(empty)
            continue
        intervals.append(_sorted(table, names, [str(s) for s in subjects[owner]], what))
    return ScoredCorpus(list(names), [str(s) for s in subjects], owner.astype(np.int64), *intervals)


def overlapping(predictions: CorpusIntervals, labels: CorpusIntervals) -> Pairs:
    """All pairs of the same group that share a frame.

    Takes time and memory in proportion to the intervals and to the pairs, not to their product.
    """
    if not len(predictions) or not len(labels):
        nothing = np.zeros(0, np.int64)
        return Pairs(nothing, nothing, np.zeros(0), np.zeros(0))
    frames = np.concatenate([predictions.bounds, labels.bounds])
    # Groups are laid one after the other on one time axis, too far apart to touch.
    width = int(frames.max() - frames.min()) + 2
    p = predictions.bounds - frames.min() + predictions.group[:, None] * width
    g = labels.bounds - frames.min() + labels.group[:, None] * width
    # Labels are in order of onset. Those before `first` have all ended when a prediction begins,
    # those from `last` on begin after its end; what lies between is looked at.
    first = np.searchsorted(np.maximum.accumulate(g[:, 1]), p[:, 0], side="left")
    last = np.searchsorted(g[:, 0], p[:, 1], side="right")
    number = np.maximum(last - first, 0)
    i = np.repeat(np.arange(len(p)), number)
    j = np.arange(len(i)) - np.repeat(np.cumsum(number) - number - first, number)
    touching = g[j, 1] >= p[i, 0]
    i, j = i[touching], j[touching]
    between = np.minimum(p[i, 1], g[j, 1]) - np.maximum(p[i, 0], g[j, 0])
    around = np.maximum(p[i, 1], g[j, 1]) - np.minimum(p[i, 0], g[j, 0])
    return Pairs(i, j, paired_iou(p[i], g[j]), between / np.maximum(around, 1))


def best_of(group: np.ndarray, value: np.ndarray, size: int) -> np.ndarray:
    """For each of `size` groups the position of its highest value, the first of equals; -1: none.

    group: `(K,)` in 0..size - 1.
    """
    best = np.full(size, -1, dtype=np.int64)
    order = np.lexsort((-np.arange(len(value)), value))  # the last one written is the best
    best[group[order]] = order
    return best


def _sorted(
    table: pd.DataFrame, names: pd.Index, owner: Sequence[str], what: str
) -> CorpusIntervals:
    video = names.get_indexer(pd.Index(table["video"].astype(str)))
    kind = pd.Index(CLASSES).get_indexer(pd.Index(table["type"].astype(str)))
    subject = table["subject"].astype(str).to_numpy()
    right = (video >= 0) & (kind >= 0) & (np.asarray(owner)[video] == subject)
    if not right.all():
        at = int(np.argmin(right))
        raise InputError(
            f"{what}: row {at + 2}: {_fault(table.iloc[at], video[at], kind[at], owner)}"
        )
    bounds = table[["onset", "offset"]].to_numpy(dtype=np.int64)
    confidence = np.full(len(table), np.nan)
    if "confidence" in table:
        confidence = table["confidence"].to_numpy(dtype=np.float64, na_value=np.nan)
    return _ordered(video * len(CLASSES) + kind, bounds, np.arange(len(table)), confidence)


def _ordered(
    group: np.ndarray, bounds: np.ndarray, row: np.ndarray, confidence: np.ndarray
) -> CorpusIntervals:
    order = np.lexsort((-confidence, bounds[:, 1], bounds[:, 0], group))
    return CorpusIntervals(group, bounds, row, confidence).pick(order)


def _fault(row: pd.Series, video: int, kind: int, owner: Sequence[str]) -> str:
    if video < 0:
        return f"video '{row['video']}' is not one of the corpus"
    if kind < 0:
        return f"type '{row['type']}' must be one of {list(CLASSES)}"
    return f"video '{row['video']}' is of subject '{owner[video]}', not '{row['subject']}'"
