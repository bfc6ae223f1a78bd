"""What timelines are made of: panels of scores, rows of bars, shaded gaps, and the legend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke

from mespot.plots import style

LANE = 0.38  # height of a full bar; the rows are one apart, the two classes share a row
UNUSABLE: dict[str, Any] = {"facecolor": "#EEEEEE", "edgecolor": "#BBBBBB", "hatch": "////"}
THRESHOLD: dict[str, Any] = {"color": style.BLACK, "linewidth": 0.7, "linestyle": (0, (4, 2))}


@dataclass(frozen=True)
class Curves:
    """Scores of one method by class: curve `(T,)`, NaN where no face is usable, and a threshold on
    it; NaN where intervals are not chosen by the scores alone, and then none is drawn."""

    curve: Mapping[str, np.ndarray]
    threshold: Mapping[str, float]


@dataclass(frozen=True)
class Example:
    """One prediction to show: its mark in the timeline, its row of the matched predictions, faces.

    faces: `(3, S, S)` grey images at onset, apex and offset, 0..255; None where there are none.
    """

    mark: str
    title: str
    row: pd.Series
    faces: np.ndarray | None


@dataclass(frozen=True)
class Shown:
    """What the timeline of a video of T working frames shows.

    time: `(T,)` s; usable: `(T,)` bool. predictions: for each method, in the order of the rows,
    columns type, start, end (s) and hit (missing without labels). curves and examples belong to the
    first of them. labels: type, start, end and hit (bool, by the first method), or None.
    """

    title: str
    time: np.ndarray
    usable: np.ndarray
    curves: Curves
    labels: pd.DataFrame | None
    predictions: Mapping[str, pd.DataFrame]
    examples: list[Example]

    @property
    def end(self) -> float:
        """When the last frame ends, s."""
        time = np.asarray(self.time, dtype=float)
        return float(time[-1]) + float(np.median(np.diff(time))) if len(time) > 1 else 1.0

    @property
    def rows(self) -> list[str]:
        """The rows of bars: the labels, then the methods."""
        return (["labels"] if self.labels is not None else []) + list(self.predictions)

    def window(self, start: float, end: float) -> Shown:
        """What lies between two times, with a frame more at either end of the curves."""
        first = max(0, int(np.searchsorted(self.time, start)) - 1)
        last = int(np.searchsorted(self.time, end, side="right")) + 1
        part = slice(first, last)
        curve = {kind: values[part] for kind, values in self.curves.curve.items()}

        def inside(table: pd.DataFrame) -> pd.DataFrame:
            return table[(table["end"] > start) & (table["start"] < end)]

        return Shown(
            self.title,
            self.time[part],
            self.usable[part],
            Curves(curve, self.curves.threshold),
            None if self.labels is None else inside(self.labels),
            {name: inside(table) for name, table in self.predictions.items()},
            [one for one in self.examples if start <= one.row["end"] < end],
        )


def draw_score(axis: Axes, time: np.ndarray, curves: Curves, kind: str) -> None:
    """The score of a class and its threshold."""
    axis.plot(time, curves.curve[kind], color=style.CLASS_COLOUR[kind], linewidth=0.7)
    draw_threshold(axis, curves, kind)
    axis.margins(y=0.08)
    axis.locator_params(axis="y", nbins=3)


def draw_threshold(axis: Axes, curves: Curves, kind: str) -> None:
    """The threshold of a class, where there is one."""
    if not np.isnan(curves.threshold[kind]):
        axis.axhline(curves.threshold[kind], **THRESHOLD)


def draw_rows(axis: Axes, shown: Shown) -> None:
    """A row of bars for the labels and for each method, and the marks of the examples."""
    rows, labels, predictions = shown.rows, shown.labels, shown.predictions
    for y, name in enumerate(rows):
        if name == "labels" and labels is not None and y == 0:
            _bars(axis, y, labels, labels["hit"].to_numpy(dtype=bool), full=True)
        else:
            table = predictions[name]
            hit = table["hit"].fillna(True).to_numpy(dtype=bool)
            _bars(axis, y, table, hit, full=False)
        if y:
            axis.axhline(y - 0.5, color=style.LIGHT, linewidth=0.5, zorder=0)
    marked = rows.index(next(iter(predictions)))
    for example in shown.examples:
        lane = -0.23 if example.row["type"] == "micro" else 0.23
        axis.annotate(
            example.mark,
            (example.row["end"], marked + lane),
            xytext=(2, 0),
            textcoords="offset points",
            fontweight="bold",
            va="center",
            annotation_clip=True,
            path_effects=[withStroke(linewidth=1.5, foreground="white")],
        )
    axis.set_ylim(len(rows) - 0.5, -0.5)
    axis.set_yticks(range(len(rows)), rows)
    axis.tick_params(axis="y", length=0)


def _bars(axis: Axes, y: int, table: pd.DataFrame, solid: np.ndarray, full: bool) -> None:
    """Micro in the upper half of the row, macro in the lower.

    Solid and full: a hit, or a label that was hit. Hollow: a missed label (full height) or a false
    alarm (half height, so that even a bar of two pixels shows which it is). White lines tell solid
    bars apart that touch or overlap.
    """
    for filled, kind, start, end in zip(
        solid, table["type"], table["start"], table["end"], strict=True
    ):
        height = LANE if filled or full else 0.45 * LANE
        middle = y - 0.23 if kind == "micro" else y + 0.23
        colour = style.CLASS_COLOUR[kind]
        axis.add_patch(
            Rectangle(
                (start, middle - height / 2),
                end - start,
                height,
                facecolor=colour if filled else "white",
                edgecolor=colour,
                linewidth=0.7,
            )
        )
    for kind, own in table[solid].sort_values("start", kind="stable").groupby("type"):
        middle = y - 0.23 if kind == "micro" else y + 0.23
        reached = own["end"].cummax().shift(fill_value=-np.inf)
        crossed = own["start"] < reached + 1e-6
        edges = np.r_[own["start"], np.minimum(reached, own["end"])][np.r_[crossed, crossed]]
        if edges.size:
            low, high = middle - LANE / 2, middle + LANE / 2
            axis.vlines(edges, low, high, color="white", linewidth=0.6)


def shade_unusable(axis: Axes, time: np.ndarray, usable: np.ndarray) -> None:
    """Hatched where no face is usable."""
    edges = np.flatnonzero(np.diff(np.r_[False, ~np.asarray(usable), False].astype(int)))
    for first, stop in edges.reshape(-1, 2):
        until = time[min(stop, len(time) - 1)]
        axis.axvspan(time[first], until, linewidth=0, zorder=0, **UNUSABLE)


def legend(shown: Shown) -> list[Patch | Line2D]:
    """What the bars and lines mean."""
    curves = shown.curves
    handles: list[Patch | Line2D] = [
        Patch(color=style.CLASS_COLOUR["micro"], label="micro (upper)"),
        Patch(color=style.CLASS_COLOUR["macro"], label="macro (lower)"),
    ]
    if not np.isnan(list(curves.threshold.values())).all():
        handles.append(Line2D([], [], label="threshold", **THRESHOLD))
    if shown.labels is not None:
        handles += [
            Patch(facecolor=style.GREY, edgecolor=style.GREY, label="hit / label found"),
            Patch(facecolor="white", edgecolor=style.GREY, label="false alarm / label missed"),
        ]
    if not np.all(shown.usable):
        handles.append(Patch(label="no usable face", **UNUSABLE))
    return handles
