"""What the features of face regions respond to: mean heat maps around expressions and blinks."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from mespot.plots import style

COLUMNS = {"micro": "micro-expressions", "macro": "macro-expressions", "blink": "blinks",
           "random": "random times"}  # fmt: skip
BELOW = {"blink": "s from peak", "random": "s"}


def responses(
    title: str,
    seconds: np.ndarray,
    regions: Sequence[str],
    maps: Mapping[str, Mapping[str, np.ndarray]],
    counts: Mapping[str, int],
) -> Figure:
    """One row a stream, one column each of COLUMNS; all share the colour scale.

    The scale ends at the largest value around expressions; blinks may be beyond it.

    seconds: `(K,)` around the event. maps: stream -> column -> `(K, R)` mean size of the feature in
    units of its usual size; NaN where nothing is known. counts: events behind a column.
    """
    scaled = [sizes[kind] for sizes in maps.values() for kind in sizes if kind != "blink"]
    values = np.concatenate([size[np.isfinite(size)] for size in scaled] + [np.ones(1)])
    step = (seconds[1] - seconds[0]) / 2
    extent = (seconds[0] - step, seconds[-1] + step, len(regions) - 0.5, -0.5)
    with style.house_style():
        figure = style.new_figure(0.75 + 2.05 * len(maps))
        axes = figure.subplots(len(maps), len(COLUMNS), sharex=True, sharey=True, squeeze=False)
        for number, (stream, sizes) in enumerate(maps.items()):
            row = axes[number]
            for axis, (key, name) in zip(row, COLUMNS.items(), strict=True):
                image = axis.imshow(
                    sizes[key].T,
                    cmap="viridis",
                    vmin=values.min(),
                    vmax=values.max(),
                    extent=extent,
                    aspect="auto",
                    interpolation="nearest",
                )
                axis.axvline(0, color="white", linewidth=0.6, linestyle=(0, (2, 2)))
                axis.spines[:].set_visible(False)
                axis.tick_params(axis="y", length=0)
                if number == 0:
                    axis.set_title(f"{name} ({counts[key]})", fontsize=7.5)
                if number == len(maps) - 1:
                    axis.set_xlabel(BELOW.get(key, "s from apex"))
            row[0].set_ylabel(stream, fontweight="bold")
            row[0].set_yticks(range(len(regions)), [name.replace("_", " ") for name in regions])
        bar = figure.colorbar(image, ax=axes, fraction=0.02, pad=0.01, aspect=40, extend="max")
        bar.set_label("size of the feature (1: as usual)", fontsize=7)
        bar.outline.set_linewidth(0.4)
        figure.suptitle(title, fontsize=8.5)
    return figure
