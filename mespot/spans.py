"""Usable spans: the runs of frames in which the face can be used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

# Frames that are worked on at once where a whole recording would not fit into memory.
BLOCK = 512


class Frames(Protocol):
    """Values of T frames of which parts are taken by `values[first:last]`: an array, or something
    that reads or makes a part when it is asked for."""

    def __getitem__(self, frames: slice, /) -> np.ndarray: ...


def blocks(start: int, stop: int, size: int = BLOCK) -> Iterator[tuple[int, int]]:
    """Half-open frame ranges of up to `size` frames that together are `[start, stop)`."""
    for first in range(start, stop, size):
        yield first, min(first + size, stop)


def usable_spans(span: np.ndarray) -> list[tuple[int, int]]:
    """Half-open frame ranges `[start, stop)` of the usable spans, in time order.

    span: `(T,)` int, the span that each frame belongs to, -1 where there is no usable face.
    """
    span = np.asarray(span)
    if span.size == 0:
        return []
    edges = np.flatnonzero(np.diff(span)) + 1
    starts, stops = np.r_[0, edges], np.r_[edges, len(span)]
    return [(int(a), int(b)) for a, b in zip(starts, stops, strict=True) if span[a] >= 0]


def without(span: np.ndarray, unusable: np.ndarray) -> np.ndarray:
    """The spans with the frames `unusable` taken out: `(T,)` int16, numbered anew in time order."""
    kept = np.where(unusable, -1, span)
    fresh = np.full(len(kept), -1, np.int16)
    for number, (start, stop) in enumerate(usable_spans(kept)):
        fresh[start:stop] = number
    return fresh
