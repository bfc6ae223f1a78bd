"""Every pair of methods over the same videos."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import pandas as pd

from mespot.expressions import EXPRESSIONS
from mespot.scoring.uncertainty import compare


def comparison_table(
    counts: Mapping[str, np.ndarray], *, n_bootstrap: int, seed: int, confidence: float
) -> pd.DataFrame:
    """One row for each pair of methods, once, and expression (micro, macro, all).

    counts: method -> `(E, S, 3)`, tp, fp and fn by expression and subject. Columns as in the table
    `comparison` but for the corpus; the difference is the F1 of method_a minus that of method_b.
    All pairs are judged on the same samples of subjects. Without two methods there is no row.
    """
    rows = []
    for a, b in itertools.combinations(counts, 2):
        for expression, first, second in zip(EXPRESSIONS, counts[a], counts[b], strict=True):
            rng = np.random.default_rng(seed)
            difference = compare(first, second, rng, n_bootstrap, confidence)
            rows.append(
                {
                    "expression": expression,
                    "method_a": a,
                    "method_b": b,
                    "subjects": len(first),
                    "f1_a": difference.first,
                    "f1_b": difference.second,
                    **difference.columns(),
                }
            )
    return pd.DataFrame(rows)
