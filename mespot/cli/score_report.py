"""What `mespot score` computes and prints."""

from __future__ import annotations

import argparse
import json
import math
from typing import Any

import numpy as np
import pandas as pd

from mespot.errors import InputError
from mespot.expressions import ALL, EXPRESSIONS
from mespot.scoring import quality
from mespot.scoring.pool import pool
from mespot.scoring.read import read_labels, read_predictions, read_videos
from mespot.scoring.rules import RULES
from mespot.scoring.table import score_table

_SHOWN = {
    "expression": "", "subject": "subject", "videos": "videos", "labels": "labels",
    "predictions": "predicted", "tp": "TP", "fp": "FP", "fn": "FN", "precision": "precision",
    "recall": "recall", "f1": "F1", "f1_low": "low", "f1_high": "high",
}  # fmt: skip


def score(options: argparse.Namespace, remarks: list[str]) -> dict[str, Any]:
    """All that `mespot score` says: tables by rule, and the figures of the strict rule.

    remarks: gets what was odd in the tables, a line each.
    """
    if options.videos is None:
        labels = read_labels(options.labels, remarks=remarks)
        videos = labels[["subject", "video"]].drop_duplicates().assign(fps=np.nan, n_frames=np.nan)
        hint = " that have labels; list every video in --videos"
        if videos.empty:
            raise InputError(f"{options.labels}: row 1: no label; list the videos in --videos")
    else:
        videos, hint = read_videos(options.videos, remarks), f" of {options.videos}"
        labels = read_labels(options.labels, videos, remarks)
    predictions = read_predictions(options.predictions, videos, hint, remarks)
    of = pool(videos, labels, predictions, str(options.predictions[0]))
    if options.labelled_only:
        of = of.labelled_only()
    names = list(RULES) if options.rule == "all" else [options.rule]
    tables = {
        name: score_table(of, RULES[name](of), options.bootstrap, options.seed, options.confidence)
        for name in names
    }
    seconds = (videos["n_frames"] / videos["fps"]).sum(skipna=False)
    return {
        "videos": len(of.videos),
        "subjects": len(of.subjects),
        "labels": len(of.labels),
        "predictions": len(of.predictions),
        "minutes": float(seconds) / 60,
        "rules": tables,
        "f1_by_iou": {"iou": quality.F1_IOUS, **quality.f1_by_iou(of)},
        "average_precision": quality.average_precisions(of),
        "boundary_errors": quality.boundary_errors(of, videos["fps"].to_numpy(np.float64)),
        "false_alarms_per_minute": quality.false_alarms_at_recall(
            of, float(seconds) / 60, options.recall
        ),
    }


def as_json(result: dict[str, Any]) -> str:
    """Everything that `score` gives, as JSON."""
    return json.dumps(_plain(result), indent=1)


def page(result: dict[str, Any], options: argparse.Namespace) -> str:
    """The same as tables to be read."""
    count = "{labels} labels, {predictions} predictions, {videos} videos of {subjects} subjects"
    parts = [count.format(**result)]
    if options.videos is None:
        parts.append("Videos without labels are not known and do not count: see --videos.")
    shown = dict(result["rules"])
    percent = f"{100 * options.confidence:g} % interval of F1 over subjects: low, high."
    if len(shown) > 1:
        pooled = {name: table[table["subject"] == ALL] for name, table in shown.items()}
        joined = pd.concat([table.assign(subject=name) for name, table in pooled.items()])
        joined = joined.sort_values(
            "expression", kind="stable", key=lambda e: e.map(EXPRESSIONS.index)
        )
        parts += ["All subjects, by rule", _lines(joined, _SHOWN | {"subject": "rule"}), percent]
        shown = {"strict": shown["strict"]}
    for name, table in shown.items():
        parts += [f"Rule {name}, by subject", _lines(table, _SHOWN), percent]
    return "\n\n".join([*parts, *_quality(result)])


def _quality(result: dict[str, Any]) -> list[str]:
    """The parts of the page that the strict rule's other figures make."""
    by_iou = pd.DataFrame(
        [(name, *result["f1_by_iou"][name]) for name in EXPRESSIONS],
        columns=["", *(f"{iou:.1f}" for iou in result["f1_by_iou"]["iou"])],
    )
    rows = []
    for name in EXPRESSIONS:
        precision, error = result["average_precision"][name], result["boundary_errors"][name]
        alarms = result["false_alarms_per_minute"].get(name, {})
        row = {
            "": name,
            "AP at 0.5": precision["ap_50"],
            "AP at 0.5:0.95": precision["ap_mean"],
            "onset error, ms": error["onset_error_ms"],
            "offset error, ms": error["offset_error_ms"],
        }
        rows.append(row | {f"false alarms/min at recall {r:g}": n for r, n in alarms.items()})
    return [
        "Strict F1 by least IoU",
        _lines(by_iou),
        "Strict, at IoU 0.5; errors are means over true positives. A dash: no confidence in the\n"
        "predictions, no fps or n_frames in --videos, or nothing to compute it from.",
        _lines(pd.DataFrame(rows)),
    ]


def _lines(table: pd.DataFrame, names: dict[str, str] | None = None) -> str:
    """A table as aligned text; a dash for what is undefined."""
    if names is not None:
        table = table[list(names)].rename(columns=names)
    cells = [[_cell(value) for value in row] for row in table.itertuples(index=False)]
    columns = list(zip(table.columns, *cells, strict=True))
    widths = [max(map(len, column)) for column in columns]
    lines = []
    for row in [list(table.columns), *cells]:
        padded = [
            cell.ljust(width) if i < 2 and names is not None else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _plain(value: Any) -> Any:
    """JSON's types; null for what is undefined."""
    if isinstance(value, pd.DataFrame):
        return [_plain(row) for row in value.astype(object).to_dict("records")]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return value
    if pd.isna(value) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value
