"""How long the expressions of a class last, from the labels of training subjects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Lengths:
    """Of one class, in frames. shortest, longest: which intervals are believed, from onset to
    offset, both counted. half: half of the mean. A class without labels has a longest that is
    smaller than its shortest, which nothing fits."""

    shortest: int
    longest: int
    half: int


def label_lengths(labels: Sequence[np.ndarray], slack: float) -> Lengths:
    """Lengths from the labels of each recording, `(M, 2)` onset and offset. Intervals may be
    shorter and longer than any label by the factor `slack`."""
    half = max(1, int(mean_half_length(labels)))
    frames = _durations(labels)
    if not frames.size:
        return Lengths(1, 0, half)
    shortest = max(2, int(np.floor(frames.min() / slack)))
    return Lengths(shortest, int(np.ceil(frames.max() * slack)), half)


def mean_half_length(labels: Sequence[np.ndarray]) -> float:
    """Half of the mean duration of labels `(M, 2)`, frames; 1 without any."""
    frames = _durations(labels)
    return float(frames.mean() / 2) if frames.size else 1.0


def usual_half_length(labels: Sequence[np.ndarray]) -> float:
    """Half of the geometric mean of their durations, frames; 1 without any. A few long labels draw
    it less than the mean."""
    frames = _durations(labels)
    return float(np.exp(np.log(frames).mean()) / 2) if frames.size else 1.0


def _durations(labels: Sequence[np.ndarray]) -> np.ndarray:
    frames = [known[:, 1] - known[:, 0] + 1 for known in labels]
    return np.concatenate(frames) if frames else np.zeros(0, np.int64)
