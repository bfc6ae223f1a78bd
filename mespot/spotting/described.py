"""What can be said of an interval that was spotted: which regions move, on which side, and what
else the face and the head do at the time.

Nothing here decides whether an interval is an expression. It tells whoever looks at it what to look
at, and what may have been taken for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks

from mespot.spotting import region_groups
from mespot.spotting.decode import Intervals
from mespot.spotting.signals import course, eyes_shut, path_noise

# Regions are named that move at least this share of the one that moves most; so many at most.
_SHARE, _MOST = 0.5, 4
# One side moves more when it has this share of the motion of both.
_ONE_SIDE = 0.65
# What is looked at around an interval (s), and the drift that is taken off its motion (s).
_AROUND, _DRIFT = 1.5, 30.0
# Speech opens the mouth so many times within so many seconds, by this share of the crop's side and
# this many times the noise.
_OPENINGS, _SPOKEN, _OPENING, _OPENING_NOISE = 3, 1.0, 0.002, 5.0
# A head turns when its rotation changes by this many degrees within an interval, smoothed over this
# long (s), or this long before and after it.
_TURN, _TURN_SMOOTHED, _TURN_MARGIN = 5.0, 0.2, 0.2
# What hides the face is looked for so long (s) before and after an interval, too: its edges move.
_HIDDEN_NEAR = 0.25
_NEAR_THE_END = 1  # frames from the border of a span


@dataclass(frozen=True, kw_only=True)
class FaceCourse:
    """What a face and its head did over T working frames.

    regional: `(T, L, R, 2)` px over L `lags`. span: `(T,)`. blink: `(T,)` 0..1. hidden: `(T,)`
    bool, no face was found or something hides it. rotation: `(T, 3)` degrees. regions: names of the
    R regions. rate: working frames a second. crop_size: side of the crop, px.
    """

    regional: np.ndarray
    lags: Sequence[int]
    span: np.ndarray
    blink: np.ndarray
    hidden: np.ndarray
    rotation: np.ndarray
    regions: Sequence[str]
    rate: float
    crop_size: int


@dataclass(frozen=True)
class Description:
    """Of N intervals. regions: names of what moves most, the first one most. side: `left`, `right`
    (the person's own) or `both`. blink, speech, head_turn, occluded, cut_off: `(N,)` bool."""

    regions: list[list[str]]
    side: list[str]
    blink: np.ndarray
    speech: np.ndarray
    head_turn: np.ndarray
    occluded: np.ndarray
    cut_off: np.ndarray


def describe(intervals: Intervals, face: FaceCourse) -> Description:
    """Look at each interval. They are of the frames of `face`, and none leaves its span."""
    how = region_groups.of(face.regions)
    shut = eyes_shut(face.blink, face.span, face.rate, 0.0)
    near = round(_HIDDEN_NEAR * face.rate)
    regions, sides, flags = [], [], []
    for onset, offset in intervals.bounds.tolist():
        inside = slice(onset, offset + 1)
        start, stop = _span_of(face.span, onset)
        first = max(start, onset - round(_AROUND * face.rate))
        last = min(stop, offset + 1 + round(_AROUND * face.rate))
        path = course(
            face.regional[first:last], face.lags, face.span[first:last], _DRIFT * face.rate
        )
        own = path[onset - first : offset + 1 - first]
        amplitude = np.linalg.norm(own - own[:1], axis=2).max(axis=0)
        regions.append(_strongest(amplitude, face.regions))
        sides.append(_side(amplitude, how))
        flags.append(
            (
                shut is not None and bool(shut[inside].any()),
                _speaks(path, face),
                _turns(face.rotation[start:stop], onset - start, offset - start, face.rate),
                bool(face.hidden[max(0, onset - near) : offset + 1 + near].any()),
                onset - start < _NEAR_THE_END or stop - 1 - offset < _NEAR_THE_END,
            )
        )
    columns = np.array(flags, dtype=bool).reshape(-1, 5).T
    return Description(regions, sides, *columns)


def _span_of(span: np.ndarray, frame: int) -> tuple[int, int]:
    """First frame and end of the span that a frame is in."""
    other = span != span[frame]
    before, after = np.flatnonzero(other[:frame]), np.flatnonzero(other[frame:])
    start = int(before[-1]) + 1 if before.size else 0
    return start, frame + int(after[0]) if after.size else len(span)


def _strongest(amplitude: np.ndarray, names: Sequence[str]) -> list[str]:
    order = np.argsort(-amplitude, kind="stable")[:_MOST]
    return [names[i] for i in order if amplitude[i] >= _SHARE * amplitude[order[0]]]


def _side(amplitude: np.ndarray, how: region_groups.Regions) -> str:
    """The side on which what moves most moves more."""
    pairs = np.array([amplitude[list(pair)] for pair in how.pairs.values()]).reshape(-1, 2)
    left, right = pairs[pairs.max(axis=1) >= _SHARE * amplitude.max()].sum(axis=0)
    if left + right == 0:  # what moves is in the middle of the face
        return "both"
    share = left / (left + right)
    return "left" if share >= _ONE_SIDE else "right" if share <= 1 - _ONE_SIDE else "both"


def _speaks(path: np.ndarray, face: FaceCourse) -> bool:
    """Whether the mouth opens and closes again and again: path `(T, R, 2)` around an interval."""
    names = list(face.regions)
    if not {"upper_lip", "lower_lip"} <= set(names):
        return False
    opening = path[:, names.index("lower_lip"), 1] - path[:, names.index("upper_lip"), 1]
    noise = path_noise(path, np.zeros(len(path), int))
    least = max(_OPENING * face.crop_size, _OPENING_NOISE * noise)
    peaks, _ = find_peaks(opening, prominence=least)
    within = peaks[_OPENINGS - 1 :] - peaks[: max(0, len(peaks) - _OPENINGS + 1)]
    return bool((within <= _SPOKEN * face.rate).any())


def _turns(rotation: np.ndarray, onset: int, offset: int, rate: float) -> bool:
    margin = round(_TURN_MARGIN * rate)
    near = rotation[max(0, onset - margin) : offset + 1 + margin]
    near = near[np.isfinite(near).all(axis=1)]
    if not len(near):
        return False
    smooth = uniform_filter1d(near, max(1, round(_TURN_SMOOTHED * rate)), axis=0, mode="nearest")
    return bool(np.ptp(smooth, axis=0).max() >= _TURN)
