from dataclasses import replace

import numpy as np
import pytest

from mespot.metrics import strict_counts
from mespot.spotting import training_free
from tests.unit.moving_regions import LAGS, bump, lagged

RECIPE = training_free.TrainingFreeRecipe(
    seconds={"micro": (0.17, 0.5), "macro": (0.5, 3.0)},
    length_ratio=1.3,
    strongest_regions=2,
    length_exponent=0.3,
    class_iou=0.2,
    p={"micro": 0.5, "macro": 0.5},
)


def recording(frames=400, noise=0.02):
    """Five regions: a micro-expression at 60..72 on two, a macro at 200..245 on two, noise."""
    rng = np.random.default_rng(0)
    path = rng.normal(scale=noise, size=(frames, 5, 2))
    path[:, 0, 1] += bump(frames, 60, 72, -1.0)
    path[:, 1, 1] += bump(frames, 60, 72, -0.8)
    path[:, 1, 0] += bump(frames, 200, 245, 1.5)
    path[:, 2, 0] += bump(frames, 200, 245, 1.5)
    return path


def motion(path, span=None, blink=None, eyes=()):
    frames = len(path)
    span = np.zeros(frames, int) if span is None else span
    blink = np.zeros(frames) if blink is None else blink
    regional = lagged(path, LAGS, span)
    return training_free.RegionMotion(regional, LAGS, blink, span, 30.0, eyes)


def spot(path, span=None, blink=None):
    return training_free.spot(motion(path, span=span, blink=blink, eyes=[3]), RECIPE)


def test_the_order_of_the_classes_in_the_config_does_not_matter():
    """Windows of half a second belong to both classes. In a tie the micro-expression stays."""
    seconds, p = dict(reversed(RECIPE.seconds.items())), dict(reversed(RECIPE.p.items()))
    path = np.random.default_rng(0).normal(scale=0.01, size=(400, 5, 2))
    path[:, :2, 1] += bump(400, 60, 73, -1.0)[:, None]  # best in the shared window
    one, other = (
        training_free.spot(motion(path), recipe)
        for recipe in (RECIPE, replace(RECIPE, seconds=seconds, p=p))
    )
    for c in ("micro", "macro"):
        assert np.array_equal(one.intervals[c].bounds, other.intervals[c].bounds)
    assert len(one.intervals["micro"]) == 1


def test_finds_a_micro_and_a_macro_expression():
    spotted = spot(recording())
    micro, macro = spotted.intervals["micro"], spotted.intervals["macro"]
    assert strict_counts(micro.bounds, np.array([[60, 72]])) == (1, 0, 0)
    assert strict_counts(macro.bounds, np.array([[200, 245]])) == (1, 0, 0)
    assert abs(int(micro.apex[0]) - 66) <= 1
    assert micro.confidence[0] == pytest.approx(spotted.scores["micro"][micro.apex[0]])
    assert micro.confidence[0] >= spotted.thresholds["micro"]


def test_a_turn_that_stays_is_not_an_expression():
    frames = 200
    moved = np.zeros((frames, 4, 2))
    moved[:, :2, 0] = np.clip((np.arange(frames) - 100) / 6, 0, 1)[:, None] * 3.0
    returned = training_free.returning_motion(motion(moved), 6)
    assert returned.max() == pytest.approx(0.0, abs=1e-9)


def test_returning_motion_measures_the_size_of_the_motion():
    path = np.zeros((100, 2, 2))
    path[:, 0, 0] = bump(100, 40, 60, 2.0)
    returned = training_free.returning_motion(motion(path), 10)
    assert returned[50].tolist() == pytest.approx([2.0, 0.0])


def test_blinks_dampen_the_eyes_only():
    path = np.zeros((100, 4, 2))
    path[:, 3, 1] = path[:, 2, 1] = bump(100, 45, 55, 1.0)
    blink = np.zeros(100)
    blink[49:52] = 1.0
    returned = training_free.returning_motion(motion(path, blink=blink, eyes=[3]), 5)
    assert returned[50, 2] == pytest.approx(1.0)
    assert returned[50, 3] == 0.0


def test_nothing_crosses_spans_or_comes_from_unusable_frames():
    span = np.zeros(400, int)
    span[66:70], span[70:] = -1, 1
    spotted = spot(recording(), span=span)
    for name, intervals in spotted.intervals.items():
        assert not spotted.scores[name][66:70].any()
        for onset, offset in intervals.bounds:
            assert len(set(span[onset : offset + 1].tolist())) == 1
    everywhere = spot(recording(), span=np.full(400, -1))
    assert not len(everywhere.intervals["micro"]) and not everywhere.scores["macro"].any()


def test_half_lengths():
    halves = training_free.half_lengths(0.5, 3.0, 30.0, 1.3)
    assert halves[0] == 7 and halves[-1] == 44
    assert training_free.half_lengths(0.17, 0.17, 30.0, 1.3) == [3]
    few_lags = training_free.RegionMotion(
        np.zeros((9, 1, 1, 2)), [3], np.zeros(9), np.zeros(9, int), 30.0, []
    )
    with pytest.raises(ValueError, match="cannot be made of the lags"):
        training_free.returning_motion(few_lags, 4)
