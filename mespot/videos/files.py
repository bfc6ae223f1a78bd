"""The files of one video: written whole or not at all, and known again later."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mespot.expressions import CLASSES
from mespot.store import io, tables
from mespot.store.files import cannot_write, replacing, temporary_for
from mespot.videos.found import FLAGS, Found

INTERVALS, SCORES, TIMELINE = "intervals.csv", "scores.h5", "timeline.png"
PAGE = "review.html"  # only where it is asked for
DONE = "video.json"  # written last: with it, the other files are whole
_VERSION = 1

Writer = Callable[[Found, Path], None]


def write_intervals(found: Found, path: Path) -> None:
    """The table; flags as 1 and 0."""
    flags = {name: found.intervals[name].astype(int) for name in FLAGS}
    tables.write(path, "found", found.intervals.assign(**flags))


def write_scores(found: Found, path: Path) -> None:
    """The curves."""
    measured = found.measured
    of_measured = ("blink", "span", "native_frame", "time")
    io.write(
        path,
        "found",
        {
            **{name: found.scores[name].to_numpy() for name in CLASSES},
            **{name: getattr(measured, name) for name in of_measured},
        },
        attrs={
            "video": found.video,
            "native_fps": measured.native_fps,
            "rate": measured.rate,
            **{f"threshold_{name}": found.thresholds[name] for name in CLASSES},
        },
        provenance=found.made_with,
    )


def write_timeline(found: Found, path: Path) -> None:
    """The picture."""
    from mespot.plots import style

    style.save_png(found.plot(), found.made_with, path)


# What is written for each video. Another form of the results is one more entry.
WRITERS: dict[str, Writer] = {
    INTERVALS: write_intervals,
    SCORES: write_scores,
    TIMELINE: write_timeline,
}


@contextmanager
def workshop(folder: Path) -> Iterator[Path]:
    """A new folder beside `folder`, on the same disk, which is gone at the end. Raises InputError
    when there cannot be one."""
    new = temporary_for(folder)
    try:
        new.mkdir(parents=True)
    except OSError as error:
        raise cannot_write(new, error) from error
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def write(
    found: Found,
    workshop: Path,
    folder: Path,
    stamp: Mapping[str, Any],
    page: Writer | None = None,
) -> None:
    """Write all files of a video into `folder`, which may have others in it.

    They are made in `workshop` first, so a full disk leaves what was there. stamp: what the video
    and the settings were; `stamp_of` gives it back. page: writes the review page; None: there is
    none, and one of earlier results goes. Raises InputError when they cannot be written.
    """
    writers = WRITERS if page is None else {**WRITERS, PAGE: page}
    for name, writer in writers.items():
        writer(found, workshop / name)
    with replacing(workshop / DONE) as temporary:
        temporary.write_text(json.dumps({**stamp, "version": _VERSION}, indent=1) + "\n")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / DONE).unlink(missing_ok=True)
        if page is None:
            (folder / PAGE).unlink(missing_ok=True)
        for name in (*writers, DONE):
            os.replace(workshop / name, folder / name)
    except OSError as error:
        raise cannot_write(folder, error) from error


def disown(folder: Path, digest: str) -> None:
    """Take away the stamp of results that are not of the video and settings of this digest, so that
    nobody takes them for results of these. The other files stay."""
    stamp = stamp_of(folder)
    if stamp is not None and stamp.get("digest") != digest:
        with suppress(OSError):
            (folder / DONE).unlink()


def stamp_of(folder: Path) -> dict[str, Any] | None:
    """The stamp of a folder whose files are whole, None for any other."""
    try:
        stamp = json.loads((folder / DONE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(stamp, dict) or stamp.get("version") != _VERSION:
        return None
    video, row = stamp.get("video"), stamp.get("row")
    if not (isinstance(video, list) and len(video) == 4 and isinstance(row, dict)):
        return None
    return stamp if all((folder / name).is_file() for name in WRITERS) else None
