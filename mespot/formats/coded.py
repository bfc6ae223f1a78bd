"""The intervals of a video and the times of its frames, as all formats take them.

Frame i is shown from its time stamp until that of frame i + 1. An interval includes its last frame,
so it lasts from the time of its onset to the end of its offset. Times are those of the video file,
as players and annotation tools show them, in seconds from its beginning.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mespot.errors import InputError
from mespot.expressions import CLASSES

APEX = "apex"


@dataclass(frozen=True)
class FrameTimes:
    """When each frame of a recording is shown.

    first: number of the first frame. edges: `(N + 1,)` s, increasing; frame `first + i` lasts from
    `edges[i]` to `edges[i + 1]`.
    """

    first: int
    edges: np.ndarray

    @property
    def last(self) -> int:
        """Number of the last frame."""
        return self.first + len(self.edges) - 2

    @property
    def rate(self) -> float:
        """Frames a second on average."""
        return round((len(self.edges) - 1) / float(self.edges[-1] - self.edges[0]), 6)

    def begin(self, frame: int) -> float:
        """When a frame appears, s."""
        return float(self.edges[frame - self.first])

    def end(self, frame: int) -> float:
        """When the next frame appears, s."""
        return float(self.edges[frame - self.first + 1])

    def frame(self, time: float) -> int:
        """The frame whose beginning is nearest to a time."""
        return self.first + min(self._nearest(time), len(self.edges) - 2)

    def frames(self, start: float, end: float) -> tuple[int, int]:
        """Onset and offset of what lasts from `start` to `end`, each to the nearest edge.

        What is shorter than a frame is the frame in the middle of which it lies.
        """
        onset, after = self._nearest(start), self._nearest(end)
        if onset >= after:
            middle = int(np.searchsorted(self.edges, (start + end) / 2, side="right")) - 1
            onset = min(max(middle, 0), len(self.edges) - 2)
            after = onset + 1
        return self.first + onset, self.first + after - 1

    def _nearest(self, time: float) -> int:
        after = int(np.searchsorted(self.edges, time))
        if after == 0:
            return 0
        if after == len(self.edges):
            return after - 1
        before = after - 1
        return before if time - self.edges[before] < self.edges[after] - time else after


@dataclass(frozen=True)
class Interval:
    """An expression: frames, times (s) and, where they are known, apex and confidence."""

    type: str
    onset: int
    apex: int | None
    offset: int
    confidence: float | None
    start: float
    apex_start: float | None
    end: float

    @property
    def text(self) -> str:
        """Class and confidence, for a person to read."""
        return self.type if self.confidence is None else f"{self.type} {self.confidence:.3g}"


@dataclass(frozen=True)
class CodedVideo:
    """A video and its intervals.

    path: of the recording, None where it is not known. times: None where they are not known; then
    only formats in frames can be written. intervals: type, onset, offset and, where they are known,
    apex, confidence, onset_s, apex_s, offset_s; frames are native numbers, both ends included.
    """

    subject: str
    video: str
    intervals: pd.DataFrame
    path: Path | None = None
    times: FrameTimes | None = None

    def known_times(self) -> FrameTimes:
        """The times of the frames. Raises InputError where they are not known."""
        if self.times is None:
            raise InputError(f"{self.video}: the times of its frames are not known; give the video")
        return self.times

    @property
    def media(self) -> Path | None:
        """The video file, absolute; None for a folder of images."""
        if self.path is None or self.path.is_dir():
            return None
        return self.path.absolute()

    def timed(self) -> list[Interval]:
        """The intervals in order of time. Raises InputError for frames that the video lacks."""
        times = self.known_times()
        found = []
        for row in self.intervals.to_dict("records"):
            onset, offset = int(row["onset"]), int(row["offset"])
            apex = None if pd.isna(row.get("apex")) else int(row["apex"])
            if not times.first <= onset <= offset <= times.last:
                raise InputError(
                    f"{self.video}: the interval [{onset}, {offset}] is outside the recording,"
                    f" which has frames {times.first} to {times.last}; is it the right video and"
                    " first_frame?"
                )
            if apex is not None and not onset <= apex <= offset:
                raise InputError(
                    f"{self.video}: the apex {apex} is outside [{onset}, {offset}]; correct it"
                )
            confidence = row.get("confidence")
            found.append(
                Interval(
                    str(row["type"]),
                    onset,
                    apex,
                    offset,
                    None if confidence is None or pd.isna(confidence) else float(confidence),
                    times.begin(onset),
                    None if apex is None else times.begin(apex),
                    times.end(offset),
                )
            )
        return sorted(found, key=lambda one: (one.onset, one.offset, CLASSES.index(one.type)))


@dataclass(frozen=True)
class Entry:
    """What stands in a tier: frames, times (s) and a text. `end` is that of a frame for an apex."""

    onset: int
    offset: int
    start: float
    end: float
    text: str
    interval: Interval


def tiers(video: CodedVideo) -> Iterator[tuple[str, list[Entry]]]:
    """Name and entries of each tier: micro, macro, apex.

    Entries of a tier must not overlap in most programs. What overlaps goes to further tiers, whose
    names end in (2), (3) and so on.
    """
    times, intervals = video.known_times(), video.timed()
    entries: dict[str, list[Entry]] = {name: [] for name in (*CLASSES, APEX)}
    for one in intervals:
        entries[one.type].append(Entry(one.onset, one.offset, one.start, one.end, one.text, one))
        if one.apex is not None and one.apex_start is not None:
            end = times.end(one.apex)
            entries[APEX].append(Entry(one.apex, one.apex, one.apex_start, end, one.type, one))
    for name, listed in entries.items():
        layers: list[list[Entry]] = [[]]
        for entry in sorted(listed, key=lambda entry: (entry.onset, entry.offset)):
            free = [layer for layer in layers if not layer or layer[-1].offset < entry.onset]
            if not free:
                layers.append([])
            (free[0] if free else layers[-1]).append(entry)
        for number, layer in enumerate(layers, 1):
            yield name if number == 1 else f"{name} ({number})", layer


def milliseconds(seconds: float) -> int:
    """The first whole millisecond at or after a time.

    Formats that count in milliseconds get times rounded up: at this millisecond the frame is shown,
    and one before it another one is.
    """
    return math.ceil(round(seconds * 1000, 3))


def clock(seconds: float) -> str:
    """hh:mm:ss.mmm, to the millisecond at or after the time."""
    minutes, left = divmod(milliseconds(seconds), 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{left // 1000:02d}.{left % 1000:03d}"
