"""A frame of a recording with what was tracked and spotted drawn into it, to check it by eye.

Above the picture stand the number of the frame and its time. In it are the landmarks and the
outlines of the face regions. Below it, a lane for the labels and for each method runs past: what
lies under the line in the middle happens now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mespot.expressions import CLASSES

HEAD, LANE, FOOT = 24, 22, 16  # px of the line above, of a lane, and of the times below
NARROW = 480  # px; narrower pictures are drawn twice as large
REACH = 3.0  # s before and after now that a lane shows
_ROUNDING = 1e-5  # s; sums of times differ in their last digits
_FONT, _SIZE = cv2.FONT_HERSHEY_SIMPLEX, 0.42
_WHITE, _BLACK, _GREY, _LIGHT = (255, 255, 255), (0, 0, 0), (120, 120, 120), (221, 221, 221)
# Blue, green, red of the colours of the other figures.
_KIND = {"micro": (0, 94, 213), "macro": (178, 114, 0)}
_POINTS = {"face": (115, 158, 0), "bridged": (0, 159, 230), "not usable": (170, 170, 170)}
_OUTLINE = (233, 180, 86)


@dataclass(frozen=True)
class Bar:
    """An interval: micro or macro, from its start to its end, s, and what is written while it
    lasts."""

    kind: str
    start: float
    end: float
    words: str


@dataclass(frozen=True)
class Moment:
    """One frame. points: `(478, 2)` px of the picture, None without a face. state: `face`,
    `bridged`, `not usable` or `no face`. remarks: what else is written behind it."""

    frame: int
    time: float
    points: np.ndarray | None
    state: str
    remarks: Sequence[str] = ()


def draw(
    picture: np.ndarray,
    moment: Moment,
    regions: Mapping[str, Sequence[int]],
    lanes: Mapping[str, Sequence[Bar]],
) -> np.ndarray:
    """A picture `(H, W, 3)` uint8 BGR with everything drawn, larger than the one given.

    regions: name -> numbers of landmarks. lanes: name -> its bars in order of time.
    """
    factor = 2 if picture.shape[1] < NARROW else 1
    if factor > 1:
        picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
    picture = picture.copy()
    if moment.points is not None:
        _draw_face(picture, moment.points * factor, moment.state, regions)
    now = [(name, bar) for name, bars in lanes.items() for bar in bars if _lasts(bar, moment.time)]
    for row, (name, bar) in enumerate(now):
        _write(picture, f"{name}: {bar.words}", (8, 20 + 18 * row), _KIND[bar.kind], boxed=True)
    return np.concatenate(
        [
            _head(picture.shape[1], moment),
            picture,
            *(_lane(picture.shape[1], name, bars, moment.time) for name, bars in lanes.items()),
            *([_foot(picture.shape[1], moment.time)] if lanes else []),
        ]
    )


def clock(seconds: float) -> str:
    """Seconds as m:ss.mmm, or h:mm:ss.mmm."""
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    rest = f"{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"
    return f"{hours}:{minutes:02d}:{rest}" if hours else f"{minutes}:{rest}"


def _draw_face(
    picture: np.ndarray, points: np.ndarray, state: str, regions: Mapping[str, Sequence[int]]
) -> None:
    for numbers in regions.values():
        hull = cv2.convexHull(np.round(points[list(numbers)] * 16).astype(np.int32))
        cv2.polylines(picture, [hull], True, _OUTLINE, 1, cv2.LINE_AA, 4)
    for x, y in np.round(points * 16).astype(int).tolist():
        cv2.circle(picture, (x, y), 16, _POINTS[state], -1, cv2.LINE_AA, 4)


def _lasts(bar: Bar, time: float) -> bool:
    return bar.start - _ROUNDING <= time < bar.end - _ROUNDING


def _write(
    image: np.ndarray, text: str, at: tuple[int, int], colour: Sequence[int], boxed: bool = False
) -> None:
    text = text.encode("ascii", "replace").decode()  # the font has no other letters
    if boxed:
        (width, height), below = cv2.getTextSize(text, _FONT, _SIZE, 1)
        box = (at[0] - 2, at[1] - height - 2), (at[0] + width + 2, at[1] + below)
        cv2.rectangle(image, *box, _WHITE, -1)
    cv2.putText(image, text, at, _FONT, _SIZE, tuple(colour), 1, cv2.LINE_AA)


def _head(width: int, moment: Moment) -> np.ndarray:
    line = np.full((HEAD, width, 3), 255, np.uint8)
    words = "   ".join([f"frame {moment.frame}", clock(moment.time), moment.state, *moment.remarks])
    _write(line, words, (8, 16), _BLACK)
    return line


def _lane(width: int, name: str, bars: Sequence[Bar], time: float) -> np.ndarray:
    """Micro in the upper half, macro in the lower."""
    lane = np.full((LANE, width, 3), 255, np.uint8)
    lane[0] = _LIGHT
    for bar in bars:
        if bar.end > time - REACH and bar.start < time + REACH:
            left, right = (_place(at, time, width) for at in (bar.start, bar.end))
            top = 3 if bar.kind == CLASSES[0] else LANE // 2 + 1
            bottom = top + LANE // 2 - 5
            cv2.rectangle(lane, (left, top), (max(left + 1, right), bottom), _KIND[bar.kind], -1)
    _write(lane, name, (8, 15), _BLACK, boxed=True)
    lane[:, width // 2 - 1 : width // 2 + 1] = _BLACK
    return lane


def _foot(width: int, time: float) -> np.ndarray:
    foot = np.full((FOOT, width, 3), 255, np.uint8)
    for second in range(int(np.ceil(time - REACH)), int(np.floor(time + REACH)) + 1):
        x = _place(second, time, width)
        if second >= 0:
            foot[:4, max(0, x - 1) : x + 1] = _GREY
            _write(foot, clock(second).split(".")[0], (x + 3, 12), _GREY)
    return foot


def _place(at: float, time: float, width: int) -> int:
    return round((at - time + REACH) / (2 * REACH) * width)
