"""What other candidates say of a candidate: those of its video, and those of its subject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mespot.expressions import CLASSES
from mespot.spans import usable_spans
from mespot.spotting import decode
from mespot.spotting.decode import Intervals
from mespot.spotting.recordings import Predicted

_NEAR = 5.0  # s between the middles of candidates that count as near
_LONGEST_GAP = 30.0  # s; a surer candidate that is farther away is as good as none
_PER_MINUTE = 2  # candidates a minute among a subject's surest
_AT_ONCE = 250_000  # pairs of candidates that are compared at a time; bounds the memory


@dataclass(frozen=True)
class Subject:
    """All candidates of a subject: confidences of each class, rising; minutes of video."""

    confidence: Sequence[np.ndarray]
    minutes: float


def by_subject(
    recordings: Sequence[Predicted], candidates: Sequence[Mapping[str, Intervals]], rate: float
) -> dict[tuple[str, str], Subject]:
    """What there is of each person in all recordings together."""
    subjects = {}
    for person in dict.fromkeys(one.person for one in recordings):
        which = [i for i, one in enumerate(recordings) if one.person == person]
        frames = sum(usable_frames(recordings[i].span) for i in which)
        confidence = [
            np.sort(np.concatenate([candidates[i][kind].confidence for i in which]))
            for kind in CLASSES
        ]
        subjects[person] = Subject(confidence, minutes_of(frames, rate))
    return subjects


def usable_frames(span: np.ndarray) -> int:
    """How many frames of a recording are in a usable span."""
    return int(np.count_nonzero(np.asarray(span) >= 0))


def minutes_of(frames: int, rate: float) -> float:
    """At least a second, so that it can divide."""
    return max(frames / rate, 1.0) / 60


def span_of(span: np.ndarray, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First frame and end of the usable span that each of `frames`, `(N,)`, belongs to."""
    spans = np.array(usable_spans(span)).reshape(-1, 2)
    which = np.searchsorted(spans[:, 0], frames, side="right") - 1
    return spans[which, 0], spans[which, 1]


def columns(
    one: Predicted, candidates: Intervals, kind: np.ndarray, subject: Subject, rate: float
) -> dict[str, np.ndarray]:
    """Features of the N candidates of a recording, of both classes. kind: `(N,)` class of each."""
    minutes = minutes_of(usable_frames(one.span), rate)
    found = {name: np.zeros(len(candidates)) for name in ("rank", "number", *_OF_SUBJECT)}
    for k, known in enumerate(subject.confidence):
        which = kind == k
        own = candidates.confidence[which]
        found["rank"][which] = len(own) - np.searchsorted(np.sort(own), own, side="right")
        found["number"][which] = len(own)
        if len(own):
            surer = len(known) - np.searchsorted(known, own, side="right")
            most = max(1, round(_PER_MINUTE * subject.minutes))
            values = (
                surer / subject.minutes,
                surer / len(known),
                len(known) / subject.minutes,
                known[-min(5, len(known))],
                known[-most:].mean(),
            )
            for name, value in zip(_OF_SUBJECT, values, strict=True):
                found[name][which] = value
    found["number_a_minute"] = found["number"] / minutes
    rows = max(1, _AT_ONCE // max(1, len(candidates)))
    parts = [
        _compared(candidates, kind, one.span[candidates.apex], slice(i, i + rows), rate)
        for i in range(0, len(candidates), rows)
    ]
    return found | {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


_OF_SUBJECT = (
    "subject_rank_a_minute",
    "subject_rank_share",
    "subject_number_a_minute",
    "subject_fifth",
    "subject_surest",
)


def _compared(
    candidates: Intervals, kind: np.ndarray, span: np.ndarray, part: slice, rate: float
) -> dict[str, np.ndarray]:
    """Some of the candidates against all of the recording. span: `(N,)` of each."""
    sure = candidates.confidence
    own, rows = sure[part], np.arange(len(candidates))[part]
    iou = decode.overlap(candidates.pick(rows), candidates)
    same = kind[rows][:, None] == kind[None]
    itself = rows[:, None] == np.arange(len(candidates))
    middle = (candidates.onset + candidates.offset) / 2
    gap = np.abs(middle[rows][:, None] - middle[None]) / rate
    gap[span[rows][:, None] != span[None]] = np.inf
    others = same & ~itself

    def surest(which: np.ndarray) -> np.ndarray:
        return np.where(which, sure[None], 0).max(axis=1)

    surer = others & (sure[None] > own[:, None])
    return {
        "other_class_overlapping": surest(~same & (iou > 0.2)),
        "other_class_touching": surest(~same & (iou > 0)),
        "other_class_iou": np.where(same, 0, iou).max(axis=1),
        "own_class_overlapping": surest(others & (iou > 0.2)),
        "own_class_touching": surest(others & (iou > 0)),
        "gap_to_surer": np.where(surer, gap, np.inf).min(axis=1).clip(max=_LONGEST_GAP),
        "near": np.where(others & (gap < _NEAR), sure[None], 0).sum(axis=1),
    }
