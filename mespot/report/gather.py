"""What lies in a folder of results: tables, figures, warnings, and what it was made with."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.errors import InputError
from mespot.report.curves import Found, read_found
from mespot.scoring.table import match_table
from mespot.store import io, tables

# Folders of figures and what stands over them, in the order of the page.
FIGURES = {
    "losses": "Losses of the pretraining",
    "reconstruction": "What the pretrained networks reconstruct",
    "responses": "What the features respond to",
}


@dataclass(frozen=True)
class Timeline:
    """The timeline of one video: its figure, and how many labels were found by `method`.

    The counts are None where there are no labels.
    """

    video: str
    figure: Path
    tp: int | None = None
    fp: int | None = None
    fn: int | None = None

    @property
    def errors(self) -> int:
        """Missed labels and false alarms."""
        return (self.fp or 0) + (self.fn or 0)


@dataclass(frozen=True)
class CorpusResults:
    """What is there of one corpus. labels: None where it has none. figures: title -> files. found:
    what curves and histograms are drawn of."""

    name: str
    summary: pd.DataFrame | None
    labels: pd.DataFrame | None
    method: str | None
    timelines: list[Timeline]
    figures: dict[str, list[Path]]
    made_with: dict[str, Mapping[str, Any]]
    found: Found


@dataclass(frozen=True)
class Results:
    """What is there of a run."""

    folder: Path
    metrics: pd.DataFrame
    comparison: pd.DataFrame | None
    ablation: pd.DataFrame | None
    ablation_figure: Path | None
    warnings: list[str]
    corpora: list[CorpusResults] = field(default_factory=list)


def gather(folder: str | Path, iou: float) -> Results:
    """Read a folder `results` of a run.

    iou: least IoU of a hit, in the counts of the timelines and in the curves. Raises InputError
    when there is no metrics.csv, or when a table is none of mespot's.
    """
    folder = Path(folder)
    if not (folder / "metrics.csv").is_file():
        raise InputError(
            f"{folder}: has no metrics.csv; give the folder results of a run that has ended"
        )
    metrics = tables.read(folder / "metrics.csv", "metrics")
    warnings = folder / "logs" / "warnings.txt"
    figure = folder / "figures" / "ablation.png"
    return Results(
        folder=folder,
        metrics=metrics,
        comparison=_table(folder / "comparison.csv", "comparison"),
        ablation=_table(folder / "ablation.csv", "ablation"),
        ablation_figure=figure if figure.is_file() else None,
        warnings=warnings.read_text("utf-8", "replace").splitlines() if warnings.is_file() else [],
        corpora=[
            _corpus(folder / name, metrics[metrics["corpus"] == name], iou)
            for name in metrics["corpus"].dropna().unique()
        ],
    )


def _corpus(folder: Path, metrics: pd.DataFrame, iou: float) -> CorpusResults:
    labels = _table(folder / "labels.csv", "labels")
    figures = {"F1 by subject and method": _pictures(folder / "figures", "f1.png")}
    for kind, title in FIGURES.items():
        figures[title] = _pictures(folder / "figures" / kind, "**/*.png")
    method = _shown_method(metrics)
    summary = _table(folder / "summary.csv", "summary", own="Float64")
    return CorpusResults(
        name=folder.name,
        summary=summary,
        labels=labels,
        method=method,
        timelines=_timelines(folder, method, labels, iou),
        figures={title: paths for title, paths in figures.items() if paths},
        made_with=_made_with(folder),
        found=read_found(folder, metrics, labels, summary, iou),
    )


def _table(path: Path, kind: str, own: str | None = None) -> pd.DataFrame | None:
    return tables.read(path, kind, own) if os.path.lexists(path) else None


def _pictures(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern))


def _shown_method(metrics: pd.DataFrame) -> str | None:
    """The method with the highest F1, which the order of the timelines follows."""
    rows = metrics[(metrics["subject"] == "all") & (metrics["expression"] == "all")]
    rows = rows.dropna(subset=["f1"]).sort_values("f1", ascending=False, kind="stable")
    return str(rows["method"].iloc[0]) if len(rows) else None


def _timelines(
    folder: Path, method: str | None, labels: pd.DataFrame | None, iou: float
) -> list[Timeline]:
    """Of every video with a figure, the one with the most errors first."""
    figures = _pictures(folder / "figures" / "timeline", "*.png")
    # In tables, a method that was trained on another corpus has that in its name.
    files = sorted((folder / "intervals" / str(method).split("@")[0]).glob("*.csv"))
    if labels is None or not files:
        return [Timeline(figure.stem, figure) for figure in figures]
    spotted = tables.read_intervals(files)
    found = []
    for figure in figures:
        truth = labels[labels["video"] == figure.stem].reset_index(drop=True)
        hits = match_table(truth, spotted[spotted["video"] == figure.stem], iou)["hit"]
        tp = int(hits.sum())
        found.append(Timeline(figure.stem, figure, tp, len(hits) - tp, len(truth) - tp))
    return sorted(found, key=lambda one: (-one.errors, one.video))


def _made_with(folder: Path) -> dict[str, Mapping[str, Any]]:
    """Method -> what its scores were made with, from the first fold of each."""
    made = {}
    for method in sorted(path for path in (folder / "scores").glob("*") if path.is_dir()):
        for path in sorted(method.glob("*.h5"))[:1]:
            for record in list(io.read_videos(path, "scores").values())[:1]:
                made[method.name] = json.loads(record.attrs["provenance"])
    return made
