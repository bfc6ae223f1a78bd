"""Spotting without training: regions that move away and come back within an expression's length.

For a window of 2 h + 1 frames around t, the displacement from its start to its middle, a, and from
its middle to its end, b, of each face region are compared: an expression whose apex lies at t moves
a region by a and brings it back by b = -a, while a head turn, a gaze shift or drift goes on
(b = a) or stays (b = 0). The motion that returns is (a - b) / 2 and what does not is (a + b) / 2;
the score of a region is |a - b| / 2 - |a + b| / 2, not below zero. Main directional motion between
the ends and the middle of a window of the expression's length is the idea of Moilanen et al. 2014
(doi:10.1109/ICPR.2014.303) and He et al. 2020 (doi:10.1109/FG47880.2020.00029).

No labels are read and nothing is fitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mespot.spans import usable_spans
from mespot.spotting import decode
from mespot.spotting.decode import Intervals
from mespot.spotting.signals import displacement, eyes_open
from mespot.spotting.thresholds import relative_level, relative_threshold


@dataclass(frozen=True)
class Spotted:
    """What was spotted in one video, by class.

    scores: curves `(T,)`. thresholds: on them. intervals: what is predicted. candidates: these and
    what would be predicted at a lower threshold of the class. levels: `(N,)` of the candidates, on
    the scale on which a method's threshold is chosen.
    """

    scores: dict[str, np.ndarray]
    thresholds: dict[str, float]
    intervals: dict[str, Intervals]
    candidates: dict[str, Intervals]
    levels: dict[str, np.ndarray]


def half_lengths(shortest_s: float, longest_s: float, rate: float, ratio: float) -> list[int]:
    """Half window lengths in frames that cover expressions of these lengths (s), each about
    `ratio` times the one before; windows have 2 h + 1 frames."""
    low = max(1, int(np.ceil((shortest_s * rate - 1) / 2)))
    high = max(low, int((longest_s * rate - 1) // 2))
    steps = 1 + int(np.ceil(np.log(high / low) / np.log(ratio))) if high > low else 1
    return sorted({int(round(h)) for h in np.geomspace(low, high, steps)})


def returning_motion(
    regional: np.ndarray,
    lags: Sequence[int],
    span: np.ndarray,
    half: int,
    eye_regions: Sequence[int],
    blink: np.ndarray,
) -> np.ndarray:
    """Motion of each region that has come back `half` frames after t, `(T, R)` px, not negative.

    Zero where the window leaves the span of t. Eye regions count by how open the eyes stay.
    """
    before = displacement(regional, lags, half, span)  # (T, R, 2) from t - half to t
    after = np.zeros_like(before)
    after[:-half] = before[half:]  # from t to t + half
    score = np.linalg.norm(before - after, axis=2) - np.linalg.norm(before + after, axis=2)
    score = np.maximum(score / 2, 0.0)
    whole = np.zeros(len(score), dtype=bool)
    for start, stop in usable_spans(span):
        whole[start + half : max(start + half, stop - half)] = True
    score[~whole] = 0.0
    if len(eye_regions):
        score[:, list(eye_regions)] *= eyes_open(blink, half)[:, None]
    return score


def pool_regions(motion: np.ndarray, strongest: int) -> np.ndarray:
    """Mean of the `strongest` regions at each frame: `(T, R)` -> `(T,)`.

    An action unit moves a few neighbouring regions; a mean over the face would bury it and the
    maximum alone is the jitter of one region.
    """
    k = min(strongest, motion.shape[1])
    return np.partition(motion, motion.shape[1] - k, axis=1)[:, -k:].mean(axis=1)


def spot(
    regional: np.ndarray,
    lags: Sequence[int],
    blink: np.ndarray,
    span: np.ndarray,
    rate: float,
    *,
    eye_regions: Sequence[int],
    seconds: dict[str, tuple[float, float]],
    length_ratio: float,
    strongest_regions: int,
    length_exponent: float,
    class_iou: float,
    p: dict[str, float],
) -> Spotted:
    """Score curves and intervals of one video.

    regional `(T, L, R, 2)` px, blink `(T,)`, span `(T,)`, rate in working frames a second.
    seconds: shortest and longest expression of each class. p: see `relative_threshold`.

    The motion within a window grows with its length (drift and tracking noise do too), so windows
    are compared by motion / length ** length_exponent; the window that is best for t gives the
    length of the interval around t and its class: a frame scores in a class only as far as that
    class's best window beats the other's. Where intervals of both classes overlap by an IoU of more
    than class_iou, the one that scores higher stays.
    """
    lengths = {c: half_lengths(*seconds[c], rate, length_ratio) for c in seconds}
    every = sorted({h for options in lengths.values() for h in options})
    motion = {
        h: pool_regions(
            returning_motion(regional, lags, span, h, eye_regions, blink), strongest_regions
        )
        / (2 * h + 1) ** length_exponent
        for h in every
    }
    best, half = {}, {}
    for c, options in lengths.items():
        stack = np.stack([motion[h] for h in options])  # (lengths, T)
        half[c] = np.array(options)[stack.argmax(axis=0)]
        best[c] = stack.max(axis=0)
    scores, found, thresholds = {}, {}, {}
    for c in lengths:
        others = [best[o] for o in lengths if o != c]
        rival = np.max(others, axis=0) if others else np.zeros(len(span))
        scores[c] = np.maximum(0.0, 2 * best[c] - np.maximum(best[c], rival))
        thresholds[c] = relative_threshold(scores[c], span, p[c])
        # From the mean on: a lower peak is never in the way of a higher one.
        lowest = relative_threshold(scores[c], span, 0.0)
        candidates = decode.from_peaks(
            scores[c], half[c], span, threshold=lowest, distance=min(lengths[c])
        )
        found[c] = decode.merge(candidates, iou=0.0, agree=2.0).in_time_order()
    sure = {c: found[c].confidence for c in found}
    found = decode.unbeaten(found, thresholds, sure, class_iou)
    return Spotted(
        scores,
        thresholds,
        {c: found[c].above(thresholds[c]) for c in found},
        found,
        {
            c: relative_level(found[c].confidence, scores[c], span)
            if len(found[c])
            else np.zeros(0)
            for c in found
        },
    )
