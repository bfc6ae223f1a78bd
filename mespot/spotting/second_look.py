"""A second look at candidates: boosted trees that see each one as a whole.

The trees learn which candidates of training subjects overlap a label of their class with an IoU of
at least 0.5. One model serves both classes and all corpora: there are few hits, and most of what
tells them from false alarms is the same for all. Its answer is mixed with the confidence of the
network, which the trees see as one feature of many: trees alone give up micro-expressions, of which
there are fewest.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.metrics import paired_iou
from mespot.spotting import candidate_features, decode
from mespot.spotting.boosted import BoostedTrees
from mespot.spotting.candidate_features import Table
from mespot.spotting.decode import Intervals
from mespot.spotting.recordings import HeldOut, Predicted
from mespot.spotting.thresholds import from_logit, logit

log = logging.getLogger(__name__)

# Of the trees. Tried on two corpora of real expressions, where other values changed little.
_FIXED = {
    "max_bins": 64,
    "min_samples_leaf": 15,
    "l2_regularization": 3.0,
    "max_features": 0.3,
    # By itself it would set in at ten thousand candidates, and change the result there.
    "early_stopping": False,
}
_HIT = 0.5  # IoU with a label

Candidates = Mapping[str, Intervals]


@dataclass(frozen=True)
class SecondLook:
    """`spotting.learned.second_look` of config.yaml, which explains each key. Without a weight
    there is no second look, and the other keys have no effect."""

    weight: float = 0.0
    nms_iou: float = 0.0
    fewest_hits: int = 0
    repeats: int = 0
    trees: int = 0
    leaves: int = 0
    learning_rate: float = 0.0


@dataclass(frozen=True)
class Trees:
    """Fitted models, whose probabilities are averaged, and how their answers are used. names: of
    the features that they read. regions: names of the face regions of the paths."""

    models: Sequence[BoostedTrees]
    names: Sequence[str]
    how: SecondLook
    regions: Sequence[str]
    rate: float

    def rescored(
        self, recordings: Sequence[Predicted], candidates: Sequence[Candidates]
    ) -> list[dict[str, Intervals]]:
        """The candidates with their final confidence, suppressed again. The recordings of a
        subject must be given together. Raises InputError where candidates have other features
        than those that were learned from."""
        table = candidate_features.table(recordings, candidates, self.regions, self.rate)
        if len(table.values) and list(table.names) != list(self.names):
            raise InputError(
                "the second look has learned from other features of intervals than this version of "
                "mespot measures; train again"
            )
        chance = _chance(self.models, table.values)
        return _mixed(candidates, table, chance, self.how)


def learn(
    recordings: Sequence[HeldOut],
    candidates: Sequence[Candidates],
    regions: Sequence[str],
    rate: float,
    how: SecondLook,
) -> tuple[Trees, list[dict[str, Intervals]]] | None:
    """Trees of all recordings, and the candidates as `Trees.rescored` gives them, but each by trees
    that saw no recording of its group. None, with a line in the log, where that would leave fewer
    than `fewest_hits` hits or misses to learn from."""
    table = candidate_features.table(recordings, candidates, regions, rate)
    hit = _hits(recordings, candidates)
    group = np.array([one.group for one in recordings], dtype=np.int64)[table.recording]
    others = {int(k): group != k for k in np.unique(group)}
    kinds = [(hit[w].sum(), (~hit[w]).sum()) for w in others.values()] or [(0, 0)]
    fewest = int(np.min(kinds))
    if fewest < max(1, how.fewest_hits):
        log.info(
            "no second look: it would learn from %d hits or misses, and needs %d",
            fewest,
            how.fewest_hits,
        )
        return None
    chance = np.zeros(len(hit))
    for number, seen in others.items():
        models = _fitted(table.values[seen], hit[seen], how)
        chance[group == number] = _chance(models, table.values[group == number])
    trees = Trees(_fitted(table.values, hit, how), table.names, how, list(regions), rate)
    log.info(
        "second look: %d features of %d candidates, %d of them hits",
        len(table.names),
        len(hit),
        hit.sum(),
    )
    return trees, _mixed(candidates, table, chance, how)


def _hits(recordings: Sequence[HeldOut], candidates: Sequence[Candidates]) -> np.ndarray:
    """Whether each candidate overlaps a label of its class enough, in the order of the table."""
    found = [np.zeros(0, bool)]
    for one, own in zip(recordings, candidates, strict=True):
        for name in CLASSES:
            iou = paired_iou(own[name].bounds[:, None], one.labels[name][None])
            found.append(np.any(iou >= _HIT, axis=1))
    return np.concatenate(found)


def _fitted(values: np.ndarray, hit: np.ndarray, how: SecondLook) -> list[BoostedTrees]:
    # Here, because importing them takes a second and only a second look needs them.
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    models = [
        HistGradientBoostingClassifier(
            max_iter=how.trees,
            max_leaf_nodes=how.leaves,
            learning_rate=how.learning_rate,
            random_state=number,
            **_FIXED,
        )
        for number in range(how.repeats)
    ]
    # scikit-learn refuses a feature that is missing everywhere; one that is the same is not used.
    values = np.where(np.isnan(values).all(axis=0), 0, values)
    # The rounding of a sum follows the number of threads, so it is never the machine's.
    with threadpool_limits(1):
        return [BoostedTrees.of(model.fit(values, hit), values) for model in models]


def _chance(models: Sequence[BoostedTrees], values: np.ndarray) -> np.ndarray:
    """How probable a hit is, `(N,)`."""
    if not len(values):
        return np.zeros(0)
    return np.mean([model.chance(values) for model in models], axis=0)


def _mixed(
    candidates: Sequence[Candidates], table: Table, chance: np.ndarray, how: SecondLook
) -> list[dict[str, Intervals]]:
    mixed = []
    for number, own in enumerate(candidates):
        kept = {}
        for k, name in enumerate(CLASSES):
            which = (table.recording == number) & (table.expression == k)
            first = own[name]
            sure = how.weight * logit(chance[which]) + (1 - how.weight) * logit(first.confidence)
            again = decode.intervals(first.onset, first.apex, first.offset, from_logit(sure))
            kept[name] = decode.merge(again, iou=how.nms_iou, agree=2.0).in_time_order()
        mixed.append(kept)
    return mixed
