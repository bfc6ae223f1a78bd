"""Which recording of a sheet a file name or path means that an annotation tool has written down.

Labs move and copy their videos, so a path that a tool has kept is often not that of the sheet. The
name of the file decides; where several recordings have it, the folders above it do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from urllib.parse import unquote

import pandas as pd

from mespot.suffixes import VIDEO_SUFFIXES

Same = Callable[[str, str, str], bool]  # of a name in a link, a file and its video: whether it fits


def _parts(link: str) -> list[str]:
    """Folders and file of a path or address, from the last to the first."""
    plain = unicodedata.normalize("NFC", re.sub(r"^file:/*", "/", link)).replace("\\", "/")
    return [part for part in reversed(plain.split("/")) if part not in ("", ".", "..")]


def _stem(name: str) -> str:
    """The name of a file without the suffix of a video."""
    stem, dot, suffix = name.rpartition(".")
    return stem if dot + suffix.lower() in VIDEO_SUFFIXES else name


class Recordings:
    """The recordings of a sheet by the names of their files.

    videos: table with video, subject and path.
    """

    def __init__(self, videos: pd.DataFrame):
        self._parts = {
            str(video): _parts(str(path))
            for video, path in zip(videos["video"], videos["path"], strict=True)
        }
        self.subject = dict(zip(videos["video"], videos["subject"], strict=True))

    def meant(self, link: str) -> list[str]:
        """The videos that a link can mean: none, one, or several that cannot be told apart."""
        readings = dict.fromkeys([link, unquote(link)])
        for same in (_exactly, _in_any_case, _as_stem):
            for reading in readings:
                wanted = _parts(reading)
                if wanted and (found := self._best(wanted, same)):
                    return found
        return []

    def named(self, name: str) -> list[str]:
        """The videos that have this name, or whose file has it, in any case of letters."""
        wanted = unicodedata.normalize("NFC", name).casefold()
        return [
            video
            for video, parts in self._parts.items()
            if wanted in (video.casefold(), _stem(parts[0]).casefold() if parts else "")
        ]

    def like(self, link: str) -> str:
        """A hint at a recording of a similar name, or nothing."""
        names = {parts[0]: video for video, parts in self._parts.items() if parts}
        close = get_close_matches((_parts(link) or [""])[0], names, 1, 0.8)
        return f" (is '{close[0]}' meant?)" if close else ""

    def _best(self, wanted: list[str], same: Same) -> list[str]:
        """The videos whose file fits, of those the ones whose folders agree furthest up."""
        common = {
            video: _shared(wanted, parts)
            for video, parts in self._parts.items()
            if parts and same(wanted[0], parts[0], video)
        }
        most = max(common.values(), default=0)
        return [video for video, count in common.items() if count == most]


def _shared(wanted: Iterable[str], parts: Iterable[str]) -> int:
    """How many names from the last one on are the same; that of the file fits already."""
    count = 0
    for one, other in list(zip(wanted, parts, strict=False))[1:]:
        if one.casefold() != other.casefold():
            break
        count += 1
    return count


def _exactly(name: str, file: str, video: str) -> bool:
    return name == file


def _in_any_case(name: str, file: str, video: str) -> bool:
    return name.casefold() == file.casefold()


def _as_stem(name: str, file: str, video: str) -> bool:
    """A copy in another format has another suffix."""
    stem = _stem(name).casefold()
    return stem in (_stem(file).casefold(), video.casefold())
