import numpy as np

from mespot.spans import usable_spans, without


def test_usable_spans():
    span = np.array([-1, 0, 0, -1, 1, 1, 2])
    assert usable_spans(span) == [(1, 3), (4, 6), (6, 7)]
    assert usable_spans(np.full(4, -1)) == []
    assert usable_spans(np.array([-1, 0, 1], np.int16)) == [(1, 2), (2, 3)]
    assert usable_spans(np.zeros(0, int)) == []


def test_frames_taken_out_end_spans():
    span = np.array([-1, 0, 0, 0, 1, 1, 2], np.int16)
    out = np.array([0, 0, 1, 0, 0, 0, 1], bool)
    assert without(span, out).tolist() == [-1, 0, -1, 1, 2, 2, -1]
    assert without(span, out).dtype == np.int16
    assert without(span, np.zeros(7, bool)).tolist() == span.tolist()
