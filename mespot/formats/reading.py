"""Which tool has written a file of annotations, and what is in it."""

from __future__ import annotations

import re
from pathlib import Path

from mespot.errors import InputError
from mespot.formats.found import Annotated
from mespot.limits import ANNOTATIONS_BYTES
from mespot.store.sheet_cells import cleaned

TABLES = frozenset({".csv", ".tsv", ".txt"})
SUFFIXES = frozenset({".eaf", ".boris", ".json", *TABLES})
SHEET = "sheet"
# Files of the same tools that hold something else, and the cure.
_OTHERS = {
    ".gz": "unpack it",
    ".pfsx": "these are ELAN's settings; name the .eaf",
    ".etf": "this is a template of ELAN; name the .eaf",
    ".textgrid": "open it in ELAN and save it as .eaf",
    ".vtt": "name the file of the tool in which it was coded",
    ".ods": "export it from BORIS as .tsv or .csv",
}
_HEADER_WITHIN = 40  # rows in which a header is looked for


def tool_of(path: Path) -> str:
    """`elan`, `boris`, `boris_table`, `label_studio`, or `sheet` for a table of mespot's form.

    Raises InputError for files of a tool that are not those with its annotations.
    """
    suffix = path.suffix.lower()
    if suffix in _OTHERS:
        raise InputError(f"{path}: annotations are not read from {suffix} files; {_OTHERS[suffix]}")
    named = {".eaf": "elan", ".boris": "boris", ".json": "label_studio"}
    if suffix in named:
        return named[suffix]
    return "boris_table" if suffix in TABLES and _is_boris(path) else SHEET


def read(path: Path) -> list[Annotated]:
    """The annotations in a file of a tool. Raises InputError for what cannot be read."""
    tool = tool_of(path)
    if tool == "elan":
        from mespot.formats import elan_read

        return elan_read.read(path)
    if tool == "boris":
        from mespot.formats import boris_read

        return boris_read.read(path)
    if tool == "boris_table":
        from mespot.formats import boris_table_read

        return boris_table_read.read(path)
    if tool == "label_studio":
        from mespot.formats import label_studio_read

        return label_studio_read.read(path)
    raise InputError(f"{path}: is a sheet of annotations, not the file of a tool")


def _is_boris(path: Path) -> bool:
    """Whether a table has the columns of one that BORIS exports."""
    try:
        if not path.is_file() or path.stat().st_size > ANNOTATIONS_BYTES:
            return False
        with path.open("rb") as file:
            data = file.read(100_000)
    except OSError:
        return False
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = data.decode("utf-16" if wide else "utf-8", "replace")
    for line in text.splitlines()[:_HEADER_WITHIN]:
        cells = {cleaned(cell).strip('"').lower() for cell in re.split(r"[,;\t|]", line)}
        timed = {"time", "start (s)"} & cells
        if "behavior" in cells and timed and {"behavior type", "status"} & cells:
            return True
    return False
