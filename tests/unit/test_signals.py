import numpy as np
import pytest

from mespot.spotting import signals
from tests.unit.moving_regions import lagged


def test_displacement_of_any_length_is_the_difference_of_positions():
    rng = np.random.default_rng(0)
    path = rng.normal(size=(60, 3, 2)).cumsum(axis=0)
    lags = [1, 3, 6, 12]
    regional = lagged(path, lags)
    span = np.zeros(60, int)
    for length in (1, 2, 6, 17, 31):
        moved = signals.displacement(regional, lags, length, span)
        assert moved[length:] == pytest.approx(path[length:] - path[:-length])
        assert not moved[:length].any()


@pytest.mark.parametrize("frames", [1, 5, 31, 34])
def test_displacement_over_longer_than_the_recording_is_none(frames):
    regional = np.ones((frames, 3, 2, 2))
    moved = signals.displacement(regional, [1, 3, 6], 44, np.zeros(frames, int))
    assert moved.shape == (frames, 2, 2) and not moved.any()


def test_displacement_does_not_cross_spans():
    path = np.arange(40.0)[:, None, None].repeat(2, axis=2)
    span = np.repeat([0, 1], 20)
    moved = signals.displacement(lagged(path, [1, 3], span), [1, 3], 5, span)
    assert not moved[20:25].any()
    assert moved[25:] == pytest.approx(5.0)


def test_displacement_needs_lags_that_fit():
    with pytest.raises(ValueError, match="cannot be made"):
        signals.displacement(np.zeros((20, 1, 1, 2)), [3], 5, np.zeros(20, int))


def test_course_follows_a_burst_and_forgets_drift():
    t = np.arange(300)
    burst = 2.0 * np.exp(-(((t - 150) / 6.0) ** 2))
    path = np.stack([burst, 0.01 * t], axis=1)[:, None]  # u: burst, v: slow drift
    span = np.zeros(300, int)
    position = signals.course(lagged(path, [1, 3, 6]), [1, 3, 6], span, drift_frames=240)[:, 0]
    assert position[150, 0] - position[120, 0] == pytest.approx(2.0, rel=0.1)
    assert np.abs(position[60:240, 1]).max() < 0.3  # of 3 px


def test_course_of_fast_and_of_slow_oscillation():
    t = np.arange(2000)
    for period, gain in ((40, 1.0), (240, 0.5), (1500, 0.03)):
        path = np.cos(2 * np.pi * t / period)[:, None, None].repeat(2, axis=2)
        span = np.zeros(2000, int)
        position = signals.course(lagged(path, [1, 3]), [1, 3], span, drift_frames=240)
        assert np.abs(position[500:1500]).max() == pytest.approx(gain, abs=0.05)


def test_course_treats_spans_apart():
    rng = np.random.default_rng(1)
    path = rng.normal(size=(80, 1, 2)).cumsum(axis=0)
    span = np.repeat([0, -1, 1], [40, 3, 37])
    regional = lagged(path, [1, 3, 50], span)
    whole = signals.course(regional, [1, 3, 50], span, 100)
    alone = signals.course(regional[43:], [1, 3, 50], np.zeros(37, int), 100)
    assert whole[43:] == pytest.approx(alone)
    assert not whole[40:43].any()


def test_without_drift():
    signal = np.linspace(0, 10, 101)[:, None]
    span = np.zeros(101, int)
    flat = signals.without_drift(signal, span, 20)
    assert flat[15:85] == pytest.approx(0.0, abs=1e-9)
    signal[50] += 5
    assert signals.without_drift(signal, span, 20)[50, 0] > 4.5
    assert not signals.without_drift(signal, np.full(101, -1), 20).any()


def test_noise_scale_ignores_bursts_and_unusable_frames():
    rng = np.random.default_rng(2)
    signal = rng.normal(scale=0.3, size=(2000, 4))
    signal[:100] = 50.0
    span = np.zeros(2000, int)
    assert signals.noise_scale(signal, span) == pytest.approx(0.3, rel=0.15)
    span[:] = -1
    assert signals.noise_scale(signal, span) == 1.0
    assert signals.noise_scale(np.zeros((5, 2)), np.zeros(5, int)) == 1.0


def test_eyes_are_shut_around_a_blink():
    span = np.repeat([0, -1, 1], [300, 20, 80])
    blink = np.full(400, 0.2)
    blink[100:102] = 0.5
    blink[305] = np.nan
    blink[350:] = 0.6  # narrowed from here on
    blink[390] = 0.8
    shut = signals.eyes_shut(blink, span, 30.0, 0.1)
    assert np.flatnonzero(shut[:300]).tolist() == list(range(97, 105))
    assert shut[387:394].all() and not shut[300:320].any()
    for unknown in (np.zeros(400), np.full(400, np.nan)):
        assert signals.eyes_shut(unknown, span, 30.0, 0.1) is None


def test_the_usual_place_is_where_a_region_is_most_of_the_time():
    path = np.zeros((900, 2, 2))
    path[400:600, 0] = 5.0
    span = np.repeat([0, 1], [800, 100])
    path[800:] = 3.0
    usual = signals.usual_place(path, span, 30.0, 20.0)
    assert not usual[:800].any() and (usual[800:] == 3.0).all()
    assert (signals.usual_place(path, span, 30.0, 4.0)[500, 0] == 5.0).all()
    assert signals.usual_place(path[:2], span[:2], 30.0, 4.0).shape == (2, 2, 2)


def test_the_noise_of_a_path_is_not_its_motion():
    rng = np.random.default_rng(1)
    path = rng.normal(scale=0.2, size=(600, 4, 2))
    path += 20 * np.sin(np.arange(600) / 30)[:, None, None]
    span = np.repeat([0, -1, 1], [300, 10, 290])
    assert signals.path_noise(path, span) == pytest.approx(0.2, rel=0.05)
    assert signals.path_noise(path[:3], span[:3]) == 0.0
