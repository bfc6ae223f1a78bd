"""What an HDF5 file holds, whatever its kind and version: for a person to look at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from mespot.errors import InputError
from mespot.store.files import regular
from mespot.store.strict import DAMAGE, fault_of_storage


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

    Raises InputError for a file that is no HDF5 file or is damaged.
    """
    held: list[Held] = []

    def visit(name: str, node: h5py.Group | h5py.Dataset) -> None:
        attrs = {key: _plain(value) for key, value in node.attrs.items()}
        shape = tuple(node.shape or ()) if isinstance(node, h5py.Dataset) else None
        dtype = str(node.dtype) if isinstance(node, h5py.Dataset) else ""
        held.append(Held(name, shape, dtype, attrs))

    try:
        with h5py.File(regular(path), "r") as file:
            visit("", file)
            file.visititems(visit)
    except DAMAGE as error:
        raise InputError(
            f"{path}: not a whole HDF5 file ({error}); copy or make it again"
        ) from None
    return held


def part(path: str | Path, name: str, frames: Any = slice(None)) -> np.ndarray:
    """Frames (along the first axis) of a data set. Raises InputError for one that is not there, is
    kept in another file, or is damaged."""
    try:
        with h5py.File(regular(path), "r") as file:
            node = file[name]
            if not isinstance(node, h5py.Dataset):
                raise InputError(f"{path}: {name} is no data set of this file; make it again")
            if fault := fault_of_storage(node, by_users=True):
                raise InputError(f"{path}: {name} {fault}; make the file again")
            return np.asarray(node[frames])
    except DAMAGE as error:
        raise InputError(f"{path}: {name} cannot be read ({error}); make the file again") from None


def _plain(value: Any) -> Any:
    """Attribute as a builtin."""
    if isinstance(value, np.ndarray):
        return [_plain(one) for one in value.tolist()]
    if isinstance(value, np.generic):
        return value.item()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
