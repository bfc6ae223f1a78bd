"""F1 over the number of candidates that an expert has reviewed."""

import pandas as pd
from matplotlib.figure import Figure

from mespot.plots import style


def reviewing(points: pd.DataFrame, everything: str) -> Figure:
    """A column an expression, a line an order, with its interval.

    points: order, expression, reviewed, f1, low and high; NaN for no interval. everything: the
    order whose single point is a level to compare with.
    """
    names = list(dict.fromkeys(points["expression"]))
    orders = [name for name in dict.fromkeys(points["order"]) if name != everything]
    styles = style.method_styles(orders)
    with style.house_style():
        figure = style.new_figure(2.6)
        axes = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
        for axis, name in zip(axes, names, strict=True):
            own = points[points["expression"] == name]
            for order in orders:
                colour, marker = styles[order]
                line = own[own["order"] == order].sort_values("reviewed")
                axis.fill_between(
                    line["reviewed"],
                    line["low"].fillna(line["f1"]),
                    line["high"].fillna(line["f1"]),
                    color=colour,
                    alpha=0.15,
                    linewidth=0,
                )
                axis.plot(
                    line["reviewed"],
                    line["f1"],
                    color=colour,
                    marker=marker,
                    markersize=4,
                    label=order,
                )
            level = own.loc[own["order"] == everything, "f1"]
            if len(level):
                axis.axhline(
                    level.iloc[0], color=style.GREY, linestyle=":", label="all labels known"
                )
            axis.set_title(name)
            axis.set_xlabel("candidates reviewed")
            axis.set_ylim(0, 1)
        axes[0].set_ylabel("F1 on other people")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
    return figure
