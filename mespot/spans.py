"""Usable spans: the runs of frames in which the face can be used."""

from __future__ import annotations

import numpy as np


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
