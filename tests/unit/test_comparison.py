"""Every pair of methods over the same videos."""

import numpy as np
import pytest

from mespot.expressions import EXPRESSIONS
from mespot.scoring.comparison import comparison_table
from mespot.store import tables

SETTINGS = {"n_bootstrap": 200, "seed": 1, "confidence": 0.95}


def counts(seed):
    """tp, fp and fn of micro, macro and both, of five subjects."""
    classes = np.random.default_rng(seed).integers(0, 6, (2, 5, 3))
    return np.concatenate([classes, classes.sum(axis=0, keepdims=True)])


def test_each_pair_once_with_every_column():
    table = comparison_table({name: counts(n) for n, name in enumerate("abc")}, **SETTINGS)
    assert ["corpus", *table.columns] == list(tables.COLUMNS["comparison"])
    pairs = [(a, b, e) for a, b in ("ab", "ac", "bc") for e in EXPRESSIONS]
    assert list(zip(table.method_a, table.method_b, table.expression, strict=True)) == pairs
    for row in table.itertuples():
        tp, fp, fn = counts("abc".index(row.method_a))[EXPRESSIONS.index(row.expression)].sum(0)
        assert row.f1_a == pytest.approx(2 * tp / (2 * tp + fp + fn))
        assert row.difference == pytest.approx(row.f1_a - row.f1_b)
        assert row.difference_low <= row.difference <= row.difference_high
        assert 0 < row.p_value <= 1 and row.subjects == 5


def test_the_other_way_round_the_sign_changes():
    a, b = counts(0), counts(1)
    one = comparison_table({"a": a, "b": b}, **SETTINGS)
    other = comparison_table({"b": b, "a": a}, **SETTINGS)
    np.testing.assert_allclose(one.difference, -other.difference)
    np.testing.assert_allclose(one.difference_low, -other.difference_high)
    np.testing.assert_allclose(one.p_value, other.p_value)


def test_one_method_is_compared_with_nothing():
    assert comparison_table({"a": counts(0)}, **SETTINGS).empty
