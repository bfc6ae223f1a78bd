"""What annotation tools have written, before anything is known about videos and classes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mespot.errors import InputError
from mespot.limits import ANNOTATIONS_BYTES, ANNOTATIONS_PARTS
from mespot.store.files import regular


@dataclass(frozen=True)
class Event:
    """One annotation.

    names: those that it goes by, such as its tier, and tier and text. start, end: in s of the media
    file, or frames from 0 on with the last one included; end is None for a point in time. text: its
    value, modifier or note. where: file and place, for messages. subject: whose it is, if the tool
    says so. fault: why it cannot be used, and the cure; told where the event is asked for.
    """

    names: tuple[str, ...]
    start: float
    end: float | None
    where: str
    text: str = ""
    subject: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Annotated:
    """The annotations of one video in a file.

    media: file names or paths of the video that they may belong to, and at which time of it (s) the
    annotations begin. Without any, the name of the file counts. frames: whether events are in
    frames, not in seconds.
    """

    where: str
    media: list[tuple[str, float]]
    events: list[Event] = field(default_factory=list)
    frames: bool = False


def content(path: Path, marks: bytes = b"") -> bytes:
    """The bytes of a file of annotations. Raises InputError for what is none, and for one with more
    of the characters `marks` than there are parts in any."""
    try:
        data = regular(path, ANNOTATIONS_BYTES).read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read: {error.strerror}; check its permissions"
        ) from None
    if sum(map(data.count, marks)) > ANNOTATIONS_PARTS:
        raise InputError(
            f"{path}: has more than {ANNOTATIONS_PARTS} parts; is it a file of annotations?"
        )
    return data


def json_content(path: Path, tool: str) -> Any:
    """What a JSON file holds, in UTF-8 or UTF-16."""
    data = content(path, b"[{")
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return json.loads(data.decode("utf-16" if wide else "utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: is not UTF-8 text ({error.reason} at byte {error.start}); save it again from"
            f" {tool}"
        ) from None
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}: row {error.lineno}: is not JSON ({error.msg}); save it again from {tool}"
        ) from None
    except (RecursionError, ValueError) as error:
        raise InputError(f"{path}: is not JSON ({error}); save it again from {tool}") from None
