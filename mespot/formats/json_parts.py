"""Parts of what a JSON file holds, taken only where they are of the type that they must have.

`where` is the file and the place, `name` what the part is called there. None is taken as empty only
where that is said.
"""

from __future__ import annotations

import math
from typing import Any

from mespot.errors import InputError


def shown(value: Any) -> str:
    """A value for a message: of lists and objects, which may be large, only what they are."""
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    text = "null" if value is None else text
    return text if len(text) <= 60 else f"{text[:60]}..."


def wrong(where: str, name: str, value: Any, wanted: str, cure: str) -> InputError:
    """The error for a part of another type."""
    return InputError(f"{where}: {name} is {shown(value)} and must be {wanted}; {cure}")


def an_object(value: Any, where: str, name: str, cure: str) -> dict[str, Any]:
    """An object. Raises InputError for anything else."""
    if not isinstance(value, dict):
        raise wrong(where, name, value, "an object", cure)
    return value


def a_list(value: Any, where: str, name: str, cure: str) -> list[Any]:
    """A list. Raises InputError for anything else."""
    if not isinstance(value, list):
        raise wrong(where, name, value, "a list", cure)
    return value


def a_text(value: Any, where: str, name: str, cure: str) -> str:
    """A text; None is an empty one. Raises InputError for anything else."""
    if not isinstance(value, (str, type(None))):
        raise wrong(where, name, value, "a text", cure)
    return value or ""


def texts(value: Any, where: str, name: str, cure: str) -> list[str]:
    """A list of texts. Raises InputError for anything else."""
    listed = a_list(value, where, name, cure)
    for one in listed:
        if not isinstance(one, str):
            raise wrong(where, name, one, "a list of texts", cure)
    return listed


def a_number(value: Any) -> float | None:
    """A finite number, written as a text too; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (OverflowError, ValueError):
        return None
    return number if math.isfinite(number) else None
