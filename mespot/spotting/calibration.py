"""From the predictions of a learned spotter to intervals, with thresholds from training subjects.

Thresholds are chosen from recordings that networks predict without having seen their subjects:
networks are far surer of subjects that they were trained on. The same holds for the trees of the
second look.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mespot.expressions import CLASSES
from mespot.settings import PEAKS
from mespot.spotting import decode, decoders, second_look
from mespot.spotting.decode import Intervals
from mespot.spotting.decoders import Decoding
from mespot.spotting.lengths import Lengths, label_lengths
from mespot.spotting.recordings import HeldOut, Predicted
from mespot.spotting.second_look import Trees
from mespot.spotting.spotted import Spotted
from mespot.spotting.thresholds import best_threshold, from_logit, logit
from mespot.spotting.usual import Usual, compared

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Calibration:
    """What decoding takes from training recordings: by class, how long expressions last and the
    threshold on confidence; the trees of the second look, where there is one; and what is usual
    for a person, where persons are compared."""

    lengths: Mapping[str, Lengths]
    thresholds: Mapping[str, float]
    trees: Trees | None = None
    usual: Usual | None = None


def calibrate(
    recordings: Sequence[HeldOut], how: Decoding, regions: Sequence[str], rate: float
) -> Calibration:
    """Lengths of the labels, trees, and the threshold of each class for the highest expected F1.

    regions: names of the face regions of the paths. rate: working frames a second. Lengths and
    thresholds are those of the corpus that is spotted in. Trees learn from all recordings; what
    they say of a recording, to choose the thresholds, comes from trees that saw none of its group.
    """
    own = [one for one in recordings if not one.corpus]
    lengths = _lengths(own, how)
    of_others = _lengths([one for one in recordings if one.corpus], how)
    candidates = [
        _judged(_candidates(one, of_others if one.corpus else lengths, how), one.known)
        for one in recordings
    ]
    trees = None
    if how.looks_twice:
        look = how.second_look
        learned = second_look.learn(recordings, candidates, regions, rate, look)
        if learned is not None:
            trees, candidates = learned
    kept = [rows for one, rows in zip(recordings, candidates, strict=True) if not one.corpus]
    usual = None
    if how.compares_persons:
        usual = Usual.of(own, kept, rate)
        excess = usual.excess(own, kept, how.person_share, how.person_minutes)
        kept = [compared(rows, one) for rows, one in zip(kept, excess, strict=True)]
    thresholds = {}
    for name in CLASSES:
        thresholds[name], f1 = best_threshold(
            [rows[name] for rows in kept],
            [one.labels[name] for one in own],
            shares=how.decoder != PEAKS,
        )
        log.info("%s: threshold %.3f, F1 %.3f on subjects held out", name, thresholds[name], f1)
    return Calibration(lengths, thresholds, trees, usual)


def decoded(
    recordings: Sequence[Predicted], calibration: Calibration, how: Decoding
) -> list[Spotted]:
    """What is spotted in each recording. The recordings of a subject must be given together."""
    candidates = [_candidates(one, calibration.lengths, how) for one in recordings]
    if calibration.trees is not None:
        candidates = calibration.trees.rescored(recordings, candidates)
    excess = [dict.fromkeys(CLASSES, 0.0) for _ in recordings]
    if calibration.usual is not None:
        excess = calibration.usual.excess(
            recordings, candidates, how.person_share, how.person_minutes
        )
    return [
        _spotted(one, compared(rows, off), off, calibration, how)
        for one, rows, off in zip(recordings, candidates, excess, strict=True)
    ]


def _spotted(
    one: Predicted,
    candidates: Mapping[str, Intervals],
    excess: Mapping[str, float],
    calibration: Calibration,
    how: Decoding,
) -> Spotted:
    lengths, thresholds = calibration.lengths, calibration.thresholds
    # Over its threshold, a confidence can be compared with that of the other class.
    sure = {name: candidates[name].confidence / thresholds[name] for name in CLASSES}
    kept = decode.unbeaten(candidates, thresholds, sure, how.class_iou)
    scores = {name: one.prediction.score[:, c] for c, name in enumerate(CLASSES)}
    drawn = {
        # The confidences of a second look are not on the curve of the scores.
        name: float("nan")
        if calibration.trees is not None
        else decoders.on_scores(
            _with_excess(thresholds[name], excess[name]), scores[name], one.span, lengths[name], how
        )
        for name in CLASSES
    }
    return Spotted(
        scores,
        drawn,
        {name: kept[name].above(thresholds[name]) for name in CLASSES},
        kept,
        {name: kept[name].confidence for name in CLASSES},
    )


def _with_excess(threshold: float, excess: float) -> float:
    """The score that a candidate of this person needs; confidences are lower by the excess."""
    if not excess or not np.isfinite(threshold):
        return threshold
    return float(from_logit(logit(np.array([threshold])) + excess)[0])


def _judged(candidates: dict[str, Intervals], known: np.ndarray | None) -> dict[str, Intervals]:
    """Those of which it is known whether they hit: every frame of them is known."""
    if known is None:
        return candidates
    unknown = np.concatenate([[0], np.cumsum(~known)])
    return {
        name: rows.pick(unknown[rows.offset + 1] == unknown[rows.onset])
        for name, rows in candidates.items()
    }


def _lengths(recordings: Sequence[HeldOut], how: Decoding) -> dict[str, Lengths]:
    return {
        name: label_lengths([one.labels[name] for one in recordings], how.duration_slack)
        for name in CLASSES
    }


def _candidates(
    one: Predicted, lengths: Mapping[str, Lengths], how: Decoding
) -> dict[str, Intervals]:
    score, distances = one.prediction.score, one.prediction.distances
    return {
        name: decoders.candidates(score[:, c], distances[:, c], one.span, lengths[name], how)
        for c, name in enumerate(CLASSES)
    }
