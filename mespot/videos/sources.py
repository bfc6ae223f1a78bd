"""The videos that a user means by files and folders, and the names of their results."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mespot.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES

_TAKEN = {"summary.csv"}  # names that the folder of results has for itself
# Surrogates stand for bytes of a file name that are no text.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f/\\\ud800-\udfff]")

_LONGEST = 180  # bytes; file systems take 255, and temporary names are longer


@dataclass(frozen=True)
class Source:
    """A video file or a folder of images. size: bytes, of all images. changed: time of the last
    change, ns. fault: why it cannot be used, if that is known already. fps: the frames a second
    that were given for it, None where its own count."""

    path: Path
    size: int = 0
    changed: int = 0
    fault: str = ""
    fps: float | None = None

    @property
    def identity(self) -> list[Any]:
        """What tells it from other videos: where it lies, and what tells it wherever it lies."""
        return [os.path.realpath(self.path), self.path.name, self.size, self.changed]

    def same(self, identity: Sequence[Any]) -> bool:
        """Whether it is the video of this identity, perhaps changed, or moved."""
        own = self.identity
        return own[0] == identity[0] or own[1:] == list(identity[1:])


def find(given: Iterable[Path], fps: float | None, skipped: Path) -> list[Source]:
    """Every video among files and folders, each once, in the order given.

    Folders, also those behind links, are searched for video files and for folders of numbered
    images. fps: frames a second of these images, and of files that are given by their own name. A
    file in a folder keeps its own rate, because the others there may have other ones. skipped: the
    folder of results, where nothing is looked for; it may be among others that are given.
    """
    given = list(given)
    sources: dict[str, Source] = {}
    for path in given:
        for source in _under(path, fps, skipped):
            if len(given) > 1 and source.path == path and source.fault and _same(path, skipped):
                continue
            place = os.path.realpath(source.path)
            known = sources.setdefault(place, source)
            if source.fps is not None:  # it may have been found in a folder before
                sources[place] = replace(known, fps=source.fps)
    return list(sources.values())


def _under(path: Path, fps: float | None, skipped: Path) -> Iterator[Source]:
    if not os.path.isdir(path):
        yield replace(_file(path), fps=fps)
        return
    files, images = [], []
    faults: list[OSError] = []
    seen = {os.path.realpath(path)}  # a link may lead back up
    for folder, below, names in os.walk(path, onerror=faults.append, followlinks=True):
        here = Path(folder)
        kept = []
        for name in sorted(below):
            real = os.path.realpath(here / name)
            if not name.startswith(".") and not _same(here / name, skipped) and real not in seen:
                seen.add(real)
                kept.append(name)
        below[:] = kept
        shown = sorted(name for name in names if not name.startswith("."))
        videos = [here / name for name in shown if _suffix(name) in VIDEO_SUFFIXES]
        files += videos
        pictures = [here / name for name in shown if _suffix(name) in IMAGE_SUFFIXES]
        if not videos and len(pictures) > 1:
            images.append((here, pictures))
    for file in files:
        yield _file(file)
    for fault in faults:
        yield _unreadable(Path(fault.filename), fault, "check its permissions")
    for place, pictures in images:
        if fps is None:
            why = "is a folder of images; give their frames a second: --fps"
            yield Source(place, fault=f"{place}: {why}")
        else:
            yield replace(_images(place, pictures), fps=fps)
    if not files and not faults and not images:
        yield Source(path, fault=f"{path}: has no video file in it")


def _same(folder: Path, other: Path) -> bool:
    return os.path.realpath(folder) == os.path.realpath(other)


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


def _file(path: Path) -> Source:
    try:
        state = path.stat()
    except OSError as error:
        return _unreadable(path, error, "correct the path")
    return Source(path, state.st_size, state.st_mtime_ns)


def _unreadable(path: Path, error: OSError, cure: str) -> Source:
    return Source(path, fault=f"{path}: cannot be read: {error.strerror}; {cure}")


def _images(folder: Path, pictures: Sequence[Path]) -> Source:
    try:
        states = [picture.stat() for picture in pictures]
    except OSError as error:
        why = f"{error.filename}: cannot be read: {error.strerror}; remove it, or put it back"
        return Source(folder, fault=why)
    size, changed = sum(s.st_size for s in states), max(s.st_mtime_ns for s in states)
    return Source(folder, size, changed)


def names(sources: Sequence[Source], holder: Callable[[str], list[Any] | None]) -> list[str]:
    """The name of the results of each: that of the folder, or of the file without its end, with a
    number behind it where another video has this name.

    holder: the identity of the video whose results have a name by now, None for a free name.
    """
    chosen: list[str] = []
    for source in sources:
        stem = _UNPRINTABLE.sub("_", stem_of(source.path)).lstrip(".") or "video"
        stem = stem.encode()[:_LONGEST].decode(errors="ignore")
        number, name = 1, stem
        while name in _TAKEN or name in chosen or not _free(holder(name), source):
            number += 1
            name = f"{stem}-{number}"
        chosen.append(name)
    return chosen


def stem_of(path: Path) -> str:
    """The name of a folder of images, or that of a video file without its end."""
    path = Path(os.path.abspath(path))  # `.` has a name, too
    return path.name if os.path.isdir(path) else path.stem


def _free(held: Sequence[Any] | None, source: Source) -> bool:
    return held is None or source.same(held)
