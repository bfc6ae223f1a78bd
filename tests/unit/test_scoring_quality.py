"""F1 over IoU, average precision, boundary errors, false alarms: against hand-made truth."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from mespot.metrics import strict_match
from mespot.scoring import quality
from mespot.scoring.pool import pool
from tests.unit.scoring_tables import one_subject, table
from tests.unit.test_scoring_rules import made, rows

VIDEOS = pd.DataFrame({"subject": ["a", "b"], "video": ["1", "2"]})
LABELS = table(
    ("a", "1", "micro", 100, 109),
    ("a", "1", "micro", 200, 209),
    ("b", "2", "micro", 300, 309),
    ("b", "2", "macro", 400, 499),
)
PREDICTIONS = table(
    ("a", "1", "micro", 100, 109, 0.9),  # IoU 1
    ("b", "2", "micro", 50, 59, 0.8),
    ("a", "1", "micro", 202, 211, 0.7),  # IoU 8 / 12
    ("a", "1", "micro", 103, 109, 0.6),  # IoU 7 / 10, the label is taken
    ("b", "2", "micro", 304, 309, 0.5),  # IoU 6 / 10
    ("b", "2", "macro", 390, 489, 0.4),  # IoU 90 / 110
)


def scene(predictions=PREDICTIONS):
    return pool(VIDEOS, LABELS, predictions, "predictions")


def test_f1_by_iou():
    f1 = quality.f1_by_iou(scene())
    assert f1["micro"] == pytest.approx([6 / 8] * 6 + [2 / 8] * 3)
    assert f1["macro"] == [1.0] * 8 + [0.0]
    assert f1["all"][0] == pytest.approx(8 / 10) and f1["all"][8] == pytest.approx(2 / 10)
    assert np.isnan(quality.f1_by_iou(one_subject([([], [])]))["all"]).all()


def test_average_precision():
    # Precision 1, 1/2, 2/3, 2/4, 3/5 at the recalls 1/3, 1/3, 2/3, 2/3, 1.
    precision = quality.average_precisions(scene())
    assert precision["micro"]["ap_50"] == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)
    at = [(1 + 2 / 3 + 3 / 5) / 3] * 3 + [(1 + 2 / 3) / 3] + [1 / 3] * 6  # IoU 0.5, 0.55, ...
    assert precision["micro"]["ap_mean"] == pytest.approx(np.mean(at))
    assert precision["macro"] == {"ap_50": 1.0, "ap_mean": pytest.approx(7 / 10)}
    assert precision["all"]["ap_50"] == pytest.approx((1 + (1 + 2 / 3 + 3 / 5) / 3) / 2)


def test_equally_sure_predictions_come_in_together():
    same = PREDICTIONS.assign(confidence=0.5)
    precision = quality.average_precisions(scene(same))
    assert precision["micro"]["ap_50"] == pytest.approx(3 / 5)


def test_without_confidence_there_is_no_curve():
    of = scene(PREDICTIONS.drop(columns="confidence"))
    assert np.isnan(quality.average_precisions(of)["micro"]["ap_50"])
    assert np.isnan(quality.false_alarms_at_recall(of, 1.0, [0.5])["micro"][0.5])
    nobody = pool(VIDEOS, LABELS[:0], PREDICTIONS, "predictions")
    assert np.isnan(quality.average_precisions(nobody)["all"]["ap_50"])


def test_boundary_errors_in_milliseconds():
    errors = quality.boundary_errors(scene(), np.array([100.0, 50.0]))
    assert errors["micro"]["onset_error_ms"] == pytest.approx((0 + 20 + 80) / 3)
    assert errors["micro"]["offset_error_ms"] == pytest.approx((0 + 20 + 0) / 3)
    assert errors["macro"]["onset_error_ms"] == errors["macro"]["offset_error_ms"] == 200
    assert errors["all"]["onset_error_ms"] == pytest.approx(300 / 4)
    unknown = quality.boundary_errors(scene(), np.array([100.0, np.nan]))
    assert unknown["micro"]["onset_error_ms"] == 10 and np.isnan(unknown["macro"]["onset_error_ms"])


def test_false_alarms_at_recall():
    alarms = quality.false_alarms_at_recall(scene(), 0.5, [0.3, 0.5, 0.9])
    assert alarms["micro"] == {0.3: 0.0, 0.5: 2.0, 0.9: 4.0}
    assert alarms["macro"] == {0.3: 0.0, 0.5: 0.0, 0.9: 0.0}
    fewer = quality.false_alarms_at_recall(scene(PREDICTIONS[:4]), 0.5, [0.9])
    assert np.isnan(fewer["micro"][0.9])  # never reached


@settings(max_examples=50, deadline=None, database=None)
@given(rows, rows)
def test_closest_pairs_are_those_of_the_rule_for_one_video(predictions, labels):
    of = made(predictions, labels)
    pairs = quality.closest_pairs(of)
    overlap = {
        (i, j): iou
        for i, j, iou in zip(of.pairs.prediction, of.pairs.label, of.pairs.iou, strict=True)
    }
    assert len(np.unique(pairs[:, 0])) == len(np.unique(pairs[:, 1])) == len(pairs)
    assert all(overlap[i, j] >= 0.5 for i, j in pairs)
    expected, fit = 0, 0.0
    for group in range(of.n_groups):
        p = np.flatnonzero(of.predictions.group == group)
        g = np.flatnonzero(of.labels.group == group)
        matched = strict_match(of.predictions.bounds[p], of.labels.bounds[g])
        expected += len(matched)
        fit += sum(overlap[p[i], g[j]] for i, j in matched)
    assert len(pairs) == expected
    assert sum(overlap[i, j] for i, j in pairs) == pytest.approx(fit)
