"""A long recording in pieces: each frame once, each interval once."""

import numpy as np

from mespot.spotting import decode
from mespot.spotting.pieces import in_pieces, joined, pieces
from mespot.spotting.spotted import Spotted

RATE = 30.0


def test_pieces_follow_each_other_and_overlap():
    frames = round(3.5 * 3600 * RATE)
    parts = pieces(frames, RATE)
    assert len(parts) == 4
    assert [p.start for p in parts] == [0, *(p.stop for p in parts[:-1])] and parts[
        -1
    ].stop == frames
    assert parts[0].first == 0 and parts[-1].last == frames
    assert all(p.first == p.start - 120 * RATE for p in parts[1:])
    (whole,) = pieces(round(5400 * RATE), RATE)
    assert (whole.first, whole.start, whole.stop) == (0, 0, whole.last)


def spotted(piece, known):
    """What a spotter finds that sees `known` intervals as far as they lie in what it reads."""
    seen = [(a, b) for a, b in known if piece.first <= a and b < piece.last]
    onset, offset = np.array(seen, int).reshape(-1, 2).T - piece.first
    found = decode.intervals(onset, (onset + offset) // 2, offset, onset + piece.first)
    none = decode.intervals([], [], [], [])
    both = {"micro": found, "macro": none}
    scores = np.arange(piece.first, piece.last, dtype=np.float32)
    levels = {"micro": found.confidence, "macro": none.confidence}
    curves = dict.fromkeys(both, scores)
    return Spotted(curves, dict.fromkeys(both, 0.5), both, both, levels)


def test_each_interval_is_found_once():
    frames = round(2 * 3600 * RATE)
    first, second = pieces(frames, RATE)
    middle = first.stop
    known = [
        (100, 110),
        (middle - 20, middle - 2),
        (middle - 1, middle + 30),
        (frames - 9, frames - 1),
    ]
    parts = {p.first: p for p in (first, second)}
    found = in_pieces(frames, RATE, lambda read: spotted(parts[read.start], known))
    assert found.intervals["micro"].bounds.tolist() == [list(pair) for pair in known]
    assert found.levels["micro"].tolist() == [a for a, _ in known]
    np.testing.assert_array_equal(found.scores["macro"], np.arange(frames))
    assert len(found.intervals["macro"]) == 0
    # Two pieces that disagree on where an interval at their border has its apex.
    early, late = (spotted(p, [pair]) for p, pair in ((first, known[1]), (second, known[2])))
    early.intervals["micro"].offset[:] += 5
    assert len(joined([(first, early), (second, late)]).intervals["micro"]) == 1
