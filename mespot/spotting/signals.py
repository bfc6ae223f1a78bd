"""Motion signals that spotters read from the displacement of face regions over several lags.

`regional` is `(T, L, R, 2)` float, px of the crop: for each of L lags the mean displacement of each
of R regions from working frame t - lag to t, zero where t - lag lies outside the span of t.
`span` is `(T,)` int: the usable span that a frame belongs to, -1 where there is no usable face.
Nothing here looks across the border of a span.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import solveh_banded
from scipy.ndimage import maximum_filter1d, median_filter

from mespot.spans import usable_spans

# A blink raises the score by .2 to .7, its noise and a glance by less than this.
_BLINK_RISE = 0.1


def displacement(
    regional: np.ndarray, lags: Sequence[int], length: int, span: np.ndarray
) -> np.ndarray:
    """Displacement of each region from frame t - length to t, `(T, R, 2)` px.

    A length that is no lag is put together from the longest lags that fit (30 = 12 + 12 + 6), so
    few errors add up. Zero where t - length lies outside the span of t. Raises ValueError when the
    lags cannot make up the length (lag 1 makes up any).
    """
    total = np.zeros((regional.shape[0], *regional.shape[2:]), dtype=np.float64)
    done = 0
    for lag in sorted(lags, reverse=True):
        while length - done >= lag:
            # From t - done - lag to t - done, seen at t; nowhere in a recording that is shorter.
            shown = max(0, len(total) - done)
            total[done:] += regional[:shown, list(lags).index(lag)]
            done += lag
    if done != length:
        raise ValueError(f"displacement over {length} frames cannot be made of the lags {lags}")
    total[~_inside(span, length)] = 0.0
    return total


def course(
    regional: np.ndarray, lags: Sequence[int], span: np.ndarray, drift_frames: float
) -> np.ndarray:
    """Position of each region over time without its slow drift, `(T, R, 2)` px.

    Minimises, in each span, sum over lags and t of (x[t] - x[t - lag] - regional[t, lag])^2
    plus e * sum of x[t]^2. The displacements over all lags are reconciled by least squares and
    the second term pulls the path to zero, which is a high-pass filter: a motion with a period
    of `drift_frames` frames comes out at half its size, slower ones smaller, faster ones whole.
    """
    x = np.zeros((regional.shape[0], *regional.shape[2:]), dtype=np.float64)
    # For slow motion of angular frequency w the first term weighs (w * lag)^2 for each lag.
    pull = (2 * np.pi / drift_frames) ** 2 * float(np.sum(np.square(lags)))
    for start, stop in usable_spans(span):
        n = stop - start
        bands = np.zeros((max(lags) + 1, n))  # upper form: bands[-1] is the diagonal
        bands[-1] = pull
        right = np.zeros((n, int(np.prod(regional.shape[2:]))))
        for i, lag in enumerate(lags):
            if lag >= n:
                continue
            bands[-1, lag:] += 1
            bands[-1, : n - lag] += 1
            bands[-1 - lag, lag:] -= 1
            moved = regional[start + lag : stop, i].reshape(n - lag, -1)
            right[lag:] += moved
            right[: n - lag] -= moved
        x[start:stop] = solveh_banded(bands, right).reshape(n, *regional.shape[2:])
    return x


def without_drift(signal: np.ndarray, span: np.ndarray, drift_frames: int) -> np.ndarray:
    """`signal` `(T, ...)` minus its moving average over `drift_frames` frames inside its span."""
    out = np.zeros_like(signal, dtype=np.float64)
    for start, stop in usable_spans(span):
        part = np.asarray(signal[start:stop], dtype=np.float64)
        n = len(part)
        sums = np.concatenate([np.zeros((1, *part.shape[1:])), np.cumsum(part, axis=0)])
        frames = np.arange(n)
        first = np.maximum(frames - drift_frames // 2, 0)
        last = np.minimum(frames + drift_frames // 2 + 1, n)
        width = (last - first).reshape(-1, *[1] * (part.ndim - 1))
        out[start:stop] = part - (sums[last] - sums[first]) / width
    return out


def noise_scale(signal: np.ndarray, span: np.ndarray) -> float:
    """Robust spread of a signal `(T, ...)` over its usable frames: 1.48 x median of |x|.

    One for a signal without any usable frame or motion, so that it can divide.
    """
    values = np.abs(np.asarray(signal)[np.asarray(span) >= 0])
    scale = 1.4826 * float(np.median(values)) if values.size else 0.0
    return scale if scale > 0 else 1.0


def eyes_shut(blink: np.ndarray, span: np.ndarray, rate: float, margin: float) -> np.ndarray | None:
    """Whether the eyes blink within `margin` s of each frame, `(T,)` bool; None without any score.

    blink: `(T,)` score in 0..1. The score of open eyes differs between people, and narrowed eyes
    have a high one for long. So a blink is a score that is clearly above its median over two
    seconds. A recording whose scores are all zero or NaN has none.
    """
    score = np.nan_to_num(np.asarray(blink, dtype=np.float64))
    if not score[np.asarray(span) >= 0].any():
        return None
    shut = np.zeros(len(score), dtype=bool)
    for start, stop in usable_spans(span):
        part = score[start:stop]
        usual = median_filter(part, size=2 * round(rate) + 1, mode="reflect")
        closed = part - usual > _BLINK_RISE
        shut[start:stop] = maximum_filter1d(closed, 2 * round(margin * rate) + 1, mode="nearest")
    return shut


def usual_place(path: np.ndarray, span: np.ndarray, rate: float, seconds: float) -> np.ndarray:
    """Median place of each region over `seconds` around each frame, `(T, R, 2)` px.

    path: `(T, R, 2)` px. A face is at rest most of the time. About ten frames a second are looked
    at, which is enough for a median; at the ends of a span the path is mirrored.
    """
    usual = np.zeros_like(path)
    every = max(1, round(rate / 10))
    for start, stop in usable_spans(span):
        part = path[start:stop:every]
        width = 2 * round(seconds * rate / every / 2) + 1
        medians = median_filter(part, size=(width, 1, 1), mode="reflect")
        usual[start:stop] = np.repeat(medians, every, axis=0)[: stop - start]
    return usual


def path_noise(path: np.ndarray, span: np.ndarray) -> float:
    """Standard deviation of the noise in the places of regions, px; 0 in a very short recording.

    path: `(T, R, 2)` px. From its third differences: at video rates motion is smooth over four
    frames, and noise that differs from frame to frame is sqrt(20) times as large in them. The
    median leaves out the frames in which something moves abruptly.
    """
    rough = [np.diff(path[start:stop], n=3, axis=0).ravel() for start, stop in usable_spans(span)]
    values = np.abs(np.concatenate([np.zeros(0), *rough]))
    return 1.4826 * float(np.median(values)) / np.sqrt(20) if values.size else 0.0


def _inside(span: np.ndarray, length: int) -> np.ndarray:
    """Whether frames t - length and t belong to the same usable span, `(T,)` bool."""
    span = np.asarray(span)
    same = np.zeros(len(span), dtype=bool)
    if length < len(span):
        same[length:] = (span[length:] >= 0) & (span[length:] == span[: len(span) - length])
    return same
