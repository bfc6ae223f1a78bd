"""What is wrong and what is odd in a table that people write, cell by cell."""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.limits import CELL_LETTERS, FRAMES
from mespot.store import sheet_cells
from mespot.store.sheet_cells import Unreadable, is_missing
from mespot.suffixes import VIDEO_SUFFIXES

MOST_SHOWN = 20  # errors in one message
_LONGEST = 500  # letters of an error

Value = TypeVar("Value")
Clock = tuple[float | None, int | None]  # frames a second, number of the first frame; if known


class Errors:
    """What is wrong in one sheet, to be reported in one message, and what was odd in it.

    remarks: (what, where, text) each, as in `mespot.corpora.notes`; what is `changed`, `remark` or
    `doubtful`. decimal_comma: whether a comma in a cell can only be a decimal mark.
    """

    def __init__(self, sheet: Path):
        self.sheet = sheet
        self.messages: list[str] = []  # the first ones
        self.decimal_comma = False
        self._unshown = 0
        self._odd: list[tuple[str, str, str]] = []
        self._read: dict[tuple[str, str], tuple[int, str, object]] = {}  # the first of its kind
        self._alike: Counter[tuple[str, str]] = Counter()

    def where(self, line: int) -> str:
        return f"{self.sheet}: row {line}"

    def add(self, line: int, column: str, text: str) -> None:
        if len(self.messages) == MOST_SHOWN:
            self._unshown += 1
            return
        if len(text) > _LONGEST:
            text = f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"
        self.messages.append(f"{self.where(line)}: {column}: {text}")

    def remark(self, what: str, line: int, text: str) -> None:
        self._odd.append((what, self.where(line), text))

    def read_as(self, line: int, column: str, text: str, value: object, how: str) -> None:
        """Remark that a cell was read as `value`; those of a column are told together."""
        self._read.setdefault((column, how), (line, text, value))
        self._alike[column, how] += 1

    @property
    def remarks(self) -> list[tuple[str, str, str]]:
        """All remarks; cells of a column that were read in one way are told by the first."""
        grouped = []
        for (column, how), (line, text, value) in self._read.items():
            others = self._alike[column, how] - 1
            more = f", and {others} more in this way" if others else ""
            shown = f"{column}: {text!r} read as {value!s} ({how}){more}"
            grouped.append(("changed", self.where(line), shown))
        return [*self._odd, *grouped]

    def raise_any(self) -> None:
        if not self.messages:
            return
        shown = list(self.messages)
        if self._unshown:
            shown.append(f"{self.sheet}: and {self._unshown} more")
        raise InputError("\n".join(shown))


def value_of(
    errors: Errors, line: int, column: str, text: str, read: Callable[..., tuple[Value, str]]
) -> Value | None:
    """What a reader of `mespot.store.sheet_cells` makes of a cell; else None, and an error."""
    if len(text) > CELL_LETTERS:
        what = f"has {len(text)} letters, and no number, time or name here has {CELL_LETTERS}"
        errors.add(line, column, f"'{text[:20]}...' {what}; correct it")
        return None
    try:
        value, how = read(text, decimal_comma=errors.decimal_comma)
    except Unreadable as error:
        errors.add(line, column, str(error))
        return None
    if how:
        errors.read_as(
            line, column, text, f"{value:.6g}" if isinstance(value, float) else value, how
        )
    return value


def present(errors: Errors, line: int, column: str, text: str | None) -> str:
    """The text of a cell that may be empty; empty too where it says that there is no value."""
    if text and is_missing(text):
        errors.read_as(line, column, text, "empty", "no value")
        return ""
    return text or ""


def whole_frame(
    errors: Errors, line: int, column: str, text: str, negative: bool = False
) -> int | None:
    """A native frame number, at most 2**31 - 1; `negative` allows a minus sign."""

    if len(text) < 10 and text.isascii() and text.isdecimal():  # as most are, and there are many
        return int(text)

    def read(cell: str, decimal_comma: bool) -> tuple[int, str]:
        return sheet_cells.whole(cell, decimal_comma=decimal_comma, negative=negative)

    return value_of(errors, line, column, text, read)


def type_of(errors: Errors, line: int, text: str) -> str | None:
    """micro or macro, whatever they are called."""
    kind = text if text in CLASSES else sheet_cells.type_of(text[:CELL_LETTERS])
    if kind is None:
        errors.add(line, "type", f"'{text}' must be micro or macro; correct it")
    elif kind != text:
        errors.read_as(line, "type", text, kind, "its name here")
    return kind


def frame(
    errors: Errors,
    line: int,
    row: Mapping[str, str],
    name: str,
    clock: Clock,
    negative: bool = False,
) -> int | None:
    """The onset, apex or offset of a row: as written, or the frame nearest to the time in seconds
    that the column `{name}_s` has. An apex may be missing. negative: as of `whole_frame`."""
    column = f"{name}_s"
    text, time = row.get(name, ""), row.get(column, "")
    if name == "apex":
        text, time = present(errors, line, name, text), present(errors, line, column, time)
        if text == "-1":
            errors.read_as(line, name, text, "empty", "no value")
            text = ""
        if not text and not time:
            return None
    if text or not time:
        return whole_frame(errors, line, name, text, negative)
    seconds = value_of(errors, line, column, time, sheet_cells.seconds)
    if seconds is None:
        return None
    fps, first = clock
    if fps is None or first is None:
        missing = " and ".join(n for n, v in (("fps", fps), ("first_frame", first)) if v is None)
        text = f"'{time}' needs {missing} of this video in the sheet of videos; write it there, or"
        text += " frames"
        errors.add(line, column, f"{text} here")
        return None
    if not seconds * fps < FRAMES - first:
        errors.add(line, column, f"'{time}' is no time of a recording; correct it")
        return None
    number = first + math.floor(seconds * fps + 0.5)
    errors.read_as(line, column, time, f"frame {number}", f"at {fps:g} frames a second")
    return number


def known_name(
    errors: Errors, line: int, column: str, text: str, names: Mapping[str, object]
) -> str | None:
    """The name among `names` that a cell means: in any case of letters, or that of a video's file.

    None for another one; it is an error, which the caller words, unless the cell is empty.
    """
    if text in names:
        return text
    if not text:
        hint = "if cells were merged, write subject and video into every row"
        errors.add(line, column, f"is empty; {hint}")
        return None
    stem, dot, suffix = text.lower().rpartition(".")
    wanted = {text.lower(), stem if dot + suffix in VIDEO_SUFFIXES else ""}
    alike = [name for name in names if name.lower() in wanted]
    if len(alike) != 1:
        return None
    errors.read_as(line, column, text, alike[0], "the name in the sheet of videos")
    return alike[0]
