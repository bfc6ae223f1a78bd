"""Recordings as the temporal spotter reads them: motion and features of face regions, context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from mespot.expressions import CLASSES
from mespot.spotting.signals import course, noise_scale, without_drift


@dataclass
class SpotterInput:
    """One video as the spotter reads it: T working frames, R face regions.

    motion `(T, R, K)` float32 in units of the video's own noise (K = 0 for none); features
    {stream: `(T, R, C)` float32}; context `(T, E)` float32 of the whole face; span `(T,)` int,
    -1 where there is no usable face; labels {class: `(M, 2)` int64} inclusive onset and offset.
    """

    subject: str
    video: str
    motion: np.ndarray
    features: dict[str, np.ndarray]
    context: np.ndarray
    span: np.ndarray
    labels: dict[str, np.ndarray] = field(default_factory=dict)


def motion_channels(
    regional: np.ndarray,
    lags: Sequence[int],
    span: np.ndarray,
    *,
    use_lags: Sequence[int],
    drift_frames: int,
) -> np.ndarray:
    """Hand-made motion of each region, `(T, R, 2 * (len(use_lags) + 1))` float32, no unit.

    The displacements over `use_lags` and the path of the region, each without its slow drift and in
    units of its own noise (the video's, no labels needed): cameras, head sizes and flow's gain
    differ between recordings. Order: u, v of each lag, then u, v of the path.
    """
    parts = [
        without_drift(regional[:, list(lags).index(lag)], span, drift_frames) for lag in use_lags
    ]
    parts.append(course(regional, lags, span, drift_frames))
    scaled = [part / noise_scale(part, span) for part in parts]
    return np.concatenate(scaled, axis=2).astype(np.float32)


def feature_channels(feature: np.ndarray, span: np.ndarray, *, drift_frames: int) -> np.ndarray:
    """Features `(T, R, C)` float32 without their moving average: what a face looks like at rest,
    which is the person's and the light's, goes, and what an expression changes stays."""
    return without_drift(feature.astype(np.float32), span, drift_frames).astype(np.float32)


def feature_scale(recordings: Sequence[SpotterInput]) -> dict[str, np.ndarray]:
    """Standard deviation of each channel over usable frames and regions, {stream: (C,)}."""
    scale = {}
    for name in recordings[0].features:
        squares = [np.square(r.features[name][r.span >= 0]).mean(axis=1) for r in recordings]
        scale[name] = np.sqrt(np.concatenate(squares).mean(axis=0) + 1e-12)
    return scale


def standardised(recording: SpotterInput, scale: Mapping[str, np.ndarray]) -> SpotterInput:
    """The recording with its features in units of `scale`."""
    features = {
        name: (x / scale[name]).astype(np.float32) for name, x in recording.features.items()
    }
    return replace(recording, features=features)


def recording(
    flow: Mapping[str, np.ndarray],
    attrs: Mapping[str, Any],
    features: Mapping[str, Mapping[str, np.ndarray]],
    *,
    use_motion: bool,
    use_lags: Sequence[int],
    drift_seconds: float,
) -> SpotterInput:
    """The recording of a `flow` record and its `features` records, {stream: record}; no labels.

    attrs: those of the flow record (video, subject, rate, lags). Without `use_motion` only features
    and blinks are read. Raises ValueError when features and flow differ in frames or regions.
    """
    span, regional = flow["span"], flow["regional"]
    frames, _, regions, _ = regional.shape
    drift_frames = round(drift_seconds * attrs["rate"])
    if use_motion:
        motion = motion_channels(
            regional, attrs["lags"], span, use_lags=use_lags, drift_frames=drift_frames
        )
    else:
        motion = np.zeros((frames, regions, 0), np.float32)
    channels = {}
    for stream, record in features.items():
        feature = record["feature"]
        if feature.shape[:2] != (frames, regions):
            raise ValueError(
                f"{attrs['video']}: {stream} features of {feature.shape[:2]} frames and regions, "
                f"flow of {(frames, regions)}"
            )
        channels[stream] = feature_channels(feature, span, drift_frames=drift_frames)
    context = np.nan_to_num(flow["blink"])[:, None].astype(np.float32)
    return SpotterInput(
        attrs["subject"], attrs["video"], motion, channels, context, np.asarray(span)
    )


def labelled(one: SpotterInput, labels: pd.DataFrame) -> SpotterInput:
    """The recording with its rows of the labels table, in working frames."""
    own = labels[labels["video"] == one.video]
    known = {}
    for name in CLASSES:
        rows = own[own["type"] == name]
        known[name] = rows[["onset_w", "offset_w"]].to_numpy(dtype=np.int64).reshape(-1, 2)
    return replace(one, labels=known)
