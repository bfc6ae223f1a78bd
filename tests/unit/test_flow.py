"""Flow against known motion of a random picture, and its quantities against closed forms."""

import numpy as np
import pytest

from mespot.face import flow as motion
from mespot.face.rigid import PARAMETERS, RigidMotion
from tests.unit.faces import mesh, texture, warped

SIZE, GRID = 224, 56
INSIDE = slice(10, 46)  # cells away from the border of the picture


def ramp():
    return ((np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2) / (SIZE / 4)).astype(np.float32)


def bump(x, y, amplitude, sigma=20.0):
    """Motion (S, S, 2) by `amplitude` (u, v) px around (x, y)."""
    py, px = np.mgrid[:SIZE, :SIZE]
    near = np.exp(-((px - x) ** 2 + (py - y) ** 2) / (2 * sigma**2))
    return near[..., None] * np.array(amplitude)


def measured(algorithm, flow, noise=0.0, seed=0, light=None):
    """The flow that an algorithm measures for a known one, and the model of the head."""
    rng = np.random.default_rng(seed)
    picture = texture(rng, SIZE)
    head = RigidMotion(mesh(rng), SIZE, GRID)
    before = warped(picture, np.zeros((SIZE, SIZE, 2)), rng, noise)
    after = warped(picture, flow, rng, noise)
    if light is not None:
        after = np.clip(after * light, 0, 255).astype(np.uint8)
    made = motion.flow_algorithm(algorithm, "medium", SIZE, GRID)
    field = made.between(made.prepare(before), made.prepare(after), head.rigid_part)
    return field, head


@pytest.mark.parametrize("algorithm", ["lucas_kanade", "dis", "farneback"])
@pytest.mark.parametrize("shift", [(0.3, -0.2), (1.5, 0.7), (-3.0, 2.0)])
def test_a_shift_is_found(algorithm, shift):
    field, _ = measured(algorithm, np.tile(np.array(shift), (SIZE, SIZE, 1)), noise=1)
    assert field.shape == (GRID, GRID, 2)
    mean = field[INSIDE, INSIDE].mean(axis=(0, 1))
    np.testing.assert_allclose(mean, shift, atol=0.1 * np.hypot(*shift))


@pytest.mark.parametrize("amplitude", [0.3, 1.0, 3.0])
def test_a_small_local_motion_is_found_where_it_is(amplitude):
    truth = bump(80, 140, (0.0, amplitude))
    field, _ = measured("lucas_kanade", truth, noise=2)
    v = field[..., 1]
    assert 0.7 * amplitude < v[35, 20] < 1.2 * amplitude
    assert abs(v[15, 45]) < max(0.06, 0.05 * amplitude)
    assert abs(field[35, 20, 0]) < 0.15 * amplitude + 0.05


def test_a_change_of_light_is_not_motion():
    light = 1.05 + 0.05 * ramp()[1]
    still = np.zeros((SIZE, SIZE, 2))
    field, _ = measured("lucas_kanade", still, noise=1, light=light)
    assert np.abs(field[INSIDE, INSIDE]).max() < 0.15


def test_nothing_moves_without_texture():
    made = motion.flow_algorithm("lucas_kanade", "medium", SIZE, GRID)
    head = RigidMotion(mesh(np.random.default_rng(0)), SIZE, GRID)
    flat = made.prepare(np.full((SIZE, SIZE), 90, np.uint8))
    field = made.between(flat, flat, head.rigid_part)
    assert np.isfinite(field).all() and not field.any()


def test_the_algorithm_is_one_that_exists():
    with pytest.raises(KeyError):
        motion.flow_algorithm("guess", "medium", SIZE, GRID)
    assert motion.flow_algorithm("tvl1", "medium", SIZE, GRID)


def test_head_motion_in_three_dimensions_is_removed_and_an_expression_stays():
    rng = np.random.default_rng(3)
    head = RigidMotion(mesh(rng), SIZE, GRID)
    parameters = np.array([0.8, -0.5, 0.4, 0.3, 1.0, -0.7], np.float32)
    rigid = head.field(parameters)
    expression = np.zeros((GRID, GRID, 2), np.float32)
    expression[40:46, 20:26, 1] = -1.0
    flow = rigid + expression + rng.normal(0, 0.02, rigid.shape).astype(np.float32)
    found_parameters = head.estimate(flow)
    np.testing.assert_allclose(found_parameters, parameters, atol=0.1)
    np.testing.assert_allclose(flow - head.rigid_part(flow), expression, atol=0.2)


def test_each_parameter_moves_as_it_says():
    x, y = np.moveaxis(
        RigidMotion(mesh(np.random.default_rng(0)), SIZE, GRID).field(
            np.array([0, 0, 0, 1, 0, 0], np.float32)
        ),
        -1,
        0,
    )
    assert PARAMETERS[3] == "roll"
    assert x[0, 28] > 0.9 and x[-1, 28] < -0.9  # the top goes right, the bottom left
    assert y[28, 0] < -0.9 and y[28, -1] > 0.9


def test_yaw_moves_the_nose_against_the_temples():
    points = mesh(np.random.default_rng(0))
    u = RigidMotion(points, SIZE, GRID).field(np.array([0, 0, 0, 0, 1, 0], np.float32))[..., 0]
    assert u[28, 28] < -0.1 < 0.1 < u[28, 7]  # the middle is nearer than the side


def test_strain_of_known_deformations():
    y, x = np.mgrid[:20, :20].astype(np.float32) * 4
    stretch = np.stack([0.01 * x, np.zeros_like(x)], axis=-1)
    shear = np.stack([0.01 * y, np.zeros_like(x)], axis=-1)
    turn = np.stack([-0.01 * y, 0.01 * x], axis=-1)
    np.testing.assert_allclose(motion.strain(stretch, 4), 0.01, rtol=1e-4)
    np.testing.assert_allclose(motion.strain(shear, 4), 0.01 / np.sqrt(2), rtol=1e-4)
    np.testing.assert_allclose(motion.strain(turn, 4), 0, atol=1e-8)


def test_quantising_rounds_and_clips():
    values = np.array([0.0, 0.0014, -0.0016, 50.0, -50.0])
    assert motion.quantised(values, 1e-3).tolist() == [0, 1, -2, 32767, -32767]
