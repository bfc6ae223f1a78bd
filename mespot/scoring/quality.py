"""Beyond F1 at one IoU: what a person who will check the output by hand wants to know.

All of it is strict: a prediction finds one label at most and a label is found once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from mespot.expressions import ALL, CLASSES, EXPRESSIONS
from mespot.metrics import assign, precision_recall_f1
from mespot.scoring.pool import ScoredCorpus, best_of
from mespot.scoring.rules import strict

F1_IOUS = tuple(n / 10 for n in range(1, 10))
AP_IOUS = tuple(n / 100 for n in range(50, 100, 5))


def f1_by_iou(of: ScoredCorpus, ious: Sequence[float] = F1_IOUS) -> dict[str, list[float]]:
    """F1 of each expression and of `all` at each least IoU, NaN where undefined."""
    counts = np.stack([strict(of, iou).reshape(-1, len(CLASSES), 3).sum(axis=0) for iou in ious])
    counts = np.concatenate([counts, counts.sum(axis=1, keepdims=True)], axis=1)  # (I, E, 3)
    f1 = precision_recall_f1(*np.moveaxis(counts, -1, 0))[2]
    return {name: f1[:, e].tolist() for e, name in enumerate(EXPRESSIONS)}


def closest_pairs(of: ScoredCorpus, iou: float = 0.5) -> np.ndarray:
    """Prediction and label of each strict true positive, `(K, 2)`.

    As many as there can be and, of those, the ones with the largest sum of IoUs. Solved for each
    connected bunch of intervals by itself: most are a single pair.
    """
    pairs = of.pairs.pick(of.pairs.iou >= iou)
    if not len(pairs.iou):
        return np.zeros((0, 2), np.int64)
    n, m = len(of.predictions), len(of.labels)
    ones = np.ones(len(pairs.iou), bool)
    graph = csr_array((ones, (pairs.prediction, n + pairs.label)), (n + m, n + m))
    number, bunch = connected_components(graph, directed=False)  # (n + m,)
    # Where all pairs of a bunch share an interval, one pair can count: the one that fits best.
    single = (
        np.minimum(
            np.bincount(bunch[:n], minlength=number), np.bincount(bunch[n:], minlength=number)
        )
        == 1
    )
    bunch = bunch[pairs.prediction]
    best = best_of(bunch, pairs.iou, number)
    best = best[single & (best >= 0)]
    found = [np.stack([pairs.prediction[best], pairs.label[best]], axis=1)]
    rest = np.flatnonzero(~single[bunch])
    rest = rest[np.argsort(bunch[rest], kind="stable")]
    for part in np.split(rest, np.flatnonzero(np.diff(bunch[rest])) + 1):
        p, row = np.unique(pairs.prediction[part], return_inverse=True)
        g, column = np.unique(pairs.label[part], return_inverse=True)
        overlap = np.zeros((len(p), len(g)))
        overlap[row, column] = pairs.iou[part]
        found += [np.array([[p[i], g[j]]]) for i, j in assign(overlap, iou)]
    return np.concatenate(found)


def boundary_errors(
    of: ScoredCorpus, fps: np.ndarray, iou: float = 0.5
) -> dict[str, dict[str, float]]:
    """Mean distance of onset and of offset from the label's in the true positives, in ms.

    fps: `(V,)` frames a second of each video, NaN where unknown; such videos are left out. Returns
    for each expression and `all` the keys `onset_error_ms` and `offset_error_ms`; NaN without any
    true positive.
    """
    pairs = closest_pairs(of, iou)
    group = of.predictions.group[pairs[:, 0]]
    frames = np.abs(of.predictions.bounds[pairs[:, 0]] - of.labels.bounds[pairs[:, 1]])
    errors = 1000 * frames / fps[group // len(CLASSES)][:, None]
    known = np.isfinite(errors).all(axis=1)
    table = {}
    for e, name in enumerate(EXPRESSIONS):
        which = known & ((group % len(CLASSES) == e) | (name == ALL))
        mean = errors[which].mean(axis=0) if which.any() else (np.nan, np.nan)
        table[name] = {"onset_error_ms": float(mean[0]), "offset_error_ms": float(mean[1])}
    return table


def by_confidence(of: ScoredCorpus, kind: int, iou: float) -> tuple[np.ndarray, np.ndarray, int]:
    """Hits of one class as its least confidence falls: tp `(K,)`, fp `(K,)` and the labels.

    The surest prediction chooses first, the free label with which its IoU is highest, if that is at
    least `iou` (Everingham et al. 2010, doi:10.1007/s11263-009-0275-4). Entry k counts all
    predictions that are at least as sure as the k-th confidence there is.
    """
    ours = np.flatnonzero(of.predictions.group % len(CLASSES) == kind)
    labels = int((of.labels.group % len(CLASSES) == kind).sum())
    confidence = of.predictions.confidence
    which = (of.pairs.iou >= iou) & (
        of.predictions.group[of.pairs.prediction] % len(CLASSES) == kind
    )
    pairs = of.pairs.pick(which)
    taken = np.zeros(len(of.labels), bool)
    hit = np.zeros(len(of.predictions), bool)
    order = np.lexsort((pairs.label, -pairs.iou, pairs.prediction, -confidence[pairs.prediction]))
    for p, g in zip(pairs.prediction[order].tolist(), pairs.label[order].tolist(), strict=True):
        if not hit[p] and not taken[g]:
            hit[p] = taken[g] = True
    falling = ours[np.argsort(-confidence[ours], kind="stable")]
    tp = np.cumsum(hit[falling])
    # Predictions that are equally sure come in together.
    last = np.flatnonzero(np.diff(confidence[falling], append=-np.inf))
    return tp[last], last + 1 - tp[last], labels


def average_precision(of: ScoredCorpus, kind: int, iou: float) -> float:
    """Area under precision over recall of one class; NaN without labels.

    At each recall the highest precision that is reached at it or beyond counts (all points, as in
    PASCAL VOC since 2010 and ActivityNet).
    """
    tp, fp, labels = by_confidence(of, kind, iou)
    if not labels:
        return float("nan")
    precision = np.maximum.accumulate((tp / (tp + fp))[::-1])[::-1]
    return float(np.sum(np.diff(tp / labels, prepend=0.0) * precision))


def average_precisions(
    of: ScoredCorpus, ious: Sequence[float] = AP_IOUS
) -> dict[str, dict[str, float]]:
    """`ap_50`, at IoU 0.5, and `ap_mean`, over `ious`, of each class.

    `all` is the mean over the classes that have labels. NaN where any prediction has no confidence.
    """
    table = {}
    for kind, name in enumerate(CLASSES):
        ours = of.predictions.confidence[of.predictions.group % len(CLASSES) == kind]
        if np.isnan(ours).any():
            at = [np.nan] * len(ious)
        else:
            at = [average_precision(of, kind, iou) for iou in ious]
        table[name] = {"ap_50": at[list(ious).index(0.5)], "ap_mean": float(np.mean(at))}
    labelled = [name for k, name in enumerate(CLASSES) if (of.labels.group % 2 == k).any()]
    table[ALL] = {
        key: float(np.mean([table[name][key] for name in labelled])) if labelled else float("nan")
        for key in ("ap_50", "ap_mean")
    }
    return table


def false_alarms_at_recall(
    of: ScoredCorpus, minutes: float, recalls: Sequence[float], iou: float = 0.5
) -> dict[str, dict[float, float]]:
    """False alarms a minute at the largest least confidence at which a class has each recall.

    minutes: length of all videos, NaN where unknown. NaN where the recall is not reached by any
    confidence, and for predictions without confidence.
    """
    table = {}
    for kind, name in enumerate(CLASSES):
        table[name] = dict.fromkeys(recalls, float("nan"))
        ours = of.predictions.confidence[of.predictions.group % len(CLASSES) == kind]
        if np.isnan(ours).any():
            continue
        tp, fp, labels = by_confidence(of, kind, iou)
        for recall in recalls if labels else ():
            enough = np.flatnonzero(tp >= recall * labels)
            if len(enough):
                table[name][recall] = float(fp[enough[0]] / minutes)
    return table
