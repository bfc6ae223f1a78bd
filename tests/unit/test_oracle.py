"""Oracles: they are upper bounds, exactly."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mespot.expressions import CLASSES
from mespot.metrics import precision_recall_f1
from mespot.scoring import oracle
from mespot.scoring.pool import pool
from mespot.scoring.rules import strict
from tests.unit.scoring_tables import table
from tests.unit.test_scoring_rules import NAMES, VIDEOS, interval, made, rows

few = settings(max_examples=40, deadline=None, database=None)


def f1(counts):
    return float(precision_recall_f1(*np.asarray(counts))[2])


count = st.integers(0, 6)
unit = st.lists(st.tuples(count, count, count), min_size=1, max_size=4).map(np.array)


@settings(max_examples=200, deadline=None, database=None)
@given(st.lists(unit, min_size=1, max_size=4))
def test_best_choice_is_the_best_of_all(units):
    every = [f1(np.sum(choice, axis=0)) for choice in itertools.product(*units)]
    best = oracle.best_f1(units)
    defined = [value for value in every if not np.isnan(value)]
    assert best == pytest.approx(max(defined)) if defined else np.isnan(best)


sure = st.tuples(interval, st.sampled_from([0.1, 0.2, 0.5, 0.7])).map(lambda x: (*x[0], x[1]))
candidates = st.lists(sure, max_size=14)


@few
@given(candidates, rows)
def test_hits_by_confidence_are_the_strict_count_of_the_surest(predictions, labels):
    of = made(predictions, labels)
    hits = oracle.hits_by_confidence(of, 0.5)
    for level in (0.1, 0.2, 0.5, 0.7):
        which = of.predictions.confidence >= level
        kept = of.with_predictions(which)
        assert hits[which].sum() == strict(kept)[:, 0].sum()


@few
@given(candidates, rows, st.sampled_from([0.1, 0.2, 0.5, 0.7, 1.0]))
def test_the_oracle_of_thresholds_is_at_least_any_of_them(predictions, labels, level):
    of = made(predictions, labels)
    honest = of.with_predictions(of.predictions.confidence >= level)
    counts = honest.by_subject(strict(honest))  # (S, classes, 3)
    best = oracle.oracle_threshold(of, honest, 0.5)
    subjects = sorted(set(NAMES))
    for number, name in enumerate((*CLASSES, "all")):
        chosen = counts.sum(axis=1) if name == "all" else counts[:, number]
        for s in range(len(subjects) + 1):
            own = f1(chosen[s] if s < len(subjects) else chosen.sum(axis=0))
            assert np.isnan(own) or best[s, name] >= own - 1e-12


def test_each_subject_has_its_own_threshold():
    labels = [("s1", "a", "micro", 10, 19), ("s2", "c", "micro", 50, 59)]
    wrong = ("s1", "a", "micro", 70, 79, 0.5)
    predictions = [(*labels[0], 0.9), wrong, (*labels[1], 0.3)]
    of = pool(VIDEOS, table(*labels), table(*predictions), "candidates")
    assert oracle.oracle_threshold(of, of, 0.5)[3, "micro"] == 1
    empty = pool(VIDEOS, pd.DataFrame(), table(), "candidates")
    assert np.isnan(oracle.oracle_threshold(empty, empty, 0.5)[3, "all"])
