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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mespot.expressions import CLASSES
from mespot.settings import fill
from mespot.spans import usable_spans
from mespot.spotting import decode
from mespot.spotting.decode import Intervals
from mespot.spotting.signals import displacement, eyes_open
from mespot.spotting.spotted import Spotted
from mespot.spotting.thresholds import relative_level, relative_threshold


@dataclass(frozen=True)
class RegionMotion:
    """The motion of one video of T frames: regional `(T, L, R, 2)`, px of the crop, over L `lags`
    of working frames; blink `(T,)` in 0..1; span `(T,)`, the usable span of a frame or -1; rate in
    working frames a second; eye_regions: which of the R regions move when the eyes blink."""

    regional: np.ndarray
    lags: Sequence[int]
    blink: np.ndarray
    span: np.ndarray
    rate: float
    eye_regions: Sequence[int]


@dataclass(frozen=True)
class TrainingFreeRecipe:
    """`spotting.training_free` of config.yaml, which explains each key."""

    seconds: Mapping[str, tuple[float, float]]
    length_ratio: float
    length_exponent: float
    strongest_regions: int
    class_iou: float
    p: Mapping[str, float]

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> TrainingFreeRecipe:
        """Raises InputError for a key that is missing or unknown."""
        (recipe,) = fill("spotting.training_free", settings, cls)
        return recipe


def half_lengths(shortest_s: float, longest_s: float, rate: float, ratio: float) -> list[int]:
    """Half window lengths in frames that cover expressions of these lengths (s), each about
    `ratio` times the one before; windows have 2 h + 1 frames."""
    low = max(1, int(np.ceil((shortest_s * rate - 1) / 2)))
    high = max(low, int((longest_s * rate - 1) // 2))
    steps = 1 + int(np.ceil(np.log(high / low) / np.log(ratio))) if high > low else 1
    return sorted({int(round(h)) for h in np.geomspace(low, high, steps)})


def returning_motion(motion: RegionMotion, half: int) -> np.ndarray:
    """Motion of each region that has come back `half` frames after t, `(T, R)` px, not negative.

    Zero where the window leaves the span of t. Eye regions count by how open the eyes stay.
    """
    # (T, R, 2): from t - half to t, then from t to t + half.
    before = displacement(motion.regional, motion.lags, half, motion.span)
    after = np.zeros_like(before)
    after[:-half] = before[half:]
    score = np.linalg.norm(before - after, axis=2) - np.linalg.norm(before + after, axis=2)
    score = np.maximum(score / 2, 0.0)
    whole = np.zeros(len(score), dtype=bool)
    for start, stop in usable_spans(motion.span):
        whole[start + half : max(start + half, stop - half)] = True
    score[~whole] = 0.0
    if len(motion.eye_regions):
        score[:, list(motion.eye_regions)] *= eyes_open(motion.blink, half)[:, None]
    return score


def pool_regions(motion: np.ndarray, strongest: int) -> np.ndarray:
    """Mean of the `strongest` regions at each frame: `(T, R)` -> `(T,)`.

    An action unit moves a few neighbouring regions; a mean over the face would bury it and the
    maximum alone is the jitter of one region.
    """
    k = min(strongest, motion.shape[1])
    return np.partition(motion, motion.shape[1] - k, axis=1)[:, -k:].mean(axis=1)


def spot(motion: RegionMotion, recipe: TrainingFreeRecipe) -> Spotted:
    """Score curves and intervals of one video.

    The motion within a window grows with its length (drift and tracking noise do too), so windows
    are compared by motion / length ** length_exponent. The window that is best for t gives the
    length of the interval around t and its class: a frame scores in a class only as far as that
    class's best window beats the other's. Where intervals of both classes overlap by an IoU of more
    than class_iou, the one that scores higher stays.
    """
    lengths = {
        c: half_lengths(*recipe.seconds[c], motion.rate, recipe.length_ratio)
        for c in CLASSES  # not in the order of the config: in a tie the first class stays
    }
    every = sorted({h for options in lengths.values() for h in options})
    by_length = {
        h: pool_regions(returning_motion(motion, h), recipe.strongest_regions)
        / (2 * h + 1) ** recipe.length_exponent
        for h in every
    }
    best, half = {}, {}
    for c, options in lengths.items():
        stack = np.stack([by_length[h] for h in options])  # (lengths, T)
        half[c] = np.array(options)[stack.argmax(axis=0)]
        best[c] = stack.max(axis=0)
    scores, candidates, thresholds = {}, {}, {}
    for c in lengths:
        others = [best[o] for o in lengths if o != c]
        rival = np.max(others, axis=0) if others else np.zeros(len(motion.span))
        scores[c] = np.maximum(0.0, 2 * best[c] - np.maximum(best[c], rival))
        thresholds[c] = relative_threshold(scores[c], motion.span, recipe.p[c])
        # From the mean on: a lower peak is never in the way of a higher one.
        lowest = relative_threshold(scores[c], motion.span, 0.0)
        around_peaks = decode.from_peaks(
            scores[c], half[c], motion.span, threshold=lowest, distance=min(lengths[c])
        )
        candidates[c] = decode.merge(around_peaks, iou=0.0, agree=2.0).in_time_order()
    sure = {c: candidates[c].confidence for c in candidates}
    kept = decode.unbeaten(candidates, thresholds, sure, recipe.class_iou)
    return Spotted(
        scores,
        thresholds,
        {c: kept[c].above(thresholds[c]) for c in kept},
        kept,
        {c: _levels(kept[c], scores[c], motion.span) for c in kept},
    )


def _levels(candidates: Intervals, score: np.ndarray, span: np.ndarray) -> np.ndarray:
    """Confidences on the scale of p, `(N,)`."""
    if not len(candidates):
        return np.zeros(0)  # the scores may be flat
    return relative_level(candidates.confidence, score, span)
