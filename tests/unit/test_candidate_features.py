"""What a second look sees of candidates, on made motion."""

from dataclasses import replace

import numpy as np
import pytest

from mespot.spotting import candidate_features, decode, region_groups
from mespot.spotting.segments import Segments, Sums
from tests.unit.candidates import NONE, recording
from tests.unit.moving_regions import REGIONS, bump


def seen(one, micro=NONE, macro=NONE, regions=REGIONS, rate=30.0):
    """Features of the candidates of one recording, {name: (N,)}."""
    return together([one], [{"micro": micro, "macro": macro}], regions, rate)


def together(recordings, candidates, regions=REGIONS, rate=30.0):
    table = candidate_features.table(recordings, candidates, regions, rate)
    assert table.values.dtype == np.float32 and len(set(table.names)) == len(table.names)
    return dict(zip(table.names, table.values.T, strict=True))


def rows(*bounds, sure=0.5):
    first, last = np.array(bounds).T
    return decode.intervals(first, (first + last) // 2, last, np.full(len(first), sure))


def noisy(frames=600, regions=5, seed=0):
    return np.random.default_rng(seed).normal(scale=0.05, size=(frames, regions, 2))


def test_motion_that_comes_back_is_told_from_motion_that_stays():
    path = noisy()
    path[:, 2, 1] += bump(600, 100, 120, 3.0)  # the mouth moves down and back
    path[:, 0, 1] -= bump(600, 300, 340, 3.0) + 3.0 * (np.arange(600) >= 320) * (
        1 - bump(600, 300, 340, 1.0)
    )  # the left brow moves up and stays
    found = seen(recording(path), rows((100, 120), (300, 320), (400, 420)))
    back, stays, still = range(3)
    assert found["rise_1"][back] > 20 and found["rise_1"][still] < 4
    assert found["rest_1"][back] < 4 < 20 < found["rest_1"][stays]
    assert found["arc_1"][back] > 2 * found["arc_1"][stays] > 5 * found["arc_1"][still] / 5
    assert found["apex"][back] == pytest.approx(0.5, abs=0.1)
    assert found["rise_mouth_1"][back] == found["rise_1"][back] > 5 * found["rise_brow_1"][back]
    assert found["moved_mouth_down"][back] > 20 and found["moved_mouth_sideways"][back] < 4
    assert found["moved_brow_down"][stays] < -3 and found["moved_brow_askew"][stays] > 5
    assert found["speed_1"][back] > 3 * found["speed_before_1"][back]


def smooth(rate):
    """One recording at any rate: expressions, a slow sway, and scores that follow them."""
    t = np.arange(round(20 * rate)) / rate
    path = np.zeros((len(t), 5, 2))
    path += np.sin(2 * np.pi * t * 0.2)[:, None, None] * np.linspace(0.5, 1, 5)[:, None]
    for second, size in ((4, 3.0), (11, 5.0)):
        path[:, 2, 1] += size * np.exp(-(((t - second) / 0.3) ** 2))
    score = np.stack([np.exp(-(((t - 4) / 0.3) ** 2)) * k for k in (0.9, 0.5, 0.7)], axis=1)
    one = recording(100 * path, score)
    lasting = np.full((len(t), 3, 2), 0.5 * rate, np.float32)
    one = replace(one, prediction=replace(one.prediction, distances=lasting))
    ends = [round(x * rate) for x in (3.6, 4.4, 10.5, 11.5)]
    return one, rows(ends[:2], ends[2:])


def test_features_are_the_same_at_any_rate():
    slow, fast = (seen(*smooth(rate), rate=rate) for rate in (30.0, 120.0))
    # Noise and speed are those of a frame, which nothing can be compared with but each other.
    for name in slow:
        if name not in ("noise", "logit"):
            assert slow[name] == pytest.approx(fast[name], rel=0.15, abs=0.06), name


def test_nothing_is_seen_across_the_border_of_a_span():
    rng = np.random.default_rng(3)
    path, score = noisy(400).cumsum(axis=0), rng.random((400, 3))
    span = np.repeat([0, -1, 1], [200, 20, 180])
    micro, macro = rows((150, 165), (185, 199), (220, 232)), rows((5, 60), (130, 199), (225, 300))
    before = seen(recording(path, score, span), micro, macro)
    # The other span runs backwards, and there is something else between the two.
    path[200:220] += 9
    path[220:], score[220:] = path[220:][::-1].copy(), score[220:][::-1].copy()
    after = seen(recording(path, score, span), micro, macro)
    first = np.array([True, True, False, True, True, False])
    changed = [name for name in before if (before[name] != after[name])[~first].any()]
    assert {"rise_1", "score_mean_0"} <= set(changed)
    for name in before:
        np.testing.assert_allclose(before[name][first], after[name][first], rtol=1e-4, err_msg=name)


def test_regions_are_known_by_their_names():
    order = [3, 0, 4, 2, 1]
    micro = rows((100, 120), (40, 70))
    one = recording(noisy())
    turned = replace(one, paths=one.paths[:, order])
    found = seen(one, micro)
    same = seen(turned, micro, regions=[REGIONS[i] for i in order])
    other = seen(turned, micro)
    assert sorted(found) == sorted(same)
    for name in found:
        np.testing.assert_allclose(found[name], same[name], rtol=1e-4, err_msg=name)
    assert (found["rise_mouth_1"] != other["rise_mouth_1"]).all()
    assert not [name for name in found if "nose" in name]


def test_regions_are_grouped_by_the_words_of_their_names():
    micro = rows((100, 120))
    unknown = seen(recording(noisy(regions=1)), micro, regions=["r1"])
    assert np.isfinite(unknown["rise_1"]).all() and unknown["rise_1"] == unknown["rise_4"]
    own = region_groups.of(["left_brow_outer", "right_brow_outer", "nose_tip", "upper_lip"])
    assert own.parts == {"brow": [0, 1], "nose": [2], "mouth": [3]}
    assert own.places == {"brow_outer": [0, 1], "nose_tip": [2], "upper_lip": [3]}
    assert own.pairs == {"brow_outer": (0, 1)}


def test_where_no_motion_is_read_there_are_scores_and_neighbours():
    one = recording(noisy())
    without = seen(replace(one, paths=one.paths[..., :0]), rows((100, 120)))
    with_motion = seen(one, rows((100, 120)))
    assert set(without) < set(with_motion)
    assert all(without[name] == with_motion[name] for name in without)
    assert {"score_mean_0", "confidence", "subject_surest"} <= set(without)


def test_neighbours_are_those_of_the_video_and_of_the_subject():
    micro = decode.intervals([10, 30, 12], [15, 35, 15], [20, 40, 22], [0.9, 0.3, 0.5])
    macro = decode.intervals([8], [20], [24], [0.4])
    other = decode.intervals([50], [55], [60], [0.6])
    one, two = recording(noisy(900), video="v1"), recording(noisy(900), video="v2")
    stranger = recording(noisy(900), subject="s2")
    found = together(
        [one, two, stranger],
        [{"micro": x, "macro": y} for x, y in ((micro, macro), (other, NONE), (other, NONE))],
    )
    assert found["class"].tolist() == [0, 0, 0, 1, 0, 0] and not found["along"].any()
    assert found["rank"].tolist() == [0, 2, 1, 0, 0, 0]
    assert found["number_a_minute"].tolist() == [6, 6, 6, 2, 2, 2]
    assert found["subject_rank_a_minute"].tolist() == [0, 3, 2, 0, 1, 0]  # of 4 in a minute
    assert found["subject_surest"] == pytest.approx([0.75, 0.75, 0.75, 0.4, 0.75, 0.6])
    assert found["own_class_overlapping"] == pytest.approx([0.5, 0, 0.9, 0, 0, 0])
    assert found["other_class_overlapping"] == pytest.approx([0.4, 0, 0.4, 0.9, 0, 0])
    assert found["gap_to_surer"] == pytest.approx([30, 18 / 30, 2 / 30, 30, 30, 30])
    assert found["near"] == pytest.approx([0.8, 1.4, 1.2, 0, 0, 0])
    strange = replace(one, corpus="other")
    assert together([strange], [{"micro": micro, "macro": macro}])["along"].all()


def test_no_candidate_gives_an_empty_table():
    table = candidate_features.table([recording(noisy())], [{"micro": NONE, "macro": NONE}], [], 30)
    assert len(table.values) == len(table.recording) == len(table.expression) == 0


def test_many_long_segments_give_what_each_one_gives():
    rng = np.random.default_rng(5)
    path = rng.normal(size=(9000, 3, 2)).cumsum(axis=0)
    first = rng.integers(0, 8000, 300)
    last = first + rng.choice([0, 1, 7, 300, 900], 300)  # 70,000 frames together
    segments = Segments(first, last)
    arc, apex = segments.arcs(path)
    highest = segments.highest(path[..., 0])
    means = Sums(path[..., 0]).mean(first, last + 1)
    for i, (a, b) in enumerate(zip(first, last, strict=True)):
        part = path[a : b + 1]
        course = part[0] + (part[-1] - part[0]) * np.linspace(0, 1, len(part))[:, None, None]
        away = np.linalg.norm(part - course, axis=2)
        assert arc[i] == pytest.approx(away.max(axis=0), abs=1e-9)
        assert apex[i] == a + away.sum(axis=1).argmax() or b - a < 2
        assert highest[i] == pytest.approx(part[..., 0].max(axis=0))
        assert means[i] == pytest.approx(part[..., 0].mean(axis=0))
    assert np.isnan(Sums(path[:, 0]).mean(first[:1], first[:1])).all()


@pytest.mark.parametrize(("frames", "rate"), [(8, 30.0), (50, 200.0)])
def test_a_recording_shorter_than_a_third_of_a_second_is_described(frames, rate):
    found = seen(recording(noisy(frames)), rows((2, 5)), rate=rate)
    assert found["noise"][0] > 0 and np.isfinite(found["rise_1"][0])
