"""The strict rule for one video: hand-made truth, and properties that must always hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mespot import metrics


def f1(counts):
    return float(metrics.precision_recall_f1(*counts)[2])


# ---------------------------------------------------------------- one video and class


@pytest.mark.parametrize(
    ("predictions", "labels", "counts"),
    [
        ([[5, 14]], [[5, 14]], (1, 0, 0)),
        ([[0, 9]], [[0, 19]], (1, 0, 0)),  # 10 / 20 frames, both ends inclusive: exactly one half
        ([[0, 8]], [[0, 19]], (0, 1, 1)),  # 9 / 20
        ([[7, 7]], [[7, 7]], (1, 0, 0)),  # one frame
        ([[7, 7]], [[8, 8]], (0, 1, 1)),  # neighbours share nothing
        ([], [[3, 9], [20, 30]], (0, 0, 2)),
        ([[3, 9]], [], (0, 1, 0)),
        ([], [], (0, 0, 0)),
        ([[10, 19], [10, 19], [11, 20]], [[10, 19]], (1, 2, 0)),  # a label counts once
        ([[0, 39]], [[0, 19], [20, 39]], (1, 0, 1)),  # and so does a prediction
        ([[2, 11], [6, 17]], [[2, 11], [0, 7]], (1, 1, 1)),
        # Greedy by IoU would take the first two, IoU 1, and leave the others with 7 / 20.
        ([[0, 11], [0, 19]], [[0, 11], [0, 6]], (2, 0, 0)),
    ],
)
def test_counts_of_one_video(predictions, labels, counts):
    assert metrics.strict_counts(np.array(predictions), np.array(labels)) == counts


def test_the_assignment_is_optimal_and_not_greedy():
    predictions = np.array([[0, 11], [0, 19]])
    labels = np.array([[0, 11], [0, 6]])
    assert metrics.strict_match(predictions, labels) == [(0, 1), (1, 0)]


def test_among_equally_many_pairs_the_closest_are_taken():
    predictions = np.array([[0, 12], [0, 9]])
    assert metrics.strict_match(predictions, np.array([[0, 9]])) == [(1, 0)]


def test_other_thresholds():
    predictions, labels = np.array([[0, 2]]), np.array([[0, 9]])  # IoU 3 / 10
    assert metrics.strict_counts(predictions, labels, 0.3) == (1, 0, 0)
    assert metrics.strict_counts(predictions, labels, 0.31) == (0, 1, 1)


def test_backward_and_fractional_intervals_are_refused():
    with pytest.raises(ValueError, match="ends before it begins"):
        metrics.strict_match(np.array([[9, 3]]), np.array([[3, 9]]))
    with pytest.raises(ValueError, match="whole frame numbers"):
        metrics.strict_match(np.array([[3.0, 9.5]]), np.array([[3, 9]]))


# ---------------------------------------------------------------- properties

interval = st.tuples(st.integers(0, 60), st.integers(0, 25)).map(lambda x: (x[0], x[0] + x[1]))
intervals = st.lists(interval, max_size=8).map(lambda x: np.array(x, dtype=int).reshape(-1, 2))


@settings(max_examples=150, deadline=None, database=None)
@given(intervals, intervals, st.randoms(use_true_random=False), st.integers(-1000, 1000), interval)
def test_properties(predictions, labels, random, shift, extra):
    counts = tp, fp, fn = metrics.strict_counts(predictions, labels)
    assert tp <= min(len(predictions), len(labels))
    assert (tp + fp, tp + fn) == (len(predictions), len(labels))
    order = random.sample(range(len(predictions)), len(predictions))
    assert metrics.strict_counts(predictions[order], labels) == counts
    assert metrics.strict_counts(predictions + shift, labels + shift) == counts
    assert metrics.strict_counts(labels, predictions) == (tp, fn, fp)
    more = metrics.strict_counts(np.vstack([predictions, [extra]]), labels)
    if more[0] == tp and len(predictions) + len(labels):  # the new one is a false prediction
        assert f1(more) <= f1(counts)
    assert tp <= more[0] <= tp + 1


@settings(max_examples=100, deadline=None, database=None)
@given(intervals, intervals)
def test_no_other_matching_has_more_pairs(predictions, labels):
    allowed = metrics.intervals_iou(predictions, labels) >= 0.5
    owner = {}

    def augment(i, seen):  # Kuhn's algorithm, written independently
        for j in np.flatnonzero(allowed[i]):
            if j not in seen:
                seen.add(j)
                if j not in owner or augment(owner[j], seen):
                    owner[j] = i
                    return True
        return False

    best = sum(augment(i, set()) for i in range(len(predictions)))
    matched = metrics.strict_match(predictions, labels)
    assert len(matched) == best
    assert all(allowed[i, j] for i, j in matched)
    assert len({i for i, _ in matched}) == len({j for _, j in matched}) == best


# ---------------------------------------------------------------- ratios


def test_zero_denominators():
    precision, recall, score = metrics.precision_recall_f1([0, 0, 0, 3], [0, 2, 0, 1], [0, 0, 4, 2])
    np.testing.assert_allclose(precision, [np.nan, 0, np.nan, 0.75])
    np.testing.assert_allclose(recall, [np.nan, np.nan, 0, 0.6])
    np.testing.assert_allclose(score, [np.nan, 0, 0, 6 / 9])
