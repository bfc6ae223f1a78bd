"""Crops are cut as the frames come in; a moment in which the face is hidden fades over."""

import numpy as np
import pytest

from mespot.face.crops import CropSettings, align_crops, cut_crops
from tests.unit.faces import mesh

SIZE = 16


def flat(*levels):
    """Even pictures of those grey levels; None stays None."""
    return [None if n is None else np.full((40, 40, 3), n, np.uint8) for n in levels]


def transforms(usable):
    """The upper left corner of each picture; none where there is no face."""
    result = np.tile(np.array([[1.0, 0, 0], [0, 1.0, 0]]), (len(usable), 1, 1))
    result[~np.asarray(usable)] = np.nan
    return result


def levels(images, usable, hidden=()):
    bridged = np.isin(np.arange(len(usable)), hidden)
    crops = list(cut_crops(images, transforms(usable), bridged, SIZE))
    assert all(crop.shape == (SIZE, SIZE) and crop.dtype == np.uint8 for crop in crops)
    assert all(np.ptp(crop) == 0 for crop in crops)
    return [int(crop[0, 0]) for crop in crops]


def test_crops_without_a_face_are_black():
    assert levels(flat(50, 60, 70), [True, False, True]) == [50, 0, 70]


def test_a_missing_image_takes_over_the_crop_before_it():
    assert levels(flat(50, None, None, 80), [True] * 4) == [50, 50, 50, 80]


def test_hidden_frames_fade_from_before_to_after():
    images = flat(100, 200, None, 3, 140, 7)
    assert levels(images, [True] * 6, hidden=[1, 2, 3]) == [100, 110, 120, 130, 140, 7]
    # With nothing after them, the crop before stays.
    assert levels(images[:3], [True] * 3, hidden=[1, 2]) == [100, 100, 100]


def test_only_hidden_frames_are_held_back():
    asked = []

    def images():
        for number, image in enumerate(flat(10, 20, 30, 40)):
            asked.append(number)
            yield image

    bridged = np.array([False, True, False, False])
    crops = cut_crops(images(), transforms([True] * 4), bridged, SIZE)
    assert asked == []
    asked_for_each = [list(asked) for _ in crops]
    assert asked_for_each == [[0], [0, 1, 2], [0, 1, 2], [0, 1, 2, 3]]


def test_smoothing_is_in_seconds():
    rng = np.random.default_rng(0)
    points = np.repeat(mesh(rng)[None], 60, axis=0) + rng.normal(0, 1, (60, 478, 3))
    span = np.zeros(60, int)
    span[50:] = -1
    steps = {}
    for rate, smoothing in ((30.0, 0.1), (60.0, 0.1), (60.0, 0.05)):
        made = align_crops(points, span, rate, CropSettings(64, 0.8, smoothing))
        assert np.isnan(made[50:]).all() and np.isfinite(made[:50]).all()
        steps[rate, smoothing] = np.abs(np.diff(made[:50, :, 2], axis=0)).mean()
    assert steps[60.0, 0.05] == pytest.approx(steps[30.0, 0.1])  # both 3 frames
    assert steps[60.0, 0.1] < 0.8 * steps[30.0, 0.1]
