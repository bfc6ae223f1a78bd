"""Seven rules by which intervals are counted as found: the strict one and six that others use.

A rule takes a `ScoredCorpus` and gives TP, FP and FN of each group (video and class), `(G, 3)`
int64. Where
a rule goes through predictions or labels one by one and the order matters, it is that of time, so
that the order of rows in a table does not.

The others are how published results were counted; docs/protocol.md says whose they are and where
that can be read. They are here to be compared with printed tables and not to be reported:
`megc2020`, `mult` and `strs` count one prediction as several hits, `sl_swin`, `softnet` and `strs`
depend on which videos have labels or predictions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from mespot.scoring.pool import ScoredCorpus, best_of


def strict(pool: ScoredCorpus, iou: float = 0.5) -> np.ndarray:
    """IoU of at least `iou`, and as many one-to-one pairs as there can be in each group."""
    return _counts(pool, pool.per_group(pool.labels, strict_hits(pool, iou)))


def strict_hits(pool: ScoredCorpus, iou: float) -> np.ndarray:
    """Positions of the labels in a largest one-to-one matching of predictions and labels.

    Which labels these are is not unique, how many of each group is. Hopcroft and Karp 1973,
    doi:10.1137/0202019.
    """
    pairs = pool.pairs.pick(pool.pairs.iou >= iou)
    shape = (len(pool.labels), len(pool.predictions))
    if not len(pairs.label):
        return np.zeros(0, np.int64)
    graph = csr_array((np.ones(len(pairs.label), bool), (pairs.label, pairs.prediction)), shape)
    return np.flatnonzero(maximum_bipartite_matching(graph, perm_type="column") >= 0)


def megc2020(pool: ScoredCorpus) -> np.ndarray:
    """IoU >= 0.5; TP are the labels that any prediction hits, FP = predictions - TP."""
    found = np.unique(pool.pairs.label[pool.pairs.iou >= 0.5])
    return _counts(pool, pool.per_group(pool.labels, found))


def sl_swin(pool: ScoredCorpus) -> np.ndarray:
    """As `softnet`, with an IoU above 0.5."""
    return _best_label(pool, 0.5, inclusive=False)


def softnet(pool: ScoredCorpus) -> np.ndarray:
    """A prediction looks at the label with which its IoU is highest and at no other; it is a TP if
    that IoU is at least 0.5 and no earlier prediction has taken the label. A group with labels and
    without predictions has one prediction, frame 0."""
    return _best_label(pool, 0.5, inclusive=True)


def strs(pool: ScoredCorpus) -> np.ndarray:
    """IoU >= 0.5; a prediction takes all labels that it hits and no earlier one has taken, each is
    a TP; it is an FP if it takes none. Groups without a label do not count, nor do subjects
    without any prediction of the class."""
    pairs = pool.pairs.pick(pool.pairs.iou >= 0.5)
    # Pairs are in the order of predictions, so a label's first pair is its first prediction's.
    found, first = np.unique(pairs.label, return_index=True)
    taking = np.unique(pairs.prediction[first])
    tp = pool.per_group(pool.labels, found)
    fp = pool.per_group(pool.predictions) - pool.per_group(pool.predictions, taking)
    labels = pool.per_group(pool.labels)
    counts = np.stack([tp, fp, labels - tp], axis=1)
    predicted = pool.by_subject(pool.per_group(pool.predictions)[:, None])[..., 0]  # (S, classes)
    heard = predicted[pool.subject_of].reshape(-1) > 0
    return counts * (heard & (labels > 0))[:, None]


def auw_gcn(pool: ScoredCorpus) -> np.ndarray:
    """A label looks at the prediction with which its IoU, taken without the + 1 of inclusive
    frames, is highest; TP are the different predictions that labels find so with an IoU > 0.5."""
    best = best_of(pool.pairs.label, pool.pairs.iou_open, len(pool.labels))
    best = best[best >= 0]
    found = np.unique(pool.pairs.prediction[best[pool.pairs.iou_open[best] > 0.5]])
    return _counts(pool, pool.per_group(pool.predictions, found))


def mult(pool: ScoredCorpus) -> np.ndarray:
    """TP are the labels whose best prediction has an IoU >= 0.5, without the + 1; a prediction
    serves any number of labels, FP = predictions - TP may be negative."""
    found = np.unique(pool.pairs.label[pool.pairs.iou_open >= 0.5])
    return _counts(pool, pool.per_group(pool.labels, found))


RULES: dict[str, Callable[[ScoredCorpus], np.ndarray]] = {
    "strict": strict,
    "megc2020": megc2020,
    "sl_swin": sl_swin,
    "softnet": softnet,
    "strs": strs,
    "auw_gcn": auw_gcn,
    "mult": mult,
}


def _counts(pool: ScoredCorpus, tp: np.ndarray) -> np.ndarray:
    predictions, labels = pool.per_group(pool.predictions), pool.per_group(pool.labels)
    return np.stack([tp, predictions - tp, labels - tp], axis=1)


def _best_label(pool: ScoredCorpus, least: float, inclusive: bool) -> np.ndarray:
    """Counts of the rules in which a prediction looks at its best label only."""
    pool = _with_stand_ins(pool)
    pairs = pool.pairs
    best = best_of(pairs.prediction, pairs.iou, len(pool.predictions))
    best = best[best >= 0]
    near = pairs.iou[best] >= least if inclusive else pairs.iou[best] > least
    return _counts(pool, pool.per_group(pool.labels, np.unique(pairs.label[best[near]])))


def _with_stand_ins(pool: ScoredCorpus) -> ScoredCorpus:
    """The pool with a prediction [0, 0] in each group that has labels and no prediction."""
    silent = (pool.per_group(pool.predictions) == 0) & (pool.per_group(pool.labels) > 0)
    group = np.flatnonzero(silent)
    return replace(pool, predictions=pool.predictions.joined(group, np.zeros((len(group), 2), int)))
