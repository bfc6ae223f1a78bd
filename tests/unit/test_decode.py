import numpy as np
import pytest

from mespot.spotting import decode


def test_from_peaks_takes_peaks_above_the_threshold():
    score = np.zeros(60)
    score[[10, 30, 50]] = 1.0, 0.3, 0.8
    intervals = decode.from_peaks(score, 4, np.zeros(60, int), threshold=0.5, distance=5)
    assert intervals.bounds.tolist() == [[6, 14], [46, 54]]
    assert intervals.apex.tolist() == [10, 50]
    assert intervals.confidence.tolist() == [1.0, 0.8]


def test_from_peaks_own_length_at_each_peak_and_distance():
    score = np.zeros(40)
    score[[10, 13, 30]] = 1.0, 0.9, 0.7
    half = np.full(40, 2)
    half[30] = 6
    intervals = decode.from_peaks(score, half, np.zeros(40, int), threshold=0.1, distance=5)
    assert intervals.bounds.tolist() == [[8, 12], [24, 36]]


def test_from_peaks_stays_in_its_span():
    score = np.zeros(30)
    score[[9, 20]] = 1.0  # the first at the last frame of span 0
    span = np.repeat([0, -1, 1], [10, 8, 12])
    intervals = decode.from_peaks(score, 5, span, threshold=0.5, distance=1)
    assert intervals.bounds.tolist() == [[4, 9], [18, 25]]


def test_from_boundaries():
    score = np.array([0.0, 0.9, 0.1, 0.0, 0.6, 0.0])
    to_onset = np.array([9.0, 3.0, 9.0, 9.0, 0.6, 9.0])
    to_offset = np.array([9.0, 1.2, 9.0, 9.0, 7.0, 9.0])
    span = np.array([0, 0, 0, 1, 1, 1])
    intervals = decode.from_boundaries(score, to_onset, to_offset, span, floor=0.5)
    assert intervals.bounds.tolist() == [[0, 2], [3, 5]]
    assert intervals.apex.tolist() == [1, 4]
    assert len(decode.from_boundaries(score, to_onset, to_offset, span - 2, 0.5)) == 0


def test_limit_duration_counts_both_ends():
    intervals = decode.intervals([0, 0, 0], [1, 1, 1], [3, 4, 9], [1, 1, 1])
    assert decode.limit_duration(intervals, 5, 9).bounds.tolist() == [[0, 4]]


def test_overlap_is_inclusive():
    one = decode.intervals([0, 30], [0, 30], [9, 30], [1, 1])
    two = decode.intervals([0, 5], [0, 5], [19, 14], [1, 1])
    assert decode.overlap(one, two) == pytest.approx(np.array([[0.5, 5 / 15], [0, 0]]))


def test_merge_keeps_the_surest_and_lets_neighbours_vote():
    intervals = decode.intervals(
        [10, 12, 40, 11, 5], [15, 16, 45, 15, 15], [20, 22, 50, 60, 20], [0.9, 0.9, 0.5, 0.2, 0.4]
    )
    plain = decode.merge(intervals, iou=0.1, agree=2.0)
    assert plain.bounds.tolist() == [[10, 20], [40, 50]]
    assert plain.confidence.tolist() == [0.9, 0.5]
    voted = decode.merge(intervals.pick([0, 1, 2]), iou=0.1, agree=0.5)
    assert voted.bounds[0].tolist() == [11, 21]
    assert len(decode.merge(intervals.pick([]), iou=0.1, agree=0.5)) == 0


def test_merge_keeps_neighbours_that_overlap_little():
    intervals = decode.intervals([0, 9], [5, 14], [10, 19], [0.9, 0.8])  # IoU 2 / 20
    assert len(decode.merge(intervals, iou=0.2, agree=0.5)) == 2
    assert len(decode.merge(intervals, iou=0.05, agree=0.5)) == 1


def merged_one_by_one(pool, iou, agree):
    """What `merge` is to find, by comparing every winner with all."""
    pool = pool.pick(np.lexsort((pool.onset, -pool.confidence)))
    rows = []
    while len(pool):
        fit = decode.overlap(pool.pick([0]), pool)[0]
        voters = fit >= agree
        voters[0] = True
        weight = pool.confidence[voters] * fit[voters]
        ends = [np.rint(np.average(x[voters], weights=weight)) for x in (pool.onset, pool.offset)]
        rows.append([*ends, pool.confidence[0]])
        gone = fit > iou
        gone[0] = True
        pool = pool.pick(~gone)
    return rows


@pytest.mark.parametrize(("iou", "agree"), [(0.0, 2.0), (0.2, 0.5), (0.35, 0.75), (1.0, 1.0)])
def test_merge_compares_neighbours_only_and_finds_the_same(iou, agree):
    rng = np.random.default_rng(int(100 * iou))
    onset = rng.integers(0, 4000, 600)
    length = rng.integers(0, 60, 600) + 700 * (rng.random(600) < 0.02)
    sure = rng.choice(np.linspace(0.1, 1, 40), 600)  # with ties
    pool = decode.intervals(onset, onset + length // 2, onset + length, sure)
    merged = decode.merge(pool, iou=iou, agree=agree)
    rows = [[*bounds, sure] for *bounds, sure in zip(*columns(merged), strict=True)]
    assert rows == merged_one_by_one(pool, iou, agree)


def columns(rows):
    return rows.onset, rows.offset, rows.confidence


def test_joined_parts_keep_their_order():
    one, two = (
        decode.intervals([5], [6], [7], [1]),
        decode.intervals([1, 2], [3, 4], [5, 6], [0, 1]),
    )
    assert decode.Intervals.joined([one, two]).onset.tolist() == [5, 1, 2]


def test_one_class_each():
    micro = decode.intervals([10, 50], [12, 52], [20, 60], [0.4, 0.9])
    macro = decode.intervals([8, 48], [12, 55], [24, 64], [0.8, 0.6])
    a, b = decode.one_class_each(micro, macro, micro.confidence, macro.confidence, iou=0.3)
    assert a.onset.tolist() == [50]
    assert b.onset.tolist() == [8]
    a, b = decode.one_class_each(micro, macro, micro.confidence, macro.confidence, iou=0.9)
    assert len(a) == len(b) == 2


def test_from_network_gives_one_interval_for_one_event():
    frames = np.arange(100)
    score = np.exp(-(((frames - 40) / 5.0) ** 2))
    distances = np.stack([frames - 33.0, 50.0 - frames], axis=1)  # an event from 33 to 50
    span = np.zeros(100, int)
    options = dict(floor=0.1, nms_iou=0.2, vote_iou=0.5)
    intervals = decode.from_network(score, distances, span, durations=(10, 30), **options)
    assert intervals.bounds.tolist() == [[33, 50]]
    assert intervals.apex.tolist() == [40]
    assert intervals.confidence[0] == pytest.approx(1.0)
    assert len(decode.from_network(score, distances, span, durations=(5, 15), **options)) == 0
