"""Rule ablate: variants of the method against the whole, over several seeds, on every corpus."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mespot.errors import InputError
from mespot.scoring.ablation import ablation_table
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
    """Write the `ablation` table.

    corpora: for each one `corpus`, `videos` (video -> subject), `labels` (the labels table),
    `groups` (group -> methods), `full` (the method that the others are compared with) and `runs`:
    method -> for each of its seeds the `intervals` tables of all folds. The other arguments are
    explained in the section `evaluation` of config.yaml. Raises InputError for a table of other
    videos.
    """
    parts = []
    for corpus in corpora:
        videos, labels = corpus_videos(corpus["videos"]), tables.read(corpus["labels"], "labels")
        counts = {}
        for method, runs in corpus["runs"].items():
            try:
                each = [
                    strict_subject_counts(videos, labels, tables.read_intervals(paths), iou)
                    for paths in runs
                ]
            except InputError as error:
                what = f"{corpus['corpus']}, {method}: {error}; run `spot` again"
                raise InputError(what) from error
            counts[method] = np.stack(each)  # (R, E, S, 3)
        table = ablation_table(
            counts,
            corpus["groups"],
            corpus["full"],
            n_bootstrap=n_bootstrap,
            seed=bootstrap_seed,
            confidence=confidence,
        )
        for row in table.itertuples():
            log.info(
                "%s %s %s: F1 %.4f [%.4f, %.4f], difference %.4f, p %.4f",
                *(corpus["corpus"], row.method, row.expression),
                *(row.f1, row.f1_low, row.f1_high, row.difference, row.p_value),
            )
        parts.append(table.assign(corpus=corpus["corpus"]))
    joined = pd.concat(parts, ignore_index=True) if parts else tables.empty("ablation")
    tables.write(output, "ablation", joined)
