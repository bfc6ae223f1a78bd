"""What is usual for a person, on made candidates."""

from dataclasses import replace

import numpy as np
import pytest

from mespot.spotting.calibration import calibrate, decoded
from mespot.spotting.decode import intervals
from mespot.spotting.recordings import Predicted
from mespot.spotting.thresholds import from_logit, logit
from mespot.spotting.usual import Usual, compared
from tests.unit.test_calibration import HOW, REGIONS, held_out, recorded

MINUTE = 600  # frames
RATE = 10.0


def person(subject, frames=MINUTE, hidden=0, corpus=""):
    span = np.where(np.arange(frames) < hidden, -1, 0)
    nothing = recorded([])
    return Predicted(**{**nothing, "subject": subject, "span": span, "corpus": corpus})


def rows(*odds):
    t = 10 * np.arange(len(odds))
    return intervals(t, t + 2, t + 5, from_logit(np.array(odds, float)))


def of(micro=(), macro=()):
    return {"micro": rows(*micro), "macro": rows(*macro)}


def test_the_usual_level_is_the_mean_over_persons_and_not_over_candidates():
    people = [person("a"), person("a"), person("b")]
    usual = Usual.of(people, [of([-2, -4]), of([-3]), of([-1], [0.5])], RATE)
    assert usual.levels["micro"] == pytest.approx((-3 - 1) / 2)
    assert usual.levels["macro"] == pytest.approx(0.5)
    assert Usual.of(people[:1], [of()], RATE).levels == {"micro": 0.0, "macro": 0.0}


def test_the_same_name_in_another_corpus_is_another_person():
    people = [person("a"), person("a", corpus="other")]
    candidates = [of([-2]), of([-4])]
    excess = Usual({"micro": -3.0, "macro": 0.0}, RATE).excess(
        people, candidates, {"micro": 1.0, "macro": 1.0}, 0.0
    )
    assert [one["micro"] for one in excess] == pytest.approx([1, -1])


def test_what_lies_above_the_usual_level_is_taken_off_all_recordings_of_a_person():
    people = [person("a"), person("a"), person("b")]
    candidates = [of([-1, -3], [0]), of([1]), of([-5])]
    usual = Usual({"micro": -2.0, "macro": -1.0}, RATE)
    excess = usual.excess(people, candidates, {"micro": 1.0, "macro": 0.0}, 0.0)
    assert [one["micro"] for one in excess] == pytest.approx([1, 1, -3])
    assert [one["macro"] for one in excess] == [0, 0, 0]
    lowered = compared(candidates[0], excess[0])
    assert logit(lowered["micro"].confidence) == pytest.approx([-2, -4], abs=1e-6)
    assert lowered["macro"] is candidates[0]["macro"]
    assert lowered["micro"].bounds.tolist() == candidates[0]["micro"].bounds.tolist()


@pytest.mark.parametrize(
    ("frames", "hidden", "kept"),
    [(MINUTE, 0, 0.5), (3 * MINUTE, 0, 0.75), (2 * MINUTE, MINUTE, 0.5)],
)
def test_little_that_is_recorded_says_little_of_a_person(frames, hidden, kept):
    usual = Usual({"micro": 0.0, "macro": 0.0}, RATE)
    (excess,) = usual.excess(
        [person("a", frames, hidden)], [of([2])], {"micro": 0.8, "macro": 0.0}, 1.0
    )
    assert excess["micro"] == pytest.approx(0.8 * kept * 2)


def test_a_person_without_a_candidate_or_a_usable_frame_is_left_as_it_is():
    usual = Usual({"micro": -2.0, "macro": -2.0}, RATE)
    shares = {"micro": 1.0, "macro": 1.0}
    people = [person("a"), person("b", hidden=MINUTE)]
    excess = usual.excess(people, [of(), of([5])], shares, 1.0)
    assert excess == [{"micro": 0.0, "macro": 0.0}, {"micro": 0.0, "macro": 0.0}]


CALM = [(0, 20, 29, 0.55), (0, 60, 69, 0.12), (0, 100, 109, 0.12), (0, 140, 149, 0.12)]
RESTLESS = [(0, 20, 29, 0.9), (0, 60, 69, 0.6), (0, 100, 109, 0.6), (0, 140, 149, 0.6)]


def test_one_threshold_parts_right_from_wrong_in_calm_and_in_restless_people():
    """Without it, what is wrong in one person is surer than what is right in the other."""
    known = [
        held_out(events, micro=[[20, 29]], video=f"v{i}", subject=f"s{i}")
        for i, events in enumerate([CALM, RESTLESS] * 4)
    ]
    found = {}
    for share in (0.0, 1.0):
        how = replace(HOW, person_share={"micro": share, "macro": 0.0}, person_minutes=0.0)
        calibration = calibrate(known, how, REGIONS, 30.0)
        assert (calibration.usual is None) == (share == 0)
        people = [
            Predicted(**{**recorded(events), "subject": name})
            for name, events in (("calm", CALM), ("restless", RESTLESS))
        ]
        spotted = decoded(people, calibration, how)
        found[share] = [one.intervals["micro"].bounds.tolist() for one in spotted]
        if share:
            # The line that is drawn with the scores of a person is where its candidates are cut.
            drawn = [one.thresholds["micro"] for one in spotted]
            assert 0.12 < drawn[0] < 0.55 and 0.6 < drawn[1] < 0.9
    assert found[1.0] == [[[20, 29]], [[20, 29]]]
    assert found[0.0] != found[1.0]


def test_a_corpus_that_trained_along_does_not_say_what_is_usual():
    one = held_out(CALM, micro=[[20, 29]])
    other = held_out(RESTLESS, micro=[[20, 29]], corpus="other")
    how = replace(HOW, person_share={"micro": 1.0, "macro": 1.0}, person_minutes=1.0)
    alone, with_other = (calibrate(known, how, REGIONS, 30.0) for known in ([one], [one, other]))
    assert alone == with_other
