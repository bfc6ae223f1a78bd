"""Recordings as the temporal spotter reads them: motion and features of face regions, context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.spotting.signals import course, noise_scale, without_drift
from mespot.store import io

# Rates that differ by less count as one: a recording that is faster than tracking.rate by less than
# this keeps all its frames (mespot.recording).
SAME_RATE = 1.1


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

    def arrays(self) -> list[np.ndarray]:
        """All that a training reads of it."""
        return [self.motion, *self.features.values(), self.context, *self.labels.values()]


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


def read_inputs(
    records: Sequence[io.Record],
    features: Mapping[str, str | Path],
    *,
    streams: Sequence[str],
    regional_flow: bool,
    lags: Sequence[int],
    drift_seconds: float,
) -> list[SpotterInput]:
    """The recordings of flow records, without labels and with features in their own units.

    features: {stream: features file} of at least `streams`. regional_flow: whether the motion of
    regions is read, over `lags` (working frames); without it motion has no channel. drift_seconds:
    slower motion and slower changes of features are taken off. Raises InputError when files do not
    fit together.
    """
    missing = sorted(set(streams) - set(features))
    if missing:
        raise InputError(f"method: reads stream {missing[0]!r}, no features of it were given")
    videos = [str(record.attrs["video"]) for record in records]
    stored = {name: io.read_videos(features[name], "features", videos) for name in streams}
    inputs = []
    for record, video in zip(records, videos, strict=True):
        drift_frames = round(drift_seconds * record.attrs["rate"])
        motion = _motion(record, lags, drift_frames, regional_flow)
        channels = {
            name: _features(record, of[video], name, drift_frames) for name, of in stored.items()
        }
        context = np.nan_to_num(record["blink"])[:, None].astype(np.float32)
        subject = str(record.attrs["subject"])
        inputs.append(SpotterInput(subject, video, motion, channels, context, record["span"]))
    return inputs


def common_rate(records: Sequence[io.Record], rate: float | None = None) -> float:
    """The rate of flow records, working frames a second: that of the first, or `rate` if given.

    A spotter learns in frames, so an expression must last as many of them in every recording.
    Raises InputError for a record whose rate differs by more than a tenth.
    """
    rates = {str(record.path): float(record.attrs["rate"]) for record in records}
    wanted = next(iter(rates.values())) if rate is None else rate
    for path, own in rates.items():
        if max(own, wanted) > SAME_RATE * min(own, wanted):
            raise InputError(
                f"{path}: has {own:g} working frames a second, the spotter's other recordings have "
                f"{wanted:g}; set tracking.rate to {min(own, wanted):g}, for all or in the "
                "`settings` of a corpus"
            )
    return wanted


def _motion(
    record: io.Record, lags: Sequence[int], drift_frames: int, regional_flow: bool
) -> np.ndarray:
    lacking = sorted(set(lags) - set(record.attrs["lags"]))
    if lacking:
        raise InputError(
            f"{record.path}: has no flow at lag {lacking[0]}; "
            "spotting.learned.lags must be among flow.lags"
        )
    regional = record["regional"]
    if not regional_flow:
        return np.zeros((len(regional), regional.shape[2], 0), np.float32)
    return motion_channels(
        regional, record.attrs["lags"], record["span"], use_lags=lags, drift_frames=drift_frames
    )


def _features(record: io.Record, stored: io.Record, stream: str, drift_frames: int) -> np.ndarray:
    feature, regional = stored["feature"], record["regional"]
    expected = len(regional), regional.shape[2]
    if feature.shape[:2] != expected:
        raise InputError(
            f"{record.path}: {stream} features of {feature.shape[:2]} frames and regions, "
            f"flow of {expected}; delete both and run again"
        )
    return feature_channels(feature, record["span"], drift_frames=drift_frames)


def labelled(one: SpotterInput, labels: pd.DataFrame) -> SpotterInput:
    """The recording with its rows of the labels table, in working frames."""
    own = labels[labels["video"] == one.video]
    known = {}
    for name in CLASSES:
        rows = own[own["type"] == name]
        known[name] = rows[["onset_w", "offset_w"]].to_numpy(dtype=np.int64).reshape(-1, 2)
    return replace(one, labels=known)
