"""The formats in which other programs take intervals, and in which they give annotations.

A module a format writes it; the modules whose names end in `_read` read what other tools write.
Each is loaded when it is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from mespot.errors import InputError

if TYPE_CHECKING:
    from mespot.formats.coded import CodedVideo


@dataclass(frozen=True)
class Format:
    """A format that is written.

    module: of this package, has `write`. joint: whether one file holds all videos; then `write`
    takes a list of videos, else one. timed: whether it needs the times of the frames.
    """

    module: str
    suffix: str
    joint: bool
    timed: bool
    title: str


FORMATS = {
    "csv": Format("csv_table", ".csv", True, False, "table of frames, seconds and hh:mm:ss.mmm"),
    "elan": Format("elan", ".eaf", False, True, "ELAN annotations (EAF 3.0), a tier a class"),
    "boris": Format("boris", ".boris", True, True, "BORIS project with the events"),
    "webvtt": Format("webvtt", ".vtt", False, True, "WebVTT subtitles, for any player"),
    "textgrid": Format("textgrid", ".TextGrid", False, True, "Praat TextGrid, a tier a class"),
    "label_studio": Format("label_studio", ".json", True, True, "Label Studio predictions"),
    "activitynet": Format("activitynet", ".json", True, True, "ActivityNet results, in seconds"),
    "megc": Format("megc", ".csv", True, False, "submission to the MEGC challenges"),
}


def write(name: str, videos: Sequence[CodedVideo], out: str | Path) -> list[Path]:
    """Write intervals in the format `name`; returns the files written, one or one a video.

    out: a file, or for formats that hold one video a folder, whose files get the names of the
    videos. Raises InputError for a path that does not fit and for what a format cannot hold.
    """
    chosen, out = FORMATS[name], Path(out)
    write_one = import_module(f"mespot.formats.{chosen.module}").write
    is_file = out.suffix.lower() == chosen.suffix.lower()
    if chosen.joint:
        if out.is_dir():
            raise InputError(f"{out}: is a folder; name a file such as intervals{chosen.suffix}")
        write_one(videos, out)
        return [out]
    if is_file and not out.is_dir():
        if len(videos) != 1:
            raise InputError(
                f"{out}: one {chosen.suffix} file holds one video, and there are {len(videos)};"
                " name a folder"
            )
        write_one(videos[0], out)
        return [out]
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is no {chosen.suffix} file; name one, or a folder")
    paths = [out / f"{video.video}{chosen.suffix}" for video in videos]
    for video, path in zip(videos, paths, strict=True):
        write_one(video, path)
    return paths
