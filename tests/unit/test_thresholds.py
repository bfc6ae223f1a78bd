import math
from dataclasses import replace

import numpy as np
import pytest

from mespot.metrics import strict_counts
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


def test_hits_are_one_to_one_and_the_surest_come_first():
    labels = np.array([[0, 9], [20, 29]])
    rows = decode.intervals([0, 1, 21, 60, 0], [5] * 5, [9, 10, 29, 69, 4], [0.5, 0.9, 0.2, 1, 0.1])
    assert thresholds.hits(rows, labels).tolist() == [False, True, True, False, False]
    assert thresholds.hits(rows, labels, iou=0.85).tolist() == [True, False, True, False, False]
    assert thresholds.hits(rows, labels[:0]).tolist() == [False] * 5
    assert thresholds.hits(rows.pick([]), labels).tolist() == []


def test_hits_are_the_true_positives_at_every_threshold():
    rng = np.random.default_rng(4)
    starts = rng.integers(0, 300, 80)
    rows = decode.intervals(starts, starts, starts + rng.integers(5, 30, 80), rng.random(80))
    labels = np.array([[20, 39], [60, 90], [150, 161], [200, 225]])
    found = thresholds.hits(rows, labels)
    assert found.sum() == 4
    for level in np.sort(rows.confidence)[::7]:
        best, *_ = strict_counts(rows.above(level).bounds, labels)
        assert found[rows.confidence >= level].sum() <= best


def test_the_chance_of_a_hit_rises_with_the_evidence_and_adds_up_to_the_hits():
    rng = np.random.default_rng(0)
    evidence = rng.normal(size=2000)
    hit = rng.random(2000) < thresholds.from_logit(2 * evidence - 3)
    chance = thresholds.chance_of_hit(evidence, hit)
    assert chance.sum() == pytest.approx(hit.sum(), rel=1e-4)
    assert chance == pytest.approx(thresholds.from_logit(2 * evidence - 3), abs=0.05)
    order = np.argsort(evidence)
    assert (np.diff(chance[order]) >= 0).all()


@pytest.mark.parametrize(
    "hit", [[True] * 4, [False, False, True, True], [False, True, False, False]]
)
def test_few_candidates_give_chances(hit):
    chance = thresholds.chance_of_hit(np.array([-8.0, -1.0, 0.0, 9.0]), np.array(hit))
    assert np.isfinite(chance).all() and chance.sum() == pytest.approx(sum(hit), abs=0.01)
    assert np.isfinite(thresholds.chance_of_hit(np.ones(4), np.array(hit))).all()


def test_best_threshold_has_the_highest_expected_f1():
    """Two hundred videos whose hits follow a known curve, of which the threshold is the best."""
    rng = np.random.default_rng(1)
    videos, labels = [], []
    for _ in range(200):
        sure = rng.random(10)
        starts = 100 * np.arange(10)
        videos.append(decode.intervals(starts, starts, starts + 9, sure))
        hit = rng.random(10) < sure
        labels.append(np.stack([starts[hit], starts[hit] + 9], axis=1))
    threshold, f1 = thresholds.best_threshold(videos, labels)
    # Of 2,000 candidates, from p on: 2 (1 - p^2) / 2 hits of 2 (1 - p) kept, and half are labels.
    levels = np.linspace(0.01, 0.99, 99)
    expected = (1 - levels**2) / (1 - levels + 0.5)
    assert threshold == pytest.approx(levels[expected.argmax()], abs=0.05)
    assert f1 == pytest.approx(expected.max(), abs=0.03)


def test_best_threshold_gives_the_f1_of_its_own_candidates():
    intervals, labels = candidates()
    threshold, f1 = thresholds.best_threshold(intervals, labels)
    assert (threshold, f1) == (0.4, pytest.approx(6 / 7))
    # A missed label of a video without candidates counts.
    nothing = decode.intervals([], [], [], [])
    more = thresholds.best_threshold([*intervals, nothing], [*labels, np.array([[3, 9]])])
    assert more == (0.4, pytest.approx(6 / 8))


def test_confidences_need_not_be_shares():
    intervals, labels = candidates()
    scaled = [replace(one, confidence=20 * one.confidence - 10) for one in intervals]
    threshold, f1 = thresholds.best_threshold(intervals, labels, shares=False)
    moved = thresholds.best_threshold(scaled, labels, shares=False)
    assert moved == (pytest.approx(20 * threshold - 10), f1) and f1 > 0


def test_equal_confidences_are_kept_together():
    starts = 100 * np.arange(6)
    rows = decode.intervals(starts, starts, starts + 9, [0.9, 0.5, 0.5, 0.5, 0.5, 0.1])
    labels = np.stack([starts, starts + 9], axis=1)[:3]
    threshold, f1 = thresholds.best_threshold([rows], [labels])
    kept = rows.above(threshold)
    assert f1 == pytest.approx(2 * thresholds.hits(kept, labels).sum() / (len(kept) + 3))


def test_best_threshold_without_a_match_predicts_nothing():
    intervals, _ = candidates()
    none = [np.zeros((0, 2), int)] * 2
    assert thresholds.best_threshold(intervals, none) == (math.inf, 0.0)
    assert thresholds.best_threshold([], []) == (math.inf, 0.0)
    empty = decode.intervals([], [], [], [])
    assert thresholds.best_threshold([empty], [np.array([[0, 9]])]) == (math.inf, 0.0)
