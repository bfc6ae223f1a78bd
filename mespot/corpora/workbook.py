"""Annotation workbooks: sheets as rows of cells, with the row numbers that a person sees.

openpyxl reads .xlsx, xlrd reads .xls of Excel 2 to 2003.

Cells come as they are stored: text stays text, so `0101` is not 101 unless whoever wrote the
workbook made a number of it. Columns go by their names and never by their place.
"""

import io
import math
import re
import warnings
import zipfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from mespot.corpora.notes import CHANGED, Notes, shown
from mespot.errors import InputError
from mespot.limits import WORKBOOK_BYTES, WORKBOOK_CELLS, WORKBOOK_TAGS, WORKBOOK_UNPACKED
from mespot.store.files import regular
from mespot.store.paths import NOTHING, kind_at
from mespot.store.sheet_cells import cleaned, unmarked

INTERVAL = ("onset", "apex", "offset")
NO_INTERVAL = "onset or offset is not a number"  # why a row is left out
AS_HANDED_OUT = "use the workbook that was handed out with the corpus"
SUFFIXES = (".xlsx", ".xlsm", ".xls")
_HEADER_WITHIN = 40  # rows in which a header is looked for

Row = tuple[int, dict[str, Any]]  # row number, cells by column


@dataclass(frozen=True)
class Sheet:
    """One sheet: its rows that are not empty, as (row number, cells)."""

    workbook: Path
    name: str
    rows: list[tuple[int, tuple[Any, ...]]]

    def where(self, row: int | None = None) -> str:
        place = f"{shown(self.workbook)}: sheet '{self.name}'"
        return place if row is None else f"{place}: row {row}"


def read(path: Path) -> list[Sheet]:
    """All sheets of a workbook. Raises InputError for a file that is not a workbook."""
    if kind_at(path) == NOTHING:
        raise InputError(f"{shown(path)}: no such workbook; correct the path")
    try:
        with regular(path, WORKBOOK_BYTES).open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise InputError(
            f"{shown(path)}: cannot be read: {error.strerror}; check its permissions"
        ) from None
    # What a file is called says little: many an .xls is an .xlsx.
    old = start.startswith(b"\xd0\xcf\x11\xe0") or (
        path.suffix.lower() == ".xls" and not start.startswith(b"PK")
    )
    cure = "save it as .xlsx, without a password" if old else "copy it anew"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and drawings that are not read
            if not old:
                _check_packed(path)
            sheets = list(_old_sheets(path) if old else _sheets(path, values=True))
    except InputError:
        raise
    except Exception as error:  # openpyxl has no error of its own for a damaged file
        kind = ".xls" if old else ".xlsx"
        raise InputError(
            f"{shown(path)}: not a readable {kind} workbook ({error}); {cure}"
        ) from error
    return [
        Sheet(path, name, [(n, row) for n, row in enumerate(rows, start=1) if any(map(text, row))])
        for name, rows in sheets
    ]


def _sheets(path: Path, *, values: bool) -> Iterable[tuple[str, list[tuple[Any, ...]]]]:
    """Name and rows of each sheet of an .xlsx: the values of formulas, or the formulas."""
    from openpyxl import load_workbook  # not needed to plan a workflow

    bounded = _Bounded(path)
    with path.open("rb") as file:  # of a path, the suffix would count
        book = load_workbook(file, read_only=True, data_only=values)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # programs write wrong ones
            yield sheet.title, bounded.rows(sheet.iter_rows(values_only=True))


class _Bounded:
    """Counts the cells of a workbook."""

    def __init__(self, path: Path):
        self.path, self.cells = path, 0

    def rows(self, rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """The rows of a sheet; rows that are not there come as empty ones, and count."""
        kept: list[tuple[Any, ...]] = []
        for row in rows:
            self.cells += len(row) + 1
            if self.cells > WORKBOOK_CELLS:
                raise InputError(
                    f"{shown(self.path)}: has more than {WORKBOOK_CELLS} cells; copy the table into"
                    " a new workbook"
                )
            kept.append(tuple(row))
        return kept


def _check_packed(path: Path) -> None:
    """Refuse an .xlsx that unpacks to more than any real one."""
    tags = 0
    with zipfile.ZipFile(path) as packed:
        size = sum(entry.file_size for entry in packed.infolist())
        if size > WORKBOOK_UNPACKED:
            raise InputError(
                f"{shown(path)}: unpacks to {size / 1e6:.0f} MB, at most"
                f" {WORKBOOK_UNPACKED / 1e6:.0f} MB are read; copy the table into a new workbook"
            )
        for entry in packed.infolist():
            with packed.open(entry) as part:
                while block := part.read(1 << 20):
                    tags += block.count(b"<")
    if tags > WORKBOOK_TAGS:
        raise InputError(
            f"{shown(path)}: has {tags} tags, at most {WORKBOOK_TAGS} are read; copy the table into"
            " a new workbook"
        )


def _old_sheets(path: Path) -> Iterable[tuple[str, list[tuple[Any, ...]]]]:
    """The same of an .xls."""
    import xlrd  # not needed to plan a workflow either

    bounded = _Bounded(path)
    with (
        path.open("rb") as file,
        xlrd.open_workbook(
            file_contents=file.read(), logfile=io.StringIO(), on_demand=True, ragged_rows=True
        ) as book,
    ):

        def plain(cell: xlrd.sheet.Cell) -> Any:
            if cell.ctype == xlrd.XL_CELL_DATE:
                return xlrd.xldate.xldate_as_datetime(float(cell.value), book.datemode)
            if cell.ctype == xlrd.XL_CELL_ERROR:
                return xlrd.error_text_from_code.get(int(cell.value), "#error")
            return None if cell.value == "" else cell.value

        for number, name in enumerate(book.sheet_names()):
            rows = book.sheet_by_index(number).get_rows()
            yield name, bounded.rows(tuple(map(plain, row)) for row in rows)
            book.unload_sheet(number)


@lru_cache(maxsize=4)
def _formulas(path: Path) -> frozenset[tuple[str, int]]:
    """(sheet, row) of each row of an .xlsx that has formulas."""
    try:
        return frozenset(
            (name, number)
            for name, rows in _sheets(path, values=False)
            for number, row in enumerate(rows, start=1)
            if any(isinstance(cell, str) and cell.startswith("=") for cell in row)
        )
    except Exception:  # an .xls, whose formulas always have values
        return frozenset()


def text(cell: Any) -> str:
    """A cell as text without invisible characters: 15.0 is `15`, nothing is empty."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cleaned(str(cell))


def frame(cell: Any, rounding: str = "half_up") -> int | None:
    """A frame number; fractions are rounded as `rounding` says. None for what is not a number."""
    if isinstance(cell, bool):
        return None
    try:
        value = float(unmarked(cleaned(cell)) if isinstance(cell, str) else cell)
    except (TypeError, ValueError):
        return None
    if not math.isfinite(value) or abs(value) >= 2**31:
        return None
    if rounding == "down":
        return math.floor(value)
    return round(value) if rounding == "half_even" else math.floor(value + 0.5)


def no_interval(sheet: Sheet, number: int, onset: Any, offset: Any) -> str:
    """Why the cells of a row are no onset and offset."""
    if not (text(onset) and text(offset)) and (sheet.name, number) in _formulas(sheet.workbook):
        return (
            "onset or offset is a formula that was never calculated; open the workbook in a"
            " spreadsheet program and save it"
        )
    return f"{NO_INTERVAL} ('{text(onset)}' and '{text(offset)}')"


def no_name(what: str, cell: Any) -> str:
    """Why a cell is not the name of a clip or video."""
    if not text(cell):
        return f"{what} is empty; if cells were merged, write it into every row"
    if isinstance(cell, date):
        return f"{what} is the date {cell:%Y-%m-%d}: a spreadsheet program made it of a name"
    return ""


def note_texts(sheet: Sheet, rows: Iterable[tuple[int, Sequence[Any]]], notes: Notes) -> None:
    """Note that frame numbers are stored as text. rows: row numbers, and onset, apex and offset."""
    texts = [
        (number, cell)
        for number, cells in rows
        for cell in cells
        if isinstance(cell, str) and frame(cell) is not None
    ]
    if texts:
        number, cell = texts[0]
        more = f", and {len(texts) - 1} more" if len(texts) > 1 else ""
        shown_as = f"frame number {cell!r}, stored as text, read as {frame(cell)}{more}"
        notes.add(CHANGED, sheet.where(number), shown_as)


def is_fraction(cell: Any) -> bool:
    """Whether a cell holds a number that is not whole."""
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return False
    return math.isfinite(value) and value != math.floor(value)


def interval(
    cells: Mapping[str, Any], rounding: str = "half_up"
) -> tuple[int | None, int | None, int | None]:
    """Frames of onset, apex and offset of a row; None for what is missing or not a number."""
    onset, apex, offset = (frame(cells.get(name), rounding) for name in INTERVAL)
    return onset, apex, offset


def intervals_of(rows: Iterable[Row]) -> Iterable[tuple[int, list[Any]]]:
    """Row numbers, and the cells of onset, apex and offset."""
    return ((number, [cells.get(name) for name in INTERVAL]) for number, cells in rows)


def find_table(
    sheets: Sequence[Sheet],
    columns: Mapping[str, Sequence[str]],
    optional: Sequence[str],
    accepts: Callable[[Sheet, Collection[str]], bool] = lambda sheet, names: True,
) -> tuple[Sheet, list[Row]] | None:
    """The first sheet that has a header with the columns, and its rows below the header.

    columns: name -> the words that its column may be headed with, upper and lower case alike; those
    that are `optional` may be missing. accepts: whether a sheet with these columns will do.
    A row is its number and its cells by column. None when there is no such sheet.
    """
    for sheet in sheets:
        header = _header(sheet, columns, optional)
        if header is None or not accepts(sheet, header[1]):
            continue
        index, places = header
        return sheet, [(number, _cells(row, places)) for number, row in sheet.rows[index + 1 :]]
    return None


def _header(
    sheet: Sheet, columns: Mapping[str, Sequence[str]], optional: Sequence[str]
) -> tuple[int, dict[str, int]] | None:
    """The index of the header in the rows of a sheet, and the place of each column in it."""
    for index, (number, row) in enumerate(sheet.rows):
        if number > _HEADER_WITHIN:
            break
        heads = [re.sub(r"[\s_]+", " ", text(cell)).lower() for cell in row]
        places = {
            name: next((heads.index(word) for word in words if word in heads), None)
            for name, words in columns.items()
        }
        if all(place is not None or name in optional for name, place in places.items()):
            return index, {name: place for name, place in places.items() if place is not None}
    return None


def _cells(row: Sequence[Any], places: Mapping[str, int]) -> dict[str, Any]:
    """The cells of a row by column; None beyond the end of the row."""
    return {name: row[place] if place < len(row) else None for name, place in places.items()}


def refuse(path: Path, sheets: Sequence[Sheet], expected: str) -> InputError:
    """The error for a workbook in which no sheet has what is `expected`."""
    names = ", ".join(f"'{sheet.name}' ({len(sheet.rows)} rows)" for sheet in sheets) or "none"
    return InputError(
        f"{shown(path)}: no sheet with {expected}, its sheets are {names}; {AS_HANDED_OUT}"
    )
