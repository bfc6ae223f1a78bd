"""What `mespot spot --format` writes beside the tables."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mespot.formats import FORMATS, write
from mespot.formats.coded import CodedVideo, FrameTimes
from mespot.recording.times import frame_edges
from mespot.store import tables


def write_formats(
    out: Path, spotted: Iterable[tuple[str, str]], formats: Iterable[str], fps: float | None = None
) -> list[Path]:
    """Write the intervals of all videos that were spotted in; returns the files.

    out: folder of the results. spotted: name of the results and path of each video. fps: of folders
    of images. A format that holds one video goes to the folder of that video, others to `out`.
    Raises InputError for a video that is no longer there.
    """
    videos = [
        CodedVideo(
            name,
            name,
            tables.read(out / name / "intervals.csv", "found").drop(columns="video"),
            Path(path),
            FrameTimes(*frame_edges(path, fps)),
        )
        for name, path in spotted
    ]
    written = []
    for name in formats:
        suffix = FORMATS[name].suffix
        if FORMATS[name].joint:
            written += write(name, videos, out / f"{name}{suffix}")
        else:
            for one in videos:
                written += write(name, [one], out / one.video / f"{one.video}{suffix}")
    return written
