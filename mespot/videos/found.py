"""What was found in one video: a table of intervals, curves of scores, and a picture of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mespot.expressions import CLASSES
from mespot.measured import Measured
from mespot.spotting.decode import Intervals
from mespot.spotting.described import FaceCourse, describe
from mespot.spotting.spotted import Spotted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FLAGS = ("blink", "speech", "head_turn", "occluded", "cut_off")


@dataclass(frozen=True)
class Found:
    """What was found in one video of T working frames.

    video: its name. intervals: a row an interval, in time order: `type` (micro or macro); `onset`,
    `apex` and `offset` as frame numbers of the recording, inclusive, with `_s` in seconds and with
    `_time` as hh:mm:ss.mmm; `confidence`; `regions`, what moves most, and `side`, the person's own
    left or right, or both; and the flags `blink`, `speech`, `head_turn`, `occluded`, `cut_off`.
    scores: a row a working frame: `frame`, `time` (s), `micro`, `macro`, and `usable`, whether
    there is a usable face. thresholds: of each class on its scores; NaN where intervals are not
    chosen by scores alone. measured: the motion behind it. made_with: what spotted. candidates:
    the intervals and what would be found at lower thresholds, with `type`, `onset`, `apex`,
    `offset` and `confidence`.
    """

    video: str
    intervals: pd.DataFrame
    scores: pd.DataFrame
    thresholds: dict[str, float]
    measured: Measured = field(repr=False)
    made_with: Mapping[str, Any] = field(repr=False)
    candidates: pd.DataFrame = field(repr=False)

    def plot(self) -> Figure:
        """A timeline: the curves, the intervals beneath them, and two intervals close up."""
        from mespot.plots.timeline import choose, timeline
        from mespot.plots.timeline_parts import Curves, Example, Shown

        table = self.intervals.assign(
            start=self.intervals["onset_s"],
            # The last frame counts whole.
            end=self.intervals["offset_s"] + 1 / self.measured.native_fps,
            hit=pd.array([pd.NA] * len(self.intervals), dtype="boolean"),
        )
        usable = self.scores["usable"].to_numpy()
        curves = Curves(
            {name: np.where(usable, self.scores[name], np.nan) for name in CLASSES},
            self.thresholds,
        )
        examples = [
            Example(mark, f"{what}, {row['type']}, {row['confidence']:.2f}", row, None)
            for mark, (what, row) in zip(
                "AB",
                [(what, table.iloc[at]) for what, at in choose(table, labelled=False)],
                strict=False,
            )
        ]
        shown = Shown(
            title=self.video,
            time=self.scores["time"].to_numpy(),
            usable=usable,
            curves=curves,
            labels=None,
            predictions={"found": table},
            examples=examples,
        )
        return timeline(shown)


def found(video: str, measured: Measured, spotted: Spotted, made_with: Mapping[str, Any]) -> Found:
    """Put together what was spotted in a video and what was measured of it."""
    parts = [_rows(video, name, measured, spotted) for name in CLASSES]
    intervals = pd.concat(parts).sort_values(["onset", "offset"], kind="stable", ignore_index=True)
    usable = measured.span >= 0
    scores = pd.DataFrame(
        {
            "frame": measured.native_frame,
            "time": measured.time,
            **{name: spotted.scores[name].astype(np.float32) for name in CLASSES},
            "usable": usable,
        }
    )
    thresholds = {name: float(spotted.thresholds[name]) for name in CLASSES}
    candidates = pd.concat(
        [_frames(name, spotted.candidates[name], measured) for name in CLASSES], ignore_index=True
    )
    return Found(video, intervals, scores, thresholds, measured, made_with, candidates)


def _frames(expression: str, intervals: Intervals, measured: Measured) -> pd.DataFrame:
    """Intervals in frames of the recording."""
    native = measured.native_frame.astype(np.int64)
    ends = {name: native[getattr(intervals, name)] for name in ("onset", "apex", "offset")}
    return pd.DataFrame({"type": expression, **ends, "confidence": intervals.confidence})


def _rows(video: str, expression: str, measured: Measured, spotted: Spotted) -> pd.DataFrame:
    intervals = spotted.intervals[expression]
    native = measured.native_frame.astype(np.int64)
    columns: dict[str, Any] = {"video": video, "type": expression}
    seconds, clock = {}, {}
    for name in ("onset", "apex", "offset"):
        columns[name] = native[getattr(intervals, name)]
        # Of several working frames with one frame of the recording, the first has its time.
        seconds[f"{name}_s"] = measured.time[np.searchsorted(native, columns[name])]
        clock[f"{name}_time"] = [clock_time(s) for s in seconds[f"{name}_s"]]
    said = describe(intervals, _face(measured))
    return pd.DataFrame(
        {
            **columns,
            **seconds,
            **clock,
            "confidence": intervals.confidence,
            "regions": [" ".join(names) for names in said.regions],
            "side": said.side,
            **{name: getattr(said, name) for name in FLAGS},
        }
    )


def _face(measured: Measured) -> FaceCourse:
    return FaceCourse(
        regional=measured.regional,
        lags=measured.lags,
        span=measured.span,
        blink=measured.blink,
        hidden=~measured.found | measured.occluded,
        rotation=measured.head_rotation,
        regions=measured.regions,
        rate=measured.rate,
        crop_size=measured.crop_size,
    )


def clock_time(seconds: float) -> str:
    """Seconds as hh:mm:ss.mmm."""
    milliseconds = round(float(seconds) * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
