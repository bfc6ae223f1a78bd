"""Motion of crops, frame by frame: what is held, and that spans know nothing of each other."""

import numpy as np
import pytest

from mespot.face.motion import MotionSettings, frame_motions, in_blocks
from mespot.face.regions import REGIONS, region_weights
from tests.unit.faces import mesh, texture, warped

SIZE, FRAMES = 64, 14
SETTINGS = MotionSettings("lucas_kanade", grid=16, lags=(1, 3))
SPAN = np.array([0] * 6 + [-1] + [1] * 7)


@pytest.fixture(scope="module")
def face():
    """Crops in which the lower half sinks, and their landmarks."""
    rng = np.random.default_rng(0)
    picture = texture(rng, SIZE)
    points = mesh(rng, width=50, centre=(32, 32))
    lower = np.clip((np.mgrid[:SIZE, :SIZE][0] - 32) / 8, 0, 1)
    still = np.zeros_like(lower)
    crops = [
        warped(picture, np.stack([still, 0.3 * t * lower], axis=-1), rng, noise=1)
        for t in range(FRAMES)
    ]
    return np.stack(crops), np.repeat(points[None], FRAMES, axis=0)


def measured(crops, points, span):
    frames = frame_motions(crops, points, span, rate=4.0, size=SIZE, settings=SETTINGS)
    return next(in_blocks(frames, len(span)))


def test_blocks_hold_every_frame_once(face):
    frames = list(
        in_blocks(frame_motions(*face, SPAN, rate=4.0, size=SIZE, settings=SETTINGS), size=5)
    )
    assert [len(block.flow) for block in frames] == [5, 5, 4]
    whole = measured(*face, SPAN)
    for name in ("flow", "regional", "rigid"):
        joined = np.concatenate([getattr(block, name) for block in frames])
        np.testing.assert_array_equal(joined, getattr(whole, name))


def test_shapes_and_units(face):
    motion = measured(*face, SPAN)
    assert motion.flow.shape == (FRAMES, 16, 16, 2) and motion.flow.dtype == np.float32
    assert motion.regional.shape == (FRAMES, 2, len(REGIONS), 2)
    assert motion.rigid.shape == (FRAMES, 2, 6)
    # Down is positive; the zoom takes some of the 0.3 px a frame.
    v = motion.flow[3, :, 4:12, 1].mean(axis=1)
    assert 0.1 < v[11:14].mean() - v[2:5].mean() < 0.35
    # The regions are means of the same map.
    weights = region_weights(face[1][0], SIZE, SETTINGS.grid)
    means = np.einsum("ryx,yxc->rc", weights, motion.flow[3])
    np.testing.assert_allclose(motion.regional[3, 0], means, atol=1e-5)


def test_each_span_is_measured_as_if_it_were_alone(face):
    crops, points = face
    whole = measured(crops, points, SPAN)
    for start, stop in ((0, 6), (7, 14)):
        part = slice(start, stop)
        alone = measured(crops[part], points[part], np.zeros(stop - start, int))
        for name in ("flow", "regional", "rigid"):
            np.testing.assert_array_equal(getattr(whole, name)[part], getattr(alone, name))
        assert alone.flow[1].any() and not alone.flow[0].any()
        assert alone.regional[3, 1].any() and not alone.regional[:3, 1].any()
    assert not whole.flow[6].any() and not whole.regional[6].any() and not whole.rigid[6].any()


def test_crops_are_taken_one_at_a_time(face):
    crops, points = face
    taken = []

    def one_by_one():
        for number, crop in enumerate(crops):
            taken.append(number)
            yield crop

    frames = frame_motions(one_by_one(), points, SPAN, rate=4.0, size=SIZE, settings=SETTINGS)
    whole = measured(crops, points, SPAN)
    for number, frame in enumerate(frames):
        assert taken[-1] == number
        np.testing.assert_array_equal(frame.flow, whole.flow[number])
        np.testing.assert_array_equal(frame.regional, whole.regional[number])


def test_nothing_to_measure():
    none = frame_motions(
        [], np.zeros((0, 478, 3)), np.zeros(0, int), rate=4.0, size=SIZE, settings=SETTINGS
    )
    assert list(in_blocks(none)) == []
