"""What happens in a video, and how large the features of its regions are around it."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.signal import find_peaks

from mespot.expressions import CLASSES
from mespot.plots.measures import around, responses
from mespot.spotting.signals import without_drift

EVENTS = (*CLASSES, "blink", "random")
BLINK = 0.3  # least height of a blink, and by how much it stands out
RANDOM = 20  # times a video
SEED = 1


def event_frames(
    video: str, labels: pd.DataFrame, blink: np.ndarray, usable: np.ndarray
) -> dict[str, np.ndarray]:
    """Frames of one video: the apices of each class, the peaks of blinks, and random ones.

    labels: of the whole corpus. blink: `(T,)`, 0 open to 1 shut. usable: `(T,)` bool. A label
    without an apex counts by its middle. Blinks inside a label are left out. The random frames are
    usable ones, drawn alike for every stream and encoder.
    """
    own = labels[labels["video"] == video]
    middle = (own["onset_w"] + own["offset_w"]) // 2
    apex = own["apex_w"].astype("float64").fillna(middle).to_numpy().astype(int)
    kinds = own["type"].to_numpy()
    frames: dict[str, np.ndarray] = {kind: apex[kinds == kind] for kind in CLASSES}
    peaks, _ = find_peaks(np.where(usable, blink, 0.0), height=BLINK, prominence=BLINK)
    inside = [
        ((peaks >= a) & (peaks <= b))
        for a, b in zip(own["onset_w"].astype(int), own["offset_w"].astype(int), strict=True)
    ]
    frames["blink"] = peaks[~np.any(inside, axis=0)] if inside else peaks
    known = np.flatnonzero(usable)
    random = np.random.default_rng([SEED, *video.encode()])
    frames["random"] = random.choice(known, RANDOM) if len(known) else known
    return frames


def event_responses(
    feature: np.ndarray,
    span: np.ndarray,
    frames: Mapping[str, np.ndarray],
    reach: np.ndarray,
    drift_frames: int,
) -> dict[str, np.ndarray]:
    """Size of the feature of each region around events of one video: kind -> `(N, K, R)`.

    feature: `(T, R, C)`. span: `(T,)` int, -1 where there is no usable face. frames: kind ->
    `(N,)`. reach: `(K,)` frames from each event at which it is looked at. drift_frames: what is
    slower is taken off, as the spotter does. Sizes are those of `responses`.
    """
    steady = without_drift(feature.astype(float), span, drift_frames)
    size = responses(steady, span >= 0)
    return {kind: around(size, at, reach) for kind, at in frames.items()}


def mean_over_events(pieces: Sequence[np.ndarray]) -> np.ndarray:
    """Mean of `(N, K, R)` pieces over all their events, `(K, R)`; NaN where none is known."""
    joined = np.concatenate(pieces)
    known = np.isfinite(joined).sum(axis=0)
    return np.where(known > 0, np.nansum(joined, axis=0) / np.maximum(known, 1), np.nan)
