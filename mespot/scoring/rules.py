"""Seven rules by which hits are counted: the strict one and six that others use.

A rule takes a `ScoredCorpus` and gives TP, FP and FN of each group (video and class), `(G, 3)`
int64. Some rules go through predictions or labels one by one. Where the order matters it is that
of time, so the order of rows in a table does not matter.

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


def strict(scored: ScoredCorpus, iou: float = 0.5) -> np.ndarray:
    """IoU of at least `iou`, and as many one-to-one pairs as there can be in each group."""
    return _counts(scored, scored.per_group(scored.labels, strict_hits(scored, iou)))


def strict_hits(scored: ScoredCorpus, iou: float) -> np.ndarray:
    """Positions of the labels in a largest one-to-one matching of predictions and labels.

    Which labels these are is not unique, how many of each group is. Hopcroft and Karp 1973,
    doi:10.1137/0202019.
    """
    pairs = scored.pairs.pick(scored.pairs.iou >= iou)
    shape = (len(scored.labels), len(scored.predictions))
    if not len(pairs.label):
        return np.zeros(0, np.int64)
    graph = csr_array((np.ones(len(pairs.label), bool), (pairs.label, pairs.prediction)), shape)
    return np.flatnonzero(maximum_bipartite_matching(graph, perm_type="column") >= 0)


def megc2020(scored: ScoredCorpus) -> np.ndarray:
    """IoU >= 0.5; TP are the labels that any prediction hits, FP = predictions - TP."""
    hit = np.unique(scored.pairs.label[scored.pairs.iou >= 0.5])
    return _counts(scored, scored.per_group(scored.labels, hit))


def sl_swin(scored: ScoredCorpus) -> np.ndarray:
    """As `softnet`, with an IoU above 0.5."""
    return _best_label(scored, 0.5, inclusive=False)


def softnet(scored: ScoredCorpus) -> np.ndarray:
    """A prediction looks only at the label with which its IoU is highest. It is a TP if that IoU is
    at least 0.5 and no earlier prediction has taken the label. A group with labels and without
    predictions has one prediction, frame 0."""
    return _best_label(scored, 0.5, inclusive=True)


def strs(scored: ScoredCorpus) -> np.ndarray:
    """IoU >= 0.5. A prediction takes all labels that it hits and that are still free. Each of them
    is a TP; a prediction that takes none is an FP. Groups without a label do not count, nor do
    subjects without any prediction of the class."""
    pairs = scored.pairs.pick(scored.pairs.iou >= 0.5)
    # Pairs are in the order of predictions, so a label's first pair is its first prediction's.
    hit, first = np.unique(pairs.label, return_index=True)
    taking = np.unique(pairs.prediction[first])
    tp = scored.per_group(scored.labels, hit)
    fp = scored.per_group(scored.predictions) - scored.per_group(scored.predictions, taking)
    labels = scored.per_group(scored.labels)
    counts = np.stack([tp, fp, labels - tp], axis=1)
    predicted = scored.by_subject(scored.per_group(scored.predictions)[:, None])  # (S, classes, 1)
    heard = predicted[scored.subject_of].reshape(-1) > 0
    return counts * (heard & (labels > 0))[:, None]


def auw_gcn(scored: ScoredCorpus) -> np.ndarray:
    """A label looks only at the prediction with which its IoU is highest, taken without the + 1 of
    inclusive frames. TP are the different predictions that are chosen so with an IoU > 0.5."""
    best = best_of(scored.pairs.label, scored.pairs.iou_open, len(scored.labels))
    best = best[best >= 0]
    hitting = np.unique(scored.pairs.prediction[best[scored.pairs.iou_open[best] > 0.5]])
    return _counts(scored, scored.per_group(scored.predictions, hitting))


def mult(scored: ScoredCorpus) -> np.ndarray:
    """TP are the labels whose best prediction has an IoU >= 0.5, without the + 1. A prediction
    serves any number of labels, so FP = predictions - TP may be negative."""
    hit = np.unique(scored.pairs.label[scored.pairs.iou_open >= 0.5])
    return _counts(scored, scored.per_group(scored.labels, hit))


RULES: dict[str, Callable[[ScoredCorpus], np.ndarray]] = {
    "strict": strict,
    "megc2020": megc2020,
    "sl_swin": sl_swin,
    "softnet": softnet,
    "strs": strs,
    "auw_gcn": auw_gcn,
    "mult": mult,
}


def _counts(scored: ScoredCorpus, tp: np.ndarray) -> np.ndarray:
    predictions, labels = scored.per_group(scored.predictions), scored.per_group(scored.labels)
    return np.stack([tp, predictions - tp, labels - tp], axis=1)


def _best_label(scored: ScoredCorpus, least: float, inclusive: bool) -> np.ndarray:
    """Counts of the rules in which a prediction looks at its best label only."""
    scored = _with_stand_ins(scored)
    pairs = scored.pairs
    best = best_of(pairs.prediction, pairs.iou, len(scored.predictions))
    best = best[best >= 0]
    near = pairs.iou[best] >= least if inclusive else pairs.iou[best] > least
    return _counts(scored, scored.per_group(scored.labels, np.unique(pairs.label[best[near]])))


def _with_stand_ins(scored: ScoredCorpus) -> ScoredCorpus:
    """The corpus with a prediction [0, 0] in each group that has labels and no prediction."""
    silent = (scored.per_group(scored.predictions) == 0) & (scored.per_group(scored.labels) > 0)
    group = np.flatnonzero(silent)
    return replace(
        scored, predictions=scored.predictions.joined(group, np.zeros((len(group), 2), int))
    )
