"""What each part of the method is worth: variants of it against the whole, over several seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mespot.expressions import EXPRESSIONS
from mespot.scoring.uncertainty import bootstrap_f1, compare, draws, mean_f1
from mespot.store.tables import DIFFERENCE, F1


def ablation_table(
    counts: Mapping[str, np.ndarray],
    groups: Mapping[str, Sequence[str]],
    full: str,
    *,
    n_bootstrap: int,
    seed: int,
    confidence: float,
) -> pd.DataFrame:
    """One row for each group, method of it and expression (micro, macro, all).

    counts: method -> `(R, E, S, 3)`, tp, fp and fn of each run (one a seed), expression and
    subject. R is the same for all methods, or 1 for those without seeds. groups: group -> its
    methods. full: the method that the others are compared with.

    Columns as in the table `ablation` but for the corpus. F1 is that of all subjects together, mean
    over runs. All rows are judged on the same samples of subjects, so they can be compared by eye
    too. A difference is paired, run k of the method minus run k of `full`; `full` has none.
    """
    rows = []
    for group, methods in groups.items():
        for method in methods:
            for number, expression in enumerate(EXPRESSIONS):
                runs = counts[method][:, number]
                row: dict[str, Any] = {"group": group, "method": method, "expression": expression}
                row |= _score(runs, n_bootstrap, seed, confidence)
                row |= dict.fromkeys(DIFFERENCE, np.nan)
                if method != full:
                    rng = np.random.default_rng(seed)
                    whole = counts[full][:, number]
                    row |= compare(runs, whole, rng, n_bootstrap, confidence).columns()
                rows.append(row)
    return pd.DataFrame(rows)


def _score(runs: np.ndarray, n_bootstrap: int, seed: int, confidence: float) -> dict[str, Any]:
    """F1 of runs `(R, S, 3)` with its interval and its standard deviation over the runs."""
    subjects = runs.shape[1]
    drawn = draws(subjects, np.random.default_rng(seed), n_bootstrap)
    low, high = bootstrap_f1(runs, drawn, confidence)
    each = [float(mean_f1(run.sum(axis=0)[None])) for run in runs]
    return {
        "seeds": len(runs),
        "subjects": subjects,
        **dict(zip(F1, (float(np.mean(each)), low, high), strict=True)),
        "f1_sd": float(np.std(each, ddof=1)) if len(each) > 1 else np.nan,
    }
