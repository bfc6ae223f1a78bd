"""The strict score of spotted intervals: counts, precision, recall, F1 and how sure the F1 is.

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
import pandas as pd
from scipy.optimize import linear_sum_assignment

from mespot.errors import InputError

CLASSES = ("micro", "macro")
ALL = "all"
METRICS_COLUMNS = [
    "corpus", "method", "pretraining", "expression", "subject", "videos", "labels", "predictions",
    "tp", "fp", "fn", "precision", "recall", "f1", "f1_low", "f1_high",
]  # fmt: skip
COUNTS = ["videos", "labels", "predictions", "tp", "fp", "fn"]
RATIOS = ["precision", "recall", "f1", "f1_low", "f1_high"]


# ---------------------------------------------------------------- one video and class


def intervals_iou(predictions: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """IoU of inclusive frame intervals: `(N, 2)` and `(M, 2)` int, frames -> `(N, M)` float64.

    The quotient of two integers is correctly rounded, so 15 / 30 >= 0.5 and 3 / 10 >= 0.3 hold
    exactly. Raises ValueError for an interval that ends before it begins or is not integer.
    """
    p, g = _as_intervals(predictions, "predictions"), _as_intervals(labels, "labels")
    last = np.minimum(p[:, None, 1], g[None, :, 1])
    first = np.maximum(p[:, None, 0], g[None, :, 0])
    shared = np.maximum(0, last - first + 1)  # (N, M) frames
    length_p, length_g = p[:, 1] - p[:, 0] + 1, g[:, 1] - g[:, 0] + 1
    return shared / (length_p[:, None] + length_g[None, :] - shared)


def strict_match(
    predictions: np.ndarray, labels: np.ndarray, iou: float = 0.5
) -> list[tuple[int, int]]:
    """Optimal one-to-one matching inside one video and class.

    predictions `(N, 2)` and labels `(M, 2)`: int, inclusive `[onset, offset]` in native frames.
    Returns `(prediction index, label index)` pairs, sorted. No other matching has more pairs; of
    those with as many, it is one with the largest sum of IoUs, so that figures show the closest.
    """
    overlap = intervals_iou(predictions, labels)
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


def bootstrap_f1(
    counts: np.ndarray, rng: np.random.Generator, n_bootstrap: int, confidence: float
) -> tuple[float, float]:
    """Percentile bootstrap interval of the pooled F1 over subjects.

    counts `(S, 3)`: tp, fp, fn of each subject. Subjects are drawn with replacement, their counts
    added up and F1 taken; the interval holds the middle `confidence` of `n_bootstrap` such F1s
    (Efron and Tibshirani 1993, chapter 13). Draws without any label and prediction have no F1 and
    are left out. `(NaN, NaN)` with fewer than two subjects, where nothing can vary.
    """
    counts = np.asarray(counts)
    n = len(counts)
    if n < 2 or n_bootstrap < 1:
        return np.nan, np.nan
    # How often each subject was drawn, (B, S): one matrix product gives all pooled counts.
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=n_bootstrap)
    pooled = drawn @ counts
    f1 = precision_recall_f1(*pooled.T)[2]
    f1 = f1[np.isfinite(f1)]
    if not f1.size:
        return np.nan, np.nan
    tail = (1 - confidence) / 2
    low, high = np.quantile(f1, [tail, 1 - tail])
    return float(low), float(high)


# ---------------------------------------------------------------- tables


def match_table(
    labels: pd.DataFrame | None, intervals: pd.DataFrame, iou: float = 0.5
) -> pd.DataFrame:
    """Each prediction of `intervals`, in its order, with what it was matched to.

    Returns a copy of `intervals` with `hit` (bool; missing without labels), `label` (the position
    of its label in `labels`, -1 without one) and `iou` (with that label; 0 without one).
    """
    table = intervals.reset_index(drop=True).copy()
    table["hit"] = pd.array([False if labels is not None else pd.NA] * len(table), dtype="boolean")
    table["label"] = -1
    table["iou"] = 0.0
    if labels is None or table.empty or labels.empty:
        return table
    hit, of, fit = np.zeros(len(table), bool), np.full(len(table), -1), np.zeros(len(table))
    bounds_p, bounds_g = _bounds(table), _bounds(labels)
    where = _positions(labels)
    for key, rows in _positions(table).items():
        columns = where.get(key)
        if columns is None:
            continue
        p, g = bounds_p[rows], bounds_g[columns]
        for i, j in strict_match(p, g, iou):
            hit[rows[i]], of[rows[i]] = True, columns[j]
            fit[rows[i]] = intervals_iou(p[i : i + 1], g[j : j + 1])[0, 0]
    table["hit"], table["label"], table["iou"] = pd.array(hit, dtype="boolean"), of, fit
    return table


def metrics_table(
    videos: pd.DataFrame,
    labels: pd.DataFrame | None,
    intervals: pd.DataFrame,
    corpus: str,
    method: str,
    pretraining: str,
    n_bootstrap: int,
    seed: int,
    confidence: float,
    iou: float = 0.5,
) -> pd.DataFrame:
    """One row for each expression (micro, macro, all) and subject (each one, then `all`).

    videos: every video of the corpus (columns subject, video), also those without a label or a
    prediction. labels: subject, video, type, onset, offset (native frames), or None for a corpus
    that has none: then only videos and predictions are filled in. intervals: the predictions of all
    folds, same columns. Returns METRICS_COLUMNS; counts are Int64, ratios
    float64; NA and NaN where undefined (see the module). f1_low and f1_high are the bootstrap
    interval over subjects, for subject `all` only. The draws depend on `seed` and on the number of
    subjects only, hence are the same for each method and expression.

    Raises InputError for an interval of an unknown video or type, or with a subject not the
    video's.
    """
    _check(videos, intervals, "intervals")
    if labels is not None:
        _check(videos, labels, "labels")
    subjects = sorted(videos["subject"].unique())
    n_videos = videos.groupby("subject").size()
    matched = match_table(labels, intervals, iou)
    rows = []
    for expression in (*CLASSES, ALL):
        predicted = _count(matched, expression, subjects)
        known, counts = None, None
        if labels is not None:
            known = _count(labels, expression, subjects)
            tp = _count(matched[matched["hit"].astype(bool)], expression, subjects)
            counts = np.stack([tp, predicted - tp, known - tp], axis=1)  # (S, 3)
        for s, subject in enumerate([*subjects, ALL]):
            pick = slice(None) if subject == ALL else slice(s, s + 1)
            row = {
                "corpus": corpus,
                "method": method,
                "pretraining": pretraining,
                "expression": expression,
                "subject": subject,
                "videos": int(n_videos.loc[subjects[pick]].sum()),
                "predictions": int(predicted[pick].sum()),
            }
            if known is not None and counts is not None:
                pooled = counts[pick].sum(axis=0)
                row["labels"] = int(known[pick].sum())
                row.update(zip(("tp", "fp", "fn"), pooled.tolist(), strict=True))
                ratios = precision_recall_f1(*pooled)
                row.update(zip(("precision", "recall", "f1"), map(float, ratios), strict=True))
                if subject == ALL:
                    rng = np.random.default_rng(seed)
                    row["f1_low"], row["f1_high"] = bootstrap_f1(
                        counts, rng, n_bootstrap, confidence
                    )
            rows.append(row)
    table = pd.DataFrame(rows, columns=METRICS_COLUMNS)
    table[COUNTS] = table[COUNTS].astype("Int64")
    table[RATIOS] = table[RATIOS].astype("float64")
    return table


def _bounds(table: pd.DataFrame) -> np.ndarray:
    return table[["onset", "offset"]].to_numpy(dtype=np.int64)


def _positions(table: pd.DataFrame) -> dict[tuple[str, str], np.ndarray]:
    """Row positions of each (video, type) of a table."""
    found: dict[tuple[str, str], list[int]] = {}
    for position, key in enumerate(zip(table["video"], table["type"], strict=True)):
        found.setdefault(key, []).append(position)
    return {key: np.array(positions) for key, positions in found.items()}


def _count(table: pd.DataFrame, expression: str, subjects: list[str]) -> np.ndarray:
    """Rows of a class for each subject, int64 `(S,)`."""
    rows = table if expression == ALL else table[table["type"] == expression]
    return rows.groupby("subject").size().reindex(subjects, fill_value=0).to_numpy(np.int64)


def _check(videos: pd.DataFrame, table: pd.DataFrame, name: str) -> None:
    """Refuse rows that would be counted nowhere or twice."""
    owner = dict(zip(videos["video"], videos["subject"], strict=True))
    rows = zip(table["subject"], table["video"], table["type"], strict=True)
    for number, (subject, video, kind) in enumerate(rows, start=2):
        if video not in owner:
            raise InputError(f"{name}: row {number}: video '{video}' is not one of the corpus")
        if owner[video] != subject:
            raise InputError(
                f"{name}: row {number}: video '{video}' is of subject '{owner[video]}',"
                f" not '{subject}'"
            )
        if kind not in CLASSES:
            raise InputError(f"{name}: row {number}: type '{kind}' must be one of {list(CLASSES)}")
