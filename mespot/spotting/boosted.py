"""Boosted trees as plain arrays: they can be stored without the library that has grown them, and
asked without loading it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit


@dataclass(frozen=True)
class BoostedTrees:
    """A classifier of two classes: a sum over trees, of which a logistic curve makes a chance.

    baseline: the sum without any tree. roots: `(K,)` int, the node at which each tree begins. Of
    the M nodes of all trees, `(M,)` each: feature, int, the column that a node looks at;
    threshold, float64, up to which it goes left; left and right, int, the nodes that follow;
    missing_left, bool, whether NaN goes left; leaf, bool; value, float64, of a leaf.
    """

    baseline: float
    roots: np.ndarray
    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    missing_left: np.ndarray
    leaf: np.ndarray
    value: np.ndarray

    @classmethod
    def of(cls, model: Any, values: np.ndarray) -> BoostedTrees:
        """The trees of a fitted HistGradientBoostingClassifier without categories.

        values: `(N, F)`, N > 0, rows on which both must agree. Raises RuntimeError when they do
        not: scikit-learn has no public name for its trees.
        """
        grown = [trees[0].nodes for trees in model._predictors]
        starts = np.cumsum([0, *map(len, grown)])
        nodes = np.concatenate(grown)
        shift = np.repeat(starts[:-1], [len(one) for one in grown])
        trees = cls(
            baseline=0.0,
            roots=starts[:-1].astype(np.int64),
            feature=nodes["feature_idx"].astype(np.int64),
            threshold=nodes["num_threshold"].astype(np.float64),
            left=nodes["left"].astype(np.int64) + shift,
            right=nodes["right"].astype(np.int64) + shift,
            missing_left=nodes["missing_go_to_left"].astype(bool),
            leaf=nodes["is_leaf"].astype(bool),
            value=nodes["value"].astype(np.float64),
        )
        baseline = float(model._baseline_prediction.ravel()[0])
        trees = cls(**{**vars(trees), "baseline": baseline})
        if not np.allclose(trees.chance(values), model.predict_proba(values)[:, 1], atol=1e-12):
            raise RuntimeError("scikit-learn stores trees in another way than mespot reads them")
        return trees

    def check(self, columns: int) -> None:
        """Raises ValueError for trees that do not fit rows of so many columns or never end: each
        node stands before those that follow it, as a library writes them."""
        nodes, inner = np.arange(len(self.leaf)), ~self.leaf
        arrays = (self.feature, self.threshold, self.left, self.right, self.missing_left)
        if any(array.shape != nodes.shape for array in (*arrays, self.leaf, self.value)):
            raise ValueError("trees have arrays of different lengths")
        onward = np.stack([self.left, self.right])[:, inner]
        if (onward <= nodes[inner]).any() or (onward >= len(nodes)).any():
            raise ValueError("trees have nodes that lead back or nowhere")
        if ((self.feature[inner] < 0) | (self.feature[inner] >= columns)).any():
            raise ValueError("trees look at columns that are not there")
        if ((self.roots < 0) | (self.roots >= len(nodes))).any():
            raise ValueError("trees begin nowhere")

    def chance(self, values: np.ndarray) -> np.ndarray:
        """How probable the second class is for each row of values `(N, F)`: `(N,)`."""
        values = np.asarray(values, dtype=np.float64)
        rows = np.arange(len(values))
        total = np.full(len(values), self.baseline)
        for root in self.roots:
            at = np.full(len(values), root)
            while not self.leaf[at].all():
                seen = values[rows, self.feature[at]]
                with np.errstate(invalid="ignore"):
                    lower = seen <= self.threshold[at]
                goes_left = np.where(np.isnan(seen), self.missing_left[at], lower)
                onward = np.where(goes_left, self.left[at], self.right[at])
                at = np.where(self.leaf[at], at, onward)
            total += self.value[at]
        return expit(total)
