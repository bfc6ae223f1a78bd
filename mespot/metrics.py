"""The strict rule for one video and class, and the ratios of counts.

The rule. Intervals are `[onset, offset]`, inclusive at both ends, in native frame numbers. A
prediction may be matched with a label of the same video and class when their intersection over
union (IoU) is at least 0.5. Inside a video and a class the assignment is one-to-one and has as
many pairs as possible; a matched prediction is a true positive (TP), another one a false positive
(FP), a label without a prediction a false negative (FN). Micro and macro are matched apart and
`all` adds up their counts. Every video counts, with labels or without. The IoU criterion is that
of the MEGC challenges (Li et al., "MEGC2020 - The Third Facial Micro-Expression Grand Challenge",
FG 2020); the one-to-one assignment is stricter than the challenge's rule, where one prediction may
take two labels.

Conventions for zero denominators, everywhere in this module:

- precision = TP / (TP + FP): undefined (NaN, an empty cell) without any prediction;
- recall = TP / (TP + FN): undefined without any label;
- F1 = 2 TP / (2 TP + FP + FN): undefined only without any label and any prediction, so it is 0 for
  a subject whose labels were all missed and for one who has false alarms only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

# ---------------------------------------------------------------- one video and class


def intervals_iou(predictions: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """IoU of inclusive frame intervals: `(N, 2)` and `(M, 2)` int, frames -> `(N, M)` float64.

    The quotient of two integers is correctly rounded, so 15 / 30 >= 0.5 and 3 / 10 >= 0.3 hold
    exactly. Raises ValueError for an interval that ends before it begins or is not integer.
    """
    p, g = _as_intervals(predictions, "predictions"), _as_intervals(labels, "labels")
    return paired_iou(p[:, None], g[None])


def paired_iou(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """IoU of inclusive frame intervals one by one: `(..., 2)` int each, broadcast, -> `(...)`."""
    last = np.minimum(first[..., 1], second[..., 1])
    shared = np.maximum(0, last - np.maximum(first[..., 0], second[..., 0]) + 1)
    lengths = (first[..., 1] - first[..., 0] + 1) + (second[..., 1] - second[..., 0] + 1)
    return shared / (lengths - shared)


def strict_match(
    predictions: np.ndarray, labels: np.ndarray, iou: float = 0.5
) -> list[tuple[int, int]]:
    """Optimal one-to-one matching inside one video and class.

    predictions `(N, 2)` and labels `(M, 2)`: int, inclusive `[onset, offset]` in native frames.
    Returns `(prediction index, label index)` pairs, sorted. No other matching has more pairs; of
    those with as many, it is one with the largest sum of IoUs, so that figures show the closest.
    """
    return assign(intervals_iou(predictions, labels), iou)


def assign(overlap: np.ndarray, iou: float) -> list[tuple[int, int]]:
    """`strict_match` of predictions and labels with the IoUs `overlap`, `(N, M)`."""
    allowed = overlap >= iou
    if not allowed.any():
        return []
    # A pair is worth more than all the IoUs of a matching together: their
    # number first, then the fit.
    value = np.where(allowed, min(overlap.shape) + 1 + overlap, 0.0)
    rows, columns = linear_sum_assignment(value, maximize=True)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if allowed[i, j]]


def strict_counts(
    predictions: np.ndarray, labels: np.ndarray, iou: float = 0.5
) -> tuple[int, int, int]:
    """`(tp, fp, fn)` of `strict_match` for one video and class."""
    tp = len(strict_match(predictions, labels, iou))
    return tp, len(predictions) - tp, len(labels) - tp


def _as_intervals(values: np.ndarray | Sequence, name: str) -> np.ndarray:
    array = np.asarray(values)
    if array.size == 0:
        return np.zeros((0, 2), dtype=np.int64)
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(f"{name}: intervals must have shape (N, 2), not {array.shape}")
    if not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"{name}: intervals must be whole frame numbers, not {array.dtype}")
    array = array.astype(np.int64)
    wrong = np.flatnonzero(array[:, 1] < array[:, 0])
    if wrong.size:
        raise ValueError(f"{name}: interval {wrong[0]} ends before it begins: {array[wrong[0]]}")
    return array


# ---------------------------------------------------------------- ratios


def precision_recall_f1(tp, fp, fn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 (float64, NaN where undefined) of counts of any one shape."""
    tp, fp, fn = (np.asarray(x, dtype=np.float64) for x in (tp, fp, fn))
    with np.errstate(invalid="ignore", divide="ignore"):
        return tp / (tp + fp), tp / (tp + fn), 2 * tp / (2 * tp + fp + fn)
