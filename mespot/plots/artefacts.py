"""Pictures of what the stages make: crops, flow, regional motion, features, scores, landmarks."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure

from mespot.expressions import CLASSES
from mespot.plots import style

COLUMNS = 6
_QUANTILE = 0.99  # of magnitudes that get the full colour


def chosen_frames(span: np.ndarray, count: int) -> np.ndarray:
    """At most `count` frames with a usable face, evenly spread; of all frames where none has one.

    span: `(T,)` int, -1 where there is no usable face.
    """
    usable = np.flatnonzero(np.asarray(span) >= 0)
    if not len(usable):
        usable = np.arange(len(span))
    return usable[np.unique(np.linspace(0, len(usable) - 1, count).round().astype(int))]


def pictures(title: str, images: np.ndarray, captions: Sequence[str], note: str = "") -> Figure:
    """A contact sheet. images: `(N, H, W)` uint8 grey or `(N, H, W, 3)` 0..1."""
    rows = -(-len(images) // COLUMNS)
    with style.house_style():
        figure = style.new_figure(0.5 + 1.35 * rows)
        axes = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
        for axis in axes:
            axis.set_axis_off()
        for axis, image, caption in zip(axes, images, captions, strict=False):
            axis.imshow(image, cmap="gray", vmin=0, vmax=255 if image.dtype == np.uint8 else 1)
            axis.set_title(caption, fontsize=6.5)
        figure.suptitle(title, fontsize=8.5)
        if note:
            figure.supxlabel(note, fontsize=7)
    return figure


def coloured(flow: np.ndarray) -> tuple[np.ndarray, float]:
    """Flow as colours and the magnitude of full colour: the hue is the direction.

    flow: `(N, H, W, 2)` u to the right, v downwards. Returns `(N, H, W, 3)` 0..1, white where
    nothing moves.
    """
    magnitude = np.hypot(flow[..., 0], flow[..., 1])
    full = max(float(np.quantile(magnitude, _QUANTILE)), 1e-6)
    hue = (np.arctan2(flow[..., 1], flow[..., 0]) / (2 * np.pi)) % 1
    strength = np.clip(magnitude / full, 0, 1)
    return hsv_to_rgb(np.stack([hue, strength, np.ones_like(hue)], axis=-1)), full


def heat(
    title: str, rows: np.ndarray, names: Sequence[str], time: np.ndarray, label: str
) -> Figure:
    """A row a region over time. rows: `(T, R)`, NaN where nothing is known. time: `(T,)` s."""
    with style.house_style():
        figure = style.new_figure(1.2 + 0.17 * len(names))
        axis = figure.subplots()
        known = rows[np.isfinite(rows)]
        limit = float(np.quantile(known, _QUANTILE)) if len(known) else 1.0
        extent = (float(time[0]), float(time[-1]), len(names) - 0.5, -0.5)
        axis.set_facecolor(style.LIGHT)
        image = axis.imshow(
            rows.T,
            aspect="auto",
            interpolation="nearest",
            extent=extent,
            cmap="viridis",
            vmin=0,
            vmax=limit,
        )
        axis.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
        axis.set_xlabel("time, s (grey: no usable face)")
        figure.colorbar(image, ax=axis, label=label, fraction=0.04, pad=0.02, extend="max")
        figure.suptitle(title, fontsize=8.5)
    return figure


def score_curves(
    title: str, scores: Mapping[str, np.ndarray], thresholds: Mapping[str, float], time: np.ndarray
) -> Figure:
    """Scores of both classes over time, and their thresholds where there are any."""
    with style.house_style():
        figure = style.new_figure(3.2)
        axes = figure.subplots(len(scores), 1, sharex=True, squeeze=False).ravel()
        for axis, (kind, values) in zip(axes, scores.items(), strict=True):
            axis.plot(time, values, color=style.CLASS_COLOUR[kind], linewidth=0.7)
            threshold = thresholds.get(kind, np.nan)
            if np.isfinite(threshold):
                axis.axhline(threshold, color=style.GREY, linestyle=(0, (4, 2)), linewidth=0.7)
            axis.set_ylabel(f"score, {kind}")
        axes[-1].set_xlabel("time, s (dashed: threshold)")
        figure.suptitle(title, fontsize=8.5)
    return figure


def points(
    title: str, landmarks: np.ndarray, captions: Sequence[str], size: tuple[float, float]
) -> Figure:
    """Landmarks of some frames. landmarks: `(N, P, 2+)` px. size: width and height, px."""
    rows = -(-len(landmarks) // COLUMNS)
    with style.house_style():
        figure = style.new_figure(0.5 + 1.35 * rows)
        axes = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
        for axis in axes[len(landmarks) :]:
            axis.set_axis_off()
        for axis, one, caption in zip(axes, landmarks, captions, strict=False):
            axis.scatter(one[:, 0], one[:, 1], s=0.4, color=style.BLUE, linewidths=0)
            axis.set(xlim=(0, size[0]), ylim=(size[1], 0), aspect="equal", xticks=[], yticks=[])
            axis.spines[:].set_visible(True)
            axis.set_title(caption, fontsize=6.5)
        figure.suptitle(title, fontsize=8.5)
    return figure


def bars(title: str, intervals: pd.DataFrame, unit: str) -> Figure:
    """Intervals of each video as bars. intervals: video, type, start, end, in `unit`."""
    names = list(dict.fromkeys(intervals["video"]))
    with style.house_style():
        figure = style.new_figure(0.9 + 0.24 * max(2, len(names)))
        axis = figure.subplots()
        for kind, shift in zip(CLASSES, (-0.2, 0.2), strict=True):
            own = intervals[intervals["type"] == kind]
            _bars(axis, own, names, kind, shift)
        axis.set_yticks(range(len(names)), names)
        axis.set_ylim(max(len(names), 1) - 0.5, -0.5)
        axis.set_xlim(left=0.0)
        axis.set_xlabel(unit)
        figure.legend(loc="outside upper right", ncols=2)
        figure.suptitle(title, fontsize=8.5, x=0.02, ha="left")
    return figure


def _bars(axis: Axes, own: pd.DataFrame, names: list[str], kind: str, shift: float) -> None:
    width = (own["end"] - own["start"]).astype(float)
    axis.barh(
        [names.index(video) + shift for video in own["video"]],
        width,
        left=own["start"].astype(float),
        height=0.36,
        color=style.CLASS_COLOUR[kind],
        edgecolor=style.CLASS_COLOUR[kind],
        linewidth=0.8,
        label=kind,
    )
