"""Precision over recall, F1 over IoU, durations and boundary errors: against hand-made truth."""

import numpy as np
import pandas as pd
import pytest

from mespot.errors import InputError
from mespot.plots import curves as plots
from mespot.plots import style
from mespot.scoring.curves import IOUS, LABELS, Spotted, curves
from tests.unit.scoring_tables import table
from tests.unit.test_scoring_quality import LABELS as TRUTH
from tests.unit.test_scoring_quality import PREDICTIONS

FPS = {"1": 100.0, "2": 50.0}
CANDIDATES = PREDICTIONS.rename(columns={"confidence": "level"})
REPORTED = PREDICTIONS[PREDICTIONS["confidence"] > 0.65]  # micro alone


def of(method, made, expression, *columns):
    own = made[(made["method"] == method) & (made["expression"] == expression)]
    return own[list(columns)].to_numpy(dtype=float).tolist()


@pytest.fixture(scope="module")
def made():
    silent = Spotted(REPORTED[:0], CANDIDATES[:0])
    spotted = {"a": Spotted(REPORTED, CANDIDATES), "b": silent, "c": Spotted(PREDICTIONS, None)}
    return curves(TRUTH, spotted, FPS)


def test_precision_over_recall(made):
    # Of three labels; the fourth prediction overlaps with a label that a surer one has taken.
    expected = [(1 / 3, 1), (1 / 3, 1 / 2), (2 / 3, 2 / 3), (2 / 3, 2 / 4), (1, 3 / 5)]
    found = of("a", made.precision_recall, "micro", "recall", "precision")
    np.testing.assert_allclose(found, expected)
    assert of("a", made.precision_recall, "macro", "recall", "precision") == [[1, 1]]
    assert set(made.precision_recall["method"]) == {"a"}  # b has no candidate, c none that is known
    same = curves(TRUTH, {"a": Spotted(REPORTED, CANDIDATES.assign(level=0.5))}, FPS)
    found = of("a", same.precision_recall, "micro", "recall", "precision")
    np.testing.assert_allclose(found, [(1, 3 / 5)])


def test_the_operating_point_is_that_of_what_is_reported(made):
    point = of("a", made.operating, "micro", "recall", "precision", "f1")
    np.testing.assert_allclose(point, [(2 / 3, 2 / 3, 2 / 3)])
    # Above the threshold are the three surest: the point lies on the curve.
    assert point[0][:2] in of("a", made.precision_recall, "micro", "recall", "precision")
    assert of("a", made.operating, "macro", "recall", "f1") == [[0, 0]]
    assert np.isnan(of("a", made.operating, "macro", "precision")[0][0])
    assert of("b", made.operating, "all", "recall", "f1") == [[0, 0]]


def test_f1_over_iou(made):
    # IoUs 1, 8/12 and 6/10; with an IoU of 0.7 the third of the predictions is no hit.
    found = dict(of("c", made.f1, "micro", "iou", "f1"))
    assert tuple(found) == IOUS
    assert found[0.6] == pytest.approx(6 / 8) and found[0.65] == pytest.approx(4 / 8)
    assert found[0.7] == pytest.approx(2 / 8) and found[0.95] == pytest.approx(2 / 8)


def test_durations(made):
    assert of(LABELS, made.durations, "micro", "frames", "seconds") == [
        [10, 0.1],
        [10, 0.1],
        [10, 0.2],
    ]
    assert of(LABELS, made.durations, "macro", "frames", "seconds") == [[100, 2]]
    assert of("a", made.durations, "micro", "frames") == [[10], [10], [10]]
    assert of("b", made.durations, "micro", "frames") == []


def test_boundary_errors_are_signed(made):
    ends = ("onset", "offset", "onset_s", "offset_s")
    found = of("c", made.errors, "micro", *ends)
    assert found == [[0, 0, 0, 0], [2, 2, 0.02, 0.02], [4, 0, 0.08, 0]]
    assert of("c", made.errors, "macro", *ends) == [[-10, -10, -0.2, -0.2]]
    unknown = curves(TRUTH, {"c": Spotted(PREDICTIONS, None)}, {"1": 100.0})
    assert np.isnan(of("c", unknown.errors, "macro", "onset_s")[0][0])
    assert of("c", unknown.errors, "macro", "onset") == [[-10]]


@pytest.mark.parametrize("labels", [None, TRUTH[:0]])
def test_without_labels_there_are_durations_alone(labels):
    made = curves(labels, {"a": Spotted(REPORTED, CANDIDATES)}, {})
    assert len(made.durations) == 3 and made.durations["seconds"].isna().all()
    for empty in (made.precision_recall, made.f1, made.operating, made.errors):
        assert empty.empty
    assert plots.durations(made.durations, LABELS).axes[-1].get_xlabel() == "duration, frames"


def test_nothing_at_all_is_no_error():
    assert curves(None, {}, {}).durations.empty
    with pytest.raises(InputError, match="is of subject 'a', not 'b'"):
        curves(TRUTH, {"c": Spotted(PREDICTIONS.assign(subject="b"), None)}, FPS)


def test_figures_show_the_tables(made):
    drawn = plots.precision_recall(made.precision_recall, made.operating)
    micro = drawn.axes[0]
    (line,) = (one for one in micro.lines if len(one.get_xdata()) == 5)
    np.testing.assert_allclose(line.get_ydata(), [1, 1 / 2, 2 / 3, 2 / 4, 3 / 5])
    assert any(np.allclose(one.get_xydata(), [[2 / 3, 2 / 3]]) for one in micro.lines)
    lines = {one.get_label(): one for one in drawn.legends[0].legend_handles}
    assert set(lines) == {"a", "b", "c"}
    assert len({(one.get_color(), one.get_marker()) for one in lines.values()}) == 3
    errors = plots.boundary_errors(made.errors)
    titles = [axis.get_title() for axis in errors.axes]
    assert titles[-4:] == ["median 0.05 s", "median 0.01 s", "median 3 frames", "median 1 frame"]
    again = plots.precision_recall(made.precision_recall, made.operating)
    assert style.svg(drawn) == style.svg(again)


def test_outer_bars_count_what_lies_beyond():
    frames = [*range(1, 100), 5000]
    long = pd.DataFrame({"method": "m", "expression": "macro", "frames": frames, "seconds": np.nan})
    macro = plots.durations(long, LABELS).axes[1]
    (outline,) = (one for one in macro.patches if hasattr(one, "get_data"))
    values, edges, _ = outline.get_data()
    assert values.sum() == 100 and values[-1] >= 1 and edges[-1] < 200


def test_tables_of_scores_are_the_same_in_any_order():
    back = Spotted(REPORTED[::-1], CANDIDATES[::-1])
    one = curves(TRUTH, {"a": Spotted(REPORTED, CANDIDATES)}, FPS)
    two = curves(TRUTH[::-1], {"a": back}, FPS)
    pd.testing.assert_frame_equal(one.precision_recall, two.precision_recall)
    pd.testing.assert_frame_equal(one.operating, two.operating)
    pd.testing.assert_frame_equal(one.errors, two.errors)


def test_one_class_has_an_empty_panel_for_the_other():
    truth = table(("a", "1", "micro", 100, 109))
    made = curves(truth, {"a": Spotted(truth.assign(confidence=1.0), None)}, FPS)
    for figure in (plots.durations(made.durations, LABELS), plots.boundary_errors(made.errors)):
        assert style.svg(figure)
