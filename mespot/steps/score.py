"""Rule score: the metrics of one corpus, every method by expression and subject."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.errors import InputError
from mespot.scoring.table import metrics_table
from mespot.store import tables

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
    labels. methods: for each one `method`, `pretraining` (inductive, transductive or none) and
    `intervals`, the intervals tables of its folds. The other arguments are explained in the section
    `evaluation` of config.yaml. Raises InputError for a table of other videos.
    """
    recordings = pd.DataFrame({"video": list(videos), "subject": list(videos.values())})
    truth = None if labels is None else tables.read(labels, "labels")
    parts = []
    for method in methods:
        found = pd.concat(
            [tables.read(path, "intervals") for path in method["intervals"]], ignore_index=True
        )
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
        except InputError as error:
            raise InputError(f"{corpus}, {method['method']}: {error}; run `spot` again") from error
        for number, name in enumerate(("corpus", "method", "pretraining")):
            table.insert(number, name, {"corpus": corpus, **method}[name])
        parts.append(table)
        for _, row in table[table["subject"] == "all"].iterrows():
            log.info(
                "%s %s: %s labels, %s predictions, TP %s FP %s FN %s, F1 %.4f [%.4f, %.4f]",
                method["method"],
                row["expression"],
                *row[["labels", "predictions", "tp", "fp", "fn", "f1", "f1_low", "f1_high"]],
            )
    tables.write(output, "metrics", pd.concat(parts, ignore_index=True))
