"""The strict score: hand-made truth, the reference cases, and properties that must always hold."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mespot import metrics
from mespot.errors import InputError
from mespot.store import tables

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "scoring" / "cases.json"


def f1(counts):
    return float(metrics.precision_recall_f1(*counts)[2])


# ---------------------------------------------------------------- one video and class


@pytest.mark.parametrize(
    ("predictions", "labels", "counts"),
    [
        ([[5, 14]], [[5, 14]], (1, 0, 0)),
        ([[0, 9]], [[0, 19]], (1, 0, 0)),  # 10 / 20 frames, both ends inclusive: exactly one half
        ([[0, 8]], [[0, 19]], (0, 1, 1)),  # 9 / 20
        ([[7, 7]], [[7, 7]], (1, 0, 0)),  # one frame
        ([[7, 7]], [[8, 8]], (0, 1, 1)),  # neighbours share nothing
        ([], [[3, 9], [20, 30]], (0, 0, 2)),
        ([[3, 9]], [], (0, 1, 0)),
        ([], [], (0, 0, 0)),
        ([[10, 19], [10, 19], [11, 20]], [[10, 19]], (1, 2, 0)),  # a label counts once
        ([[0, 39]], [[0, 19], [20, 39]], (1, 0, 1)),  # and so does a prediction
        ([[2, 11], [6, 17]], [[2, 11], [0, 7]], (1, 1, 1)),
        # Greedy by IoU would take the first two, IoU 1, and leave the others with 7 / 20.
        ([[0, 11], [0, 19]], [[0, 11], [0, 6]], (2, 0, 0)),
    ],
)
def test_counts_of_one_video(predictions, labels, counts):
    assert metrics.strict_counts(np.array(predictions), np.array(labels)) == counts


def test_the_assignment_is_optimal_and_not_greedy():
    predictions = np.array([[0, 11], [0, 19]])
    labels = np.array([[0, 11], [0, 6]])
    assert metrics.strict_match(predictions, labels) == [(0, 1), (1, 0)]


def test_among_equally_many_pairs_the_closest_are_taken():
    predictions = np.array([[0, 12], [0, 9]])
    assert metrics.strict_match(predictions, np.array([[0, 9]])) == [(1, 0)]


def test_other_thresholds():
    predictions, labels = np.array([[0, 2]]), np.array([[0, 9]])  # IoU 3 / 10
    assert metrics.strict_counts(predictions, labels, 0.3) == (1, 0, 0)
    assert metrics.strict_counts(predictions, labels, 0.31) == (0, 1, 1)


def test_backward_and_fractional_intervals_are_refused():
    with pytest.raises(ValueError, match="ends before it begins"):
        metrics.strict_match(np.array([[9, 3]]), np.array([[3, 9]]))
    with pytest.raises(ValueError, match="whole frame numbers"):
        metrics.strict_match(np.array([[3.0, 9.5]]), np.array([[3, 9]]))


def test_reference_cases():
    if not REFERENCE.exists():
        pytest.skip(f"no reference cases at {REFERENCE}")
    cases = json.loads(REFERENCE.read_text())
    assert cases
    for case in cases:
        counts = [
            metrics.strict_counts(np.array(v["pred"]), np.array(v["gt"])) for v in case["videos"]
        ]
        assert list(map(sum, zip(*counts, strict=True))) == case["tp_fp_fn"]["strict"], case["name"]


# ---------------------------------------------------------------- properties

interval = st.tuples(st.integers(0, 60), st.integers(0, 25)).map(lambda x: (x[0], x[0] + x[1]))
intervals = st.lists(interval, max_size=8).map(lambda x: np.array(x, dtype=int).reshape(-1, 2))


@settings(max_examples=150, deadline=None, database=None)
@given(intervals, intervals, st.randoms(use_true_random=False), st.integers(-1000, 1000), interval)
def test_properties(predictions, labels, random, shift, extra):
    counts = tp, fp, fn = metrics.strict_counts(predictions, labels)
    assert tp <= min(len(predictions), len(labels))
    assert (tp + fp, tp + fn) == (len(predictions), len(labels))
    order = random.sample(range(len(predictions)), len(predictions))
    assert metrics.strict_counts(predictions[order], labels) == counts
    assert metrics.strict_counts(predictions + shift, labels + shift) == counts
    assert metrics.strict_counts(labels, predictions) == (tp, fn, fp)
    more = metrics.strict_counts(np.vstack([predictions, [extra]]), labels)
    if more[0] == tp and len(predictions) + len(labels):  # the new one is a false prediction
        assert f1(more) <= f1(counts)
    assert tp <= more[0] <= tp + 1


@settings(max_examples=100, deadline=None, database=None)
@given(intervals, intervals)
def test_no_other_matching_has_more_pairs(predictions, labels):
    allowed = metrics.intervals_iou(predictions, labels) >= 0.5
    owner = {}

    def augment(i, seen):  # Kuhn's algorithm, written independently
        for j in np.flatnonzero(allowed[i]):
            if j not in seen:
                seen.add(j)
                if j not in owner or augment(owner[j], seen):
                    owner[j] = i
                    return True
        return False

    best = sum(augment(i, set()) for i in range(len(predictions)))
    matched = metrics.strict_match(predictions, labels)
    assert len(matched) == best
    assert all(allowed[i, j] for i, j in matched)
    assert len({i for i, _ in matched}) == len({j for _, j in matched}) == best


# ---------------------------------------------------------------- ratios


def test_zero_denominators():
    precision, recall, score = metrics.precision_recall_f1([0, 0, 0, 3], [0, 2, 0, 1], [0, 0, 4, 2])
    np.testing.assert_allclose(precision, [np.nan, 0, np.nan, 0.75])
    np.testing.assert_allclose(recall, [np.nan, np.nan, 0, 0.6])
    np.testing.assert_allclose(score, [np.nan, 0, 0, 6 / 9])


def test_bootstrap():
    rng = np.random.default_rng
    same = np.tile([3, 1, 2], (6, 1))  # all subjects alike: nothing varies
    assert metrics.bootstrap_f1(same, rng(0), 200, 0.95) == pytest.approx((6 / 9, 6 / 9))
    varied = np.array([[5, 0, 0], [4, 1, 1], [3, 2, 2], [0, 4, 5], [1, 3, 4]])
    low, high = metrics.bootstrap_f1(varied, rng(0), 2000, 0.95)
    pooled = f1(varied.sum(axis=0))
    assert 0.1 < low < pooled < high < 1
    assert (low, high) == metrics.bootstrap_f1(varied, rng(0), 2000, 0.95)
    narrow = metrics.bootstrap_f1(varied, rng(0), 2000, 0.5)
    assert low < narrow[0] < narrow[1] < high
    assert np.isnan(metrics.bootstrap_f1(varied[:1], rng(0), 100, 0.95)).all()
    assert np.isnan(metrics.bootstrap_f1(np.zeros((4, 3)), rng(0), 100, 0.95)).all()


def test_bootstrap_agrees_with_drawing_subjects_one_by_one():
    counts = np.array([[5, 0, 0], [4, 1, 1], [3, 2, 2], [0, 4, 5], [1, 3, 4], [2, 2, 0]])
    rng = np.random.default_rng(1)
    draws = [f1(counts[rng.integers(0, 6, 6)].sum(axis=0)) for _ in range(4000)]
    expected = np.quantile(draws, [0.025, 0.975])
    found = metrics.bootstrap_f1(counts, np.random.default_rng(2), 4000, 0.95)
    np.testing.assert_allclose(found, expected, atol=0.02)


# ---------------------------------------------------------------- tables


def rows(columns, *values):
    return pd.DataFrame(list(values), columns=columns.split())


VIDEOS = rows("subject video", ("s1", "a"), ("s1", "b"), ("s2", "c"), ("s3", "d"))
LABELS = rows(
    "subject video type onset offset",
    ("s1", "a", "micro", 10, 19),
    ("s1", "a", "macro", 10, 19),
    ("s1", "b", "micro", 10, 19),
    ("s2", "c", "macro", 50, 99),
)
PREDICTIONS = rows(
    "subject video type onset offset",
    ("s1", "a", "macro", 11, 20),  # TP of the macro label: the micro label is another class
    ("s1", "b", "micro", 10, 19),  # TP
    ("s1", "b", "micro", 12, 19),  # FP: the label is taken
    ("s2", "c", "macro", 10, 40),  # FP, and a miss
    ("s3", "d", "micro", 5, 9),  # FP in a video without labels, which counts too
)
ARGS = {"corpus": "demo", "method": "m", "pretraining": "none", "n_bootstrap": 300, "seed": 3}


def scored(labels=LABELS, predictions=PREDICTIONS):
    table = metrics.metrics_table(VIDEOS, labels, predictions, confidence=0.95, **ARGS)
    return table.set_index(["expression", "subject"])


def test_metrics_table():
    table = scored()
    counts = ["videos", "labels", "predictions", "tp", "fp", "fn"]
    expected = {
        ("micro", "s1"): [2, 2, 2, 1, 1, 1],
        ("micro", "s2"): [1, 0, 0, 0, 0, 0],
        ("micro", "s3"): [1, 0, 1, 0, 1, 0],
        ("micro", "all"): [4, 2, 3, 1, 2, 1],
        ("macro", "s1"): [2, 1, 1, 1, 0, 0],
        ("macro", "s2"): [1, 1, 1, 0, 1, 1],
        ("macro", "s3"): [1, 0, 0, 0, 0, 0],
        ("macro", "all"): [4, 2, 2, 1, 1, 1],
        ("all", "s1"): [2, 3, 3, 2, 1, 1],
        ("all", "s2"): [1, 1, 1, 0, 1, 1],
        ("all", "s3"): [1, 0, 1, 0, 1, 0],
        ("all", "all"): [4, 4, 5, 2, 3, 2],
    }
    assert list(table.index) == list(expected)
    assert {key: table.loc[key, counts].tolist() for key in expected} == expected
    assert table.loc[("all", "all"), "f1"] == pytest.approx(4 / 9)
    assert table.loc[("all", "all"), "precision"] == pytest.approx(0.4)
    assert table.loc[("micro", "s3"), "f1"] == 0
    assert np.isnan(table.loc[("macro", "s3"), "f1"])
    pooled = table.xs("all", level="subject")
    assert (pooled["f1_low"] <= pooled["f1"]).all() and (pooled["f1"] <= pooled["f1_high"]).all()
    assert table.drop("all", level="subject")["f1_low"].isna().all()


def test_metrics_table_has_the_columns_of_the_store(tmp_path):
    table = scored().reset_index()[metrics.METRICS_COLUMNS]
    assert list(table.columns) == list(tables.COLUMNS["metrics"])
    tables.write(tmp_path / "metrics.csv", "metrics", table)
    back = tables.read(tmp_path / "metrics.csv", "metrics")
    assert back["tp"].tolist() == table["tp"].tolist()
    assert back["f1"].isna().tolist() == table["f1"].isna().tolist()


def test_rows_in_any_order_give_the_same_table():
    shuffled = scored(LABELS.sample(frac=1, random_state=1), PREDICTIONS[::-1])
    pd.testing.assert_frame_equal(shuffled, scored())


def test_without_labels_only_predictions_are_counted():
    table = scored(labels=None)
    assert table.loc[("all", "all"), "predictions"] == 5
    empty = ["labels", "tp", "fp", "fn", "precision", "recall", "f1", "f1_low", "f1_high"]
    assert table[empty].isna().all(axis=None)


def test_no_predictions_at_all():
    table = scored(predictions=PREDICTIONS[:0])
    assert table.loc[("all", "all"), ["tp", "fp", "fn"]].tolist() == [0, 0, 4]
    assert table.loc[("all", "all"), "f1"] == 0


def test_match_table_points_at_the_labels():
    table = metrics.match_table(LABELS, PREDICTIONS)
    assert table["hit"].tolist() == [True, True, False, False, False]
    assert table["label"].tolist() == [1, 2, -1, -1, -1]
    assert table["iou"].tolist() == pytest.approx([9 / 11, 1, 0, 0, 0])
    assert metrics.match_table(None, PREDICTIONS)["hit"].isna().all()


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("video", "z", "row 6: video 'z' is not one of the corpus"),
        ("subject", "s1", "row 6: video 'd' is of subject 's3', not 's1'"),
        ("type", "Micro", "row 6: type 'Micro'"),
    ],
)
def test_rows_that_no_subject_could_count_are_refused(column, value, message):
    wrong = PREDICTIONS.copy()
    wrong.loc[4, column] = value
    with pytest.raises(InputError, match=message):
        scored(predictions=wrong)
