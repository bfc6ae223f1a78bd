"""Forest plot of an ablation: F1 of each variant, and its difference from the whole method."""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mespot.expressions import CLASSES
from mespot.plots import style

_LINE = 0.15  # inches of a row
_GAP = 0.5  # rows above a heading
_SHADE = "#EFEFEF"


def ablation(table: pd.DataFrame, full: Mapping[str, str]) -> Figure:
    """A row of panels a corpus: for micro and for macro F1 and the difference from `full`.

    table: columns as in ablation.csv. full: corpus -> the method that the others are compared
    with. One line a method, in the order and under the headings of the groups; intervals as bars.
    A marker of a difference is filled where its interval leaves zero out, and there is none where
    it is not defined. A table without rows gives a figure that says so.
    """
    corpora = list(dict.fromkeys(table["corpus"]))
    with style.house_style():
        if not corpora:
            figure = style.new_figure(1.0)
            figure.text(0.5, 0.5, "no corpus with labels: nothing to compare", ha="center")
            return figure
        lines = {corpus: _lines(table[table["corpus"] == corpus]) for corpus in corpora}
        heights = [_LINE * (of[-1][0] + 1) for of in lines.values()]
        figure = style.new_figure(sum(heights) + 0.55 * len(corpora) + 0.65)
        axes = figure.subplots(
            len(corpora),
            2 * len(CLASSES),
            sharex="col",
            sharey="row",
            squeeze=False,
            height_ratios=heights,
        )
        for corpus, row in zip(corpora, axes, strict=True):
            rows = table[table["corpus"] == corpus].set_index(["group", "method", "expression"])
            for number, expression in enumerate(CLASSES):
                score, change = row[2 * number : 2 * number + 2]
                _draw_scores(score, rows, lines[corpus], expression, full[corpus])
                _draw_differences(change, rows, lines[corpus], expression, full[corpus])
                where = f"{corpus}: " if len(corpora) > 1 else ""
                score.set_title(f"{where}{expression}", loc="left", fontweight="bold")
                score.set_xlabel("F1")
                change.set_xlabel("difference of F1")
            _name_lines(row[0], lines[corpus], full[corpus])
        title = "Ablation" if len(corpora) > 1 else f"Ablation on {corpora[0]}"
        figure.suptitle(title, fontsize=8.5)
        figure.legend(handles=_legend(), loc="outside lower center", ncols=3)
    return figure


def _lines(table: pd.DataFrame) -> list[tuple[float, str, str | None]]:
    """Height, group and method of each line, from the top; no method for a heading."""
    lines: list[tuple[float, str, str | None]] = []
    y = 0.0
    for group, rows in table.groupby("group", sort=False):
        if lines:
            y += _GAP
        for method in (None, *dict.fromkeys(rows["method"])):
            lines.append((y, str(group), method))
            y += 1
    return lines


def _draw_scores(
    axis: Axes, rows: pd.DataFrame, lines: list[Any], expression: str, full: str
) -> None:
    colour = style.CLASS_COLOUR[expression]
    for y, group, method in lines:
        if method is None:
            continue
        row = cast("pd.Series[Any]", rows.loc[(group, method, expression), :])
        whole = method == full
        if whole and not pd.isna(row["f1"]):
            axis.axvline(row["f1"], color=style.GREY, linewidth=0.6, linestyle=(0, (4, 2)))
        _draw(axis, y, row, "f1", colour, "D" if whole else "o", filled=True)
    _finish(axis, lines, full)


def _draw_differences(
    axis: Axes, rows: pd.DataFrame, lines: list[Any], expression: str, full: str
) -> None:
    colour = style.CLASS_COLOUR[expression]
    axis.axvline(0, color=style.GREY, linewidth=0.8)
    for y, group, method in lines:
        if method is None:
            continue
        if method == full:
            axis.plot(0, y, color=colour, marker="D", markersize=4.5, markeredgecolor="white")
            continue
        row = cast("pd.Series[Any]", rows.loc[(group, method, expression), :])
        low, high = row["difference_low"], row["difference_high"]
        sure = bool(not pd.isna(low) and (low > 0 or high < 0))
        _draw(axis, y, row, "difference", colour, "o", filled=sure)
    _finish(axis, lines, full)


def _draw(
    axis: Axes, y: float, row: pd.Series, name: str, colour: str, marker: str, *, filled: bool
) -> None:
    value, low, high = (_number(row[n]) for n in (name, f"{name}_low", f"{name}_high"))
    axis.plot([low, high], [y, y], color=colour, linewidth=1.2, solid_capstyle="butt")
    axis.plot(
        value,
        y,
        color=colour,
        marker=marker,
        markersize=4.5 if filled else 3.8,
        markerfacecolor=colour if filled else "white",
        markeredgecolor="white" if filled else colour,
        markeredgewidth=0.5 if filled else 0.9,
        zorder=3,
    )


def _finish(axis: Axes, lines: list[Any], full: str) -> None:
    for y, _, method in lines:
        if method == full:
            axis.axhspan(y - 0.5, y + 0.5, color=_SHADE, linewidth=0, zorder=0)
    axis.set_ylim(lines[-1][0] + 0.6, lines[0][0] - 0.5)
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    axis.grid(axis="x", color=style.LIGHT, linewidth=0.4)
    axis.set_axisbelow(True)
    axis.locator_params(axis="x", nbins=4)
    axis.tick_params(axis="x", labelbottom=True)


def _name_lines(axis: Axes, lines: list[Any], full: str) -> None:
    """Names of groups and methods; the other panels of the row share the axis."""
    axis.set_yticks([y for y, _, _ in lines], [method or group for _, group, method in lines])
    for (_, _, method), label in zip(lines, axis.get_yticklabels(), strict=True):
        if method is None:
            label.set_fontstyle("italic")
            label.set_color(style.GREY)
        elif method == full:
            label.set_fontweight("bold")


def _legend() -> list[Line2D]:
    def handle(marker: str, face: str, label: str) -> Line2D:
        return Line2D(
            [], [], color=style.BLACK, linestyle="", marker=marker, markersize=4.5,
            markerfacecolor=face, label=label,
        )  # fmt: skip

    return [
        handle("D", style.BLACK, "what the others are compared with"),
        handle("o", style.BLACK, "difference whose interval leaves zero out"),
        handle("o", "white", "zero is in it"),
    ]


def _number(value: object) -> float:
    return np.nan if pd.isna(value) else float(value)  # type: ignore[arg-type, call-overload]
