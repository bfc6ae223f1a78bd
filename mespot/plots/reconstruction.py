"""What a masked reconstruction network makes of an expression that it has not seen."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from mespot.plots import style
from mespot.plots.measures import Shares, along, main_pattern

ROWS = {
    "face": "face",
    "input": "input",
    "masked": "masked\ninput",
    "target": "target",
    "output": "output",
    "error": "error",
}
# The colour scale of the rows from the first to the last, drawn with the row that is the key.
BARS = {"masked": ("input", "masked"), "error": ("target", "error")}
COLUMNS = 8
HIDDEN = "#E5BCD3"  # in neither of the two colour scales
ARROWS = 8  # a side
GAP = 0.06  # between frames, in widths of a frame


@dataclass(frozen=True)
class Clip:
    """Where a clip comes from, T frames.

    time `(T,)` s; faces `(T, H, W)` grey; region, the face region that moves most, and its weight
    `(S, S)`; marks: onset, apex and offset, as far as they lie inside, name -> frame of the clip.
    """

    time: np.ndarray
    faces: np.ndarray
    region: str
    weight: np.ndarray
    marks: Mapping[str, int]


def reconstruction(
    title: str, stream: str, clip: Clip, arrays: Mapping[str, np.ndarray], shares: Shares
) -> Figure:
    """Rows of ROWS, one column a frame, and below them how the region moves over the clip.

    arrays: `input`, `masked`, `target` and `output`, standardised, NaN where hidden or not defined.
    Of stream `face` they are `(T, 1, S, S)`, of `flow` `(T, 2 or more, S, S)`, of which the first
    two channels are u and v. The input rows share one colour scale, the rows below another. The
    face is shown as its change against the mean frame of input or target, the flow by its magnitude
    with arrows for its direction.
    """
    defined = np.isfinite(arrays["target"]).all(axis=(1, 2, 3))
    frames = columns(np.flatnonzero(defined), sorted(clip.marks.values()))
    shown = {name: array[frames] for name, array in _changes(stream, arrays, defined).items()}
    limits = {name: _limit(shown[name], stream) for name in ("input", "target")}
    with style.house_style():
        figure = style.new_figure(0.7 + 0.85 * len(ROWS) + 1.6)
        heights = [1.0] * len(ROWS) + [1.6]
        grid = figure.add_gridspec(len(heights), 2, width_ratios=[1, 0.012], height_ratios=heights)
        axes = [figure.add_subplot(grid[row, 0]) for row in range(len(heights))]
        for axis, (key, name) in zip(axes, ROWS.items(), strict=False):
            if key == "face":
                image = _draw_faces(axis, clip.faces[frames])
            else:
                limit = limits["input" if key in ("input", "masked") else "target"]
                image = _draw(axis, shown[key], stream, limit, arrows=key != "masked")
            if key in ("face", "target", "output"):
                _outline(axis, clip.weight, len(frames))
            axis.set_ylabel(name)
            if key in BARS:
                first, last = (list(ROWS).index(row) for row in BARS[key])
                scale = figure.add_subplot(grid[first : last + 1, 1])
                bar = figure.colorbar(image, cax=scale)
                bar.set_label("standard deviations", fontsize=7)
                bar.outline.set_linewidth(0.4)
        _head(axes[0], clip, frames)
        _draw_curves(axes[-1], clip, arrays, defined, frames, shares)
        moves = {"flow": "motion", "face": "change"}[stream]
        axes[-1].set_ylabel(f"{clip.region.replace('_', ' ')}:\n{moves}")
        figure.suptitle(title, fontsize=8.5)
    return figure


def columns(frames: np.ndarray, marks: list[int], most: int = COLUMNS) -> np.ndarray:
    """At most `most` of `frames`: the ends, the marks, and the middles of the widest gaps."""
    if len(frames) <= most:
        return frames
    picked = {int(frames[0]), int(frames[-1])} | {m for m in marks if m in frames}
    while len(picked) < most:
        known = np.array(sorted(picked))
        widest = int(np.argmax(np.diff(known)))
        picked.add(int(known[widest] + known[widest + 1]) // 2)
    return np.array(sorted(picked))


def _changes(
    stream: str, arrays: Mapping[str, np.ndarray], defined: np.ndarray
) -> dict[str, np.ndarray]:
    """The arrays as they are shown, with the error."""
    shown = {**arrays, "error": arrays["output"] - arrays["target"]}
    if stream == "face":
        for names, still in (
            (("input", "masked"), arrays["input"].mean(axis=0)),
            (("target", "output"), arrays["target"][defined].mean(axis=0)),
        ):
            shown |= {name: shown[name] - still for name in names}
    return shown


def _limit(values: np.ndarray, stream: str) -> float:
    """End of the colour scale: nearly the largest value, so that few pixels do not set it.

    What changes most in the picture of a face are sharp edges outside it, those of a collar for
    example.
    """
    if stream == "flow":
        return max(float(np.nanquantile(np.hypot(values[:, 0], values[:, 1]), 0.995)), 1e-6)
    return max(float(np.nanquantile(np.abs(values), 0.98)), 1e-6)


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
    _bare(axis, len(frames))
    return image


def _draw_faces(axis: Axes, faces: np.ndarray) -> AxesImage:
    for n, face in enumerate(faces):
        left = n * (1 + GAP)
        extent = (left, left + 1, 1, 0)
        image = axis.imshow(face, cmap="gray", vmin=0, vmax=255, extent=extent)
    _bare(axis, len(faces))
    return image


def _bare(axis: Axes, count: int) -> None:
    axis.set_xlim(0, count * (1 + GAP) - GAP)
    axis.set_ylim(1, 0)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)


def _outline(axis: Axes, weight: np.ndarray, count: int) -> None:
    """The region's border, where its weight falls to half of its largest."""
    at = (np.arange(len(weight)) + 0.5) / len(weight)
    for n in range(count if weight.max() > 0 else 0):
        axis.contour(
            n * (1 + GAP) + at,
            at,
            weight / weight.max(),
            [0.5],
            colors=style.ORANGE,
            linewidths=0.7,
        )


def _head(axis: Axes, clip: Clip, frames: np.ndarray) -> None:
    """The time of each column and what it is."""
    names = {frame: name for name, frame in clip.marks.items()}
    axis.xaxis.tick_top()
    middles = (np.arange(len(frames)) + 0.5) * (1 + GAP) - GAP / 2
    text = [f"{names.get(int(f), '')}\n{clip.time[f]:.2f} s" for f in frames]
    axis.set_xticks(middles, text)
    for label, frame in zip(axis.get_xticklabels(), frames, strict=True):
        label.set_fontweight("bold" if int(frame) in names else "normal")


def _draw_curves(
    axis: Axes,
    clip: Clip,
    arrays: Mapping[str, np.ndarray],
    defined: np.ndarray,
    frames: np.ndarray,
    shares: Shares,
) -> None:
    """Target, output and the still picture along the pattern in which the region changes most."""
    target, output = arrays["target"][defined], arrays["output"][defined]
    still = target.mean(axis=0)
    # Where no mask hides, nothing was reconstructed; the mean of the target takes no side.
    output = np.where(np.isfinite(output), output, still)
    pattern = main_pattern(target, clip.weight)
    time = clip.time[defined]
    if "onset" in clip.marks or "offset" in clip.marks:
        first = clip.time[clip.marks.get("onset", 0)]
        last = clip.time[clip.marks.get("offset", len(clip.time) - 1)]
        axis.axvspan(first, last, color="#F0F0F0", linewidth=0, zorder=0)
    for name, frame in clip.marks.items():
        axis.axvline(clip.time[frame], color=style.GREY, linewidth=0.6, zorder=1)
        axis.annotate(
            name,
            (clip.time[frame], 1),
            xycoords=("data", "axes fraction"),
            xytext=(2, -2),
            textcoords="offset points",
            va="top",
            fontsize=7,
        )
    axis.plot(
        time,
        along(target, still, pattern),
        color=style.BLACK,
        linewidth=1.4,
        label="target",
    )
    axis.plot(
        time,
        along(output, still, pattern),
        color=style.VERMILLION,
        linewidth=1.4,
        marker="o",
        markersize=3,
        linestyle=(0, (4, 1.5)),
        label=f"output, from hidden pixels, mean of {shares.masks} masks: "
        f"{100 * shares.averaged:.0f} % of the variance over time "
        f"(one mask: {100 * shares.single:.0f} %)",
    )
    axis.plot(
        time,
        np.zeros(len(time)),
        color=style.BLUE,
        linestyle=":",
        linewidth=1.4,
        label="each pixel's mean over the clip, a mean face: 0 %",
    )
    axis.plot(
        clip.time[frames],
        np.zeros(len(frames)),
        transform=axis.get_xaxis_transform(),
        color=style.BLACK,
        marker="^",
        markersize=3.5,
        linestyle="",
        clip_on=False,
    )
    low, high = axis.get_ylim()
    axis.set_ylim(low, high + 0.12 * (high - low))  # the names of the marks
    axis.set_xlim(clip.time[0], clip.time[-1])
    axis.set_xlabel("time, s")
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), ncols=1)


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
