"""F1 by method and subject, from the table of metrics."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mespot.expressions import ALL, EXPRESSIONS
from mespot.plots import style
from mespot.store.tables import F1


def f1(title: str, metrics: pd.DataFrame) -> Figure:
    """One column an expression: above, all subjects with the interval; below, each subject.

    metrics: rows of one corpus (columns as in metrics.csv). Above, one line a method: the pooled
    F1, its bootstrap interval and TP / FP / FN. Below, one line a subject with the marker of each
    method; none where F1 is not defined (no label and no prediction).
    """
    methods = list(dict.fromkeys(metrics["method"]))
    subjects = [name for name in dict.fromkeys(metrics["subject"]) if name != ALL]
    styles = style.method_styles(methods)
    pooled, single = 0.3 * len(methods) + 0.1, 0.14 * len(subjects) + 0.1
    rows = metrics.set_index(["method", "expression", "subject"])
    with style.house_style():
        figure = style.new_figure(pooled + single + 1.15)
        axes = figure.subplots(
            2, len(EXPRESSIONS), sharex=True, sharey="row", height_ratios=[pooled, single]
        )
        for column, expression in zip(axes.T, EXPRESSIONS, strict=True):
            _draw_pooled(column[0], rows, methods, expression, styles)
            _draw_subjects(column[1], rows, methods, subjects, expression, styles)
            labels = rows["labels"].get((methods[0], expression, ALL))
            counted = "" if pd.isna(labels) else f" ({labels} labels)"
            column[0].set_title(f"{expression}{counted}")
            column[1].set_xlabel("F1")
            column[1].set_xlim(-0.03, 1.03)
        axes[1, 0].set_ylabel("subject")
        handles, names = axes[1, 0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=min(len(methods), 5))
        figure.suptitle(title, fontsize=8.5)
    return figure


def _draw_pooled(
    axis: Axes,
    rows: pd.DataFrame,
    methods: list[str],
    expression: str,
    styles: dict[str, tuple[str, str]],
) -> None:
    for y, method in enumerate(methods):
        row = rows.xs((method, expression, ALL))
        colour, marker = styles[method]
        value, low, high = (_number(row[name]) for name in F1)
        axis.plot([low, high], [y, y], color=colour, linewidth=1.4, solid_capstyle="butt")
        axis.plot([low, high], [y, y], color=colour, marker="|", markersize=5, linestyle="")
        axis.plot(value, y, color=colour, marker=marker, markersize=5, markeredgecolor="white")
        if not pd.isna(row["tp"]):
            shown = "undefined" if np.isnan(value) else f"{value:.2f}"
            axis.text(
                np.clip(value, 0.25, 0.75) if np.isfinite(value) else 0.5,
                y + 0.2,
                f"{shown}  ({row['tp']}/{row['fp']}/{row['fn']})",
                ha="center",
                va="top",
                fontsize=7,
            )
    axis.set_ylim(len(methods) - 0.2, -0.5)
    axis.set_yticks(range(len(methods)), methods)
    axis.tick_params(axis="y", length=0)
    _grid(axis)


def _draw_subjects(
    axis: Axes,
    rows: pd.DataFrame,
    methods: list[str],
    subjects: list[str],
    expression: str,
    styles: dict[str, tuple[str, str]],
) -> None:
    # Markers of the methods side by side: equal scores must not hide each other.
    shift = np.linspace(-0.24, 0.24, len(methods)) if len(methods) > 1 else np.zeros(1)
    for y in range(1, len(subjects), 2):
        axis.axhspan(y - 0.5, y + 0.5, color="#F4F4F4", linewidth=0, zorder=0)
    for method, dy in zip(methods, shift, strict=True):
        colour, marker = styles[method]
        values = [_number(rows["f1"].get((method, expression, name))) for name in subjects]
        axis.plot(
            values,
            np.arange(len(subjects)) + dy,
            color=colour,
            marker=marker,
            markersize=4,
            markeredgecolor="white",
            markeredgewidth=0.4,
            linestyle="",
            label=method,
            clip_on=False,
            zorder=3,
        )
    axis.set_ylim(len(subjects) - 0.5, -0.5)
    axis.set_yticks(range(len(subjects)), subjects)
    axis.tick_params(axis="y", length=0)
    _grid(axis)


def _grid(axis: Axes) -> None:
    axis.grid(axis="x", color=style.LIGHT, linewidth=0.4)
    axis.set_axisbelow(True)


def _number(value: object) -> float:
    return np.nan if pd.isna(value) else float(value)  # type: ignore[arg-type, call-overload]
