"""What was spotted in a video."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mespot.spotting.decode import Intervals


@dataclass(frozen=True)
class Spotted:
    """What was spotted in one video, by class.

    scores: curves `(T,)`. thresholds: on them; NaN where confidences are not on their scale, as
    after a second look. intervals: what is predicted. candidates: these and what would be predicted
    at a lower threshold of the class. levels: `(N,)` of the candidates, on the scale on which a
    method's threshold is chosen.
    """

    scores: dict[str, np.ndarray]
    thresholds: dict[str, float]
    intervals: dict[str, Intervals]
    candidates: dict[str, Intervals]
    levels: dict[str, np.ndarray]
