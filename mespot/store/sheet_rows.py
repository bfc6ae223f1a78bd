"""CSV tables that people write: read strictly, every fault reported with file, row and column.

Row numbers are line numbers of the file, the header is row 1.
"""

import csv
import re
from collections.abc import Sequence
from pathlib import Path

from mespot.errors import InputError

MOST_SHOWN = 20  # errors in one message

Row = tuple[int, dict[str, str]]  # line number, cells


class Errors:
    """What is wrong in one sheet, to be reported in one message."""

    def __init__(self, sheet: Path):
        self.sheet = sheet
        self.messages: list[str] = []

    def add(self, line: int, column: str, text: str) -> None:
        self.messages.append(f"{self.sheet}: row {line}: {column}: {text}")

    def raise_any(self) -> None:
        if not self.messages:
            return
        shown = self.messages[:MOST_SHOWN]
        rest = len(self.messages) - len(shown)
        if rest:
            shown.append(f"{self.sheet}: and {rest} more")
        raise InputError("\n".join(shown))


def rows(sheet: Path, columns: list[str], optional: Sequence[str] = ()) -> list[Row]:
    """Cells of each row by column, stripped of spaces at the ends; blank lines are left out.

    The sheet must have all of `columns`, may have those of `optional` and must have no other.
    Raises InputError.
    """
    lines = _lines(sheet)
    if not lines:
        raise InputError(f"{sheet}: row 1: is empty; write {','.join(columns)} there")
    (_, header), *body = lines
    _check_header(sheet, header, columns, optional)
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


def _lines(sheet: Path) -> list[tuple[int, list[str]]]:
    lines = []
    try:
        # utf-8-sig: spreadsheet programs put a byte order mark before the first column's name.
        with sheet.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.reader(handle, strict=True)
            before = 0
            for cells in reader:
                line, before = before + 1, reader.line_num
                cells = [cell.strip() for cell in cells]
                if any(cells):
                    lines.append((line, cells))
    except FileNotFoundError:
        raise InputError(f"{sheet}: does not exist; correct the path") from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"{sheet}: is not UTF-8 text ({error.reason} at byte {error.start}); save it as"
            " 'CSV UTF-8'"
        ) from None
    except csv.Error as error:
        raise InputError(f"{sheet}: row {before + 1}: is not CSV: {error}; correct it") from None
    except OSError as error:
        raise InputError(
            f"{sheet}: cannot be read: {error.strerror}; check its permissions"
        ) from None
    return lines


def _check_header(
    sheet: Path, header: list[str], columns: list[str], optional: Sequence[str]
) -> None:
    known = [*columns, *optional]
    expected = f"the columns are {','.join(columns)}"
    if optional:
        expected += f" and, if wanted, {','.join(optional)}"
    if len(header) == 1 and re.search(r"[;\t|]", header[0]):
        raise InputError(
            f"{sheet}: row 1: the columns are not separated by commas; save the sheet with commas;"
            f" {expected}"
        )
    faults = [f"column '{name}' is missing" for name in columns if name not in header]
    faults += [
        f"column '{name}' stands {header.count(name)} times"
        for name in known
        if header.count(name) > 1
    ]
    faults += [
        f"column '{name}' is not known" if name else "a column has no name"
        for name in dict.fromkeys(header)
        if name not in known
    ]
    if faults:
        raise InputError(f"{sheet}: row 1: {'; '.join(faults)}; {expected}")


def whole_frame(
    errors: Errors, line: int, column: str, text: str, negative: bool = False
) -> int | None:
    """A native frame number: plain digits, at most 2**31 - 1; `negative` allows a minus sign."""
    digits = text.removeprefix("-") if negative else text
    if digits.isdecimal() and digits.isascii() and len(digits) <= 10 and int(digits) < 2**31:
        return int(text)
    least = "" if negative else ", 0 or more"
    errors.add(line, column, f"'{text}' must be a whole frame number{least}")
    return None
