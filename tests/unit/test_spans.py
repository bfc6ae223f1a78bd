import numpy as np

from mespot.spans import usable_spans


def test_usable_spans():
    span = np.array([-1, 0, 0, -1, 1, 1, 2])
    assert usable_spans(span) == [(1, 3), (4, 6), (6, 7)]
    assert usable_spans(np.full(4, -1)) == []
    assert usable_spans(np.array([-1, 0, 1], np.int16)) == [(1, 2), (2, 3)]
    assert usable_spans(np.zeros(0, int)) == []
