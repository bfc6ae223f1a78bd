"""The aligned crop follows the head, and neither jitter nor expressions move it."""

import cv2
import numpy as np
import pytest

from mespot.face import align
from tests.unit.faces import mesh, texture

SIZE, FILL = 224, 0.8


def head_motion(n):
    """Similarities (n, 2, 3) of a slowly moving head."""
    t = np.arange(n) / 30
    scale = 1 + 0.03 * np.sin(2 * np.pi * 0.2 * t)
    angle = 0.05 * np.sin(2 * np.pi * 0.3 * t)
    a, b = scale * np.cos(angle), scale * np.sin(angle)
    x, y = 200 + 15 * np.sin(2 * np.pi * 0.25 * t), 90 + 8 * np.cos(2 * np.pi * 0.35 * t)
    return np.stack([a, -b, x, b, a, y], axis=1).reshape(n, 2, 3)


def moved(n, rng, jitter=0.0):
    points = mesh(rng, width=200)
    frames = align.apply_in_depth(head_motion(n), np.repeat(points[None], n, axis=0))
    return frames + rng.normal(0, jitter or 1e-9, frames.shape)


def test_similarity_is_found_exactly():
    rng = np.random.default_rng(1)
    source = rng.uniform(0, 100, (1, 20, 2))
    expected = np.array([0.8, -0.3, 12.0, -7.0])  # a, b, x, y
    a, b, x, y = expected
    target = source[0] @ np.array([[a, b], [-b, a]]) + [x, y]
    np.testing.assert_allclose(align.similarity(source, target)[0], expected, atol=1e-9)


def test_the_face_fills_the_crop_upright_and_in_the_middle():
    points = mesh(np.random.default_rng(2), width=300)[:, :2].astype(np.float64)
    turn = np.deg2rad(25)
    turned = points @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    placed = align.apply(align.placement(turned, SIZE, FILL), turned)
    eyes = placed[[362, 263]].mean(axis=0) - placed[[33, 133]].mean(axis=0)
    assert eyes[0] > 0 and abs(eyes[1]) < 1e-6
    oval = placed[list(align.FACE_OVAL)]
    assert np.ptp(oval, axis=0).max() == pytest.approx(FILL * SIZE)
    np.testing.assert_allclose((oval.min(0) + oval.max(0)) / 2, (SIZE - 1) / 2, atol=1e-6)


def test_head_motion_is_taken_out_and_jitter_does_not_come_in():
    n, span = 120, np.zeros(120, np.int16)
    clean, truth = moved(n, np.random.default_rng(3)), moved(n, np.random.default_rng(3))
    noisy = truth + np.random.default_rng(4).normal(0, 0.3, truth.shape)
    for points, limit in ((clean, 0.15), (noisy, 0.25)):
        transforms = align.crop_transforms(points, span, size=SIZE, fill=FILL, sigma=1.5)
        placed = align.apply(transforms, truth[..., :2])
        assert np.std(placed, axis=0).max() < limit  # the head itself moves by 8 to 15 px
    rough = align.crop_transforms(noisy, span, size=SIZE, fill=FILL, sigma=0)
    steps = [
        np.diff(align.apply(made, truth[..., :2]), axis=0).std() for made in (transforms, rough)
    ]
    assert steps[0] < 0.5 * steps[1]


def test_an_expression_does_not_move_the_crop():
    span = np.zeros(60, np.int16)
    points = moved(60, np.random.default_rng(5))
    smiling = points.copy()
    free = np.setdiff1d(np.arange(478), align.RIGID_POINTS)
    smiling[20:40, free, 1] += 6.0
    made = [
        align.crop_transforms(p, span, size=SIZE, fill=FILL, sigma=1.5) for p in (points, smiling)
    ]
    place = [align.apply(transforms, points[..., :2]) for transforms in made]
    assert np.abs(np.diff(place[1], axis=0) - np.diff(place[0], axis=0)).max() < 1e-3


def test_nothing_crosses_a_gap():
    points = moved(90, np.random.default_rng(6))
    span = np.array([0] * 40 + [-1] * 10 + [1] * 40, np.int16)
    points[40:50] = np.nan
    made = align.crop_transforms(points, span, size=SIZE, fill=FILL, sigma=2)
    assert np.isnan(made[40:50]).all() and np.isfinite(made[span >= 0]).all()
    other = points.copy()
    other[50:, :, 0] += 40  # the median face moves too, but the smoothing must not see it
    shifted = align.crop_transforms(other, span, size=SIZE, fill=FILL, sigma=2)
    motion = [np.diff(align.apply(t[:40], points[:40, :, :2]), axis=0) for t in (made, shifted)]
    np.testing.assert_allclose(motion[0], motion[1], atol=0.02)


def test_no_usable_frame():
    points = np.full((5, 478, 3), np.nan)
    made = align.crop_transforms(points, np.full(5, -1), size=SIZE, fill=FILL, sigma=2)
    assert np.isnan(made).all()


def test_smoothing_keeps_a_straight_line_to_its_ends():
    line = np.stack([np.arange(50.0), 3 - 0.5 * np.arange(50.0)], axis=1)
    np.testing.assert_allclose(align.smooth(line, 4), line, atol=1e-9)
    assert align.smooth(np.ones((2, 3)), 4).shape == (2, 3)


@pytest.mark.parametrize("scale", [0.3, 0.9, 1.6])
def test_crop_shows_what_the_transform_says(scale):
    rng = np.random.default_rng(7)
    picture = np.clip(texture(rng, 600, scale=12), 0, 255).astype(np.uint8)
    transform = np.array([[scale, 0, 60 - scale * 300], [0, scale, 60 - scale * 300]])
    made = align.crop(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), transform, 120)
    assert made.shape == (120, 120) and made.dtype == np.uint8
    y, x = np.mgrid[20:100:10, 20:100:10]
    there = picture[
        np.rint((y - 60) / scale + 300).astype(int), np.rint((x - 60) / scale + 300).astype(int)
    ]
    assert np.abs(made[20:100:10, 20:100:10].astype(int) - there).mean() < 5


def test_a_small_crop_of_a_large_picture_is_not_aliased():
    stripes = np.tile(np.array([0, 255], np.uint8), (400, 200))
    made = align.crop(stripes, np.array([[0.25, 0, 0.0], [0, 0.25, 0.0]]), 100)
    assert made[10:-10, 10:-10].std() < 10


def test_the_median_face_of_a_long_recording_is_that_of_frames_from_all_of_it():
    place = np.arange(100_000, dtype=np.float32)
    points = np.repeat(place[:, None, None], 3, axis=2) + np.zeros((1, 2, 1), np.float32)
    seen = np.flatnonzero(np.arange(100_000) >= 20_000)
    median = align.median_face(points, seen)
    assert median.shape == (2, 2)
    np.testing.assert_allclose(median, np.median(place[seen]), atol=5)
    few = seen[:500]
    np.testing.assert_array_equal(
        align.median_face(points, few), np.median(points[few], axis=0)[:, :2]
    )
