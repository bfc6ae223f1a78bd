"""From the predictions of a learned spotter to intervals, on made curves."""

from dataclasses import replace

import numpy as np
import pytest

from mespot.spotting.calibration import HeldOut, calibrate, decoded
from mespot.spotting.decoders import Decoding
from mespot.spotting.lengths import Lengths, label_lengths, mean_half_length
from mespot.spotting.predictions import Prediction
from mespot.spotting.recordings import Predicted

HOW = Decoding("boundaries", 1.5, 0.2, floor=0.05, nms_iou=0.2, vote_iou=0.5)
REGIONS = ["brow", "mouth"]
FRAMES = 200
NONE = np.zeros((0, 2), int)


def prediction(*events):
    """Events (class, onset, offset, score), with the right ends around each."""
    score = np.zeros((FRAMES, 3), np.float32)
    distances = np.ones((FRAMES, 3, 2), np.float32)
    t = np.arange(FRAMES)
    for c, onset, offset, sure in events:
        near = (t >= onset) & (t <= offset)
        score[near, c] = sure * (1 - 0.5 * np.abs(t - (onset + offset) / 2)[near] / FRAMES)
        distances[near, c] = np.stack([t - onset, offset - t], axis=1)[near]
    return Prediction(score, distances)


def recorded(events):
    """What decoding reads of a recording."""
    return {
        "subject": "s1",
        "prediction": prediction(*events),
        "paths": np.zeros((FRAMES, 2, 4), np.float32),
        "span": np.zeros(FRAMES, int),
    }


def held_out(events, micro=NONE, macro=NONE, **known):
    labels = {"micro": np.array(micro), "macro": np.array(macro)}
    return HeldOut(**{**recorded(events), "video": "v1", "group": 0, **known}, labels=labels)


def spotted_in(events, calibration, how=HOW):
    (spotted,) = decoded([Predicted(**recorded(events))], calibration, how)
    return spotted


def calibrated(how=HOW, others=()):
    return calibrate(
        [
            held_out([(0, 20, 29, 0.8), (0, 60, 69, 0.4), (1, 100, 149, 0.6)],
                     micro=[[20, 29]], macro=[[100, 149]]),
            held_out([(0, 30, 41, 0.7), (1, 60, 99, 0.2)], micro=[[30, 41]]),
            *others,
        ],
        how,
        REGIONS,
        30.0,
    )  # fmt: skip


def test_lengths_are_those_of_the_labels_with_slack():
    labels = [np.array([[10, 19], [30, 44]]), NONE, np.array([[0, 11]])]  # 10, 15, 12 frames
    assert label_lengths(labels, 1.5) == Lengths(6, 23, 6)
    assert mean_half_length(labels) == pytest.approx(37 / 6)
    assert label_lengths([np.array([[5, 5]])], 1.5) == Lengths(2, 2, 1)
    empty = label_lengths([NONE], 1.5)
    assert empty.longest < empty.shortest and empty.half == 1


def test_thresholds_part_right_from_wrong_on_held_out_recordings():
    calibration = calibrated()
    assert 0.4 < calibration.thresholds["micro"] < 0.7 + 1e-6
    assert 0.2 < calibration.thresholds["macro"] < 0.6 + 1e-6
    assert calibration.lengths["micro"] == Lengths(6, 18, 5)


def test_a_prediction_becomes_intervals_at_the_thresholds():
    events = [(0, 50, 59, 0.9), (0, 150, 159, 0.3), (1, 80, 129, 0.7)]
    spotted = spotted_in(events, calibrated())
    assert spotted.intervals["micro"].bounds.tolist() == [[50, 59]]
    assert spotted.candidates["micro"].bounds.tolist() == [[50, 59], [150, 159]]
    assert spotted.intervals["macro"].bounds.tolist() == [[80, 129]]
    assert spotted.thresholds == calibrated().thresholds
    assert spotted.levels["micro"].tolist() == spotted.candidates["micro"].confidence.tolist()
    assert spotted.scores["macro"][100] == pytest.approx(0.7, rel=0.05)


@pytest.mark.parametrize(
    ("micro", "macro", "stays"), [(0.95, 0.62, "micro"), (0.71, 0.95, "macro")]
)
def test_of_two_classes_at_one_place_the_one_further_above_its_threshold_stays(micro, macro, stays):
    how = replace(HOW, duration_slack=4.0)
    events = [(0, 50, 65, micro), (1, 48, 80, macro)]
    spotted = spotted_in(events, calibrated(how), how)
    assert [name for name, rows in spotted.intervals.items() if len(rows)] == [stays]


def test_a_class_without_labels_is_never_predicted():
    one = held_out([(0, 20, 29, 0.8)], micro=[[20, 29]])
    calibration = calibrate([one], HOW, REGIONS, 30.0)
    assert calibration.thresholds["macro"] == float("inf")
    spotted = spotted_in([(1, 20, 69, 1.0)], calibration)
    assert not len(spotted.candidates["macro"])


def test_a_corpus_that_trained_along_changes_neither_lengths_nor_thresholds():
    other = held_out([(0, 20, 79, 0.1)], micro=[[20, 79]], corpus="other")
    assert calibrated(others=[other]) == calibrated()
    assert calibrated(others=[replace(other, corpus="")]) != calibrated()


def test_peaks_have_thresholds_on_their_own_scale():
    how = Decoding("peaks", 1.5, 0.2)
    levels = calibrated(how).thresholds
    assert all(0 <= level <= 1 for level in levels.values())
    events = [(0, 50, 59, 0.9), (0, 150, 159, 0.1), (1, 80, 129, 0.7)]
    spotted = spotted_in(events, calibrated(how), how)
    assert spotted.intervals["micro"].bounds.tolist() == [[50, 60]]
    assert 0 < spotted.thresholds["micro"] < 0.9


def test_candidates_that_nobody_has_decided_on_do_not_count():
    """They would raise the threshold above an interval that hits a label."""
    wrong = [(0, 120 + 12 * i, 129 + 12 * i, 0.5) for i in range(5)]
    hits = [(0, 20, 29, 0.8), (0, 60, 69, 0.4)]
    decided = np.arange(FRAMES) < 110
    micro = [[20, 29], [60, 69]]
    whole = calibrate([held_out([*hits, *wrong], micro)], HOW, REGIONS, 30)
    part = calibrate([held_out([*hits, *wrong], micro, known=decided)], HOW, REGIONS, 30)
    alone = calibrate([held_out(hits, micro)], HOW, REGIONS, 30)
    assert part.thresholds["micro"] == alone.thresholds["micro"]
    assert part.thresholds["micro"] != whole.thresholds["micro"]
