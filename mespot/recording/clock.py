"""The clock of a video file: is its rate constant, what is it, and where does each frame lie."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

# Steps of a constant rate lie within these factors of their median, and no frame lies farther
# (in frames) from its place. Webcams and the rounding of containers stay below this.
_STEPS, _ASTRAY = (0.4, 1.6), 0.75
# A stated rate is believed when the time stamps give this share more or less, or when they are too
# few and too coarse to tell.
_BELIEVED = 0.005
# Rates that containers give where they know none are far outside these.
_RATES = (0.1, 1000.0)
# Of a varying rate, the rate of its short steps counts: those up to this factor of the given
# quantile. They are the steps in which no frame is left out.
_SHORT, _QUANTILE = 1.4, 0.2
# A rate in the sheet that differs more than this from the file's says that the recording was
# played slower or faster than it was taken.
_OTHER_RATE = 0.1


@dataclass(frozen=True)
class Clock:
    """When each frame was taken.

    fps: mean rate. steady: rate where no frame is left out; places are counted in it. constant:
    whether both are one. times: `(N,)` s, from 0. places: `(N,)` int, the time of each frame in
    frames of `steady`; -1 for a frame that came so soon after another that both have one place.
    """

    fps: float
    steady: float
    constant: bool
    times: np.ndarray
    places: np.ndarray


def clock(
    stamps: np.ndarray, stated: Sequence[float], tick: float, given: float | None
) -> Clock | None:
    """The clock of a file.

    stamps: `(N,)` time stamps (s), increasing from 0. stated: rates that the container states, the
    more trusted first. tick: its unit of time (s). given: the rate in the sheet, None for the
    file's own. Returns None when nothing says what the rate is.
    """
    stated = [rate for rate in stated if _RATES[0] <= rate < _RATES[1]]
    number = np.arange(len(stamps))
    if len(stamps) < 2:
        fps = given or next(iter(stated), None)
        return None if fps is None else Clock(fps, fps, True, stamps, number)
    seconds = float(stamps[-1])
    fit = (len(stamps) - 1) / seconds
    steps = np.diff(stamps)
    share = steps / np.median(steps)
    even = _STEPS[0] < share.min() and share.max() < _STEPS[1]
    if even and np.abs(stamps * fit - number).max() < _ASTRAY:
        if given is not None:
            return Clock(given, given, True, number / given, number)
        fps = _believed(fit, stated, 2 * tick / seconds)
        return Clock(fps, fps, True, stamps, number)
    short = steps[steps <= _SHORT * np.quantile(steps, _QUANTILE)]
    steady = _believed(1 / float(short.mean()), stated, 2 * tick * float(1 / short.mean()))
    speed = 1.0
    if given is not None and min(abs(given / steady - 1), abs(given / fit - 1)) > _OTHER_RATE:
        speed = given / steady
    places = _places(stamps * steady)
    return Clock(fit * speed, steady * speed, False, stamps / speed, places)


def _believed(measured: float, stated: Sequence[float], coarse: float) -> float:
    """The stated rate that agrees with the measured one, or else that."""
    tolerance = max(_BELIEVED, coarse)
    agreeing = [rate for rate in stated if abs(rate / measured - 1) <= tolerance]
    return agreeing[0] if agreeing else measured


def _places(position: np.ndarray) -> np.ndarray:
    """Whole places for frames at `position`.

    A frame goes to the place after the last one unless that is clearly wrong. So time stamps that
    waver by less than half a frame leave no place empty and put no two frames in one.
    """
    places = np.full(len(position), -1)
    places[0] = last = 0
    for index, at in enumerate(position[1:].tolist(), 1):
        place = last + 1 if abs(at - last - 1) < _ASTRAY else round(at)
        if place > last:
            places[index] = last = place
    return places
