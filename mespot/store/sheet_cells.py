"""Cells of tables that people write: what can be meant in one way only is read.

Each reader takes the text of a cell and returns (value, how). `how` says what was read in another
way than it is written; it is empty where nothing was. `decimal_comma` is true where columns are
separated by something else than commas, so that a comma can only be a decimal mark. The readers
raise `Unreadable`, whose text says what the cell must be and what to do.
"""

import math
import re
import unicodedata

from mespot.limits import FRAMES

_UNIT = r"\s*(?:fps|hz|1/s|f/s|frames?\s*(?:/|per|a)\s*s(?:ec(?:ond)?)?)\.?"
_WHOLE = re.compile(r"([+-]?)(\d+)(?:([.,])(0*))?")
_DECIMAL = re.compile(r"\d+(?:([.,])(\d+))?")
_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:[.,]\d+)?)")
# Spreadsheet programs and pandas write these, and people in the workbooks of the corpora.
_MISSING = re.compile(r"n/?a|#n/a|<na>|na[nt]|null|none|nil|/|\\|--?|[\u2013\u2014]", re.IGNORECASE)
_TYPES = {
    "micro": "micro", "microexpression": "micro", "me": "micro", "mie": "micro",
    "macro": "macro", "macroexpression": "macro", "mae": "macro",
}  # fmt: skip


class Unreadable(ValueError):
    """A cell that cannot be read, or can be read in two ways."""


def cleaned(text: str) -> str:
    """Text without invisible characters, with plain spaces, and none at its ends."""
    kept = (c for c in text if unicodedata.category(c) != "Cf")
    return "".join(" " if unicodedata.category(c) == "Zs" else c for c in kept).strip()


def unmarked(text: str) -> str:
    """Text without what makes a spreadsheet program keep it as text: `'006` or `="006"`."""
    if match := re.fullmatch(r'="(.*)"', text):
        return match[1]
    return text.removeprefix("'")


def is_missing(text: str) -> bool:
    """Whether a cell says that there is no value, such as `NA`, `nan` or `/`."""
    return _MISSING.fullmatch(text) is not None


def type_of(text: str) -> str | None:
    """`micro` or `macro` for the words that are used for them, None for others."""
    words = re.sub(r"[\s_.-]+", "", cleaned(text).lower())
    return _TYPES.get(words.removesuffix("s"), _TYPES.get(words))


def _plain(text: str) -> str:
    """Text in plain digits and letters. Raised digits and the like stay: 10² is not 102."""
    kept = (
        c if unicodedata.category(c) == "No" else unicodedata.normalize("NFKC", c) for c in text
    )
    return "".join(kept)


def whole(text: str, *, decimal_comma: bool = False, negative: bool = False) -> tuple[int, str]:
    """A native frame number, at most 2**31 - 1; `negative` allows a minus sign."""
    plain = _plain(text)
    match = _WHOLE.fullmatch(plain)
    least = "" if negative else ", 0 or more"
    expected = f"'{text}' must be a whole frame number{least}"
    if match is None or (match[1] == "-" and not negative):
        raise Unreadable(f"{expected}{_cure_of_whole(plain, negative)}")
    sign, digits, mark, zeros = match.groups()
    if mark == "," and not decimal_comma or mark and len(zeros) == 3:  # 1.000 may be a thousand
        raise Unreadable(f"{expected}; write it without '{mark}'")
    value = int(sign + digits)
    if abs(value) >= FRAMES:
        raise Unreadable(f"{expected}, below 2147483648; correct it")
    if mark:
        return value, "a whole number with a decimal mark"
    return value, "" if plain == text and sign != "+" else "other digits"


def _cure_of_whole(text: str, negative: bool) -> str:
    if not text:
        return "; fill it in"
    if ":" in text:
        return "; a time belongs in a column onset_s, apex_s or offset_s"
    if text.startswith("-") and not negative:
        return "; correct it"
    if re.fullmatch(r"\d{1,3}(?:[ ',.]\d{3})+", text):
        return "; write it without separators"
    if _DECIMAL.fullmatch(text):
        return "; round it, or write seconds in a column onset_s, apex_s or offset_s"
    return "; correct it"


def rate(text: str, *, decimal_comma: bool = False) -> tuple[float, str]:
    """Frames a second: `29.97`, `29,97`, `30000/1001` or `30 fps`."""
    plain = _plain(text)
    number = re.sub(rf"{_UNIT}$", "", plain, flags=re.IGNORECASE)
    if match := re.fullmatch(r"(\d+)\s*/\s*(\d+)", number):
        above, below = int(match[1]), int(match[2])
        value = above / below if below else math.nan
    elif re.fullmatch(r"\d+,\d+", number):
        if not decimal_comma and len(number.partition(",")[2]) == 3:
            raise Unreadable(
                f"'{text}' can be read in two ways; write {number.replace(',', '.')} or"
                f" {number.replace(',', '')} frames per second"
            )
        value = float(number.replace(",", "."))
    else:
        try:
            value = float(number)
        except ValueError:
            value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise Unreadable(f"'{text}' must be a positive number of frames per second; correct it")
    return value, "" if re.fullmatch(r"[\d.eE+-]+", text) else "frames a second"


def seconds(text: str, *, decimal_comma: bool = False) -> tuple[float, str]:
    """A time in seconds: `10.33`, `10,33`, `10.33 s`, `mm:ss.ms` or `hh:mm:ss.ms`."""
    plain = _plain(text)
    if ":" in plain:
        return _clock(plain, text), "minutes and seconds"
    number = re.sub(r"\s*(?:s|secs?|seconds?)\.?$", "", plain, flags=re.IGNORECASE)
    match = _DECIMAL.fullmatch(number)
    if match is None:
        raise Unreadable(f"'{text}' must be a time in seconds or as mm:ss.ms; correct it")
    if match[1] == "," and not decimal_comma and len(match[2]) == 3:
        raise Unreadable(
            f"'{text}' can be read in two ways; write {number.replace(',', '.')} or"
            f" {number.replace(',', '')}"
        )
    return float(number.replace(",", ".")), ""


def _clock(text: str, written: str) -> float:
    match = _CLOCK.fullmatch(text)
    if match is None:
        what = "with a frame number at its end" if re.fullmatch(r"[\d:;]+", text) else "of no form"
        raise Unreadable(f"'{written}' is a time {what} that is known; write mm:ss.ms or seconds")
    hours, minutes, rest = match[1], int(match[2]), float(match[3].replace(",", "."))
    if rest >= 60 or minutes >= 60 and hours is not None:
        raise Unreadable(f"'{written}' has more than 59 minutes or seconds; write mm:ss.ms")
    if hours is not None and "." not in text and "," not in text:
        # A spreadsheet program shows mm:ss.ms in this way too.
        raise Unreadable(
            f"'{written}' can be hours, minutes and seconds, or minutes, seconds and hundredths;"
            " write mm:ss.ms or seconds"
        )
    return int(hours or 0) * 3600 + minutes * 60 + rest
