"""Where to cut a confidence: from labels of training subjects, or from a curve alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mespot.metrics import strict_counts
from mespot.spotting.decode import Intervals


def relative_threshold(score: np.ndarray, span: np.ndarray, p: float) -> float:
    """Threshold of one video from its own scores: mean + p (max - mean) over usable frames.

    The rule of training-free and of most learned spotters (SOFTNet, Liong et al. 2021,
    doi:10.1109/ICIP42928.2021.9506372); p = 0 cuts at the mean, p = 1 leaves the highest peak.
    Infinite for a video without a usable frame or motion: nothing can be spotted there.
    """
    values = np.asarray(score, dtype=np.float64)[np.asarray(span) >= 0]
    if values.size == 0 or values.max() <= values.mean():
        return float("inf")
    return float(values.mean() + p * (values.max() - values.mean()))


def relative_level(confidence: np.ndarray, score: np.ndarray, span: np.ndarray) -> np.ndarray:
    """Where confidences lie between the mean, 0, and the maximum, 1, of a video's scores: the
    largest p of `relative_threshold` that they reach, `(N,)`. The scores must not be flat."""
    values = np.asarray(score, dtype=np.float64)[np.asarray(span) >= 0]
    return (confidence - values.mean()) / (values.max() - values.mean())


def sweep(
    candidates: Sequence[Intervals], labels: Sequence[np.ndarray], iou: float = 0.5
) -> tuple[np.ndarray, np.ndarray]:
    """Strict F1 of one class over videos at every threshold that changes the predictions.

    candidates: for each video its intervals. labels: for each video, `(M, 2)` int of
    inclusive onset and offset, in the same frames. Returns thresholds `(K,)` in rising order and
    F1 `(K,)`: entry k keeps what has a confidence of at least thresholds[k].
    """
    levels = np.unique(np.concatenate([c.confidence for c in candidates] or [np.zeros(0)]))
    counts = np.zeros((len(levels), 3), dtype=np.int64)
    for intervals, known in zip(candidates, labels, strict=True):
        own = np.unique(intervals.confidence)
        at = [strict_counts(intervals.above(level).bounds, known, iou) for level in own]
        at.append((0, 0, len(known)))
        # At a level between two of this video's confidences, the next higher one decides.
        counts += np.array(at)[np.searchsorted(own, levels)]
    tp, fp, fn = counts.T
    return levels, 2 * tp / np.maximum(2 * tp + fp + fn, 1)


def best_threshold(
    candidates: Sequence[Intervals],
    labels: Sequence[np.ndarray],
    *,
    tolerance: float,
    iou: float = 0.5,
) -> tuple[float, float]:
    """Threshold on confidence for the highest strict F1, and that F1.

    With few labels the F1 is a ragged curve whose very top is luck. So the threshold is the median
    of all that come within `tolerance` of the highest F1. Infinite (nothing is predicted), with F1
    zero, when no candidate matches any label.
    """
    levels, f1 = sweep(candidates, labels, iou)
    if f1.size == 0 or f1.max() <= 0:
        return float("inf"), 0.0
    good = levels[f1 >= f1.max() - tolerance]
    threshold = float(np.sort(good)[(len(good) - 1) // 2])
    return threshold, float(f1[np.searchsorted(levels, threshold)])
