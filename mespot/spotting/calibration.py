"""From the predictions of a learned spotter to intervals, with thresholds from training subjects.

Thresholds are chosen from recordings that networks predict without having seen their subjects:
networks are far surer of subjects that they were trained on.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mespot.expressions import CLASSES
from mespot.spotting import decode, decoders
from mespot.spotting.decode import Intervals
from mespot.spotting.decoders import Decoding
from mespot.spotting.lengths import Lengths, label_lengths
from mespot.spotting.predictions import Prediction
from mespot.spotting.spotted import Spotted
from mespot.spotting.thresholds import best_threshold

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HeldOut:
    """A training recording of T frames, as networks predict it that never saw its subject.

    corpus: of a recording that trained along; empty for the corpus that is spotted in. group: the
    number of the group of subjects that those networks did not see. paths: `(T, R, 4)` in units of
    the corpus's noise. span: `(T,)`. labels: {class: `(M, 2)` int} inclusive onset and offset,
    working frames.
    """

    corpus: str
    subject: str
    video: str
    group: int
    prediction: Prediction
    paths: np.ndarray
    span: np.ndarray
    labels: Mapping[str, np.ndarray]

    @property
    def place(self) -> tuple[str, str]:
        """Corpus and video."""
        return self.corpus, self.video


@dataclass(frozen=True)
class Calibration:
    """What decoding takes from training recordings, by class: how long expressions last, and the
    threshold on confidence."""

    lengths: Mapping[str, Lengths]
    thresholds: Mapping[str, float]


def calibrate(recordings: Sequence[HeldOut], how: Decoding) -> Calibration:
    """Lengths of the labels, and the threshold of each class for the highest strict F1."""
    lengths, thresholds = {}, {}
    for c, name in enumerate(CLASSES):
        labels = [one.labels[name] for one in recordings]
        lengths[name] = label_lengths(labels, how.duration_slack)
        candidates = [
            _candidates(one.prediction, c, one.span, lengths[name], how) for one in recordings
        ]
        thresholds[name], f1 = best_threshold(candidates, labels, tolerance=how.tolerance)
        log.info("%s: threshold %.3f, F1 %.3f on subjects held out", name, thresholds[name], f1)
    return Calibration(lengths, thresholds)


def decoded(
    prediction: Prediction, span: np.ndarray, calibration: Calibration, how: Decoding
) -> Spotted:
    """What is spotted in a recording of T frames. span: `(T,)`."""
    lengths, thresholds = calibration.lengths, calibration.thresholds
    every = {
        name: _candidates(prediction, c, span, lengths[name], how) for c, name in enumerate(CLASSES)
    }
    # Over its threshold, a confidence can be compared with that of the other class.
    sure = {name: every[name].confidence / thresholds[name] for name in CLASSES}
    kept = decode.unbeaten(every, thresholds, sure, how.class_iou)
    scores = {name: prediction.score[:, c] for c, name in enumerate(CLASSES)}
    return Spotted(
        scores,
        {
            name: decoders.on_scores(thresholds[name], scores[name], span, lengths[name], how)
            for name in CLASSES
        },
        {name: kept[name].above(thresholds[name]) for name in CLASSES},
        kept,
        {name: kept[name].confidence for name in CLASSES},
    )


def _candidates(
    prediction: Prediction, c: int, span: np.ndarray, lengths: Lengths, how: Decoding
) -> Intervals:
    """Those of the class number `c`."""
    return decoders.candidates(
        prediction.score[:, c], prediction.distances[:, c], span, lengths, how
    )
