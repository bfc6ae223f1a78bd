"""Tables of scores: hand-made counts, and rows that no subject could count."""

import numpy as np
import pandas as pd
import pytest

from mespot.errors import InputError
from mespot.scoring import table


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


def scored(labels=LABELS, predictions=PREDICTIONS):
    scores = table.metrics_table(
        VIDEOS, labels, predictions, n_bootstrap=300, seed=3, confidence=0.95
    )
    return scores.set_index(["expression", "subject"])


def test_metrics_table():
    scores = scored()
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
    assert list(scores.index) == list(expected)
    assert {key: scores.loc[key, counts].tolist() for key in expected} == expected
    assert scores.loc[("all", "all"), "f1"] == pytest.approx(4 / 9)
    assert scores.loc[("all", "all"), "precision"] == pytest.approx(0.4)
    assert scores.loc[("micro", "s3"), "f1"] == 0
    assert np.isnan(scores.loc[("macro", "s3"), "f1"])
    pooled = scores.xs("all", level="subject")
    assert (pooled["f1_low"] <= pooled["f1"]).all() and (pooled["f1"] <= pooled["f1_high"]).all()
    assert scores.drop("all", level="subject")["f1_low"].isna().all()


def test_strict_counts_of_subjects_are_those_of_the_table():
    counts = table.strict_subject_counts(VIDEOS, LABELS, PREDICTIONS, 0.5)
    single = scored().drop("all", level="subject")[["tp", "fp", "fn"]]
    np.testing.assert_array_equal(counts, single.to_numpy(int).reshape(3, 3, 3))


def test_rows_in_any_order_give_the_same_table():
    shuffled = scored(LABELS.sample(frac=1, random_state=1), PREDICTIONS[::-1])
    pd.testing.assert_frame_equal(shuffled, scored())


def test_without_labels_only_predictions_are_counted():
    scores = scored(labels=None)
    assert scores.loc[("all", "all"), "predictions"] == 5
    empty = ["labels", "tp", "fp", "fn", "precision", "recall", "f1", "f1_low", "f1_high"]
    assert scores[empty].isna().all(axis=None)


def test_no_predictions_at_all():
    scores = scored(predictions=PREDICTIONS[:0])
    assert scores.loc[("all", "all"), ["tp", "fp", "fn"]].tolist() == [0, 0, 4]
    assert scores.loc[("all", "all"), "f1"] == 0


def test_match_table_points_at_the_labels():
    matched = table.match_table(LABELS, PREDICTIONS)
    assert matched["hit"].tolist() == [True, True, False, False, False]
    assert matched["label"].tolist() == [1, 2, -1, -1, -1]
    assert matched["iou"].tolist() == pytest.approx([9 / 11, 1, 0, 0, 0])
    assert table.match_table(None, PREDICTIONS)["hit"].isna().all()


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
