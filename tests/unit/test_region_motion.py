"""Paths of face regions, and what the spotter reads of them."""

import numpy as np
import pytest

from mespot.training.region_motion import (
    motion_channels,
    region_paths,
    span_channels,
    typical_noise,
)
from tests.unit.moving_regions import LAGS, bump, lagged

DRIFTS = {"drift_frames": 90, "slow_drift_frames": 300}


def test_paths_are_the_motion_without_its_drift():
    frames = 600
    moved = bump(frames, 300, 330, 2.0)
    path = np.zeros((frames, 2, 2))
    path[:, 0, 0] = moved + 0.01 * np.arange(frames)
    span = np.zeros(frames, int)
    paths = region_paths(lagged(path, LAGS), LAGS, span, **DRIFTS)
    assert paths.shape == (frames, 2, 4)
    assert np.ptp(paths[290:340, 0, 0]) == pytest.approx(2.0, abs=0.3)
    assert not paths[:, 1].any() and np.abs(paths[:, 0, [1, 3]]).max() < 1e-6
    # Of a slow motion, the path with slow motion keeps more.
    slow = path.copy()
    slow[:, 0, 0] = bump(frames, 200, 380, 2.0)
    fast, whole = region_paths(lagged(slow, LAGS), LAGS, span, **DRIFTS)[:, 0, [0, 2]].T
    assert np.ptp(whole) > 1.3 * np.ptp(fast)


def test_the_unit_is_that_of_the_usual_recording():
    rng = np.random.default_rng(0)
    span = np.repeat([0, -1], [400, 100])
    quiet = [rng.normal(scale=0.2, size=(500, 3, 4)) for _ in range(3)]
    loud = rng.normal(scale=5.0, size=(500, 3, 4))
    assert typical_noise([*quiet, loud], [span] * 4) == pytest.approx(0.2, rel=0.1)
    # Recordings without a usable face or any motion have no say.
    faceless, still = np.full(500, -1), np.zeros((500, 3, 4))
    some = typical_noise([*quiet, loud, loud, still], [span] * 3 + [faceless] * 2 + [span])
    assert some == pytest.approx(0.2, rel=0.1)
    assert typical_noise([quiet[0][..., :0]], [span]) == typical_noise([still], [span]) == 1.0


def test_displacements_are_differences_of_the_path():
    rng = np.random.default_rng(0)
    paths = rng.normal(size=(60, 2, 4)).astype(np.float32)
    motion = motion_channels(paths, 0.5, [1, 3], 10)
    assert motion.shape == (50, 2, 14)
    moved = paths[10:, :, :2] - paths[7:57, :, :2]
    ratio = motion[..., 2:4] / moved
    assert ratio == pytest.approx(ratio[0, 0, 0], rel=1e-3)
    assert motion[..., 4:6] / paths[10:, :, :2] == pytest.approx(0.2, rel=1e-5)
    # In units of the recording's own noise, half of the corpus's, the same twice as large.
    assert motion[..., 6:12] / motion[..., :6] == pytest.approx(2 / 0.6, rel=1e-4)
    assert motion[..., 12:] / paths[10:, :, 2:] == pytest.approx(0.1, rel=1e-5)
    assert motion_channels(paths[..., :0], 1.0, [1, 3], 10).shape == (50, 2, 0)


def test_nothing_moves_before_a_span():
    paths = np.ones((20, 2, 4), np.float32) * np.arange(20, dtype=np.float32)[:, None, None]
    motion = span_channels(paths, 1.0, [2, 6])
    assert motion.shape == (20, 2, 14) and not motion[0, :, :4].any()
    assert motion[3, 0, 2] == pytest.approx(motion[10, 0, 2] / 2)  # three of six frames
