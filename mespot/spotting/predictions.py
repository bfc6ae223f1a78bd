"""What networks predict of a recording, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Prediction:
    """What networks predict of one recording: of each class in the order of CLASSES, then of
    expressions of either.

    score: `(T, 3)` in 0..1. distances: `(T, 3, 2)`, frames to onset and to offset. Both are zero
    outside the usable spans.
    """

    score: np.ndarray
    distances: np.ndarray


def average_predictions(predictions: Sequence[Prediction]) -> Prediction:
    """Mean score and geometric mean of distances, each prediction with the same weight."""
    if len(predictions) == 1:
        return predictions[0]
    score = np.mean([p.score for p in predictions], axis=0)
    with np.errstate(divide="ignore"):  # zero outside the spans stays zero
        logs = np.mean([np.log(p.distances) for p in predictions], axis=0)
    return Prediction(score.astype(np.float32), np.exp(logs).astype(np.float32))
