"""The decoders that a learned method may name: from its curves to the candidates of a class."""

from __future__ import annotations

import numpy as np

from mespot.spotting import decode
from mespot.spotting.decode import Intervals
from mespot.spotting.smoothed import peaks, smoothed
from mespot.spotting.thresholds import relative_threshold

BOUNDARIES, PEAKS = "boundaries", "peaks"


def candidates(
    decoder: str,
    score: np.ndarray,
    distances: np.ndarray,
    span: np.ndarray,
    *,
    durations: tuple[int, int],
    half_length: int,
    floor: float,
    nms_iou: float,
    vote_iou: float,
) -> Intervals:
    """All candidates of one class in a video, for thresholds to be chosen from.

    `boundaries`: the network's own distances to onset and offset (`decode.from_network`).
    Confidences are scores. `peaks`: intervals of one length around the peaks of the smoothed
    score, distances are not read; confidences are on the scale of its p. score `(T,)`, distances
    `(T, 2)` frames, span `(T,)`; durations: the shortest and longest that is believed, half_length
    half of the mean length, all of training labels, in frames. A class without labels (durations
    that nothing fits) has no candidate.
    """
    if durations[1] < durations[0]:
        return decode.intervals([], [], [], [])
    if decoder == PEAKS:
        return peaks(score, half_length, 0.0, span)
    return decode.from_network(
        score,
        distances,
        span,
        durations=durations,
        floor=floor,
        nms_iou=nms_iou,
        vote_iou=vote_iou,
    )


def on_scores(
    decoder: str, threshold: float, score: np.ndarray, span: np.ndarray, half_length: int
) -> float:
    """A threshold on confidences as one on the scores of a video, to be drawn beside them."""
    if decoder == PEAKS:
        return relative_threshold(*smoothed(score, half_length, span), threshold)
    return threshold
