"""Curves and histograms over all videos of a corpus, from the tables of mespot.scoring.curves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mespot.expressions import CLASSES, EXPRESSIONS
from mespot.plots import style

# Each method has a colour, a marker and a line of its own, so no reader depends on colours.
_LINES = ("-", (0, (5, 1.5)), (0, (1, 1.1)), (0, (6, 1.5, 1, 1.5)), (0, (3, 1)), (0, (8, 2)))
_EQUAL_F1 = (0.2, 0.4, 0.6, 0.8)
_HEIGHT = 2.5  # inches of a row of curves
_ROW = 1.15  # and of a row of histograms
_BINS = 24
_TAIL = 0.99  # share of values that the axis of a histogram covers at least


def precision_recall(curves: pd.DataFrame, operating: pd.DataFrame) -> Figure:
    """Precision over recall, a panel a class and a line a method; the point that it works at.

    curves: method, expression, recall, precision, in the order of falling thresholds. operating:
    the same columns, a row a method and expression. Grey: points of equal F1.
    """
    methods = list(dict.fromkeys(operating["method"]))
    with style.house_style():
        figure = style.new_figure(_HEIGHT + 0.2 * _lines_of_legend(methods))
        axes = figure.subplots(1, len(CLASSES), sharey=True, squeeze=False)[0]
        for axis, expression in zip(axes, CLASSES, strict=True):
            _draw_equal_f1(axis)
            for method, (colour, marker, line) in _styles(methods).items():
                own = _rows(curves, method, expression)
                axis.plot(own["recall"], own["precision"], color=colour, linestyle=line)
                at = _rows(operating, method, expression)
                axis.plot(at["recall"], at["precision"], clip_on=False, **_point(colour, marker))
            axis.set(xlabel="recall", xlim=(0, 1), ylim=(0, 1.02), title=expression)
        axes[0].set_ylabel("precision")
        _legend(figure, axes[0], methods)
    return figure


def f1_over_iou(curves: pd.DataFrame, operating: pd.DataFrame, iou: float) -> Figure:
    """F1 over the least IoU of a hit, a panel an expression and a line a method.

    curves: method, expression, iou, f1. operating: method, expression and f1 at `iou`.
    """
    methods = list(dict.fromkeys(operating["method"]))
    with style.house_style():
        figure = style.new_figure(_HEIGHT + 0.2 * _lines_of_legend(methods))
        axes = figure.subplots(1, len(EXPRESSIONS), sharey=True, squeeze=False)[0]
        for axis, expression in zip(axes, EXPRESSIONS, strict=True):
            axis.axvline(iou, color=style.LIGHT, linewidth=0.8)
            for method, (colour, marker, line) in _styles(methods).items():
                own = _rows(curves, method, expression)
                axis.plot(own["iou"], own["f1"], color=colour, linestyle=line)
                at = _rows(operating, method, expression)
                axis.plot([iou] * len(at), at["f1"], clip_on=False, **_point(colour, marker))
            axis.set(xlabel="least IoU of a hit", xlim=(0, 1), ylim=(0, 1.02), title=expression)
            axis.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "", "0.5", "", "1"])
        axes[0].set_ylabel("F1")
        _legend(figure, axes[0], methods)
    return figure


def durations(table: pd.DataFrame, labels: str) -> Figure:
    """How long intervals last, a row a method and a panel a class; the labels behind them, grey.

    table: method, expression, frames, seconds. labels: what stands for a method in the rows of the
    labels. In seconds, or in frames where no rate is known. Beyond the axis: in the last bar.
    """
    unit = "seconds" if table["seconds"].notna().any() else "frames"
    methods = [name for name in dict.fromkeys(table["method"]) if name != labels] or [labels]
    with style.house_style():
        figure = style.new_figure(0.75 + _ROW * len(methods))
        axes = figure.subplots(len(methods), len(CLASSES), sharex="col", squeeze=False)
        for column, expression in zip(axes.T, CLASSES, strict=True):
            own = table[table["expression"] == expression].dropna(subset=[unit])
            edges = _edges(own[unit], from_zero=True, whole=unit == "frames")
            truth = own.loc[own["method"] == labels, unit]
            for axis, method in zip(column, methods, strict=True):
                _bars(axis, truth, edges, color=style.GREY, alpha=0.45)
                values = own.loc[own["method"] == method, unit]
                if method != labels:
                    _outline(axis, values, edges, style.CLASS_COLOUR[expression])
                _write(axis, [f"{len(truth)} labels", f"{len(values)} spotted"], truth, values)
                axis.margins(y=0.4)  # room for the words
                axis.set_ylabel(method)
            column[0].set_title(expression)
            column[-1].set_xlabel(f"duration, {'s' if unit == 'seconds' else 'frames'}")
            column[-1].set_xlim(edges[0], edges[-1])
    return figure


def boundary_errors(table: pd.DataFrame) -> Figure:
    """How much too late hits begin and end, a row a method; in seconds and in frames.

    table: method, expression, onset, offset (frames), onset_s, offset_s. Beyond the axis: in the
    first and the last bar. The panels in seconds are left out where no rate is known.
    """
    panels = [("onset_s", "onset, s"), ("offset_s", "offset, s")]
    panels = panels if table["onset_s"].notna().any() else []
    panels += [("onset", "onset, frames"), ("offset", "offset, frames")]
    methods = list(dict.fromkeys(table["method"]))
    with style.house_style():
        figure = style.new_figure(0.95 + _ROW * len(methods))
        axes = figure.subplots(len(methods), len(panels), sharex="col", squeeze=False)
        for column, (name, title) in zip(axes.T, panels, strict=True):
            whole = not name.endswith("_s")
            edges = _edges(table[name].dropna(), from_zero=False, whole=whole)
            for axis, method in zip(column, methods, strict=True):
                own = table[table["method"] == method].dropna(subset=[name])
                axis.axvline(0, color=style.GREY, linewidth=0.6)
                for kind in CLASSES:
                    values = own.loc[own["expression"] == kind, name]
                    colour = style.CLASS_COLOUR[kind]
                    if kind == "macro":
                        _bars(axis, values, edges, color=colour, alpha=0.4, label=kind)
                    else:
                        _outline(axis, values, edges, colour, label=kind)
                if len(own):
                    off = float(own[name].abs().median())
                    unit = "s" if not whole else "frame" if off == 1 else "frames"
                    axis.set_title(f"median {off:.2g} {unit}")
            column[-1].set_xlabel(f"too late: {title}")
        for axis, method in zip(axes[:, 0], methods, strict=True):
            axis.set_ylabel(method)
        handles, names = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=2)
    return figure


# -------------------------------------------------------------------------- parts of the above


def _styles(methods: Sequence[str]) -> dict[str, tuple[str, str, object]]:
    """Colour, marker and line of each method."""
    return {
        name: (*both, _LINES[i % len(_LINES)])
        for i, (name, both) in enumerate(style.method_styles(list(methods)).items())
    }


def _rows(table: pd.DataFrame, method: str, expression: str) -> pd.DataFrame:
    return table[(table["method"] == method) & (table["expression"] == expression)]


def _point(colour: str, marker: str) -> dict[str, object]:
    """The look of an operating point: it stands out from all lines."""
    return {
        "color": colour,
        "marker": marker,
        "markersize": 6,
        "markeredgecolor": "white",
        "markeredgewidth": 0.6,
        "linestyle": "",
        "zorder": 4,
    }


def _draw_equal_f1(axis: Axes) -> None:
    recall = np.linspace(0.01, 1, 200)
    for f1 in _EQUAL_F1:
        with np.errstate(divide="ignore"):
            precision = f1 * recall / (2 * recall - f1)
        inside = (precision > 0) & (precision <= 1)
        axis.plot(recall[inside], precision[inside], color=style.LIGHT, linewidth=0.6, zorder=0)
        axis.annotate(
            f"F1 {f1:g}",
            (1, f1 / (2 - f1)),
            xytext=(-2, 1),
            textcoords="offset points",
            color=style.GREY,
            ha="right",
            va="bottom",
            fontsize=7,
        )


def _lines_of_legend(methods: Sequence[str]) -> int:
    return -(-len(methods) // 4)


def _legend(figure: Figure, axis: Axes, methods: Sequence[str]) -> None:
    handles = [
        axis.plot([], [], color=colour, marker=marker, linestyle=line, label=name)[0]
        for name, (colour, marker, line) in _styles(methods).items()
    ]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=min(4, len(methods)), handlelength=3.2
    )


def _edges(values: Iterable[float], *, from_zero: bool, whole: bool) -> np.ndarray:
    """Edges of bins of equal width, in which nearly all values lie.

    from_zero: the first edge is 0; else the bins lie around it alike. whole: values are whole
    numbers, and each lies in the middle of a bin or of as many as there are in the others.
    """
    size = np.abs(np.asarray(list(values), dtype=float))
    reach = float(np.quantile(size, _TAIL)) if len(size) else 1.0
    if whole:
        step = max(1, int(np.ceil((reach + 1) / (_BINS if from_zero else _BINS // 2))))
        count = int(reach // step) + 1
        first = 0 if from_zero else -count
        return np.arange(first, count + 2) * step - 0.5
    reach = reach * 1.02 if reach > 0 else 1.0
    return np.linspace(0 if from_zero else -reach, reach, _BINS + (1 if from_zero else 2))


def _clipped(values: pd.Series, edges: np.ndarray) -> np.ndarray:
    """Values with those beyond the ends put into the first and the last bin."""
    inside = 1e-9 * (edges[-1] - edges[0])
    return np.clip(values.to_numpy(dtype=float), edges[0] + inside, edges[-1] - inside)


def _bars(axis: Axes, values: pd.Series, edges: np.ndarray, **look: object) -> None:
    axis.hist(_clipped(values, edges), bins=edges.tolist(), linewidth=0, **look)  # type: ignore[arg-type]


def _outline(
    axis: Axes, values: pd.Series, edges: np.ndarray, colour: str, label: str | None = None
) -> None:
    count, _ = np.histogram(_clipped(values, edges), bins=edges)
    axis.stairs(count, edges, color=colour, linewidth=1.2, label=label)


def _write(axis: Axes, lines: list[str], truth: pd.Series, values: pd.Series) -> None:
    """How many there are and how long they usually last, in the corner."""
    medians = [f", median {one.median():.2g}" if len(one) else "" for one in (truth, values)]
    shown = [f"{line}{median}" for line, median in zip(lines, medians, strict=True)]
    axis.text(
        0.98, 0.95, "\n".join(shown), transform=axis.transAxes, ha="right", va="top", fontsize=7
    )
