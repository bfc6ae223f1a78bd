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
from mespot.store.paths import FILE, FOLDER, NOTHING, kind_at

if TYPE_CHECKING:
    from mespot.formats.coded import CodedVideo


@dataclass(frozen=True)
class Format:
    """A format that is written.

    module: of this package, has `write`. joint: whether one file holds all videos; then `write`
    takes a list of videos, else one. timed: whether it needs the times of the frames. mark: what
    stands near the beginning of every file of ours, so that no other one is written over.
    """

    module: str
    suffix: str
    joint: bool
    timed: bool
    mark: bytes
    title: str


FORMATS = {
    "csv": Format(
        "csv_table",
        ".csv",
        joint=True,
        timed=False,
        mark=b"subject,video,type,onset,apex,offset,onset_s,",
        title="table of frames, seconds and hh:mm:ss.mmm",
    ),
    "elan": Format(
        "elan",
        ".eaf",
        joint=False,
        timed=True,
        mark=b"<ANNOTATION_DOCUMENT",
        title="ELAN annotations (EAF 3.0), a tier a class",
    ),
    "boris": Format(
        "boris",
        ".boris",
        joint=True,
        timed=True,
        mark=b'"project_name"',
        title="BORIS project with the events",
    ),
    "webvtt": Format(
        "webvtt",
        ".vtt",
        joint=False,
        timed=True,
        mark=b"WEBVTT",
        title="WebVTT subtitles, for any player",
    ),
    "textgrid": Format(
        "textgrid",
        ".TextGrid",
        joint=False,
        timed=True,
        mark=b'"ooTextFile"',
        title="Praat TextGrid, a tier a class",
    ),
    "label_studio": Format(
        "label_studio",
        ".json",
        joint=True,
        timed=True,
        mark=b'"predictions"',
        title="Label Studio predictions",
    ),
    "activitynet": Format(
        "activitynet",
        ".json",
        joint=True,
        timed=True,
        mark=b'"VERSION 1.3"',
        title="ActivityNet results, in seconds",
    ),
    "megc": Format(
        "megc",
        ".csv",
        joint=True,
        timed=False,
        mark=b"vid,pred_onset,pred_offset,type",
        title="submission to the MEGC challenges",
    ),
}
_BEGINNING = 4096  # bytes in which the mark of a format stands


def write(name: str, videos: Sequence[CodedVideo], out: str | Path) -> list[Path]:
    """Write intervals in the format `name`; returns the files written, one or one a video.

    out: a file with the suffix of the format, or for formats that hold one video a folder, whose
    files get the names of the videos. A file that is there already is replaced if it is of this
    format. Raises InputError for another one, for a path that does not fit and for what a format
    cannot hold.
    """
    chosen, out = FORMATS[name], Path(out)
    writer = import_module(f"mespot.formats.{chosen.module}").write
    there = kind_at(out)
    is_file = out.suffix.lower() == chosen.suffix.lower() and there != FOLDER
    if chosen.joint:
        if there == FOLDER:
            raise InputError(f"{out}: is a folder; name a file such as intervals{chosen.suffix}")
        if not is_file:
            raise InputError(
                f"{out}: does not end in {chosen.suffix}, as files of the format {name} do; name a"
                f" file such as {out.stem or 'intervals'}{chosen.suffix}"
            )
        _check_free(name, out)
        writer(videos, out)
        return [out]
    if is_file:
        if len(videos) != 1:
            raise InputError(
                f"{out}: one {chosen.suffix} file holds one video, and there are {len(videos)};"
                " name a folder"
            )
        paths = [out]
    elif there not in (FOLDER, NOTHING):
        raise InputError(f"{out}: is no {chosen.suffix} file; name one, or a folder")
    else:
        paths = [out / f"{video.video}{chosen.suffix}" for video in videos]
    for path in paths:
        _check_free(name, path)
    for video, path in zip(videos, paths, strict=True):
        writer(video, path)
    return paths


def _check_free(name: str, path: Path) -> None:
    """Raises InputError where something is at `path` that is no file of the format."""
    there = kind_at(path)
    if there == NOTHING:
        return
    if there != FILE:
        raise InputError(f"{path}: is a {there}; name a file")
    try:
        with path.open("rb") as file:
            beginning = file.read(_BEGINNING)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; name another file") from None
    if beginning and FORMATS[name].mark not in beginning.replace(b"\0", b""):
        raise InputError(
            f"{path}: is there already and holds something else than the format {name}; name"
            " another file, or remove this one"
        )
