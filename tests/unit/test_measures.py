"""The numbers in figures, on arrays whose truth is known."""

import numpy as np
import pytest

from mespot.plots.measures import along, around, explained, hidden_mean, main_pattern, responses


def test_share_of_the_variance_over_time():
    target = np.zeros((4, 1, 1, 2))
    target[:, 0, 0, 0] = [1, -1, 1, -1]  # the region
    target[:, 0, 0, 1] = [9, -9, 9, -9]  # beside it
    weight = np.array([[1.0, 0.0]])
    hidden = np.ones((1, 4, 1, 1, 2), bool)

    def share(output, hidden=hidden):
        return explained(target + 5, np.asarray(output, float)[None] + 5, hidden, weight)

    assert share(target) == 1
    assert share(np.zeros_like(target)) == 0  # a still picture
    assert share(0.5 * target) == pytest.approx(0.75)
    assert share(-target) == -3
    some = hidden.copy()
    some[0, :2] = False  # wrong where it was visible does not count
    wrong = target.copy()
    wrong[:2] = 100
    assert share(wrong, some) == 1
    assert np.isnan(share(target, np.zeros_like(hidden)))


def test_mean_of_what_did_not_see_a_pixel():
    outputs = np.array([1.0, 3.0, 100.0]).reshape(3, 1, 1, 1, 1)
    hidden = np.array([True, True, False]).reshape(3, 1, 1, 1, 1)
    assert hidden_mean(outputs, hidden).item() == 2
    assert np.isnan(hidden_mean(outputs, np.zeros_like(hidden)).item())


def test_main_pattern_of_a_region():
    way = np.array([0.0, 1, 3, 1, 0])
    target = np.zeros((5, 2, 1, 2))
    target[:, 1, 0, 0] = -2 * way  # v of the region's pixel
    target[:, 0, 0, 1] = 50 * way  # beside the region
    weight = np.array([[1.0, 0.0]])
    pattern = main_pattern(target, weight)
    np.testing.assert_allclose(pattern[:, 0].ravel(), [0, 0, -1, 0], atol=1e-12)
    still = target.mean(axis=0)
    np.testing.assert_allclose(along(target, still, pattern), 2 * (way - way.mean()))
    np.testing.assert_allclose(along(0 * target + still, still, pattern), 0)


def test_responses_are_in_units_of_what_is_usual():
    usable = np.array([True] * 4 + [False])
    feature = np.zeros((5, 2, 2))
    feature[:, 0, 0] = [3, 1, 1, 1, 99]  # root mean square sqrt(3)
    feature[:, 0, 1] = [-20, 20, -20, 20, 0]  # 20: a channel of another scale
    sizes = responses(feature, usable)
    np.testing.assert_allclose(sizes[:4, 0], np.sqrt([2, 2 / 3, 2 / 3, 2 / 3]))
    assert np.mean(sizes[:4, 0] ** 2) == pytest.approx(1)
    assert np.isnan(sizes[4]).all() and np.isnan(sizes[:, 1]).all()  # no face; never changes
    near = around(np.arange(10.0)[:, None], [1, 8], np.array([-2, 0, 1]))
    np.testing.assert_equal(near[..., 0], [[np.nan, 1, 2], [6, 8, 9]])
