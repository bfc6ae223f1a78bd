"""Whose a file is: the names in its path, compared with those that are written in it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mespot.errors import InputError


class ForeignError(InputError):
    """A file that is not of whom its path says."""


def names_in(path: str | Path, place: str) -> dict[str, str]:
    """What the path of an artefact says of it: `corpus` and the names in braces of `place`.

    place: where files of its kind lie below `results/{corpus}/`, such as `flow/{video}.h5`. A file
    that lies elsewhere, as in a copy under another name, says nothing by its path: the result is
    empty, as it is for the tables of all corpora together.
    """
    names = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(place))
    match = re.fullmatch(rf"(?:.*/)?results/(?P<corpus>[^/]+)/{names}", Path(path).as_posix())
    return match.groupdict() if match else {}


def check_names(path: str | Path, place: str, written: Mapping[str, Any], remedy: str) -> None:
    """Raises ForeignError for a file that is not of whom its path says: of another corpus, video,
    encoder, method, fold or stream. written: the names in the file. remedy: what to do about it."""
    check_whose(path, names_in(path, place), written, remedy)


def check_whose(
    path: str | Path, names: Mapping[str, str], written: Mapping[str, Any], remedy: str
) -> None:
    """The same where the names are known otherwise than by the path."""
    for name, expected in names.items():
        if written.get(name) != expected:
            raise ForeignError(
                f"{path}: is of {name} {written.get(name)!r}, expected {expected!r}; {remedy}"
            )
