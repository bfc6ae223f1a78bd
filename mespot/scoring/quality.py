"""Beyond F1 at one IoU: what a person who will check the output by hand wants to know.

All of it is strict: a prediction is matched with one label at most, a label with one prediction.
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


def f1_by_iou(scored: ScoredCorpus, ious: Sequence[float] = F1_IOUS) -> dict[str, list[float]]:
    """F1 of each expression and of `all` at each least IoU, NaN where undefined."""
    counts = np.stack(
        [strict(scored, iou).reshape(-1, len(CLASSES), 3).sum(axis=0) for iou in ious]
    )
    counts = np.concatenate([counts, counts.sum(axis=1, keepdims=True)], axis=1)  # (I, E, 3)
    f1 = precision_recall_f1(*np.moveaxis(counts, -1, 0))[2]
    return {name: f1[:, e].tolist() for e, name in enumerate(EXPRESSIONS)}


def closest_pairs(scored: ScoredCorpus, iou: float = 0.5) -> np.ndarray:
    """Prediction and label of each strict true positive, `(K, 2)`.

    There are as many pairs as there can be, and of such matchings it is one with the largest sum of
    IoUs. Each connected bunch of intervals is solved by itself: most are a single pair.
    """
    pairs = scored.pairs.pick(scored.pairs.iou >= iou)
    if not len(pairs.iou):
        return np.zeros((0, 2), np.int64)
    n, m = len(scored.predictions), len(scored.labels)
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
    matched = [np.stack([pairs.prediction[best], pairs.label[best]], axis=1)]
    rest = np.flatnonzero(~single[bunch])
    rest = rest[np.argsort(bunch[rest], kind="stable")]
    for part in np.split(rest, np.flatnonzero(np.diff(bunch[rest])) + 1):
        p, row = np.unique(pairs.prediction[part], return_inverse=True)
        g, column = np.unique(pairs.label[part], return_inverse=True)
        overlap = np.zeros((len(p), len(g)))
        overlap[row, column] = pairs.iou[part]
        matched += [np.array([[p[i], g[j]]]) for i, j in assign(overlap, iou)]
    return np.concatenate(matched)


def boundary_errors(
    scored: ScoredCorpus, fps: np.ndarray, iou: float = 0.5
) -> dict[str, dict[str, float]]:
    """Mean distance of onset and of offset from the label's in the true positives, in ms.

    fps: `(V,)` frames a second of each video, NaN where unknown; such videos are left out. Returns
    for each expression and `all` the keys `onset_error_ms` and `offset_error_ms`; NaN without any
    true positive.
    """
    pairs = closest_pairs(scored, iou)
    group = scored.predictions.group[pairs[:, 0]]
    frames = np.abs(scored.predictions.bounds[pairs[:, 0]] - scored.labels.bounds[pairs[:, 1]])
    errors = 1000 * frames / fps[group // len(CLASSES)][:, None]
    known = np.isfinite(errors).all(axis=1)
    table = {}
    for e, name in enumerate(EXPRESSIONS):
        which = known & ((group % len(CLASSES) == e) | (name == ALL))
        mean = errors[which].mean(axis=0) if which.any() else (np.nan, np.nan)
        table[name] = {"onset_error_ms": float(mean[0]), "offset_error_ms": float(mean[1])}
    return table


def by_confidence(
    scored: ScoredCorpus, kind: int, iou: float
) -> tuple[np.ndarray, np.ndarray, int]:
    """Hits of one class as the threshold on confidence falls: tp and fp `(K,)`, number of labels.

    The surest prediction chooses first. It takes the free label with which its IoU is highest, if
    that is at least `iou` (Everingham et al. 2010, doi:10.1007/s11263-009-0275-4). Entry k counts
    the predictions whose confidence is at least the k-th highest that occurs.
    """
    ours = np.flatnonzero(scored.predictions.group % len(CLASSES) == kind)
    labels = int((scored.labels.group % len(CLASSES) == kind).sum())
    confidence = scored.predictions.confidence
    which = (scored.pairs.iou >= iou) & (
        scored.predictions.group[scored.pairs.prediction] % len(CLASSES) == kind
    )
    pairs = scored.pairs.pick(which)
    taken = np.zeros(len(scored.labels), bool)
    hit = np.zeros(len(scored.predictions), bool)
    order = np.lexsort((pairs.label, -pairs.iou, pairs.prediction, -confidence[pairs.prediction]))
    for p, g in zip(pairs.prediction[order].tolist(), pairs.label[order].tolist(), strict=True):
        if not hit[p] and not taken[g]:
            hit[p] = taken[g] = True
    falling = ours[np.argsort(-confidence[ours], kind="stable")]
    tp = np.cumsum(hit[falling])
    # Predictions that are equally sure come in together.
    last = np.flatnonzero(np.diff(confidence[falling], append=-np.inf))
    return tp[last], last + 1 - tp[last], labels


def average_precision(scored: ScoredCorpus, kind: int, iou: float) -> float:
    """Area under precision over recall of one class; NaN without labels.

    At each recall the highest precision that is reached at it or beyond counts (all points, as in
    PASCAL VOC since 2010 and ActivityNet).
    """
    tp, fp, labels = by_confidence(scored, kind, iou)
    if not labels:
        return float("nan")
    precision = np.maximum.accumulate((tp / (tp + fp))[::-1])[::-1]
    return float(np.sum(np.diff(tp / labels, prepend=0.0) * precision))


def average_precisions(
    scored: ScoredCorpus, ious: Sequence[float] = AP_IOUS
) -> dict[str, dict[str, float]]:
    """`ap_50`, at IoU 0.5, and `ap_mean`, over `ious`, of each class.

    `all` is the mean over the classes that have labels. NaN where any prediction has no confidence.
    """
    table = {}
    for kind, name in enumerate(CLASSES):
        ours = scored.predictions.confidence[scored.predictions.group % len(CLASSES) == kind]
        if np.isnan(ours).any():
            at = [np.nan] * len(ious)
        else:
            at = [average_precision(scored, kind, iou) for iou in ious]
        table[name] = {"ap_50": at[list(ious).index(0.5)], "ap_mean": float(np.mean(at))}
    labelled = [name for k, name in enumerate(CLASSES) if (scored.labels.group % 2 == k).any()]
    table[ALL] = {
        key: float(np.mean([table[name][key] for name in labelled])) if labelled else float("nan")
        for key in ("ap_50", "ap_mean")
    }
    return table


def false_alarms_at_recall(
    scored: ScoredCorpus, minutes: float, recalls: Sequence[float], iou: float = 0.5
) -> dict[str, dict[float, float]]:
    """False alarms a minute at the highest threshold that still reaches each recall, by class.

    The threshold is on confidence. minutes: length of all videos, NaN where unknown. NaN where no
    threshold reaches the recall, and for predictions without confidence.
    """
    table = {}
    for kind, name in enumerate(CLASSES):
        table[name] = dict.fromkeys(recalls, float("nan"))
        ours = scored.predictions.confidence[scored.predictions.group % len(CLASSES) == kind]
        if np.isnan(ours).any():
            continue
        tp, fp, labels = by_confidence(scored, kind, iou)
        for recall in recalls if labels else ():
            enough = np.flatnonzero(tp >= recall * labels)
            if len(enough):
                table[name][recall] = float(fp[enough[0]] / minutes)
    return table
