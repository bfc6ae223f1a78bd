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
    restlessness={"micro": 3.0, "macro": 2.0},
    rest_seconds=20.0,
    least_motion={"micro": 0.2, "macro": 0.3},
    least_noise=8.0,
    class_iou=0.2,
)
CROP = 224


def still(frames=400, noise=0.02, seed=0):
    """Five regions at rest, seen with noise. The fourth is an eye, the third lies beside it."""
    return np.random.default_rng(seed).normal(scale=noise, size=(frames, 5, 2))


def recording(frames=400, noise=0.02):
    """Five regions: a micro-expression at 60..72 on two, a macro at 200..245 on two, noise."""
    path = still(frames, noise)
    path[:, 0, 1] += bump(frames, 60, 72, -1.0)
    path[:, 1, 1] += bump(frames, 60, 72, -0.8)
    path[:, 1, 0] += bump(frames, 200, 245, 1.5)
    path[:, 2, 0] += bump(frames, 200, 245, 1.5)
    return path


def motion(path, span=None, blink=None, eyes=(), lids=(), crop=CROP, rate=30.0):
    frames = len(path)
    span = np.zeros(frames, int) if span is None else span
    blink = np.full(frames, 0.1) if blink is None else blink
    regional = lagged(path, LAGS, span)
    return training_free.RegionMotion(regional, LAGS, blink, span, rate, crop, eyes, lids)


def spot(path, recipe=RECIPE, **options):
    return training_free.spot(motion(path, eyes=[3], lids=[2, 3], **options), recipe)


def found(spotted):
    """How many intervals of each class."""
    return tuple(len(spotted.intervals[c]) for c in ("micro", "macro"))


def hold(frames, onset, offset, size, ramp=5):
    """A motion that stays between two frames, (T,)."""
    t = np.arange(frames)
    return size * np.clip(np.minimum(t - onset, offset - t) / ramp, 0, 1)


def test_the_order_of_the_classes_in_the_config_does_not_matter():
    """Windows of half a second belong to both classes. In a tie the micro-expression stays."""
    alike = {
        "restlessness": {"macro": 2.0, "micro": 2.0},
        "least_motion": {"macro": 0.2, "micro": 0.2},
    }
    seconds = dict(reversed(RECIPE.seconds.items()))
    path = still(noise=0.01)
    path[:, :2, 1] += bump(400, 60, 73, -1.5)[:, None]  # best in the shared window
    one, other = (
        training_free.spot(motion(path), replace(RECIPE, seconds=order, **alike))
        for order in (RECIPE.seconds, seconds)
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
    assert spotted.thresholds == {"micro": 1.0, "macro": 1.0}
    assert np.array_equal(spotted.levels["micro"], spotted.candidates["micro"].confidence)


def test_a_turn_that_stays_is_not_an_expression():
    frames = 200
    moved = np.zeros((frames, 4, 2))
    moved[:, :2, 0] = np.clip((np.arange(frames) - 100) / 6, 0, 1)[:, None] * 3.0
    assert training_free.returning_motion(moved, 6).max() == pytest.approx(0.0, abs=1e-9)
    assert found(spot(np.concatenate([moved, moved[:, :1]], axis=1))) == (0, 0)


def test_returning_motion_measures_the_size_of_the_motion():
    path = np.zeros((100, 2, 2))
    path[:, 0, 0] = bump(100, 40, 60, 2.0)
    returned = training_free.returning_motion(path, 10)
    assert returned[50].tolist() == pytest.approx([2.0, 0.0])
    assert not returned[:10].any() and not returned[-10:].any()
    assert not training_free.returning_motion(path[45:55], 10).any()  # shorter than a window


def test_motion_around_is_that_before_and_after_the_window():
    path = np.zeros((200, 2, 2))
    path[:, 0, 0] = bump(200, 90, 110, 2.0)
    path[:, 1, 0] = 2.0 * np.sin(2 * np.pi * np.arange(200) / 20)
    around = training_free.motion_around(path, 10, 30, 2.0)
    assert around[100, 0] < 0.2  # an expression has rest on both sides
    assert around[100, 1] > 3.0  # this goes on as before
    assert around[120, 0] > 2.0 and around[80, 0] > 2.0  # the way back and there, beside the window
    assert np.array_equal(training_free.motion_around(path, 10, 30, 0.0)[[120, 80], 0], [2.0, 2.0])


@pytest.mark.parametrize("crop", [CROP, 0])
@pytest.mark.parametrize("noise", [0.0, 0.01, 0.05, 0.3])
def test_noise_alone_holds_no_expression(noise, crop):
    """Frames of a photograph differ by the noise of the camera, a compressed one's by steps too."""
    path = still(900, noise)
    assert found(spot(path, crop=crop)) == (0, 0)
    path += np.repeat(still(75, noise, seed=1), 12, axis=0)
    assert found(spot(path, crop=crop)) == (0, 0)


def test_the_floor_is_a_share_of_the_face_or_a_multiple_of_the_noise():
    for noise, crop in ((0.005, CROP), (0.1, CROP), (0.1, 0), (0.0, 0)):
        path = still(900, noise)
        floor = training_free.floors(motion(path, crop=crop), path, RECIPE)
        least = 8.0 * max(noise, 0.01)
        assert floor["micro"] == pytest.approx(max(0.002 * crop, least), rel=0.05)
        assert floor["macro"] == pytest.approx(max(0.003 * crop, least), rel=0.05)


def test_what_is_found_does_not_depend_on_the_largest_motion():
    calm, lively = recording(), recording()
    lively[:, 4, 0] += bump(400, 300, 350, 40.0)
    for c, more in (("micro", 0), ("macro", 1)):
        bounds = spot(lively).intervals[c].bounds
        assert np.array_equal(bounds[: len(bounds) - more], spot(calm).intervals[c].bounds)


@pytest.mark.parametrize(("first", "last"), [(0, 300), (20, 400), (150, 400), (30, 280)])
def test_a_part_of_a_recording_holds_what_the_whole_does(first, last):
    path = still(600, noise=0.03)
    path[:, :2, 1] += (bump(600, 60, 72, -1.0) + bump(600, 250, 262, 0.8))[:, None]
    path[:, 1:3, 0] += (bump(600, 170, 220, 2.5) + bump(600, 440, 500, 9.0))[:, None]
    whole, part = spot(path), spot(path[first:last])
    for c in ("micro", "macro"):
        bounds, expected = part.intervals[c].bounds + first, whole.intervals[c].bounds
        expected = expected[(expected[:, 0] >= first) & (expected[:, 1] < last)]
        assert strict_counts(bounds, expected) == (len(expected), 0, 0)


def test_speech_is_no_row_of_expressions():
    """A mouth that opens and closes again and again, and one that does so once."""
    rng = np.random.default_rng(2)
    once, often = still(900), still(900)
    once[:, :2, 1] += bump(900, 400, 412, 3.0)[:, None]
    onsets = 200 + np.cumsum(rng.integers(6, 14, size=50))
    for onset in onsets[onsets < 700]:
        opened = bump(900, onset, onset + rng.integers(5, 12), rng.uniform(1.5, 4.0))
        often[:, :2, 1] += opened[:, None]
    assert found(spot(once)) == (1, 0)
    micro, macro = found(spot(often))  # in 17 s, of 46 movements
    assert micro <= 1 and macro <= 2


@pytest.mark.parametrize("held", [0, 15, 45, 75])
@pytest.mark.parametrize("pause", [6, 12, 20])
def test_the_pause_between_two_movements_is_none(held, pause):
    frames, onset = 700, 300
    first, second = (onset, onset + 20 + held), (onset + 20 + held + pause, onset + 40 + pause)
    path = still(frames)
    for start, stop in (first, (second[0], second[1] + 2 * held)):
        path[:, :2, 1] += hold(frames, start, stop, 3.0, ramp=8)[:, None]
    for intervals in spot(path).intervals.values():
        assert not any(first[1] - 4 < apex < second[0] + 4 for apex in intervals.apex)


def blinking(path, frames, size):
    """A path with blinks at some frames, and the score that shows them."""
    score = np.full(len(path), 0.15)
    for t in frames:
        score += bump(len(path), t - 4, t + 4, 0.35)
        path[:, 3, 1] += bump(len(path), t - 5, t + 5, size)
        path[:, 2, 1] += bump(len(path), t - 5, t + 5, size / 4)
    return path, score


def test_a_blink_is_no_expression():
    path, score = blinking(still(), [60, 150, 300], 4.0)
    assert found(spot(path, blink=score)) == (0, 0)
    # What the lids do not move counts in a blink too.
    path[:, :2, 1] += bump(400, 144, 156, 1.5)[:, None]
    spotted = spot(path, blink=score)
    assert strict_counts(spotted.intervals["micro"].bounds, np.array([[144, 156]])) == (1, 0, 0)


def test_eyes_count_where_it_is_known_that_they_do_not_blink():
    path, score = blinking(still(), [60], 4.0)
    assert found(spot(path, blink=np.full(400, 0.15))) == (1, 0)
    assert found(spot(path, blink=score)) == (0, 0)
    for unknown in (np.zeros(400), np.full(400, np.nan)):
        lids_alone = replace(RECIPE, least_motion={"micro": 0.6, "macro": 0.6})
        assert found(spot(path, lids_alone, blink=unknown)) == (0, 0)


def test_narrowed_eyes_do_not_blink():
    path = still(900)
    score = np.full(900, 0.1)
    score[200:700] = 0.6
    path[:, 2:4, 1] += bump(900, 440, 452, 2.0)[:, None]
    assert found(spot(path, blink=score)) == (1, 0)


def test_nothing_crosses_spans_or_comes_from_unusable_frames():
    span = np.zeros(400, int)
    span[66:70], span[70:] = -1, 1
    spotted = spot(recording(), span=span)
    for name, intervals in spotted.intervals.items():
        assert not spotted.scores[name][66:70].any()
        for onset, offset in intervals.bounds:
            assert len(set(span[onset : offset + 1].tolist())) == 1
    assert found(spotted) == (0, 1)
    everywhere = spot(recording(), span=np.full(400, -1))
    assert found(everywhere) == (0, 0) and not everywhere.scores["macro"].any()
    assert found(spot(recording(frames=400)[:3])) == (0, 0)


def test_half_lengths():
    halves = training_free.half_lengths(0.5, 3.0, 30.0, 1.3)
    assert halves[0] == 7 and halves[-1] == 44
    assert training_free.half_lengths(0.17, 0.17, 30.0, 1.3) == [3]


def test_the_displacement_from_frame_to_frame_is_needed():
    few_lags = replace(motion(still(9)), regional=np.zeros((9, 1, 5, 2)), lags=[3])
    with pytest.raises(ValueError, match="cannot be told from lags"):
        training_free.spot(few_lags, RECIPE)
