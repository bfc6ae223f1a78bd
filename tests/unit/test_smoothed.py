"""The peaks decoder; that it reproduces others' intervals is tested with the rules."""

import numpy as np
import pytest
from scipy.signal import find_peaks

from mespot.settings import BOUNDARIES, PEAKS
from mespot.spotting import decoders, peaks
from mespot.spotting.decoders import Decoding
from mespot.spotting.lengths import Lengths
from mespot.spotting.smoothed import smoothed


def by_definition(scores, k, p):
    s = np.asarray(scores, np.float64)
    smooth = np.array([s[j : j + 2 * k].mean() for j in range(len(s) - 2 * k + 1)])
    threshold = smooth.mean() + p * (smooth.max() - smooth.mean())
    maxima, _ = find_peaks(smooth, height=threshold, distance=k)
    return [[j, j + 2 * k] for j in maxima]


@pytest.mark.parametrize("k", [1, 4, 9])
@pytest.mark.parametrize("p", [0.0, 0.3, 0.7])
def test_agrees_with_its_definition(k, p):
    scores = np.random.default_rng(k).normal(size=400).astype(np.float32)
    intervals = peaks(scores, k, p)
    assert intervals.bounds.tolist() == by_definition(scores, k, p) and len(intervals)
    assert (intervals.apex - intervals.onset == k).all() and (intervals.duration == 2 * k + 1).all()
    assert intervals.confidence.max() == pytest.approx(1)
    assert (intervals.confidence >= p - 1e-12).all()


def test_one_hump():
    scores = np.exp(-(((np.arange(200) - 80) / 5) ** 2))
    intervals = peaks(scores, 6, 0.5)
    assert intervals.bounds.tolist() in ([[74, 86]], [[75, 87]])


def test_confidences_are_on_the_scale_of_p():
    scores = np.random.default_rng(1).random(500)
    every = peaks(scores, 5, 0.0)
    for p in (0.2, 0.5, 0.9):
        assert every.above(p).bounds.tolist() == peaks(scores, 5, p).bounds.tolist()


def test_spans_are_smoothed_apart_and_share_a_threshold():
    rng = np.random.default_rng(2)
    scores = rng.random(300)
    span = np.repeat([0, -1, 1], [140, 30, 130])
    intervals = peaks(scores, 5, 0.0, span)
    inside = [set(span[a : b + 1]) for a, b in intervals.bounds]
    assert len(intervals) > 4 and all(s in ({0}, {1}) for s in inside)
    loud = scores.copy()
    loud[140:170] = 1000  # no face there: nothing of it may leak
    assert peaks(loud, 5, 0.0, span).bounds.tolist() == intervals.bounds.tolist()
    loud[175:185] += 50  # the other span raises the threshold of the first
    assert all(a >= 170 for a in peaks(loud, 5, 0.5, span).onset)


def test_nothing_to_find():
    assert len(peaks(np.ones(100), 5, 0.5)) == 0
    assert len(peaks(np.arange(9.0), 5, 0.5)) == 0  # shorter than a window
    assert len(peaks(np.arange(100.0), 5, 0.5)) == 0  # the end is no peak
    with pytest.raises(ValueError, match="half_length"):
        peaks(np.ones(100), 0, 0.5)


def test_decoders_of_a_class_without_labels_find_nothing():
    score = np.random.default_rng(0).random(100)
    distances, span = np.full((100, 2), 3.0), np.zeros(100, int)
    for decoder in (BOUNDARIES, PEAKS):
        how = Decoding(decoder, 1.25, 0.2, floor=0.1, nms_iou=0.2, vote_iou=0.5)
        for lengths, some in ((Lengths(1, 0, 3), False), (Lengths(2, 20, 3), True)):
            candidates = decoders.candidates(score, distances, span, lengths, how)
            assert bool(len(candidates)) == some


def test_threshold_of_peaks_is_drawn_on_the_scale_of_the_scores():
    score, span = np.random.default_rng(0).random(100), np.zeros(100, int)
    lengths = Lengths(2, 20, 4)
    boundaries, of_peaks = (Decoding(decoder, 1.25, 0.2) for decoder in (BOUNDARIES, PEAKS))
    assert decoders.on_scores(0.3, score, span, lengths, boundaries) == 0.3
    smooth, inside = smoothed(score, 4, span)
    threshold = decoders.on_scores(1.0, score, span, lengths, of_peaks)
    assert threshold == pytest.approx(smooth[inside >= 0].max())
