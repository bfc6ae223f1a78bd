"""The decoder of most learned spotters: peaks of a smoothed curve, intervals of one length."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mespot.spans import usable_spans
from mespot.spotting import decode
from mespot.spotting.decode import Intervals
from mespot.spotting.thresholds import relative_level, relative_threshold


def peaks(
    scores: np.ndarray, half_length: int, p: float, span: np.ndarray | None = None
) -> Intervals:
    """Intervals of 2 `half_length` + 1 frames around the peaks of the smoothed scores.

    scores: `(T,)`, one a frame. half_length: k, at least 1 frame; half of the mean length of the
    labels is usual. p: threshold as a share of the way from the mean of the smoothed scores, 0, to
    their maximum, 1. span: `(T,)` index of the usable span of each frame, -1 for none; without it
    all frames are one span.

    The smoothed score of frame j + k is the mean of scores[j : j + 2 k], full windows of one span
    only. Its strict local maxima of at least the threshold, the highest first and at least k frames
    apart, become [j, j + 2 k]. Confidence is on the scale of p. In time order.

    So do SOFTNet (Liong et al. 2021, doi:10.1109/ICIP42928.2021.9506372) and its successors; the
    details are those of SL-Swin (He et al. 2023, doi:10.3390/electronics12122656), whose printed
    counts it reproduces.
    """
    if half_length < 1:
        raise ValueError(f"half_length must be at least 1 frame, not {half_length}")
    scores = np.asarray(scores, dtype=np.float64)
    span = np.zeros(len(scores), np.int64) if span is None else np.asarray(span)
    smooth, inside = smoothed(scores, half_length, span)
    # Where nothing stands out of the mean there is no threshold, hence no peak.
    threshold = relative_threshold(smooth, inside, p)
    maxima = decode.from_peaks(
        smooth, 0, inside, threshold=threshold, distance=half_length, ends=False
    ).in_time_order()
    if not len(maxima):
        return maxima
    return decode.intervals(
        maxima.apex - half_length,
        maxima.apex,
        maxima.apex + half_length,
        relative_level(maxima.confidence, smooth, inside),
    )


def smoothed(
    scores: np.ndarray, half_length: int, span: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The smoothed scores of `peaks`, `(T,)`, and the span of each frame that has one, else -1."""
    smooth, inside = np.zeros(len(scores)), np.full(len(scores), -1)
    for number, (start, stop) in enumerate(usable_spans(span)):
        if stop - start < 2 * half_length:
            continue
        windows = sliding_window_view(scores[start:stop], 2 * half_length)
        place = slice(start + half_length, start + half_length + len(windows))
        smooth[place], inside[place] = windows.mean(axis=1), number
    return smooth, inside
