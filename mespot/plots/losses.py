"""Loss curves of the pretraining: errors on hidden and on visible pixels over the epochs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from mespot.plots import style

History = Sequence[Mapping[str, float]]

PARTS = {"masked": "masked pixels", "visible": "visible pixels"}
# Colour and line style of the curves in each panel.
SETS: dict[str, tuple[str, Any]] = {
    "training": (style.ORANGE, (0, (4, 1.5))),
    "validation": (style.BLUE, "-"),
}


def losses(title: str, histories: Mapping[str, Mapping[str, History]]) -> Figure:
    """One column a stream; masked pixels above, visible ones below.

    histories: stream -> fold -> rows with `epoch` and `{training,validation}_{masked,visible}`,
    mean squared errors of the standardised target. Folds are thin lines, their mean a thick one.
    """
    with style.house_style():
        figure = style.new_figure(4.2)
        axes = figure.subplots(len(PARTS), len(histories), sharex=True, squeeze=False)
        for column, (stream, folds) in zip(axes.T, histories.items(), strict=True):
            for axis, (part, name) in zip(column, PARTS.items(), strict=True):
                _draw(axis, folds, part)
                axis.set_ylabel(f"mean squared error,\n{name}")
            column[0].set_title(f"stream: {stream}")
            column[-1].set_xlabel("epoch")
        handles = [
            Line2D([], [], color=colour, linestyle=dashes, linewidth=1.6, label=name)
            for name, (colour, dashes) in SETS.items()
        ]
        if any(len(folds) > 1 for folds in histories.values()):
            handles.append(Line2D([], [], color=style.GREY, linewidth=0.5, label="single folds"))
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
        figure.suptitle(title, fontsize=8.5)
    return figure


def _draw(axis: Axes, folds: Mapping[str, History], part: str) -> None:
    for name, (colour, dashes) in SETS.items():
        curves: dict[float, list[float]] = {}
        for history in folds.values():
            # Row 0 was measured before training: there is no training loss yet.
            points = [(row["epoch"], row[f"{name}_{part}"]) for row in history]
            points = [point for point in points if np.isfinite(point[1])]
            if len(folds) > 1 and points:
                axis.plot(*zip(*points, strict=True), color=colour, linewidth=0.5, alpha=0.6)
            for epoch, value in points:
                curves.setdefault(epoch, []).append(value)
        epochs = sorted(curves)
        means = [float(np.mean(curves[epoch])) for epoch in epochs]
        axis.plot(epochs, means, color=colour, linestyle=dashes, linewidth=1.6)
    axis.set_ylim(bottom=0)
    axis.grid(axis="y", color=style.LIGHT, linewidth=0.4)
    axis.set_axisbelow(True)
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
