"""What a masked reconstruction network sees, should give and gives, over a few frames of a clip."""

from collections.abc import Mapping

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from mespot.plots import style

ROWS = {
    "input": "input",
    "masked": "masked input",
    "target": "target",
    "output": "output",
    "error": "error (output\n\N{MINUS SIGN} target)",
}
COLUMNS = 8
HIDDEN = "#E5BCD3"  # in neither of the two colour scales
ARROWS = 8  # a side
GAP = 0.06  # between frames, in widths of a frame


def reconstruction(
    title: str, stream: str, arrays: Mapping[str, np.ndarray], time: np.ndarray
) -> Figure:
    """Rows of ROWS, one column a frame.

    stream `face`: arrays `(T, 1, S, S)`, or `flow`: `(T, 2 or more, S, S)` of which the first two
    channels are u and v; standardised values, NaN where hidden or not defined. time: `(T,)` s.
    Input rows share one scale, the three others another. The face is drawn in grey (0 is
    the middle), the flow by its magnitude with arrows for its direction.
    """
    with_target = np.isfinite(arrays["target"]).all(axis=(1, 2, 3))
    frames = _spread(np.flatnonzero(with_target), COLUMNS)
    limits = {
        name: _limit(np.concatenate([arrays[key][frames] for key in keys]), stream)
        for name, keys in {"input": ["input"], "target": ["target"]}.items()
    }
    with style.house_style():
        figure = style.new_figure(0.55 + 0.83 * len(ROWS))
        axes = figure.subplots(len(ROWS), 1)
        for axis, (key, name) in zip(axes, ROWS.items(), strict=True):
            limit = limits["input" if key in ("input", "masked") else "target"]
            image = _draw(axis, arrays[key][frames], stream, limit, arrows=key != "masked")
            axis.set_ylabel(name)
            if key in ("masked", "error"):
                group = axes[:2] if key == "masked" else axes[2:]
                bar = figure.colorbar(image, ax=group, fraction=0.03, pad=0.01, aspect=25)
                bar.set_label("standard deviations", fontsize=7)
                bar.outline.set_linewidth(0.4)
        axes[0].xaxis.tick_top()
        middles = (np.arange(len(frames)) + 0.5) * (1 + GAP) - GAP / 2
        axes[0].set_xticks(middles, [f"{time[frame]:.2f} s" for frame in frames])
        figure.suptitle(title, fontsize=8.5)
    return figure


def _spread(frames: np.ndarray, most: int) -> np.ndarray:
    picked = np.linspace(0, len(frames) - 1, min(most, len(frames))).round()
    return frames[picked.astype(int)]


def _limit(values: np.ndarray, stream: str) -> float:
    """End of the colour scale: nearly the largest value, so that a single pixel does not set it."""
    shown = np.hypot(values[:, 0], values[:, 1]) if stream == "flow" else np.abs(values)
    return max(float(np.nanquantile(shown, 0.995)), 1e-6)


def _draw(axis: Axes, frames: np.ndarray, stream: str, limit: float, arrows: bool) -> AxesImage:
    """One row: frames `(N, C, S, S)` side by side, each of width and height 1."""
    low, name = (0.0, "viridis") if stream == "flow" else (-limit, "gray")
    colours = colormaps[name].with_extremes(bad=HIDDEN)
    for n, frame in enumerate(frames):
        left = n * (1 + GAP)
        shown = np.hypot(frame[0], frame[1]) if stream == "flow" else frame[0]
        image = axis.imshow(
            shown,
            cmap=colours,
            vmin=low,
            vmax=limit,
            interpolation="nearest",
            extent=(left, left + 1, 1, 0),
        )
        if stream == "flow" and arrows:
            _draw_arrows(axis, left, _cells(frame[0]), _cells(frame[1]), limit)
    axis.set_xlim(0, len(frames) * (1 + GAP) - GAP)
    axis.set_ylim(1, 0)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    return image


def _cells(part: np.ndarray) -> np.ndarray:
    """Means over ARROWS x ARROWS cells of `(S, S)`; rows and columns that are left over go."""
    step = part.shape[0] // ARROWS
    part = part[: ARROWS * step, : ARROWS * step]
    return part.reshape(ARROWS, step, ARROWS, step).mean(axis=(1, 3))


def _draw_arrows(axis: Axes, left: float, u: np.ndarray, v: np.ndarray, limit: float) -> None:
    at = (np.arange(ARROWS) + 0.5) / ARROWS
    x, y = np.meshgrid(left + at, at)
    long = np.hypot(u, v) > 0.08 * limit  # shorter ones would be dots
    axis.quiver(
        *(x[long], y[long], u[long], v[long]),
        color="white",
        angles="xy",
        scale_units="xy",
        scale=limit * ARROWS / 1.5,  # the longest reach over one cell and a half
        width=0.0018,
        headwidth=3,
        headlength=3,
        headaxislength=2.5,
    )
