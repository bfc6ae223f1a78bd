"""Curves and histograms of a corpus in the page, from the tables of a run."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mespot.errors import InputError
from mespot.expressions import ALL
from mespot.plots import curves as plots
from mespot.plots import style
from mespot.report.pictures import Pictures
from mespot.scoring.curves import LABELS, Curves, Spotted, curves
from mespot.store import tables

_PRECISION_RECALL = (
    "Precision over recall of each method as its threshold falls, the same for all videos; the"
    " marks are what the method reports, with the thresholds that it has chosen."
)
_F1 = (
    "F1 of what each method reports, when a hit needs at least this intersection over union with"
    " its label; the marks are at {iou:g}, by which this page counts."
)
_DURATIONS = (
    "How long labelled expressions (grey) and spotted ones (outlined) last; the last bar also"
    " counts what lasts longer."
)
_DURATIONS_ALONE = "How long spotted expressions last; the last bar also counts what lasts longer."
_ERRORS = (
    "How much later than its label a hit begins (onset) and ends (offset), below 0 earlier; above"
    " each panel is the median of the distances, and the outer bars also count what is farther off."
)


@dataclass(frozen=True)
class Found:
    """What can be drawn of a corpus, with the least IoU of a hit, and why something cannot."""

    curves: Curves
    iou: float
    notes: list[str]


def read_found(
    folder: Path,
    metrics: pd.DataFrame,
    labels: pd.DataFrame | None,
    summary: pd.DataFrame | None,
    iou: float,
) -> Found:
    """Read the intervals and candidates of every method of a corpus.

    folder: results of the corpus. metrics: its rows of the table. summary: knows the rates of its
    videos. Folders may hold tables of other folds than those that were scored: a method whose
    tables are not what `metrics` counts is left out, with a note. Raises InputError for a table
    that is damaged.
    """
    spotted, notes = {}, []
    for method in metrics["method"].dropna().unique():
        rows = metrics[(metrics["method"] == method) & (metrics["subject"] == ALL)]
        counted = rows.loc[rows["expression"] == ALL, "predictions"]
        try:
            spotted[str(method)] = _of_method(folder, str(method), counted)
        except _OtherFoldsError as error:
            notes.append(str(error))
    fps: dict[str, float] = {}
    if summary is not None:
        known = summary.dropna(subset=["fps"])
        fps = dict(zip(known["video"].astype(str), known["fps"].astype(float), strict=True))
    try:
        return Found(curves(labels, spotted, fps, iou), iou, notes)
    except InputError as error:
        raise InputError(f"{folder}: {error}; run the workflow again") from error


class _OtherFoldsError(Exception):
    """Tables that are not those that were scored."""


def _of_method(folder: Path, method: str, counted: pd.Series) -> Spotted:
    # In tables, a method that was trained on another corpus has that in its name.
    name = method.split("@")[0]
    intervals = _read(folder, "intervals", name)
    if intervals is None:
        raise _OtherFoldsError(f"{method} is not drawn: {folder / 'intervals' / name} has no table")
    if len(counted) and not pd.isna(counted.iloc[0]) and len(intervals) != counted.iloc[0]:
        raise _OtherFoldsError(
            f"{method} is not drawn: the tables in {folder / 'intervals' / name} have "
            f"{len(intervals)} intervals, and metrics.csv counts {counted.iloc[0]}; move away the "
            "tables of folds that are not of this run"
        )
    candidates = _read(folder, "candidates", name)
    return Spotted(intervals, candidates)


def _read(folder: Path, kind: str, method: str) -> pd.DataFrame | None:
    """The tables of all folds; None where there is none."""
    files = sorted((folder / kind / method).glob("*.csv"))
    return tables.read_intervals(files, kind) if files else None


def section(found: Found, pictures: Pictures) -> str:
    """The part of the page; empty where there is nothing to draw."""
    text = ""
    for drawn, caption in _figures(found):
        figure = pictures.drawn(style.svg(drawn), caption)
        text += figure or f"<p class=small>No room in this page for: {html.escape(caption)}</p>"
    for note in found.notes:
        text += f"<p class=small>{html.escape(note)}</p>"
    return text


def _figures(found: Found) -> Iterator[tuple]:
    made = found.curves
    if len(made.precision_recall):
        yield plots.precision_recall(made.precision_recall, made.operating), _PRECISION_RECALL
    if len(made.f1):
        yield plots.f1_over_iou(made.f1, made.operating, found.iou), _F1.format(iou=found.iou)
    if len(made.durations):
        labelled = (made.durations["method"] == LABELS).any()
        caption = _DURATIONS if labelled else _DURATIONS_ALONE
        yield plots.durations(made.durations, LABELS), caption
    if len(made.errors):
        yield plots.boundary_errors(made.errors), _ERRORS
