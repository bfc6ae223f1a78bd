"""Rule score: the metrics of one corpus, every method by expression and subject."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mespot.errors import InputError
from mespot.expressions import ALL
from mespot.scoring.oracle import oracle_threshold
from mespot.scoring.pool import corpus_videos, pool
from mespot.scoring.table import metrics_table
from mespot.store import tables
from mespot.store.tables import read_intervals

log = logging.getLogger(__name__)


def run(
    *,
    corpus: str,
    videos: Mapping[str, str],
    labels: str | Path | None,
    methods: Sequence[Mapping[str, Any]],
    output: str | Path,
    iou: float,
    n_bootstrap: int,
    bootstrap_seed: int,
    confidence: float,
) -> None:
    """Write the `metrics` table of a corpus.

    videos: video -> subject, all of the corpus. labels: the labels table, None for a corpus without
    labels. methods: for each one `method`, `pretraining` (inductive, transductive or none), and
    `intervals` and `candidates`, those tables of its folds. The other arguments are explained in
    the section `evaluation` of config.yaml. Raises InputError for a table of other videos.
    """
    recordings = corpus_videos(videos)
    truth = None if labels is None else tables.read(labels, "labels")
    parts = []
    for method in methods:
        intervals = read_intervals(method["intervals"], "intervals")
        try:
            table = metrics_table(
                recordings,
                truth,
                intervals,
                n_bootstrap=n_bootstrap,
                seed=bootstrap_seed,
                confidence=confidence,
                iou=iou,
            )
            table["f1_oracle_threshold"] = np.nan
            if truth is not None:
                _add_oracle(table, recordings, truth, intervals, method["candidates"], iou)
        except InputError as error:
            raise InputError(f"{corpus}, {method['method']}: {error}; run `spot` again") from error
        table["corpus"], table["method"] = corpus, method["method"]
        table["pretraining"] = method["pretraining"]
        parts.append(table)
        for _, row in table[table["subject"] == "all"].iterrows():
            log.info(
                "%s %s: %s labels, %s predictions, TP %s FP %s FN %s, F1 %.4f [%.4f, %.4f]",
                method["method"],
                row["expression"],
                *row[["labels", "predictions", "tp", "fp", "fn", "f1", "f1_low", "f1_high"]],
            )
            log.info(
                "would be F1 %.4f with thresholds picked on test subjects",
                row["f1_oracle_threshold"],
            )
    tables.write(output, "metrics", pd.concat(parts, ignore_index=True))


def _add_oracle(
    table: pd.DataFrame,
    recordings: pd.DataFrame,
    truth: pd.DataFrame,
    intervals: pd.DataFrame,
    candidate_paths: Sequence[str | Path],
    iou: float,
) -> None:
    """Fill in the column f1_oracle_threshold."""
    honest = pool(recordings, truth, intervals, "intervals")
    candidates = read_intervals(candidate_paths, "candidates")
    # Thresholds are chosen on the scale of the levels.
    candidates["confidence"] = candidates["level"]
    pooled = pool(recordings, truth, candidates, "candidates")
    f1 = oracle_threshold(pooled, honest, iou)
    names = [*honest.subjects, ALL]
    table["f1_oracle_threshold"] = [
        f1[names.index(subject), expression]
        for subject, expression in zip(table["subject"], table["expression"], strict=True)
    ]
