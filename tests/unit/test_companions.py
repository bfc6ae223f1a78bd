"""Recordings of other corpora in a training."""

from dataclasses import replace

import numpy as np
import pytest

from mespot.training.companions import at_rate, told_apart
from tests.unit.arrays import recordings


def test_another_rate_moves_frames_and_labels():
    one = recordings(1)[0]
    faster = at_rate(one, 25.0, 30.0)
    frames = np.arange(len(faster.span))
    assert len(frames) == int(399 * 30 / 25) + 1
    at = frames * 25 / 30
    for c in range(2):
        expected = np.interp(at, np.arange(400), one.paths[:, 0, c])
        assert faster.paths[:, 0, c] == pytest.approx(expected, abs=1e-4)
    for name, known in one.labels.items():
        assert np.abs(faster.labels[name] - known * 1.2).max() <= 0.5
        assert faster.labels[name].dtype == np.int64
    back = at_rate(faster, 30.0, 25.0)
    assert abs(len(back.span) - 400) <= 1
    assert at_rate(one, 25.0, 25.0) is one


def test_frames_between_two_spans_belong_to_none():
    one = replace(recordings(1)[0], span=np.repeat([0, 1], [201, 199]))
    span = at_rate(one, 25.0, 30.0).span
    assert (np.diff(np.flatnonzero(span == 0)) == 1).all()
    assert (span[:241] == 0).all() and span[241] == -1 and (span[242:] == 1).all()


def test_corpora_are_told_apart():
    one = recordings(1)[0]
    known = [one, replace(one, corpus="demo"), replace(one, corpus="samm_lv")]
    told = told_apart(known, ["samm_lv", "demo"])
    assert [list(x.context[5]) for x in told] == [[0, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert told_apart([one], [])[0].context.shape == one.context.shape
