"""How sure an F1 and a difference are: against drawing by hand, and against known truth."""

import itertools

import numpy as np
import pytest

from mespot.metrics import precision_recall_f1
from mespot.scoring import uncertainty

VARIED = np.array([[5, 0, 0], [4, 1, 1], [3, 2, 2], [0, 4, 5], [1, 3, 4], [2, 2, 0]])


def f1(counts):
    return precision_recall_f1(*np.moveaxis(np.asarray(counts), -1, 0))[2]


def bootstrap(counts, n=2000, confidence=0.95, seed=0):
    drawn = uncertainty.draws(len(counts), np.random.default_rng(seed), n)
    return uncertainty.bootstrap_f1(counts, drawn, confidence)


def test_bootstrap():
    same = np.tile([3, 1, 2], (6, 1))  # all subjects alike: nothing varies
    assert bootstrap(same) == pytest.approx((6 / 9, 6 / 9))
    low, high = bootstrap(VARIED)
    assert 0.1 < low < f1(VARIED.sum(axis=0)) < high < 1
    assert (low, high) == bootstrap(VARIED)
    narrow = bootstrap(VARIED, confidence=0.5)
    assert low < narrow[0] < narrow[1] < high
    assert np.isnan(bootstrap(VARIED[:1])).all()
    assert np.isnan(bootstrap(np.zeros((4, 3)))).all()


def test_bootstrap_agrees_with_drawing_subjects_one_by_one():
    rng = np.random.default_rng(1)
    drawn = [f1(VARIED[rng.integers(0, 6, 6)].sum(axis=0)) for _ in range(4000)]
    # Student's t with 5 degrees of freedom, times sqrt(6 / 5), is where the normal distribution
    # has 0.243 % beyond.
    expected = np.quantile(drawn, [0.00243, 1 - 0.00243])
    np.testing.assert_allclose(bootstrap(VARIED, 4000), expected, atol=0.03)


def test_many_subjects_give_the_plain_percentiles():
    values = np.random.default_rng(2).normal(size=20000)
    plain = np.quantile(values, [0.025, 0.975])
    np.testing.assert_allclose(uncertainty.interval(values, 10**6, 0.95), plain, atol=1e-4)


def simulated(subjects, rng):
    """Counts of subjects who differ in how much they show and in how well it is found."""
    labels = rng.poisson(rng.gamma(4, 1.25, subjects))
    tp = rng.binomial(labels, rng.beta(3, 3, subjects))
    fp = rng.poisson(rng.gamma(3, 1.5, subjects))
    return np.stack([tp, fp, labels - tp], axis=1)


# Means: 5 labels of which half are found, 4.5 false predictions.
TRUTH = 2 * 2.5 / (2 * 2.5 + 4.5 + 2.5)


@pytest.mark.slow
@pytest.mark.parametrize("subjects", [8, 15, 22, 30])
def test_the_interval_covers_the_truth_as_often_as_it_says(subjects):
    rng = np.random.default_rng(5)
    covered = plain = 0
    for _ in range(1000):
        counts = simulated(subjects, rng)
        drawn = uncertainty.draws(subjects, rng, 1000)
        low, high = uncertainty.bootstrap_f1(counts, drawn, 0.95)
        covered += low <= TRUTH <= high
        low, high = np.quantile(f1(drawn @ counts), [0.025, 0.975])
        plain += low <= TRUTH <= high
    print(f"{subjects} subjects: {covered / 10} % covered, {plain / 10} % by plain percentiles")
    assert 930 <= covered <= 970


# ---------------------------------------------------------------- two methods


def compare(first, second, n=2000, seed=0):
    return uncertainty.compare(first, second, np.random.default_rng(seed), n, 0.95)


def test_a_method_does_not_differ_from_itself():
    same = compare(VARIED, VARIED)
    assert (same.value, same.low, same.high, same.p_value) == (0, 0, 0, 1)


def test_difference_and_its_sign():
    better = VARIED.copy()
    better[:, 0] += 2
    difference = compare(better, VARIED)
    assert difference.value == pytest.approx(f1(better.sum(axis=0)) - f1(VARIED.sum(axis=0)))
    assert 0 < difference.low < difference.value < difference.high
    turned = compare(VARIED, better)
    assert (turned.value, turned.p_value) == (-difference.value, difference.p_value)
    assert (turned.low, turned.high) == pytest.approx((-difference.high, -difference.low))


def test_p_value_is_the_share_of_all_exchanges():
    first, second = VARIED[:4], VARIED[[2, 5, 1, 0]]
    value = abs(f1(first.sum(axis=0)) - f1(second.sum(axis=0)))
    as_large = []
    for swap in itertools.product([False, True], repeat=4):
        keep = ~np.array(swap)[:, None]
        a, b = np.where(keep, first, second), np.where(keep, second, first)
        as_large.append(abs(f1(a.sum(axis=0)) - f1(b.sum(axis=0))) >= value - 1e-12)
    assert compare(first, second).p_value == pytest.approx(np.mean(as_large))


def test_p_value_of_many_subjects_is_drawn():
    rng = np.random.default_rng(3)
    first, second = simulated(30, rng), simulated(30, rng)
    first[:, 0] += 6
    assert compare(first, second, n=999).p_value == pytest.approx(1 / 999)


@pytest.mark.slow
def test_p_values_are_even_where_there_is_no_difference():
    rng = np.random.default_rng(4)
    pairs = ((simulated(12, rng), simulated(12, rng)) for _ in range(400))
    p = np.array([compare(a, b, n=10).p_value for a, b in pairs])
    for level in (0.05, 0.25, 0.5):
        assert (p <= level).mean() == pytest.approx(
            level, abs=3 * (level * (1 - level) / 400) ** 0.5
        )


def test_what_cannot_be_compared_is_undefined():
    assert np.isnan(compare(VARIED[:1], VARIED[:1]).p_value)
    nothing = np.zeros((4, 3), int)
    assert np.isnan(compare(nothing, VARIED[:4]).value)
