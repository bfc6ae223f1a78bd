"""Intervals close up: the score around them, and the face at onset, apex and offset."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from scipy.ndimage import gaussian_filter

from mespot.plots import style
from mespot.plots.timeline_parts import Curves, Example, Shown, draw_threshold

FACES = 1.75  # inches of height for each example with faces
ZOOM = 1.2  # and for one without


def height(examples: list[Example]) -> float:
    """Inches that the examples take."""
    each = ZOOM if any(example.faces is None for example in examples) else FACES
    return each * max(len(examples), 0.3)


def draw_examples(place: Figure | SubFigure, shown: Shown) -> None:
    """A row for each example."""
    examples, curves, time, labels = shown.examples, shown.curves, shown.time, shown.labels
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
    draw_threshold(axis, curves, kind)
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
