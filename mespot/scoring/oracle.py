"""What F1 would be if something were chosen with a look at the test labels: an upper bound.

Papers choose a threshold by the score that they then report. These functions say how much that is
worth on the same predictions, so that such figures can be compared with honest ones. They are not
scores of a method.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mespot.expressions import CLASSES
from mespot.metrics import precision_recall_f1
from mespot.scoring.pool import ScoredCorpus
from mespot.scoring.rules import strict


def best_f1(units: Sequence[np.ndarray]) -> float:
    """The highest pooled F1 when one option is chosen for each unit; NaN if all are undefined.

    units: for each one the counts of its options, `(K, 3)` tp, fp, fn. Exact, by the method of
    Dinkelbach 1967 (doi:10.1287/mnsc.13.7.492): F1 is a ratio of two sums over units, and given a
    ratio that can be reached, the choice that beats it is made unit by unit.
    """
    best = 0.0
    while True:
        chosen = np.zeros(3)
        for options in units:
            tp, fp, fn = options.T
            gain = 2 * tp - best * (2 * tp + fp + fn)
            chosen = chosen + options[np.argmax(gain)]
        f1 = float(precision_recall_f1(*chosen)[2])
        if not f1 > best:
            break
        best = f1
    return best if any(options.any() for options in units) else float("nan")


def threshold_options(scored: ScoredCorpus, iou: float) -> list[list[np.ndarray]]:
    """Counts at every threshold on confidence, by subject and class: `[S][classes]` of `(K, 3)`.

    scored: with all candidates as predictions. The first option is to predict nothing.
    """
    labels = scored.by_subject(scored.per_group(scored.labels)[:, None])[..., 0]  # (S, classes)
    hits = hits_by_confidence(scored, iou)
    kind = scored.predictions.group % len(CLASSES)
    subject = scored.subject_of[scored.predictions.group // len(CLASSES)]
    options = []
    for s in range(len(scored.subjects)):
        row = []
        for c in range(len(CLASSES)):
            ours = np.flatnonzero((subject == s) & (kind == c))
            falling = ours[np.argsort(-scored.predictions.confidence[ours], kind="stable")]
            tp = np.cumsum(hits[falling])
            last = np.flatnonzero(np.diff(scored.predictions.confidence[falling], append=-np.inf))
            tp, n = np.r_[0, tp[last]], np.r_[0, last + 1]
            row.append(np.stack([tp, n - tp, labels[s, c] - tp], axis=1))
        options.append(row)
    return options


def hits_by_confidence(scored: ScoredCorpus, iou: float) -> np.ndarray:
    """Whether each prediction, the surest first, adds a pair to the largest matching, `(N,)`.

    So the number of hits among the n surest is the strict TP of these n, whatever n is: one search
    for an augmenting path a prediction (Kuhn 1955, doi:10.1002/nav.3800020109).
    """
    pairs = scored.pairs.pick(scored.pairs.iou >= iou)
    near: dict[int, list[int]] = {}
    for p, g in zip(pairs.prediction.tolist(), pairs.label.tolist(), strict=True):
        near.setdefault(p, []).append(g)
    owner: dict[int, int] = {}

    def augment(p: int, seen: set[int]) -> bool:
        for g in near.get(p, ()):
            if g not in seen:
                seen.add(g)
                if g not in owner or augment(owner[g], seen):
                    owner[g] = p
                    return True
        return False

    hits = np.zeros(len(scored.predictions), bool)
    for p in np.argsort(-scored.predictions.confidence, kind="stable").tolist():
        hits[p] = augment(p, set())
    return hits


def oracle_threshold(
    candidates: ScoredCorpus, honest: ScoredCorpus, iou: float
) -> dict[tuple[int, str], float]:
    """F1 with the threshold of each class picked on each test subject.

    candidates: with what is below the thresholds, confidences on the scale that thresholds are on.
    honest: what was predicted; it is one of the options, so that no rounding can put the oracle
    below it. Returns {(number of the subject, expression): F1}, number S for all subjects.
    """
    options = threshold_options(candidates, iou)
    own = honest.by_subject(strict(honest, iou))  # (S, classes, 3)
    best = {}
    everyone = range(len(honest.subjects))
    for expression, classes in _expressions():
        for s in (*everyone, len(everyone)):
            subjects = everyone if s == len(everyone) else [s]
            units = [np.vstack([options[i][c], own[i, c]]) for i in subjects for c in classes]
            best[s, expression] = best_f1(units)
    return best


def _expressions() -> list[tuple[str, list[int]]]:
    every = list(range(len(CLASSES)))
    return [*((name, [c]) for c, name in enumerate(CLASSES)), ("all", every)]
