"""Which frames of a recording are its working frames.

Working frames are the recording's frames nearest to k / rate seconds, k = 0, 1, 2, ... The last
frame is one too, where the end would be far from any of these. A recording that is not clearly
faster than `rate` keeps every frame.
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

# A recording up to this much faster than the working rate is used frame by frame.
_SAME_RATE = 1.1


def working_rate(fps: float, rate: float) -> float:
    """Working frames a second of a recording of `fps` read at about `rate`."""
    return rate if fps > _SAME_RATE * rate else fps


def picked(fps: float, rate: float) -> Iterator[int]:
    """0-based native indices of the working frames of an endless recording, increasing."""
    step = fps / working_rate(fps, rate)
    k = 0
    while True:
        yield math.floor(k * step + 0.5)
        k += 1


def far_end(n_frames: int, fps: float, rate: float) -> int | None:
    """Index of the last frame if it must be read too: it is far from the last one that is picked.

    The frame that would be picked next may lie less than half a working frame beyond the end. The
    last frame is then the nearest to it. With it, every native frame has one that is read within
    half a working frame, rounded to whole frames (at 200 fps read at 30: 3 frames).
    """
    step = fps / working_rate(fps, rate)
    last = math.floor(math.floor((n_frames - 0.5) / step) * step + 0.5)
    if last >= n_frames:  # rounded up beyond the end
        last = math.floor(last - step + 0.5)
    return n_frames - 1 if n_frames - 1 - last > step / 2 else None


@dataclass(frozen=True, slots=True)
class Working:
    """A working frame before it is read.

    place: its place, in frames at the steady rate. index: 0-based native frame whose picture it
    has or, where `empty`, the frame before it: the recording has none near this place.
    """

    place: int
    index: int
    empty: bool


def working_frames(
    places: Sequence[int] | np.ndarray, fps: float, rate: float
) -> Iterator[Working]:
    """The working frames of a recording whose frames lie at `places`.

    places: for each native frame its time in frames of `fps`, -1 for one that is passed over;
    the others increase from 0. Without gaps these are the frames of `picked` and `far_end`. Where
    there is no frame within half a working frame of a place, the working frame is empty.
    """
    used = np.flatnonzero(np.asarray(places) >= 0)
    held = np.asarray(places)[used]
    reach = fps / working_rate(fps, rate) / 2
    count = int(held[-1]) + 1
    inside = itertools.takewhile(lambda place: place < count, picked(fps, rate))
    end = far_end(count, fps, rate)
    wanted = itertools.chain(inside, [] if end is None else [end])
    last, right = -1, 0
    for place in wanted:
        while right < len(held) and held[right] < place:
            right += 1
        near = min(
            (k for k in (right - 1, right) if last < k < len(held)),
            key=lambda k: abs(int(held[k]) - place),  # noqa: B023
            default=None,
        )
        if near is not None and abs(int(held[near]) - place) <= reach:
            last = near
            yield Working(place, int(used[near]), False)
        else:
            yield Working(place, int(used[max(last, 0)]), True)


def nearest(native: np.ndarray, frame: int) -> int:
    """Index of the working frame nearest to a native frame; the earlier of two as near."""
    after = int(np.searchsorted(native, frame))
    if after == 0:
        return 0
    if after == len(native) or frame - native[after - 1] <= native[after] - frame:
        return after - 1
    return after
