"""The timeline of one video: scores, labels, predictions, and two of them close up with faces."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MultipleLocator

from mespot.expressions import CLASSES
from mespot.plots import closeups, style
from mespot.plots.timeline_parts import Shown, draw_rows, draw_score, legend, shade_unusable

BLOCK = 60.0  # s of video in one line of the figure
MOST_BLOCKS = 4  # of a short video
# A longer one has low rows of whole minutes: as few minutes as give this many rows at most.
MOST_ROWS = 60
PAGE = 10.0  # inches, the height of a printed page
_HEAD, _FOOT = 0.32, 0.55  # inches above and below the rows of a long video
_SCORE, _BARS, _CLOCK = 0.26, 0.16, 0.26  # inches of a score, a row of bars, and the time below
_STEPS = (10, 20, 30, 60, 120, 300, 600)  # s between two times that are written
_TIMES = 7  # that are written below a row at most


def choose(matched: pd.DataFrame, labelled: bool) -> list[tuple[str, int]]:
    """The best and the worst prediction of a method: `(what it is, row position)`.

    matched: the predictions of one video from `metrics.match_table`. The best is the surest hit, or
    the surest prediction where there are no labels. The worst is the surest false alarm; without
    one, the hit with the lowest IoU; without labels, the least sure prediction. Ties go to the
    earlier one. Empty without predictions; one entry when both would be the same.
    """
    if matched.empty:
        return []
    sure = matched["confidence"].to_numpy(dtype=float)
    order = np.lexsort((matched["onset"].to_numpy(dtype=float), -sure))
    if not labelled:
        chosen = [("most confident", int(order[0])), ("least confident", int(order[-1]))]
        return chosen[: len(matched)]
    hit = matched["hit"].to_numpy(dtype=bool)
    hits, alarms = [i for i in order if hit[i]], [i for i in order if not hit[i]]
    chosen = [("best: true positive", int(hits[0]))] if hits else []
    if alarms:
        chosen.append(("worst: false positive", int(alarms[0])))
    elif len(hits) > 1:
        fit = matched["iou"].to_numpy(dtype=float)
        chosen.append(("worst: true positive", int(min(hits[1:], key=lambda i: (fit[i], sure[i])))))
    return chosen


def timeline(shown: Shown) -> Figure:
    """Draw all of it in one picture.

    A video of more than 72 s is broken into lines, four at most. One of more than 288 s has lower
    rows: of a minute each, of two minutes if there would be more than 60 of them, and so on.
    """
    if _is_long(shown):
        return _long(shown)
    blocks = max(1, math.ceil(shown.end / (1.2 * BLOCK)))
    length = shown.end / blocks
    block_height = 0.52 * len(CLASSES) + 0.23 * len(shown.rows) + 0.45
    with style.house_style():
        heights = [0.45 + blocks * block_height, closeups.height(shown.examples)]
        figure = style.new_figure(sum(heights))
        top, bottom = figure.subfigures(2, 1, height_ratios=heights, squeeze=False)[:, 0]
        ratios = ([0.52] * len(CLASSES) + [0.23 * len(shown.rows) + 0.12]) * blocks
        axes = np.atleast_1d(top.subplots(len(ratios), 1, height_ratios=ratios))
        per_block = len(CLASSES) + 1
        for block in range(blocks):
            group = list(axes[block * per_block : (block + 1) * per_block])
            _draw_block(group, shown, (block * length, (block + 1) * length))
            for axis, kind in zip(group, CLASSES, strict=False):
                axis.set_ylabel(f"{kind}\nscore")
        axes[-1].set_xlabel("time (s)")
        top.suptitle(shown.title, fontsize=8.5)
        top.legend(
            handles=legend(shown),
            loc="outside lower center",
            ncols=6,
            handlelength=1.5,
            columnspacing=1.2,
        )
        closeups.draw_examples(bottom, shown)
    return figure


def pages(shown: Shown) -> list[Figure]:
    """The same for paper, where one page does not hold it: one figure a page, the last with the
    examples. Empty for a short video."""
    if not _is_long(shown):
        return []
    windows = _windows(shown)
    of_page = max(1, int((PAGE - _HEAD - _FOOT) / _row_height(shown)))
    figures = []
    with style.house_style():
        for first in range(0, len(windows), of_page):
            part = windows[first : first + of_page]
            height = _HEAD + len(part) * _row_height(shown) + _FOOT
            figure = style.new_figure(height)
            figure.set_layout_engine("none")
            _draw_long(figure, height, shown, part)
            figures.append(figure)
        last = style.new_figure(closeups.height(shown.examples))
        closeups.draw_examples(last, shown)
    return [*figures, last]


def _is_long(shown: Shown) -> bool:
    return shown.end > MOST_BLOCKS * 1.2 * BLOCK


def _draw_block(group: list[Axes], shown: Shown, window: tuple[float, float]) -> None:
    """Scores and bars of a part of the video: an axis a class, and one for the bars."""
    for axis, kind in zip(group, CLASSES, strict=False):
        draw_score(axis, shown.time, shown.curves, kind)
    draw_rows(group[-1], shown)
    for axis in group:
        shade_unusable(axis, shown.time, shown.usable)
        axis.set_xlim(window)
    for axis in group[:-1]:
        axis.tick_params(labelbottom=False)


# ---------------------------------------------------------------- long videos


def _windows(shown: Shown) -> list[tuple[float, float]]:
    """Start and end of each row, s."""
    length = BLOCK * math.ceil(shown.end / BLOCK / MOST_ROWS)
    return [(row * length, (row + 1) * length) for row in range(math.ceil(shown.end / length))]


def _row_height(shown: Shown) -> float:
    return _SCORE * len(CLASSES) + _BARS * len(shown.rows) + _CLOCK


def _long(shown: Shown) -> Figure:
    windows = _windows(shown)
    height = _HEAD + len(windows) * _row_height(shown) + _FOOT
    with style.house_style():
        heights = [height, closeups.height(shown.examples)]
        figure = style.new_figure(sum(heights))
        engine = figure.get_layout_engine()
        assert isinstance(engine, ConstrainedLayoutEngine)
        engine.set(hspace=0.2 / sum(heights))  # a share of the whole height
        top, bottom = figure.subfigures(2, 1, height_ratios=heights, squeeze=False)[:, 0]
        _draw_long(top, height, shown, windows)
        closeups.draw_examples(bottom, shown)
    return figure


def _draw_long(
    place: Figure | SubFigure, height: float, shown: Shown, windows: list[tuple[float, float]]
) -> None:
    """Rows one below the other; placed by hand, because a layout of so many would take minutes.

    height: of the place, inches.
    """
    limits = {kind: _limits(shown, kind) for kind in CLASSES}
    names = max(len(name) for name in (*shown.rows, "macro"))
    left, right = (0.2 + 0.062 * names) / style.WIDTH, 1 - 0.25 / style.WIDTH
    heights = [*[_SCORE] * len(CLASSES), _BARS * len(shown.rows)]
    top = height - _HEAD
    for window in windows:
        group = []
        for part in heights:
            top -= part
            # A hair of room between two panels, so that a curve does not run into the next.
            box = (left, top / height, right - left, (part - 0.02) / height)
            group.append(place.add_axes(box))
        top -= _CLOCK
        _draw_block(group, shown.window(*window), window)
        for axis, kind in zip(group, CLASSES, strict=False):
            low, high = limits[kind]
            room = 0.08 * (high - low) or 0.5
            axis.set_ylim(low - room, high + room)
            axis.set_yticks([(low + high) / 2], [kind])
            axis.tick_params(axis="both", length=0)
        _write_times(group[-1], window)
    place.suptitle(shown.title, fontsize=8.5, y=1 - 0.08 / height, va="top")
    place.text(0.5, 0.4 / height, _scale(limits, windows[0]), ha="center", va="center", fontsize=7)
    place.legend(
        handles=legend(shown),
        loc="lower center",
        bbox_to_anchor=(0.5, 0.02 / height),
        ncols=6,
        handlelength=1.5,
        columnspacing=1.2,
    )


def _limits(shown: Shown, kind: str) -> tuple[float, float]:
    """Of the scores of a class over the whole video, with its threshold, the same in all rows."""
    values = np.append(shown.curves.curve[kind], shown.curves.threshold[kind])
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)


def _scale(limits: dict[str, tuple[float, float]], window: tuple[float, float]) -> str:
    minutes = round((window[1] - window[0]) / BLOCK)
    row = "a minute" if minutes == 1 else f"{minutes} minutes"
    scores = ", ".join(
        f"{kind} from {low:.2f} to {high:.2f}" for kind, (low, high) in limits.items()
    )
    return f"a row is {row}; scores in every row: {scores}"


def _write_times(axis: Axes, window: tuple[float, float]) -> None:
    length = window[1] - window[0]
    step = next((one for one in _STEPS if length / one < _TIMES), length / (_TIMES - 1))
    axis.xaxis.set_major_locator(MultipleLocator(step))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda second, _: _clock(second)))
    axis.tick_params(axis="x", length=2)


def _clock(second: float) -> str:
    minutes, rest = divmod(round(second), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
