"""Rule compare_methods: every pair of methods over the same videos, on every corpus."""

import itertools
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mespot.expressions import EXPRESSIONS
from mespot.scoring.pool import pool
from mespot.scoring.rules import strict
from mespot.scoring.table import subject_counts
from mespot.scoring.uncertainty import compare
from mespot.steps.score import read_intervals, recordings_of
from mespot.store import tables

log = logging.getLogger(__name__)


def run(
    *,
    corpora: Sequence[Mapping[str, Any]],
    output: str | Path,
    iou: float,
    n_bootstrap: int,
    bootstrap_seed: int,
    confidence: float,
) -> None:
    """Write the `comparison` table: F1 of one method minus F1 of another, of each pair once.

    corpora: for each one `corpus`, `videos` (video -> subject), `labels` (the labels table, None
    without labels: then nothing can be compared) and `methods`, for each of which `method` and
    `intervals`, the tables of its folds. The other arguments are explained in the section
    `evaluation` of config.yaml. All pairs are judged on the same samples of subjects.
    """
    rows = []
    for corpus in corpora:
        if corpus["labels"] is None:
            continue
        truth = tables.read(corpus["labels"], "labels")
        counts = {
            method["method"]: strict_counts(corpus["videos"], truth, method["intervals"], iou)
            for method in corpus["methods"]
        }
        for a, b in itertools.combinations(counts, 2):
            for number, expression in enumerate(EXPRESSIONS):
                first, second = counts[a][number], counts[b][number]
                rng = np.random.default_rng(bootstrap_seed)
                found = compare(first, second, rng, n_bootstrap, confidence)
                rows.append(
                    {
                        "corpus": corpus["corpus"],
                        "expression": expression,
                        "method_a": a,
                        "method_b": b,
                        "subjects": len(first),
                        "f1_a": found.first,
                        "f1_b": found.second,
                        "difference": found.value,
                        "difference_low": found.low,
                        "difference_high": found.high,
                        "p_value": found.p_value,
                    }
                )
                log.info("%s %s: %s - %s: %s", corpus["corpus"], expression, a, b, found)
    table = pd.DataFrame(rows) if rows else tables.empty("comparison")
    tables.write(output, "comparison", table)


def strict_counts(
    videos: Mapping[str, str], truth: pd.DataFrame, intervals: Sequence[str | Path], iou: float
) -> np.ndarray:
    """TP, FP and FN of a method under the strict rule by expression and subject: `(E, S, 3)`.

    videos: video -> subject. truth: a labels table. intervals: the method's tables of all folds.
    Raises InputError for a table of other videos.
    """
    found = read_intervals(intervals, "intervals")
    of = pool(recordings_of(videos), truth, found, "intervals")
    return subject_counts(of, strict(of, iou))
