"""Rule compare_methods: every pair of methods over the same videos, on every corpus."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.scoring.comparison import comparison_table
from mespot.scoring.pool import corpus_videos
from mespot.scoring.table import strict_subject_counts
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
    `evaluation` of config.yaml. Raises InputError for a table of other videos.
    """
    parts = []
    for corpus in corpora:
        if corpus["labels"] is None:
            continue
        videos, labels = corpus_videos(corpus["videos"]), tables.read(corpus["labels"], "labels")
        counts = {
            method["method"]: strict_subject_counts(
                videos, labels, tables.read_intervals(method["intervals"]), iou
            )
            for method in corpus["methods"]
        }
        table = comparison_table(
            counts, n_bootstrap=n_bootstrap, seed=bootstrap_seed, confidence=confidence
        )
        for row in table.itertuples():
            log.info(
                "%s %s: %s %.4f, %s %.4f, difference %.4f [%.4f, %.4f], p %.4f",
                *(corpus["corpus"], row.expression),
                *(row.method_a, row.f1_a, row.method_b, row.f1_b),
                *(row.difference, row.difference_low, row.difference_high, row.p_value),
            )
        if len(table):
            parts.append(table.assign(corpus=corpus["corpus"]))
    joined = pd.concat(parts, ignore_index=True) if parts else tables.empty("comparison")
    tables.write(output, "comparison", joined)
