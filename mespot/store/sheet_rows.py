"""CSV tables that people write: every fault is reported with file, row and column.

`rows` reads a table that must be exactly as described. `written` reads what spreadsheet programs
and people make of one: it takes what can be meant in one way only, and remarks what was read in
another way than it is written. Row numbers are line numbers of the file, the first is 1.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import count
from pathlib import Path

from mespot.errors import InputError
from mespot.limits import (
    NAMED_COLUMNS,
    SHEET_BYTES,
    SHEET_CELLS,
    SHEET_COLUMNS,
    SHEET_LINES,
    SHEET_ROWS,
)
from mespot.store import tables
from mespot.store.files import regular
from mespot.store.sheet_cells import cleaned, unmarked
from mespot.store.sheet_errors import Errors

Row = tuple[int, dict[str, str]]  # line number, cells

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_HEADER_WITHIN = 40  # rows in which a header is looked for
_WHERE = "row"  # says in tables of labels where a label stands
_UNSEALED = (
    "the table is of a run, but its seal in the hidden folder .seals is gone, so nothing says "
    "whether it is as it was written"
)
_UNNAMED = re.compile(r"(unnamed: \d+)?", re.IGNORECASE)  # as pandas calls a column without a name


@dataclass(frozen=True)
class Written:
    """The rows of a table that a person wrote. columns: the known ones that it has. own: those
    that nobody asked for, as written."""

    rows: list[Row]
    columns: list[str]
    own: list[str]


class Expected:
    """The columns of a table: those that it must have, one of each pair, and what it may have.

    names: all of them and the other names that they go by -> the name here.
    """

    def __init__(
        self,
        columns: Sequence[str],
        either: Sequence[tuple[str, str]],
        optional: Sequence[str],
        aliases: Mapping[str, str],
    ):
        self.columns, self.either, self.optional = columns, either, optional
        known = [*columns, *(name for pair in either for name in pair), *optional]
        self.names = {**{name: name for name in known}, **aliases}

    def faults(self, header: Sequence[str]) -> str:
        """Columns that are missing or there twice."""
        faults = [f"column '{name}' is missing" for name in self.columns if name not in header]
        faults += [
            f"column '{one}' is missing (and so is '{other}')"
            for one, other in self.either
            if one not in header and other not in header
        ]
        faults += [
            f"column '{name}' stands {header.count(name)} times"
            for name in dict.fromkeys(header)
            if name in self.names and header.count(name) > 1
        ]
        return "; ".join(faults)

    def __str__(self) -> str:
        needed = [*self.columns, *(one for one, _ in self.either)]
        text = f"the columns are {','.join(needed)}"
        optional = [*(other for _, other in self.either), *self.optional]
        return f"{text} and, if wanted, {','.join(optional)}" if optional else text


def rows(sheet: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> list[Row]:
    """Cells of each row by column, stripped of spaces at the ends; blank lines are left out.

    The table must have all of `columns`, may have those of `optional` and must have no other.
    Raises InputError.
    """
    lines = _parsed(sheet, _text(sheet), ",", SHEET_COLUMNS)
    if not lines:
        raise InputError(f"{sheet}: row 1: is empty; write {','.join(columns)} there")
    (_, header), *body = lines
    expected = Expected(columns, (), optional, {})
    unknown = [
        f"column '{name}' is not known" if name else "a column has no name"
        for name in dict.fromkeys(header)
        if name not in expected.names
    ]
    if faults := "; ".join(filter(None, [expected.faults(header), *unknown])):
        raise InputError(f"{sheet}: row 1: {faults}; {expected}")
    errors = Errors(sheet)
    records = []
    for line, cells in body:
        if len(cells) != len(header):
            what = f"{len(cells)} cells, but the header has {len(header)}"
            errors.add(line, "columns", f"{what}; add or remove a comma")
        else:
            records.append((line, dict(zip(header, cells, strict=True))))
    errors.raise_any()
    return records


def written(
    errors: Errors,
    columns: Sequence[str],
    optional: Sequence[str] = (),
    *,
    either: Sequence[tuple[str, str]] = (),
    aliases: Mapping[str, str] | None = None,
    fate: str = "not used",
) -> Written:
    """The rows of the table `errors.sheet`, which a person may have written or saved.

    The table must have all of `columns` and one of each pair in `either`. It may have those of
    `optional`, and any others, which are kept as they are. The case of letters makes no difference.
    aliases: other names of columns, in lower case. fate: what becomes of columns of the user's own.
    Separators other than commas, a line `sep=;`, UTF-16, empty rows and columns, and a header that
    is repeated do no harm. The cells of known columns lose invisible characters and what marks them
    as text. What is odd is remarked in `errors`; raises InputError for what cannot be read.
    """
    sheet = errors.sheet
    expected = Expected(columns, either, optional, aliases or {})
    names = expected.names
    text = _text(sheet)
    if tables.has_lost_seal(sheet):
        errors.remark("doubtful", 1, _UNSEALED)
    separator = _separator(text, names)
    lines = _parsed(sheet, text, separator, NAMED_COLUMNS)
    if lines and re.fullmatch(r"sep=.?", "".join(lines[0][1])):
        lines = lines[1:]
    if not lines:
        raise InputError(f"{sheet}: row 1: is empty; {expected}")
    if separator != ",":
        errors.decimal_comma = True
        errors.remark("changed", lines[0][0], f"columns are separated by {_SEPARATORS[separator]}")
    (first, header), *body = lines
    places = _places(errors, first, header, body, names, fate)
    if faults := expected.faults(list(places.values())):
        raise InputError(_no_header(errors, lines, faults, expected))
    known = [name for name in places.values() if name in names.values()]
    again = [cell.lower() for cell in header]
    few = len(columns) + len(either) > 2  # a row of such a table has more than one cell
    records = []
    for line, cells in body:
        if len(cells) == len(again) and all(map(_same, cells, again)):
            errors.remark("changed", line, "is the header again, passed over")
            continue
        if few and cells.count("") == len(cells) - 1:
            only = next(filter(None, cells))
            errors.add(line, "columns", f"has only {only!r} in it; delete the row if it is a note")
            continue
        if _fits(errors, line, cells, header, places, known):
            padded = [*cells, *[""] * len(header)]
            row = {name: padded[place] for place, name in places.items()}
            for name in known:
                row[name] = _plain(errors, line, name, row[name])
            records.append((line, row))
    errors.raise_any()
    return Written(records, known, [name for name in places.values() if name not in known])


# ---------------------------------------------------------------- the file


def _text(sheet: Path) -> str:
    try:
        data = regular(sheet, SHEET_BYTES).read_bytes()
    except OSError as error:
        raise InputError(
            f"{sheet}: cannot be read: {error.strerror}; check its permissions"
        ) from None
    tables.check_named(sheet, data)
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise InputError(f"{sheet}: is a workbook and no CSV; save it as 'CSV UTF-8'")
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        # utf-8-sig: spreadsheet programs put a byte order mark before the first column's name.
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        row = len(re.findall(rb"\r\n|\r|\n", data[: error.start])) + 1
        raise InputError(
            f"{sheet}: row {row}: is not UTF-8 text ({error.reason} at byte {error.start}); save it"
            " as 'CSV UTF-8'"
        ) from None
    if "\0" in text:
        raise InputError(f"{sheet}: is not UTF-8 text (it has null bytes); save it as 'CSV UTF-8'")
    return text


def _separator(text: str, names: Mapping[str, str]) -> str:
    """What separates the columns: a line `sep=` says it, or the first row that has known names."""
    if match := re.match(r'\s*"?sep=([,;\t|])', text, re.IGNORECASE):
        return match[1]
    for line in text[:100_000].splitlines()[:_HEADER_WITHIN]:
        counts = {one: sum(map(names.__contains__, _heads(line.split(one)))) for one in _SEPARATORS}
        best = max(counts, key=lambda one: counts[one])
        if counts[best] > 1:
            return best
    return ","


def _parsed(
    sheet: Path, text: str, separator: str, most_columns: int
) -> list[tuple[int, list[str]]]:
    """Line number and stripped cells of each row that is not empty."""
    if max(text.count("\n"), text.count("\r")) > SHEET_LINES:
        raise InputError(
            f"{sheet}: has more than {SHEET_LINES} lines; split it, or give the right file"
        )
    lines = []
    reader = csv.reader(_physical(text), delimiter=separator, strict=True)
    before = filled = 0
    try:
        for cells in reader:
            line, before = before + 1, reader.line_num
            cells = [cell.strip() for cell in cells]
            if len(cells) > most_columns:
                raise InputError(
                    f"{sheet}: row {line}: has {len(cells)} columns, at most {most_columns} are"
                    " read; give the right file"
                )
            if any(cells):
                lines.append((line, cells))
                filled += len(cells)
            for held, most, what in (
                (len(lines), SHEET_ROWS, "rows"),
                (filled, SHEET_CELLS, "cells"),
            ):
                if held > most:
                    raise InputError(
                        f"{sheet}: has more than {most} {what}; split it, or give the right file"
                    )
    except csv.Error as error:
        raise InputError(f"{sheet}: row {before + 1}: is not CSV: {error}; correct it") from None
    return lines


def _physical(text: str) -> Iterator[str]:
    """The lines of a text with their ends, without a second copy of it."""
    return (match[0] for match in _LINE.finditer(text))


# ---------------------------------------------------------------- the header


def _heads(cells: Sequence[str]) -> list[str]:
    """Names of columns without what people write in many ways."""
    return [re.sub(r"[\s-]+", "_", cleaned(cell.strip(' "')).lower()) for cell in cells]


def _places(
    errors: Errors,
    line: int,
    header: Sequence[str],
    body: Sequence[tuple[int, list[str]]],
    names: Mapping[str, str],
    fate: str,
) -> dict[int, str]:
    """Place -> name of each column that has one; those that are not known keep their own."""
    places: dict[int, str] = {}
    changed, own = [], []
    free = _free(names, header)
    for place, (written_name, head) in enumerate(zip(header, _heads(header), strict=True)):
        name = names.get(head)
        if name is not None:
            places[place] = name
            if name != written_name:
                changed.append(f"{written_name!r} as {name}")
        elif not _UNNAMED.fullmatch(written_name):
            places[place] = _unused(written_name, places)
            own.append(places[place] + _meant(head, free))
        elif any(place < len(cells) and cells[place] for _, cells in body):
            errors.remark("remark", line, f"column {place + 1} has no name and is not read")
    if changed:
        errors.remark("changed", line, f"columns read under other names: {', '.join(changed)}")
    if own:
        errors.remark(
            "remark", line, f"columns that mespot does not know, {fate}: {', '.join(own)}"
        )
    return places


def _unused(name: str, places: Mapping[int, str]) -> str:
    taken = {*places.values(), _WHERE}
    return next(one for n in count(1) if (one := name if n == 1 else f"{name}_{n}") not in taken)


def _free(names: Mapping[str, str], header: Sequence[str]) -> list[str]:
    """The known columns that are not there."""
    there = {names.get(one) for one in _heads(header)}
    return [name for name in names.values() if name not in there]


def _meant(head: str, free: Sequence[str]) -> str:
    """A hint at a known column that is not there, where a name looks like it."""
    close = get_close_matches(head, free, 1, 0.8)
    close += [name for name in free if len(head) > 3 and name.startswith(head)]
    return f" (is {close[0]} meant?)" if close else ""


def _no_header(
    errors: Errors, lines: Sequence[tuple[int, list[str]]], faults: str, expected: Expected
) -> str:
    """What is wrong with the first row, and where the header is instead."""
    first, header = lines[0]
    for line, cells in lines[1:_HEADER_WITHIN]:
        if not expected.faults([expected.names.get(head, "") for head in _heads(cells)]):
            above = "the row" if line == first + 1 else "the rows"
            return (
                f"{errors.where(first)}: is no header, but row {line} looks like it; delete {above}"
                " above it"
            )
    free = _free(expected.names, header)
    hints = [
        f"; '{cell}' is not known{hint}"
        for cell, head in zip(header, _heads(header), strict=True)
        if head not in expected.names and (hint := _meant(head, free))
    ]
    return f"{errors.where(first)}: {faults}{''.join(hints)}; {expected}"


# ---------------------------------------------------------------- rows and cells


def _fits(
    errors: Errors,
    line: int,
    cells: Sequence[str],
    header: Sequence[str],
    places: Mapping[int, str],
    known: Sequence[str],
) -> bool:
    """Whether a row has its cells: those of the user's own columns at the end may lack."""
    lacking = [name for place, name in places.items() if place >= len(cells)]
    too_many = any(cells[len(header) :])
    if not too_many and not set(lacking) & set(known):
        return True
    hint = ', or put a text that has one in ""' if too_many else ""
    what = f"{len(cells)} cells, but the header has {len(header)}"
    errors.add(line, "columns", f"{what}; add or remove a separator{hint}")
    return False


def _same(cell: str, head: str) -> bool:
    return cell.lower() == head


def _plain(errors: Errors, line: int, column: str, text: str) -> str:
    if text.isascii() and not text.startswith(("'", "=")):
        return text
    plain = cleaned(text)
    if plain != text:
        errors.read_as(line, column, text, plain, "without invisible characters")
    unquoted = unmarked(plain)
    if unquoted != plain:
        errors.read_as(line, column, plain, unquoted, "without the mark of a text")
    return unquoted
