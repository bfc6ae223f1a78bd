"""Onset, apex and offset in the rows of an annotation sheet, as frames or as times in seconds.

Times of a video file are those that players show, so its time stamps say which frame is meant: the
one that begins nearest. Images have no time stamps; there the rate counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from mespot.formats.coded import FrameTimes
from mespot.store import sheet_cells
from mespot.store.paths import FILE, kind_at
from mespot.store.sheet_cells import is_missing
from mespot.store.sheet_errors import Clock, Errors, frame, value_of

_OTHER_RATE = 0.1  # share by which the rate of a file may differ from the one that its sheet says
Frames = tuple[int | None, int | None, int | None]


def frame_times(videos: pd.DataFrame) -> dict[str, FrameTimes]:
    """When each frame of each recording is shown. The files are opened, and nothing is decoded.

    videos: video, path, fps and first_frame; those may be NA. Raises InputError for a recording
    that cannot be read.
    """
    from mespot.recording.times import frame_edges  # which opens video files, in no plan

    times = {}
    for row in videos.to_dict("records"):
        fps = None if pd.isna(row["fps"]) else float(row["fps"])
        first = 0 if pd.isna(row["first_frame"]) else int(row["first_frame"])
        times[str(row["video"])] = FrameTimes(*frame_edges(Path(row["path"]), fps, first))
    return times


class Stamps:
    """What the rows of a sheet mean.

    videos: table with video and path. times: of each video; None where none has been opened yet:
    then the frames of rows that need time stamps are None, and everything else is checked all the
    same.
    """

    def __init__(self, videos: pd.DataFrame | None, times: Mapping[str, FrameTimes] | None):
        self._times = times
        rows = [] if videos is None else videos[["video", "path"]].to_dict("records")
        self._files = {row["video"] for row in rows if kind_at(row["path"]) == FILE}
        self._slow: set[str] = set()  # videos that play at another rate, told already

    def frames(
        self, errors: Errors, line: int, row: Mapping[str, str], video: str | None, clock: Clock
    ) -> Frames:
        """Onset, offset and apex. What is wrong goes to `errors`."""
        found: list[int | None] = []
        seconds: dict[str, float | None] = {}
        for name in ("onset", "offset", "apex"):
            if video is None or video not in self._files or not _timed(row, name):
                found.append(frame(errors, line, row, name, clock))
                continue
            text = row[f"{name}_s"]
            time = value_of(errors, line, f"{name}_s", text, sheet_cells.seconds)
            seconds[name] = time
            if time is None or self._times is None:
                found.append(None)
            else:
                found.append(_shown(errors, line, name, text, time, video, self._times[video]))
        if seconds and self._times is None:
            _check_order(errors, line, seconds)
            return None, None, None
        if seconds and video is not None and self._times is not None:
            self._check_rate(errors, line, video, clock[0], self._times[video].rate)
        return found[0], found[1], found[2]

    def _check_rate(
        self, errors: Errors, line: int, video: str, fps: float | None, plays: float
    ) -> None:
        """Remark that times are taken as those of a player, where the sheet has another rate."""
        if fps is None or video in self._slow or abs(fps / plays - 1) <= _OTHER_RATE:
            return
        self._slow.add(video)
        text = f"'{video}' plays at {plays:g} frames a second and is said to have {fps:g}: seconds"
        text = f"{text} are read as those that a player shows; write frames if they are others"
        errors.remark("doubtful", line, text)


def _shown(
    errors: Errors, line: int, name: str, text: str, time: float, video: str, times: FrameTimes
) -> int | None:
    """The frame of `video` that begins nearest to a time; None, and an error, beyond its end."""
    end = float(times.edges[-1])
    if time > end + 1e-6:
        what = f"'{text}' is beyond the end of '{video}', {end:.3f} s"
        errors.add(line, f"{name}_s", f"{what}; correct it, or is it the right video?")
        return None
    number = times.frame(time)
    errors.read_as(line, f"{name}_s", text, f"frame {number}", "by the time stamps of the video")
    return number


def _timed(row: Mapping[str, str], name: str) -> bool:
    """Whether a row has a time and no frame."""
    text, time = row.get(name, ""), row.get(f"{name}_s", "")
    if name == "apex":
        text = "" if text == "-1" or is_missing(text) else text
        time = "" if is_missing(time) else time
    return not text and bool(time)


def _check_order(errors: Errors, line: int, seconds: Mapping[str, float | None]) -> None:
    """What can be said before the frames are known."""
    onset, apex, offset = (seconds.get(name) for name in ("onset", "apex", "offset"))
    if onset is None or offset is None:
        return
    if offset < onset:
        errors.add(line, "offset_s", f"{offset:g} is before the onset {onset:g}; correct them")
    elif apex is not None and not onset <= apex <= offset:
        text = f"{apex:g} is outside [{onset:g}, {offset:g}]; correct it or leave it empty"
        errors.add(line, "apex_s", text)
