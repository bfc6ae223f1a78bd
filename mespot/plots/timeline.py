"""The timeline of one video: scores, labels, predictions, and two of them close up with faces."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke
from scipy.ndimage import gaussian_filter

from mespot.expressions import CLASSES
from mespot.plots import style

BLOCK = 60.0  # s of video in one line of the figure
MOST_BLOCKS = 4
LANE = 0.38  # height of a full bar; the rows are one apart, the two classes share a row
UNUSABLE: dict[str, Any] = {"facecolor": "#EEEEEE", "edgecolor": "#BBBBBB", "hatch": "////"}
THRESHOLD: dict[str, Any] = {"color": style.BLACK, "linewidth": 0.7, "linestyle": (0, (4, 2))}
FACES = 1.75  # inches of height for each example with faces
ZOOM = 1.2  # and for one without


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


def choose(matched: pd.DataFrame, labelled: bool) -> list[tuple[str, int]]:
    """The best and the worst prediction of a method: `(what it is, row position)`.

    matched: the predictions of one video from `metrics.match_table`. The best is the surest hit, or
    the surest prediction where there are no labels. The worst is the surest false alarm; without
    one, the hit with the lowest IoU; without labels, the least sure prediction. Ties go to the
    earlier one. Empty without predictions; one entry when both would be the same.
    """
    if matched.empty:
        return []
    sure = matched["confidence"].to_numpy(dtype=float)
    order = np.lexsort((matched["onset"].to_numpy(dtype=float), -sure))
    if not labelled:
        chosen = [("most confident", int(order[0])), ("least confident", int(order[-1]))]
        return chosen[: len(matched)]
    hit = matched["hit"].to_numpy(dtype=bool)
    hits, alarms = [i for i in order if hit[i]], [i for i in order if not hit[i]]
    chosen = [("best: true positive", int(hits[0]))] if hits else []
    if alarms:
        chosen.append(("worst: false positive", int(alarms[0])))
    elif len(hits) > 1:
        fit = matched["iou"].to_numpy(dtype=float)
        chosen.append(("worst: true positive", int(min(hits[1:], key=lambda i: (fit[i], sure[i])))))
    return chosen


def timeline(
    *,
    title: str,
    time: np.ndarray,
    usable: np.ndarray,
    curves: Curves,
    labels: pd.DataFrame | None,
    predictions: Mapping[str, pd.DataFrame],
    examples: list[Example],
) -> Figure:
    """Draw it.

    time: `(T,)` s; usable: `(T,)` bool. predictions: for each method, in the order of the rows,
    columns type, start, end (s) and hit (missing without labels). curves and examples belong to the
    first of them. labels: type, start, end and hit (bool, by the first method), or None.
    Videos of more than 72 s are broken into lines, four at most.
    """
    time = np.asarray(time, dtype=float)
    end = float(time[-1]) + float(np.median(np.diff(time))) if len(time) > 1 else 1.0
    blocks = min(MOST_BLOCKS, max(1, math.ceil(end / (1.2 * BLOCK))))
    length = end / blocks
    rows = (["labels"] if labels is not None else []) + list(predictions)
    block_height = 0.52 * len(CLASSES) + 0.23 * len(rows) + 0.45
    with style.house_style():
        each = ZOOM if any(example.faces is None for example in examples) else FACES
        heights = [0.45 + blocks * block_height, each * max(len(examples), 0.3)]
        figure = style.new_figure(sum(heights))
        top, bottom = figure.subfigures(2, 1, height_ratios=heights, squeeze=False)[:, 0]
        ratios = ([0.52] * len(CLASSES) + [0.23 * len(rows) + 0.12]) * blocks
        axes = np.atleast_1d(top.subplots(len(ratios), 1, height_ratios=ratios))
        per_block = len(CLASSES) + 1
        for block in range(blocks):
            window = (block * length, (block + 1) * length)
            group = axes[block * per_block : (block + 1) * per_block]
            for axis, kind in zip(group, CLASSES, strict=False):
                _draw_score(axis, time, curves, kind)
            _draw_rows(group[-1], rows, labels, predictions, examples)
            for axis in group:
                _shade_unusable(axis, time, usable)
                axis.set_xlim(window)
            for axis in group[:-1]:
                axis.tick_params(labelbottom=False)
        axes[-1].set_xlabel("time (s)")
        top.suptitle(title, fontsize=8.5)
        top.legend(
            handles=_legend(curves, labels is not None, bool((~usable).any())),
            loc="outside lower center",
            ncols=6,
            handlelength=1.5,
            columnspacing=1.2,
        )
        _draw_examples(bottom, examples, curves, time, labels)
    return figure


# ---------------------------------------------------------------- panels above


def _draw_score(axis: Axes, time: np.ndarray, curves: Curves, kind: str) -> None:
    axis.plot(time, curves.curve[kind], color=style.CLASS_COLOUR[kind], linewidth=0.7)
    _draw_threshold(axis, curves, kind)
    axis.set_ylabel(f"{kind}\nscore")
    axis.margins(y=0.08)
    axis.locator_params(axis="y", nbins=3)


def _draw_threshold(axis: Axes, curves: Curves, kind: str) -> None:
    if not np.isnan(curves.threshold[kind]):
        axis.axhline(curves.threshold[kind], **THRESHOLD)


def _draw_rows(
    axis: Axes,
    rows: list[str],
    labels: pd.DataFrame | None,
    predictions: Mapping[str, pd.DataFrame],
    examples: list[Example],
) -> None:
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
    for example in examples:
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
    alarm (half height, so that even a bar of two pixels shows which it is).
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


def _shade_unusable(axis: Axes, time: np.ndarray, usable: np.ndarray) -> None:
    edges = np.flatnonzero(np.diff(np.r_[False, ~np.asarray(usable), False].astype(int)))
    for first, stop in edges.reshape(-1, 2):
        until = time[min(stop, len(time) - 1)]
        axis.axvspan(time[first], until, linewidth=0, zorder=0, **UNUSABLE)


def _legend(curves: Curves, labelled: bool, shaded: bool) -> list[Patch | Line2D]:
    handles: list[Patch | Line2D] = [
        Patch(color=style.CLASS_COLOUR["micro"], label="micro (upper)"),
        Patch(color=style.CLASS_COLOUR["macro"], label="macro (lower)"),
    ]
    if not np.isnan(list(curves.threshold.values())).all():
        handles.append(Line2D([], [], label="threshold", **THRESHOLD))
    if labelled:
        handles += [
            Patch(facecolor=style.GREY, edgecolor=style.GREY, label="hit / label found"),
            Patch(facecolor="white", edgecolor=style.GREY, label="false alarm / label missed"),
        ]
    if shaded:
        handles.append(Patch(label="no usable face", **UNUSABLE))
    return handles


# ---------------------------------------------------------------- examples beneath


def _draw_examples(
    place: SubFigure,
    examples: list[Example],
    curves: Curves,
    time: np.ndarray,
    labels: pd.DataFrame | None,
) -> None:
    if not examples:
        axis = place.subplots()
        axis.axis("off")
        axis.text(0.5, 0.5, "no prediction in this video", ha="center", va="center")
        return
    rows = place.subfigures(len(examples), 1, squeeze=False)[:, 0]
    for part, example in zip(rows, examples, strict=True):
        part.suptitle(
            f"{example.mark}   {example.title}", x=0.01, ha="left", fontsize=8, fontweight="bold"
        )
        if example.faces is None:
            _draw_zoom(part.subplots(), example, curves, time, labels)
            continue
        axes = part.subplots(1, 5, width_ratios=[1, 1, 1, 1.22, 1.6])
        _draw_faces(axes[:4], example.faces, example.row)
        _draw_zoom(axes[4], example, curves, time, labels)


def _draw_faces(axes: np.ndarray, faces: np.ndarray, row: pd.Series) -> None:
    """The face at onset, apex and offset, and what changed until the apex."""
    for axis, face, name in zip(axes, faces, ("onset", "apex", "offset"), strict=False):
        axis.imshow(face, cmap="gray", vmin=0, vmax=255)
        axis.set_xlabel(f"{name}, {row[f'{name}_time']:.2f} s")
    _draw_difference(axes[3], faces)
    for axis in axes:
        axis.set_xticks([])
        axis.set_yticks([])
        axis.spines[:].set_visible(False)


def _draw_difference(axis: Axes, faces: np.ndarray) -> None:
    """Apex minus onset, smoothed over a pixel's noise; the common change of light taken out."""
    onset, apex = (gaussian_filter(face.astype(float), 1.5) for face in faces[:2])
    difference = apex - onset
    difference -= np.median(difference)
    limit = max(5.0, float(np.quantile(np.abs(difference), 0.995)))
    image = axis.imshow(difference, cmap="RdBu_r", vmin=-limit, vmax=limit)
    axis.set_xlabel("apex \N{MINUS SIGN} onset")
    bar = axis.figure.colorbar(image, ax=axis, fraction=0.05, pad=0.03, ticks=[-limit, 0, limit])
    bar.ax.set_yticklabels([f"{-limit:.0f}".replace("-", "\N{MINUS SIGN}"), "0", f"{limit:.0f}"])
    bar.ax.tick_params(length=1.5)
    bar.outline.set_linewidth(0.4)


def _draw_zoom(
    axis: Axes, example: Example, curves: Curves, time: np.ndarray, labels: pd.DataFrame | None
) -> None:
    """The score around the example: the prediction shaded, labels of its class as a bar."""
    row, kind = example.row, example.row["type"]
    margin = max(1.0, row["end"] - row["start"])
    low, high = max(row["start"] - margin, time[0]), min(row["end"] + margin, time[-1])
    near = (time >= low) & (time <= high)
    colour = style.CLASS_COLOUR[kind]
    axis.axvspan(row["start"], row["end"], color=colour, alpha=0.2, linewidth=0)
    axis.plot(time[near], curves.curve[kind][near], color=colour, marker=".", markersize=2)
    _draw_threshold(axis, curves, kind)
    if labels is not None:
        for _, label in labels[labels["type"] == kind].iterrows():
            if label["end"] > low and label["start"] < high:
                axis.plot(
                    [max(low, label["start"]), min(high, label["end"])],
                    [0.03, 0.03],
                    transform=axis.get_xaxis_transform(),
                    color="black",
                    linewidth=3,
                    solid_capstyle="butt",
                )
    axis.set_xlim(low, high)
    axis.margins(y=0.15)
    axis.locator_params(nbins=4)
    axis.set_xlabel("time (s)")
