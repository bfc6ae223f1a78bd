"""The text that `mespot inspect` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.errors import InputError
from mespot.limits import SHEET_BYTES
from mespot.store import tables
from mespot.store.contents import Held, contents, has_seal
from mespot.store.files import regular
from mespot.store.schema import LAYOUTS

_ROWS = 5  # of a table
_LISTED = 8  # entries of a list
_UNSEALED = (
    "not checked: its seal, in a hidden folder .seals beside it, is not here, so nothing says "
    "whether the table is as it was written. A copy has one if .seals is copied with it"
)
_NOT_WHOLE = (
    "not checked: it has lost its seal, so another program has written to it, or it was written by "
    "an earlier version"
)
_SHOWN_APART = ("kind", "version", "description", "provenance")
_OF_DATA = ("axes", "units", "description")


def page(path: Path) -> str:
    """Everything about a file. Raises InputError for one that mespot does not write."""
    size = regular(path).stat().st_size
    suffix = path.suffix.lower()
    if suffix == ".h5":
        held = contents(path)
        lines = list(_of_hdf5(held))
        if held[0].attrs.get("kind") in LAYOUTS and not has_seal(path):
            lines.append(f"\n{_NOT_WHOLE}")
    elif suffix == ".pt":
        lines = list(_of_checkpoint(checkpoint(path)))
    elif suffix == ".csv":
        kind, content = table(path)
        lines = list(_of_table(kind, content))
        if tables.lacks_seal(path, kind) or tables.has_lost_seal(path):
            lines.append(f"\n{_UNSEALED}")
    else:
        raise InputError(
            f"{path}: mespot writes no such file; name one that ends in .h5, .pt, .csv"
        )
    return "\n".join([f"{path} ({size / 1e6:.3g} MB)", *lines])


def checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint of any kind, whole and of the present version."""
    from mespot.training.checkpoint import KINDS, load

    errors = []
    for kind in KINDS:
        try:
            return load(path, kind)
        except InputError as error:
            errors.append(error)
    # What the file holds is named in all but the message of its own kind.
    own = [one for one in errors if "expected" not in str(one)]
    raise (own or errors)[0]


def table(path: Path) -> tuple[str, pd.DataFrame]:
    """The kind of a table, by its columns, and its content."""
    content = regular(path, SHEET_BYTES).read_bytes()
    tables.check_named(path, content)
    try:
        read = pd.read_csv(
            BytesIO(content), dtype="string", keep_default_na=False, encoding="utf-8-sig"
        )
    except (ValueError, pd.errors.ParserError) as error:  # EmptyDataError, UnicodeDecodeError too
        raise InputError(f"{path}: is no table ({error}); copy or make it again") from None
    fitting = [kind for kind, columns in tables.COLUMNS.items() if set(columns) <= set(read)]
    kind = max(fitting, key=lambda kind: len(tables.COLUMNS[kind]), default="")
    if kind and not tables.lacks_seal(path, kind):
        return kind, tables.read(path, kind, own=tables.TEXT)
    try:
        return kind, tables.typed(read, kind, own=tables.TEXT) if kind else read
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: is no {kind} table ({error}); copy it again") from None


def _of_hdf5(held: Sequence[Held]) -> Iterator[str]:
    file, *inner = held
    kind = file.attrs.get("kind", "")
    layout = LAYOUTS.get(str(kind))
    yield f"{kind or 'not of mespot'}, version {file.attrs.get('version', '?')}"
    yield str(file.attrs.get("description", ""))
    groups = [one for one in inner if one.shape is None]
    if groups:
        yield f"\n{len(groups)} videos:"
    else:
        yield "\ndata:"
    for one in inner:
        depth = "  " * (one.name.count("/") + 1)
        group, _, name = one.name.rpartition("/")
        if one.shape is None:
            same = "" if one is groups[0] else ", of the same form"
            yield f"{depth}{name}{_brief(one.attrs)}{same}"
            continue
        if group and group != groups[0].name:
            continue  # what the first video has
        shape = " x ".join(map(str, one.shape)) or "one value"
        declared = layout.data_sets.get(name) if layout else None
        text = one.attrs.get("description") or (declared.description if declared else "")
        axes = str(one.attrs.get("axes", "")).replace(",", ", ")
        yield f"{depth}{name:<13} {shape} ({axes}), {one.dtype}, {one.attrs.get('units', '?')}"
        yield f"{depth}{'':<13} {text}"
    meanings = layout.attributes if layout else {}
    yield from _attributes({k: v for k, v in file.attrs.items() if k not in _SHOWN_APART}, meanings)
    yield from _provenance(file.attrs.get("provenance"))


def _of_checkpoint(content: Mapping[str, Any]) -> Iterator[str]:
    yield f"{content['kind']}, version {content['version']}"
    yield "\ndata:"
    rest = {}
    for name, value in content.items():
        if name in _SHOWN_APART:
            continue
        if isinstance(value, (dict, list)) and value and name not in ("whose", "network"):
            yield from _tree(name, value, 1)
        else:
            rest[name] = value
    yield from _attributes(rest, {})
    yield from _provenance(content.get("provenance"))


def _tree(name: str, value: Any, depth: int) -> Iterator[str]:
    """Tensors with their shapes; of long lists the first entry."""
    space = "  " * depth
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        shape = " x ".join(map(str, value.shape)) or "one value"
        yield f"{space}{name}: {shape}, {str(value.dtype).removeprefix('torch.')}"
    elif isinstance(value, dict) and value:
        yield f"{space}{name}: {len(value)} entries"
        shown = list(value.items())[: 4 * _LISTED]
        for key, one in shown:
            yield from _tree(str(key), one, depth + 1)
        if len(value) > len(shown):
            yield f"{space}  ... and {len(value) - len(shown)} more"
    elif isinstance(value, (list, tuple)) and value and isinstance(value[0], (dict, list, tuple)):
        yield f"{space}{name}: list of {len(value)}; the last one:"
        yield from _tree("-", value[-1], depth + 1)
    else:
        yield f"{space}{name}: {_short(value)}"


def _of_table(kind: str, content: pd.DataFrame) -> Iterator[str]:
    yield f"table {kind}" if kind else "a table that is none of mespot's"
    yield f"\n{len(content)} rows; columns:"
    own = tables.COLUMNS.get(kind, {})
    for name in content:
        empty = int(content[name].isna().sum())
        note = "" if str(name) in own else ", of the user's own"
        yield f"  {name:<13} {content[name].dtype}{note}" + (f", {empty} empty" if empty else "")
    if len(content):
        yield f"\nfirst {min(_ROWS, len(content))} rows:"
        yield content.head(_ROWS).to_string(index=False)


def _attributes(attrs: Mapping[str, Any], meanings: Mapping[str, str]) -> Iterator[str]:
    if attrs:
        yield "\nattributes:"
    for name, value in attrs.items():
        meaning = f"  ({meanings[name]})" if name in meanings else ""
        yield f"  {name}: {_short(value)}{meaning}"


def _provenance(text: Any) -> Iterator[str]:
    """What the file was made with."""
    if not text:
        return
    yield "\nmade with:"
    try:
        made = json.loads(text)
    except (TypeError, ValueError):
        made = str(text)
    for name, value in (made if isinstance(made, dict) else {"": made}).items():
        yield f"  {name}: {json.dumps(value) if isinstance(value, (dict, list)) else value}"


def _brief(attrs: Mapping[str, Any]) -> str:
    told = ", ".join(f"{k} {_short(v)}" for k, v in attrs.items() if k not in _OF_DATA)
    return f" ({told})" if told else ""


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)) and len(value) > _LISTED:
        first = ", ".join(map(str, value[:_LISTED]))
        return f"{first}, ... ({len(value)})"
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
