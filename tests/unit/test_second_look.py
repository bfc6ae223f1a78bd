"""The second look, on recordings in which only motion tells hits from false alarms."""

import logging
from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from mespot.spotting import decode, second_look
from mespot.spotting.second_look import SecondLook
from tests.unit.candidates import NONE, moves_and_stays
from tests.unit.moving_regions import REGIONS

HOW = SecondLook(0.5, 0.3, fewest_hits=30, repeats=1, trees=25, leaves=6, learning_rate=0.2)
MADE = [moves_and_stays(i, f"s{i}") for i in range(9)]


def learned(made=MADE, how=HOW):
    recordings, candidates = zip(*made, strict=True)
    return second_look.learn(recordings, candidates, REGIONS, 30.0, how)


def confidences(candidates):
    return [rows["micro"].confidence for rows in candidates]


def right(recordings, candidates):
    """How often a hit is surer than a false alarm."""
    sure = np.concatenate(confidences(candidates))
    hit = np.concatenate(
        [
            np.isin(rows["micro"].onset, one.labels["micro"][:, 0])
            for one, rows in zip(recordings, candidates, strict=True)
        ]
    )
    return (sure[hit][:, None] > sure[~hit]).mean()


def test_trees_see_what_the_network_does_not():
    recordings, candidates = zip(*MADE, strict=True)
    trees, again = learned()
    assert right(recordings, candidates) < 0.65
    assert right(recordings, again) > 0.85
    unseen, rows = zip(*[moves_and_stays(i, f"s{i}") for i in range(20, 24)], strict=True)
    assert right(unseen, rows) < 0.65
    assert right(unseen, trees.rescored(unseen, rows)) > 0.85


def test_thresholds_are_chosen_from_trees_that_did_not_see_the_group():
    """Other labels of a group change what is said of the other groups, and nothing of its own."""
    how = replace(HOW, fewest_hits=10)
    _, before = learned(how=how)
    empty = {"micro": np.zeros((0, 2), int), "macro": np.zeros((0, 2), int)}
    changed = [(replace(one, labels=empty) if one.group == 1 else one, rows) for one, rows in MADE]
    _, after = learned(changed, how)
    for (one, _), first, second in zip(MADE, confidences(before), confidences(after), strict=True):
        assert np.array_equal(first, second) == (one.group == 1)


def test_what_can_be_measured_nowhere_is_not_learned_from():
    """Spans so short that nothing lies far before or after any candidate."""
    short = [
        (replace(one, span=np.maximum(np.arange(600) - 5, 0) // 28), rows) for one, rows in MADE
    ]
    trees, again = learned(short)
    assert right([one for one, _ in short], again) > 0.85
    one, rows = moves_and_stays(31, "s31")
    assert right([one], trees.rescored([one], [rows])) > 0.7


def test_a_weight_mixes_log_odds():
    recordings, candidates = zip(*MADE, strict=True)
    first = np.concatenate(confidences(candidates))
    by_weight = {}
    for weight in (1e-9, 0.25, 1.0):
        _, again = learned(how=replace(HOW, weight=weight))
        sure = np.concatenate(confidences(again))
        by_weight[weight] = np.log(sure / (1 - sure))
    assert by_weight[1e-9] == pytest.approx(np.log(first / (1 - first)), abs=1e-6)
    mixed = 0.25 * by_weight[1.0] + 0.75 * by_weight[1e-9]
    assert by_weight[0.25] == pytest.approx(mixed, abs=1e-6)


def test_candidates_are_suppressed_again_by_their_final_confidence():
    trees, _ = learned()
    one, rows = moves_and_stays(30, "s30")
    later = replace(rows["micro"], onset=rows["micro"].onset + 1, offset=rows["micro"].offset + 1)
    twice = {"micro": decode.Intervals.joined([rows["micro"], later]), "macro": NONE}
    (kept,) = trees.rescored([one], [twice])
    assert len(kept["micro"]) == len(rows["micro"])
    trees = replace(trees, how=replace(HOW, nms_iou=1.0))
    (every,) = trees.rescored([one], [twice])
    assert len(every["micro"]) == 2 * len(kept["micro"])
    assert np.isin(kept["micro"].confidence, every["micro"].confidence).all()
    for sure, onset in zip(kept["micro"].confidence, kept["micro"].onset, strict=True):
        near = np.abs(every["micro"].onset - onset) <= 1
        assert sure == every["micro"].confidence[near].max()


def test_the_result_does_not_depend_on_the_number_of_threads():
    with threadpool_limits(4):
        _, many = learned()
    with threadpool_limits(1):
        _, one = learned()
    for first, second in zip(confidences(one), confidences(many), strict=True):
        assert np.array_equal(first, second)


@pytest.mark.parametrize("made", [MADE[:1], MADE[::3], []], ids=["one", "one group", "none"])
def test_there_is_no_second_look_with_too_few_hits(made, caplog):
    caplog.set_level(logging.INFO)
    recordings = [one for one, _ in made]
    candidates = [rows for _, rows in made]
    assert second_look.learn(recordings, candidates, REGIONS, 30.0, HOW) is None
    assert "no second look: it would learn from" in caplog.text
    assert learned(how=replace(HOW, fewest_hits=1000)) is None
