"""Cells that the sheets of recordings and of motion have in common, checked one by one."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path, PureWindowsPath

from mespot.corpora.names import BRACES, fault
from mespot.store import sheet_cells
from mespot.store.sheet_errors import Errors, present, value_of

# Rates outside of these are possible, but mostly mistakes. A micro-expression lasts half a second
# at most, so at 8 frames a second it has four.
_USUAL_RATES = (8, 1000)


def check_name(errors: Errors, line: int, column: str, name: str) -> None:
    """Names of subjects and videos become file names and wildcards."""
    if not name:
        errors.add(line, column, "is empty; give it a name")
    elif (why := fault(name)) is not None:
        errors.add(line, column, f"'{name}' {why}")


def place(
    errors: Errors, line: int, text: str, root: Path, what: str, key: str = "sheet.root"
) -> Path | None:
    """The path of what a row names, which must lie below `root`, links followed.

    what: the plural of that, for the message. key: the key of config.yaml that names the root.
    None, and an error, for any other path.
    """
    own = root == errors.sheet.parent
    inside = f"but {what} must lie below {'the folder of the sheet' if own else root}"
    way = f"or name a folder above all {what} as `{key}`"
    if BRACES.search(text):
        errors.add(line, "path", f"'{text}' has {{ or }}, which no path may have; rename it")
        return None
    relative = _portable(errors, line, text, root)
    if relative is None or relative.is_absolute() or ".." in relative.parts:
        errors.add(
            line,
            "path",
            f"'{text}' leads elsewhere, {inside}; write {_relative_to(relative, root)}, {way}",
        )
        return None
    try:
        target = (root / relative).resolve()
        exists = target.exists()
        outside = not target.is_relative_to(root.resolve())
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a null byte
        errors.add(line, "path", f"'{text}' cannot be followed: {error}; correct it")
        return None
    if outside:
        text = f"'{text}' is a link to {target}, {inside}; move or copy it, {way}"
        errors.add(line, "path", text)
    elif not exists:
        errors.add(line, "path", f"'{text}' does not exist in {root}; correct it")
    elif not (target.is_file() or target.is_dir()):
        errors.add(line, "path", f"'{text}' is a pipe, device or socket; name a file or a folder")
    else:
        return Path(os.path.normpath(root / relative))
    return None


def _portable(errors: Errors, line: int, text: str, root: Path) -> Path | None:
    """The path as this system writes it; None for one with a drive of Windows.

    A name with a back-slash in it, or with letters and accents that are stored in another way, is
    taken as it is where it exists.
    """
    if _exists(root / text):
        return Path(text)
    path = text
    if "\\" in text:
        windows = PureWindowsPath(text)
        if windows.anchor:
            return None
        path = windows.as_posix()
    forms = (path, unicodedata.normalize("NFC", path), unicodedata.normalize("NFD", path))
    found = next((form for form in forms if _exists(root / form)), path)
    if found != text:
        how = "written with back-slashes" if "\\" in text else "accents stored in another way"
        errors.read_as(line, "path", text, found, how)
    return Path(found)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, RuntimeError, ValueError):
        return False


def _relative_to(path: Path | None, root: Path) -> str:
    """How the path should have been written, where that is known."""
    if path is not None and path.is_absolute() and path.is_relative_to(root.absolute()):
        return f"'{path.relative_to(root.absolute())}'"
    return "it relative to that"


def rate(errors: Errors, line: int, text: str) -> float | None:
    """Frames a second; None where the cell is empty."""
    given = present(errors, line, "fps", text)
    fps = value_of(errors, line, "fps", given, sheet_cells.rate) if given else None
    if fps is not None and not _USUAL_RATES[0] <= fps <= _USUAL_RATES[1]:
        guess = f"is it {fps:g}/1001 = {fps / 1001:.2f}" if fps > 10_000 else "is it the right rate"
        text = f"fps: {fps:g} frames a second are unusual; {guess}? correct it if it is wrong"
        errors.remark("doubtful", line, text)
    return fps
