import math

import numpy as np
import pytest

from mespot.spotting import decode, thresholds


def test_relative_threshold():
    score = np.array([0.0, 0.0, 4.0, 0.0, 100.0])
    span = np.array([0, 0, 0, 0, -1])
    assert thresholds.relative_threshold(score, span, 0.0) == pytest.approx(1.0)
    assert thresholds.relative_threshold(score, span, 0.5) == pytest.approx(2.5)
    assert math.isinf(thresholds.relative_threshold(np.zeros(5), span, 0.5))
    assert math.isinf(thresholds.relative_threshold(score, np.full(5, -1), 0.5))


def candidates():
    """Two videos, three labels; the best cut keeps confidences from 0.6."""
    first = decode.intervals([0, 20, 40], [5, 25, 45], [9, 29, 49], [0.9, 0.6, 0.2])
    second = decode.intervals([0, 50], [5, 55], [9, 59], [0.7, 0.4])
    labels = [np.array([[0, 9], [20, 29]]), np.array([[0, 9]])]
    return [first, second], labels


def test_sweep_counts_every_threshold():
    intervals, labels = candidates()
    levels, f1 = thresholds.sweep(intervals, labels)
    assert levels.tolist() == [0.2, 0.4, 0.6, 0.7, 0.9]
    assert f1 == pytest.approx([6 / 8, 6 / 7, 1.0, 4 / 5, 2 / 4])


def test_best_threshold_takes_the_top_and_the_middle_of_a_plateau():
    intervals, labels = candidates()
    assert thresholds.best_threshold(intervals, labels, tolerance=0.0) == (0.6, 1.0)
    threshold, f1 = thresholds.best_threshold(intervals, labels, tolerance=0.3)
    assert (threshold, f1) == (0.4, pytest.approx(6 / 7))  # of 0.2, 0.4, 0.6, 0.7


def test_best_threshold_counts_missed_labels_of_videos_without_candidates():
    intervals, labels = candidates()
    nothing = decode.intervals([], [], [], [])
    _, f1 = thresholds.sweep([*intervals, nothing], [*labels, np.array([[3, 9]])])
    assert f1.max() == pytest.approx(6 / 7)


def test_best_threshold_without_a_match_predicts_nothing():
    intervals, _ = candidates()
    none = [np.zeros((0, 2), int)] * 2
    assert thresholds.best_threshold(intervals, none, tolerance=0.1) == (math.inf, 0.0)
    assert thresholds.best_threshold([], [], tolerance=0.1) == (math.inf, 0.0)
