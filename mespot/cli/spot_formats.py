"""What `mespot spot --format` writes beside the tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from mespot.errors import InputError
from mespot.formats import FORMATS, write
from mespot.formats.coded import CodedVideo, FrameTimes
from mespot.recording.times import frame_edges
from mespot.store import tables


@dataclass(frozen=True)
class Spotted:
    """Results of a video. name: of them. path: of the video. fps: of a folder of images. given:
    whether it belongs to this call, not to an earlier one with the same folder of results."""

    name: str
    path: Path
    fps: float | None = None
    given: bool = True


def write_formats(
    out: Path, spotted: Iterable[Spotted], formats: Iterable[str]
) -> tuple[list[Path], list[str], int]:
    """Write the intervals of all videos that were spotted in.

    out: folder of the results. A format that holds one video goes to the folder of that video,
    others to `out`. A video that is no longer there is left out of the formats that need it.
    Returns the files, what was wrong, and how much of that concerns this call.
    """
    videos, faults, failures = [], [], 0
    for one in spotted:
        times = None
        try:
            times = FrameTimes(*frame_edges(one.path, one.fps))
        except InputError as error:
            faults.append(f"{error}. {one.name} is left out of formats that need its video")
            failures += one.given
        try:
            videos.append(_coded(out, one, times))
        except InputError as error:  # somebody has edited the table, for example
            faults.append(f"{error}. {one.name} is left out of all formats")
            failures += one.given
    written = []
    for name in dict.fromkeys(formats):
        try:
            written += _write(name, videos, out)
        except InputError as error:
            faults.append(f"--format {name}: {error}")
            failures += 1
    return written, faults, failures


def _coded(out: Path, one: Spotted, times: FrameTimes | None) -> CodedVideo:
    found = tables.read(out / one.name / "intervals.csv", "found").drop(columns="video")
    video = CodedVideo(one.name, one.name, found, one.path, times)
    if times is not None:
        video.timed()  # raises for frames that the video lacks
    return video


def _write(name: str, videos: list[CodedVideo], out: Path) -> list[Path]:
    form = FORMATS[name]
    if name == "megc":
        # The challenges count frames from 1, and those of a video file count from 0 here.
        videos = [_from_1(video) for video in videos if video.times is not None]
    elif form.timed:
        videos = [video for video in videos if video.times is not None]
    if form.joint:
        return write(name, videos, out / f"{name}{form.suffix}")
    written = []
    for one in videos:
        written += write(name, [one], out / one.video / f"{one.video}{form.suffix}")
    return written


def _from_1(video: CodedVideo) -> CodedVideo:
    shift = int(video.known_times().first == 0)
    frames = {name: video.intervals[name] + shift for name in ("onset", "apex", "offset")}
    return replace(video, intervals=video.intervals.assign(**frames))
