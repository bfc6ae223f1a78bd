"""Recordings with candidates, for the tests of the second look."""

import numpy as np

from mespot.spotting import decode
from mespot.spotting.predictions import Prediction
from mespot.spotting.recordings import HeldOut
from tests.unit.moving_regions import REGIONS, bump

FRAMES = 600
NONE = decode.intervals([], [], [], [])


def recording(path, score=None, span=None, labels=None, **known):
    """A recording of a path (T, R, 2), which is both of its paths."""
    frames = len(path)
    score = np.full((frames, 3), 0.2) if score is None else score
    none = {"micro": np.zeros((0, 2), int), "macro": np.zeros((0, 2), int)}
    return HeldOut(
        prediction=Prediction(
            np.asarray(score, np.float32), np.full((frames, 3, 2), 10.0, np.float32)
        ),
        paths=np.concatenate([path, path], axis=2).astype(np.float32),
        span=np.zeros(frames, int) if span is None else span,
        labels=none | (labels or {}),
        **{"subject": "s1", "video": "v1", "group": 0, **known},
    )


def moves_and_stays(number, subject):
    """A recording in which the network is as sure of motion that comes back, which is labelled, as
    of motion that stays: the recording and its candidates."""
    rng = np.random.default_rng([7, number])
    path = rng.normal(scale=0.1, size=(FRAMES, len(REGIONS), 2))
    onset = np.arange(10, FRAMES - 40, 28)
    offset = onset + rng.integers(10, 16, len(onset))
    returns = rng.random(len(onset)) < 0.4
    for first, last, back in zip(onset, offset, returns, strict=True):
        region, size = rng.integers(len(REGIONS)), rng.uniform(1, 2)
        if back:
            path[:, region, 1] += bump(FRAMES, first, last, size)
        else:
            path[:, region, 1] += bump(FRAMES, first, 2 * last - first, size)
            path[last:, region, 1] += size - bump(FRAMES, first, 2 * last - first, size)[last:]
    sure = rng.uniform(0.2, 0.6, len(onset))
    rows = decode.intervals(onset, (onset + offset) // 2, offset, sure)
    labels = {"micro": np.stack([onset, offset], axis=1)[returns]}
    known = {"subject": subject, "video": f"v{number}", "group": number % 3}
    return recording(path, labels=labels, **known), {"micro": rows, "macro": NONE}
