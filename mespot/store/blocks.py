"""Arrays that are written in parts, as they are computed."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mespot.store.schema import DataSet, Layout


def checked(what: str, name: str, declared: DataSet, array: Any) -> np.ndarray:
    """Frames of one data set in its own type; what: the file, for messages.

    Raises ValueError for another number of axes and for a type that would lose more than precision.
    """
    array = np.asarray(array)
    if array.ndim != len(declared.axes):
        raise ValueError(f"{what}: {name} has shape {array.shape}, axes are {declared.axes}")
    if not np.can_cast(array.dtype, declared.dtype, casting="same_kind"):
        raise ValueError(f"{what}: {name} is {array.dtype}, not {declared.dtype}")
    return array.astype(declared.dtype, copy=False)


@dataclass(frozen=True)
class Parts:
    """An array that is not held as a whole. shape: of all of it, frames first. dtype: of its parts,
    which have any length and are made when they are asked for, in time order."""

    shape: tuple[int, ...]
    dtype: Any
    parts: Iterable[np.ndarray]

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


class Blocks:
    """Takes the frames of each data set in time order, in parts of any length.

    Parts are written when they fill a chunk of the file: a packed chunk that is written piece by
    piece would be unpacked and packed again each time.
    """

    def __init__(self, what: str, layout: Layout, data_sets: Mapping[str, Any]) -> None:
        self._what, self._layout, self._data_sets = what, layout, data_sets
        self._held: dict[str, list[np.ndarray]] = {name: [] for name in data_sets}
        self._written = dict.fromkeys(data_sets, 0)

    def add(self, **parts: np.ndarray) -> None:
        """The next frames of some of the data sets. Raises ValueError for what does not fit."""
        for name, part in parts.items():
            self._held[name].append(checked(self._what, name, self._layout.data_sets[name], part))
            chunks = self._data_sets[name].chunks
            if chunks and sum(map(len, self._held[name])) >= chunks[0]:
                self._write(name, chunks[0])

    def take(self, name: str, all_of_it: Parts) -> None:
        """All frames of the one data set. Raises ValueError for what does not fit."""
        for part in all_of_it.parts:
            self.add(**{name: part})
        self.finish()

    def finish(self) -> None:
        """Write what is held back. Raises ValueError when frames are missing."""
        for name, data_set in self._data_sets.items():
            if self._held[name]:
                self._write(name, 1)
            if self._written[name] != len(data_set):
                counts = f"{self._written[name]} of {len(data_set)} frames"
                raise ValueError(f"{self._what}: {name} has {counts}")

    def _write(self, name: str, unit: int) -> None:
        """Write what is held of a data set, up to a whole number of `unit` frames."""
        data_set, first = self._data_sets[name], self._written[name]
        part = np.concatenate(self._held[name])
        last = first + len(part) // unit * unit
        if last > len(data_set):
            raise ValueError(f"{self._what}: {name} has more than {len(data_set)} frames")
        data_set[first:last] = part[: last - first]
        self._held[name] = [part[last - first :]] if last - first < len(part) else []
        self._written[name] = last
