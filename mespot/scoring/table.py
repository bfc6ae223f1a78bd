"""Tables of counts, precision, recall and F1, by expression and subject."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mespot.expressions import ALL, EXPRESSIONS
from mespot.metrics import paired_iou, precision_recall_f1, strict_match
from mespot.scoring.pool import ScoredCorpus, pool
from mespot.scoring.rules import strict
from mespot.scoring.uncertainty import bootstrap_f1, draws
from mespot.store.tables import COUNTS, RATIOS

SCORES = ("expression", "subject", *COUNTS, *RATIOS)


def subject_counts(scored: ScoredCorpus, counts: np.ndarray) -> np.ndarray:
    """Counts of groups `(G, K)` by expression and subject: `(E, S, K)`, `all` adds up."""
    classes = scored.by_subject(counts).transpose(1, 0, 2)
    return np.concatenate([classes, classes.sum(axis=0, keepdims=True)])


def strict_subject_counts(
    videos: pd.DataFrame, labels: pd.DataFrame, intervals: pd.DataFrame, iou: float
) -> np.ndarray:
    """TP, FP and FN under the strict rule by expression and subject: `(E, S, 3)`.

    The tables are those of `metrics_table`, and so are the errors.
    """
    scored = pool(videos, labels, intervals, "intervals")
    return subject_counts(scored, strict(scored, iou))


def score_table(
    scored: ScoredCorpus, counts: np.ndarray, n_bootstrap: int, seed: int, confidence: float
) -> pd.DataFrame:
    """One row for each expression (micro, macro, all) and subject (each one, then `all`).

    counts: `(G, 3)` of a rule. Returns SCORES; counts are Int64, ratios float64, NaN where
    undefined (see `mespot.metrics`). f1_low and f1_high are the bootstrap interval over subjects,
    for subject `all` only. The draws depend on `seed` and on the number of subjects only, hence are
    the same for each method, rule and expression.
    """
    by_subject = subject_counts(scored, counts)  # (E, S, 3)
    size = [
        scored.per_group(intervals)[:, None] for intervals in (scored.labels, scored.predictions)
    ]
    known, predicted = (subject_counts(scored, n) for n in size)
    videos = np.bincount(scored.subject_of, minlength=len(scored.subjects))
    videos = np.broadcast_to(videos[None, :, None], known.shape)
    numbers = np.concatenate([videos, known, predicted, by_subject], axis=2)
    numbers = np.concatenate([numbers, numbers.sum(axis=1, keepdims=True)], axis=1)  # (E, S + 1, 6)
    names = [(e, s) for e in EXPRESSIONS for s in (*scored.subjects, ALL)]
    table = pd.DataFrame(names, columns=["expression", "subject"])
    table[list(COUNTS)] = pd.DataFrame(numbers.reshape(-1, len(COUNTS))).astype("Int64").to_numpy()
    table = table.astype(dict.fromkeys(COUNTS, "Int64"))
    ratios = precision_recall_f1(*numbers[..., 3:].reshape(-1, 3).T)
    table[["precision", "recall", "f1"]] = np.stack(ratios, axis=1)
    table[["f1_low", "f1_high"]] = np.nan
    if len(scored.subjects) > 1:
        drawn = draws(len(scored.subjects), np.random.default_rng(seed), n_bootstrap)
        for i in range(len(EXPRESSIONS)):
            row = (i + 1) * (len(scored.subjects) + 1) - 1
            table.loc[row, ["f1_low", "f1_high"]] = bootstrap_f1(by_subject[i], drawn, confidence)
    return table[list(SCORES)]


def metrics_table(
    videos: pd.DataFrame,
    labels: pd.DataFrame | None,
    intervals: pd.DataFrame,
    n_bootstrap: int,
    seed: int,
    confidence: float,
    iou: float = 0.5,
) -> pd.DataFrame:
    """`score_table` of tables under the strict rule.

    videos: every video of the corpus (columns subject, video), also those without a label or a
    prediction. labels: subject, video, type, onset, offset (native frames), or None for a corpus
    that has none: then only videos and predictions are filled in. intervals: the predictions of all
    folds, same columns.

    Raises InputError for an interval of an unknown video or type, or with a subject not the
    video's.
    """
    scored = pool(videos, labels, intervals, "intervals")
    table = score_table(scored, strict(scored, iou), n_bootstrap, seed, confidence)
    if labels is None:
        table[["labels", "tp", "fp", "fn"]] = pd.NA
        table[list(RATIOS)] = np.nan
    return table


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
    hit, label = np.zeros(len(table), bool), np.full(len(table), -1)
    overlap = np.zeros(len(table))
    bounds_p, bounds_g = _bounds(table), _bounds(labels)
    where = _positions(labels)
    for key, rows in _positions(table).items():
        columns = where.get(key)
        if columns is None:
            continue
        p, g = bounds_p[rows], bounds_g[columns]
        for i, j in strict_match(p, g, iou):
            hit[rows[i]], label[rows[i]] = True, columns[j]
            overlap[rows[i]] = paired_iou(p[i], g[j])
    table["hit"], table["label"], table["iou"] = pd.array(hit, dtype="boolean"), label, overlap
    return table


def _bounds(table: pd.DataFrame) -> np.ndarray:
    return table[["onset", "offset"]].to_numpy(dtype=np.int64)


def _positions(table: pd.DataFrame) -> dict[tuple[str, str], np.ndarray]:
    """Row positions of each (video, type) of a table."""
    positions: dict[tuple[str, str], list[int]] = {}
    for position, key in enumerate(zip(table["video"], table["type"], strict=True)):
        positions.setdefault(key, []).append(position)
    return {key: np.array(rows) for key, rows in positions.items()}
