"""What an HDF5 file holds, whatever its kind and version: for a person to look at."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from mespot.errors import InputError
from mespot.store.files import regular
from mespot.store.schema import LAYOUTS
from mespot.store.sealed import Sealed, digest_of
from mespot.store.strict import fault_of_storage, opened_any
from mespot.store.whose import check_names

_CURE = "copy or make it again"


@dataclass(frozen=True)
class Held:
    """A group or data set. name: with those of the groups above it, empty for the file itself.
    shape: None for a group. attrs: builtins."""

    name: str
    shape: tuple[int, ...] | None
    dtype: str
    attrs: dict[str, Any]


def contents(path: str | Path) -> list[Held]:
    """The file and everything in it, in the order of names; links to elsewhere are not followed.

    Raises InputError for a file that is no HDF5 file, is damaged, has another content than its seal
    says, or is not of whom its path says.
    """
    held: list[Held] = []

    def visit(name: str, node: h5py.Group | h5py.Dataset) -> None:
        attrs = {key: _plain(value) for key, value in node.attrs.items()}
        shape = tuple(node.shape or ()) if isinstance(node, h5py.Dataset) else None
        dtype = str(node.dtype) if isinstance(node, h5py.Dataset) else ""
        held.append(Held(name, shape, dtype, attrs))

    with closing(Sealed(regular(path), _CURE, needed=False)) as content:
        content.verify()
    with opened_any(path, _CURE) as file:
        visit("", file)
        file.visititems(visit)
    _check_whose(path, held[0].attrs)
    return held


def has_seal(path: str | Path) -> bool:
    """Whether something says that a file is as it was written."""
    return digest_of(path) is not None


def part(path: str | Path, name: str, frames: Any = slice(None)) -> np.ndarray:
    """Frames (along the first axis) of a data set. Raises InputError for one that is not there, is
    kept in another file, or is damaged."""
    with opened_any(path, _CURE) as file:
        node = file[name]
        if not isinstance(node, h5py.Dataset):
            raise InputError(f"{path}: {name} is no data set of this file; {_CURE}")
        if fault := fault_of_storage(node, by_users=True):
            raise InputError(f"{path}: {name} {fault}; {_CURE}")
        return np.asarray(node[frames])


def _check_whose(path: str | Path, attrs: Mapping[str, Any]) -> None:
    """Raises InputError for a file of a run that is not of whom its path says."""
    layout = LAYOUTS.get(str(attrs.get("kind")))
    if layout is not None and str(attrs.get("version")) == str(layout.version):
        check_names(path, layout.path, attrs, layout.remedy(path))


def _plain(value: Any) -> Any:
    """Attribute as a builtin."""
    if isinstance(value, np.ndarray):
        return [_plain(one) for one in value.tolist()]
    if isinstance(value, np.generic):
        return value.item()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
