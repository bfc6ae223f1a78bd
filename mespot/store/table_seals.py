"""Seals of the tables of a run: what a table holds and whose it is, in a hidden folder beside it.

A table itself stays as spreadsheets and other programs expect it.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mespot.errors import InputError
from mespot.store.files import regular, remake, replacing
from mespot.store.whose import ForeignError, check_names, names_in

FOLDER = ".seals"
# The provenance of the job that this process does, for all tables that it writes.
MADE_BY: dict[str, Any] = {}
_LARGEST = 20_000_000  # bytes


def write(path: str | Path, kind: str, place: str, content: bytes) -> None:
    """Seal a table that is about to be written. place: where tables of its kind lie below
    `results/{corpus}/`. Raises InputError when the seal cannot be written."""
    told = {
        "kind": kind,
        "sha256": hashlib.sha256(content).hexdigest(),
        "whose": names_in(path, place),
        "provenance": MADE_BY,
    }
    with replacing(_seal_of(path)) as temporary:
        text = json.dumps(told, sort_keys=True, default=str)
        temporary.write_text(text + "\n", encoding="utf-8")


def check(path: str | Path, kind: str, place: str, content: bytes) -> Any:
    """The provenance of a table.

    Raises InputError for a table without a seal, of another content than its seal says, of another
    kind, or of another corpus, method or fold than its path says.
    """
    told = _read(path)
    _check_content(path, told, content, remake(path))
    _check_kind(path, told, kind)
    _check_whose(path, told, place)
    return told.get("provenance")


def check_named(path: str | Path, places: Mapping[str, str], content: bytes) -> None:
    """Raises InputError for a table that has a seal and does not fit it. One without a seal is the
    user's own. places: {kind: where its tables lie}."""
    if there(path):
        told = _read(path)
        cure = f"if that was you, copy the table elsewhere and name that; else {remake(path)}"
        _check_content(path, told, content, cure)
        kind = next((one for one, place in places.items() if names_in(path, place)), None)
        if kind is not None:
            _check_kind(path, told, kind)
            _check_whose(path, told, places[kind])


def _check_content(path: str | Path, told: Mapping[str, Any], content: bytes, cure: str) -> None:
    if told.get("sha256") != hashlib.sha256(content).hexdigest():
        raise InputError(f"{path}: was damaged or changed after it was written; {cure}")


def _check_kind(path: str | Path, told: Mapping[str, Any], kind: str) -> None:
    found = told.get("kind")
    if found != kind:
        raise ForeignError(f"{path}: is of kind {found!r}, expected {kind!r}; {remake(path)}")


def _check_whose(path: str | Path, told: Mapping[str, Any], place: str) -> None:
    whose = told.get("whose")
    check_names(path, place, whose if isinstance(whose, dict) else {}, remake(path))


def there(path: str | Path) -> bool:
    """Whether a table has a seal. A table that was copied elsewhere has none."""
    return os.path.lexists(_seal_of(path))


def digest_of(path: str | Path) -> str | None:
    """What the seal of a table says of its content; None for a table without one."""
    try:
        return str(_read(path)["sha256"])
    except (InputError, KeyError):
        return None


def _seal_of(path: str | Path) -> Path:
    path = Path(path)
    return path.parent / FOLDER / f"{path.name}.json"


def _read(path: str | Path) -> dict[str, Any]:
    seal = _seal_of(path)
    if not seal.exists():
        # Many programs leave hidden folders behind. Then the table is no reason to work anew.
        raise InputError(
            f"{path}: has no seal in {seal}; if it is a copy, copy the hidden folder {FOLDER} from "
            f"beside the original, too; else {remake(path)}"
        )
    try:
        told = json.loads(regular(seal, _LARGEST).read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise InputError(f"{seal}: is damaged; {remake(path)}")
    return told
