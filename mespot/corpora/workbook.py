"""Annotation workbooks (.xlsx): sheets as rows of cells, with the row numbers that a person sees.

Cells come as they are stored: text stays text, so `0101` is not 101 unless whoever wrote the
workbook made a number of it. Columns go by their names and never by their place.
"""

import math
import re
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mespot.corpora.notes import shown
from mespot.errors import InputError

INTERVAL = ("onset", "apex", "offset")
NO_INTERVAL = "onset or offset is not a number"  # why a row is left out
AS_HANDED_OUT = "use the workbook that was handed out with the corpus"
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
    from openpyxl import load_workbook  # not needed to plan a workflow

    if path.suffix.lower() == ".xls":
        raise InputError(f"{shown(path)}: is in the old .xls format; save it as .xlsx")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and drawings that are not read
            book = load_workbook(path, read_only=True, data_only=True)
            sheets = []
            for sheet in book.worksheets:
                sheet.reset_dimensions()  # programs write wrong ones
                rows = [
                    (number, tuple(cells))
                    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1)
                    if any(text(cell) for cell in cells)
                ]
                sheets.append(Sheet(path, sheet.title, rows))
            book.close()
    except FileNotFoundError:
        raise InputError(f"{shown(path)}: no such workbook; correct the path") from None
    except PermissionError as error:
        raise InputError(
            f"{shown(path)}: cannot be read: {error.strerror}; check its permissions"
        ) from None
    except Exception as error:  # openpyxl has no error of its own for a damaged file
        raise InputError(
            f"{shown(path)}: not a readable .xlsx workbook ({error}); copy it anew"
        ) from error
    return sheets


def text(cell: Any) -> str:
    """A cell as text: 15.0 is `15`, nothing is empty."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def frame(cell: Any, rounding: str = "half_up") -> int | None:
    """A frame number; fractions are rounded as `rounding` says. None for what is not a number."""
    if isinstance(cell, bool):
        return None
    try:
        value = float(cell) if not isinstance(cell, str) else float(cell.strip())
    except (TypeError, ValueError):
        return None
    if not math.isfinite(value) or abs(value) >= 2**31:
        return None
    if rounding == "down":
        return math.floor(value)
    return round(value) if rounding == "half_even" else math.floor(value + 0.5)


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
