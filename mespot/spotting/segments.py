"""Sums, maxima and courses over many segments of one recording at a time, without a loop over
them."""

from __future__ import annotations

import numpy as np

_FRAMES_AT_ONCE = 50_000  # of all segments together; bounds the memory


class Sums:
    """Means of a signal `(T, C)` over any segments, from its running sum."""

    def __init__(self, signal: np.ndarray) -> None:
        self._sums = np.zeros((len(signal) + 1, signal.shape[1]))
        np.cumsum(signal, axis=0, dtype=np.float64, out=self._sums[1:])

    def mean(self, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
        """`(N, C)` over frames from `start` to before `stop`, `(N,)` each; NaN without a frame."""
        frames = np.maximum(stop - start, 0)
        total = self._sums[start + frames] - self._sums[start]
        with np.errstate(invalid="ignore"):
            return np.where(frames[:, None] > 0, total / frames[:, None], np.nan)


class Segments:
    """N segments of a recording: first and last frame, `(N,)` int each, both included."""

    def __init__(self, first: np.ndarray, last: np.ndarray) -> None:
        self.first, self.last = first, last
        frames = np.cumsum(last - first + 1)
        starts = np.searchsorted(frames, np.arange(0, frames[-1], _FRAMES_AT_ONCE), side="right")
        edges = np.unique(np.r_[0, starts, len(first)])
        self._parts = [slice(a, b) for a, b in zip(edges[:-1], edges[1:], strict=True)]

    def _frames(self, part: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of some segments, one after the other: all frames, which segment each is of, and where
        each segment begins."""
        length = self.last[part] - self.first[part] + 1
        begin = np.cumsum(length) - length
        which = np.repeat(np.arange(len(length)), length)
        return np.arange(len(which)) - begin[which] + self.first[part][which], which, begin

    def highest(self, signal: np.ndarray) -> np.ndarray:
        """The maximum of a signal `(T, ...)` in each segment, `(N, ...)`."""
        found = []
        for part in self._parts:
            frames, _, begin = self._frames(part)
            found.append(np.maximum.reduceat(signal[frames], begin, axis=0))
        return np.concatenate(found)

    def arcs(self, path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How far paths `(T, R, 2)` leave the straight course from first to last frame.

        Returns the largest distance of each region from its course, `(N, R)`, and the frame where
        the distances of all regions together are largest, `(N,)`.
        """
        farthest, frame = [], []
        for part in self._parts:
            frames, which, begin = self._frames(part)
            first, last = self.first[part], self.last[part]
            share = (frames - first[which]) / np.maximum(last - first, 1)[which]
            way = (path[last] - path[first])[which] * share[:, None, None].astype(path.dtype)
            away = path[frames] - path[first][which] - way
            distance = np.sqrt(np.square(away).sum(axis=2))
            farthest.append(np.maximum.reduceat(distance, begin, axis=0))
            total = distance.sum(axis=1)
            top = np.maximum.reduceat(total, begin)[which]
            at_top = np.where(total == top, frames, len(path))
            frame.append(np.minimum.reduceat(at_top, begin))
        return np.concatenate(farthest), np.concatenate(frame)
