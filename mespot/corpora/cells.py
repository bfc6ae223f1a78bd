"""Cells that the sheets of recordings and of motion have in common, checked one by one."""

from __future__ import annotations

import math
import os
from pathlib import Path

from mespot.corpora.names import CHARACTERS, NAME, RESERVED
from mespot.store.sheet_rows import Errors


def check_name(errors: Errors, line: int, column: str, name: str) -> None:
    """Names of subjects and videos become file names and wildcards."""
    if not name:
        errors.add(line, column, "is empty; give it a name")
    elif not NAME.fullmatch(name):
        errors.add(line, column, f"'{name}' may have the characters {CHARACTERS} only; rename it")
    elif name in RESERVED:
        errors.add(line, column, f"'{name}' is reserved; rename it")


def place(errors: Errors, line: int, text: str, root: Path, what: str) -> Path | None:
    """The path of what a row names, which must lie below `root`, links followed.

    what: the plural of that, for the message. None, and an error, for any other path.
    """
    own = root == errors.sheet.parent
    inside = f"but {what} must lie below {'the folder of the sheet' if own else root}"
    relative = Path(text)
    if relative.is_absolute() or ".." in relative.parts:
        errors.add(line, "path", f"'{text}' leads elsewhere, {inside}; write it relative to that")
        return None
    try:
        target = (root / relative).resolve()
        exists = target.exists()
        outside = not target.is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a null byte
        errors.add(line, "path", f"'{text}' cannot be followed: {error}; correct it")
        return None
    if outside:
        errors.add(line, "path", f"'{text}' is a link to {target}, {inside}; move or copy it")
    elif not exists:
        errors.add(line, "path", f"'{text}' does not exist in {root}; correct it")
    else:
        return Path(os.path.normpath(root / relative))
    return None


def rate(errors: Errors, line: int, text: str) -> float | None:
    """Frames a second; None where the cell is empty."""
    if not text:
        return None
    try:
        fps = float(text)
    except ValueError:
        fps = math.nan
    if not (math.isfinite(fps) and fps > 0):
        errors.add(line, "fps", f"'{text}' must be a positive number of frames per second")
        return None
    return fps
