"""Rule score: the metrics of one corpus, every method by expression and subject."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mespot.errors import InputError
from mespot.expressions import ALL
from mespot.scoring.oracle import oracle_epoch, oracle_threshold
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
    labels. methods: for each one `method`, `pretraining` (inductive, transductive or none),
    `epochs`, whether its snapshots are of several epochs, and `intervals`, `candidates` and
    `snapshots`, those tables of its folds. The other arguments are explained in the section
    `evaluation` of config.yaml. Raises InputError for a table of other videos.
    """
    recordings = corpus_videos(videos)
    truth = None if labels is None else tables.read(labels, "labels")
    parts = []
    for method in methods:
        found = read_intervals(method["intervals"], "intervals")
        try:
            table = metrics_table(
                recordings,
                truth,
                found,
                n_bootstrap=n_bootstrap,
                seed=bootstrap_seed,
                confidence=confidence,
                iou=iou,
            )
            table["f1_oracle_threshold"], table["f1_oracle_epoch"] = np.nan, np.nan
            if truth is not None:
                _add_oracles(table, recordings, truth, found, method, iou)
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
                "would be F1 %.4f with thresholds and %.4f with epochs picked on test subjects",
                *row[["f1_oracle_threshold", "f1_oracle_epoch"]],
            )
    tables.write(output, "metrics", pd.concat(parts, ignore_index=True))


def _add_oracles(
    table: pd.DataFrame,
    recordings: pd.DataFrame,
    truth: pd.DataFrame,
    found: pd.DataFrame,
    method: Mapping[str, Any],
    iou: float,
) -> None:
    """Fill in the columns f1_oracle_threshold and, for a method with epochs, f1_oracle_epoch."""
    honest = pool(recordings, truth, found, "intervals")
    candidates = read_intervals(method["candidates"], "candidates")
    candidates["confidence"] = candidates["level"]
    of = pool(recordings, truth, candidates, "candidates")
    oracles = {"f1_oracle_threshold": oracle_threshold(of, honest, iou)}
    if method["epochs"]:
        snapshots = read_intervals(method["snapshots"], "snapshots")
        epochs = [
            pool(recordings, truth, rows, "snapshots") for _, rows in snapshots.groupby("epoch")
        ]
        oracles["f1_oracle_epoch"] = oracle_epoch([*epochs, honest], iou)
    names = [*honest.subjects, ALL]
    for column, values in oracles.items():
        table[column] = [
            values[names.index(subject), expression]
            for subject, expression in zip(table["subject"], table["expression"], strict=True)
        ]
