"""Pooling weights of the face regions."""

import numpy as np
import pytest

from mespot.face.regions import REGIONS, RIGID_AREAS, eye_regions, lid_regions, region_weights
from tests.unit.faces import mesh

SIZE, GRID = 224, 56


@pytest.fixture
def points():
    return mesh(np.random.default_rng(0))[:, :2]


def test_weights_average_a_map(points):
    weights = region_weights(points, SIZE, GRID)
    assert weights.shape == (len(REGIONS), GRID, GRID) and weights.dtype == np.float32
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=(1, 2)), 1, atol=1e-5)


def test_each_region_lies_at_its_landmarks(points):
    weights = region_weights(points, SIZE, GRID)
    y, x = (np.mgrid[:GRID, :GRID] + 0.5) * SIZE / GRID - 0.5
    for weight, indices in zip(weights, REGIONS.values(), strict=True):
        low, high = points[list(indices)].min(axis=0), points[list(indices)].max(axis=0)
        centre = np.array([(weight * x).sum(), (weight * y).sum()])
        assert (centre > low - 1).all() and (centre < high + 1).all()


def test_a_coarser_map_sees_the_same_places(points):
    fine, coarse = region_weights(points, SIZE, 56), region_weights(points, SIZE, 14)
    gathered = fine.reshape(len(REGIONS), 14, 4, 14, 4).sum(axis=(2, 4))
    np.testing.assert_allclose(coarse, gathered, atol=1e-5)


def test_jitter_of_a_landmark_changes_little(points):
    ramp = np.mgrid[:GRID, :GRID][1].astype(np.float32)
    moved = points + np.random.default_rng(1).normal(0, 0.3, points.shape)
    pooled = [(region_weights(p, SIZE, GRID) * ramp).sum(axis=(1, 2)) for p in (points, moved)]
    assert np.abs(pooled[0] - pooled[1]).max() < 0.1  # cells


def test_a_region_outside_the_crop_pools_its_border(points):
    weights = region_weights(points + [0, 400], SIZE, GRID)
    np.testing.assert_allclose(weights.sum(axis=(1, 2)), 1, atol=1e-5)
    assert weights[:, :-4].sum() == pytest.approx(0, abs=1e-3)


def test_without_a_face_there_is_nothing_to_pool(points):
    assert not region_weights(np.full_like(points, np.nan), SIZE, GRID).any()


def test_left_and_right_mirror_each_other():
    names = [name for name in REGIONS if name.startswith("left_")]
    assert all(len(REGIONS[n]) == len(REGIONS[n.replace("left_", "right_")]) for n in names)
    assert 12 <= len(REGIONS) <= 17
    every = [index for indices in (*REGIONS.values(), *RIGID_AREAS) for index in indices]
    assert min(every) >= 0 and max(every) < 478


def test_eyes_among_regions_are_told_by_their_names():
    assert [list(REGIONS)[i] for i in eye_regions(REGIONS)] == ["right_eye", "left_eye"]
    assert lid_regions(REGIONS) == tuple(range(7))  # brows, glabella, eyes
    assert lid_regions(["left_brow_inner", "nose_tip", "eyelash_eye"]) == (0, 2)
    assert eye_regions(["keyed_up", "eye"]) == (1,)
