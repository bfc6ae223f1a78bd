"""Recordings as the temporal spotter reads them: motion and features of face regions, context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.spotting.signals import without_drift
from mespot.store import io
from mespot.store.files import remake
from mespot.training.origin import Origin
from mespot.training.region_motion import own_noise, region_paths, typical_noise

# Rates that differ by less count as one: a recording that is faster than tracking.rate by less than
# this keeps all its frames (mespot.recording).
SAME_RATE = 1.1


@dataclass
class SpotterInput:
    """One video as the spotter reads it: T working frames, R face regions.

    paths `(T, R, 4)` float32 as region_motion.region_paths gives them (`(T, R, 0)` for none);
    features {stream: `(T, R, C)` float32}; context `(T, E)` float32 of the whole face; span `(T,)`
    int, -1 where there is no usable face; labels {class: `(M, 2)` int64} inclusive onset and
    offset. noise: of the recording's own paths, in their unit. corpus: of a recording that trains
    along; empty for the corpus that is spotted in. known: `(T,)` bool, the frames of which it
    is known whether there is an expression; None: all of them.
    """

    subject: str
    video: str
    paths: np.ndarray
    features: dict[str, np.ndarray]
    context: np.ndarray
    span: np.ndarray
    labels: dict[str, np.ndarray] = field(default_factory=dict)
    noise: float = 1.0
    corpus: str = ""
    known: np.ndarray | None = None

    @property
    def person(self) -> tuple[str, str]:
        """Corpus and subject: the same name in another corpus is another person."""
        return self.corpus, self.subject

    @property
    def place(self) -> tuple[str, str]:
        """Corpus and video."""
        return self.corpus, self.video

    def arrays(self) -> list[np.ndarray]:
        """All that a training reads of it."""
        known = [] if self.known is None else [self.known]
        return [self.paths, *self.features.values(), self.context, *self.labels.values(), *known]


def feature_channels(feature: np.ndarray, span: np.ndarray, *, drift_frames: int) -> np.ndarray:
    """Features `(T, R, C)` float32 without their moving average: what a face looks like at rest,
    which is the person's and the light's, goes, and what an expression changes stays."""
    channels = np.zeros(feature.shape, np.float32)
    for region in range(feature.shape[1]):  # sums in double precision take twenty times the room
        own = feature[:, region].astype(np.float32)
        channels[:, region] = without_drift(own, span, drift_frames)
    return channels


def motion_unit(recordings: Sequence[SpotterInput]) -> float:
    """The unit of the paths of a corpus, px (`region_motion.typical_noise`)."""
    return typical_noise([r.paths for r in recordings], [r.span for r in recordings])


def feature_scale(recordings: Sequence[SpotterInput]) -> dict[str, np.ndarray]:
    """Standard deviation of each channel over usable frames and regions, {stream: (C,)}."""
    scale = {}
    for name in recordings[0].features:
        squares = [np.square(r.features[name][r.span >= 0]).mean(axis=1) for r in recordings]
        scale[name] = np.sqrt(np.concatenate(squares).mean(axis=0) + 1e-12)
    return scale


def standardised(
    recording: SpotterInput, scale: Mapping[str, np.ndarray], unit: float
) -> SpotterInput:
    """The recording with its features in units of `scale`, and its paths in `unit` px."""
    features = in_units(recording.features, scale)
    paths, noise = recording.paths / np.float32(unit), recording.noise / unit
    return replace(recording, features=features, paths=paths, noise=noise)


def in_units(
    features: Mapping[str, np.ndarray], scale: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Features, {stream: (T, R, C)}, divided by the units of their channels."""
    return {name: (x / scale[name]).astype(np.float32, copy=False) for name, x in features.items()}


def read_inputs(
    records: Sequence[io.Record],
    features: Mapping[str, str | Path],
    *,
    streams: Sequence[str],
    regional_flow: bool,
    drift_seconds: float,
    slow_drift_seconds: float,
) -> Iterator[SpotterInput]:
    """The recordings of flow records, without labels, in px and in the features' own units: each is
    read when it is asked for. A record may be a stretch of one.

    features: {stream: features file} of at least `streams`. regional_flow: whether the motion of
    regions is read; without it paths have no channel. drift_seconds: slower motion and slower
    changes of features are taken off; of the second path, motion slower than slow_drift_seconds.
    Raises InputError when files do not fit together.
    """
    missing = sorted(set(streams) - set(features))
    if missing:
        raise InputError(f"method: reads stream {missing[0]!r}, no features of it were given")
    stored = {name: _read_features(features[name], name, records) for name in streams}

    def one_of(record: io.Record) -> SpotterInput:
        video = str(record.attrs["video"])
        # Nothing large stays in the record.
        motion = {name: record.part(name, slice(None)) for name in ("regional", "span", "blink")}
        one = motion_input(
            {**record.attrs, **motion},
            str(record.attrs["subject"]),
            video,
            drift_seconds=drift_seconds,
            slow_drift_seconds=slow_drift_seconds,
            regional_flow=regional_flow,
        )
        drift_frames = round(drift_seconds * record.attrs["rate"])
        shape = len(motion["span"]), motion["regional"].shape[2]
        channels = {
            name: _features(record, of[video], name, shape, drift_frames)
            for name, of in stored.items()
        }
        return replace(one, features=channels)

    return map(one_of, records)


def motion_input(
    motion: Mapping[str, Any],
    subject: str,
    video: str,
    *,
    drift_seconds: float,
    slow_drift_seconds: float,
    regional_flow: bool = True,
) -> SpotterInput:
    """A recording of which only motion is read, as `read_inputs` gives it.

    motion: `regional` `(T, L, R, 2)` px, `span` `(T,)`, `blink` `(T,)`, `lags` and `rate`, as a
    flow record has them.
    """
    regional, span = motion["regional"], motion["span"]
    paths = np.zeros((len(regional), regional.shape[2], 0), np.float32)
    if regional_flow:
        paths = region_paths(
            regional,
            motion["lags"],
            span,
            drift_frames=round(drift_seconds * motion["rate"]),
            slow_drift_frames=round(slow_drift_seconds * motion["rate"]),
        )
    context = np.nan_to_num(motion["blink"])[:, None].astype(np.float32)
    return SpotterInput(subject, video, paths, {}, context, span, noise=own_noise(paths, span))


def feature_origins(features: Mapping[str, str | Path]) -> dict[str, Origin]:
    """{stream: the encoder} that made the features, {stream: features file}."""
    return {stream: Origin.of(io.attributes(path, "features")) for stream, path in features.items()}


def _read_features(
    path: str | Path, stream: str, records: Sequence[io.Record]
) -> dict[str, io.Record]:
    """{video: features} of the flow records. Raises InputError for those of another stream or
    corpus."""
    said = io.attributes(path, "features")
    for record in records:
        for name, expected in (("stream", stream), ("corpus", record.attrs["corpus"])):
            if said[name] != expected:
                raise InputError(
                    f"{path}: is of {name} {said[name]!r}, expected {expected!r}; {remake(path)}"
                )
    return io.read_videos(path, "features", [str(record.attrs["video"]) for record in records])


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


def _features(
    record: io.Record, stored: io.Record, stream: str, shape: tuple[int, int], drift_frames: int
) -> np.ndarray:
    """shape: frames and regions of the flow record."""
    feature = stored.stretch(*record.frames).part("feature", slice(None))
    if feature.shape[:2] != shape:
        raise InputError(
            f"{record.path}: {stream} features of {feature.shape[:2]} frames and regions, "
            f"flow of {shape}; delete both and run again"
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


def decided(recordings: Sequence[SpotterInput], known: Sequence[np.ndarray]) -> list[SpotterInput]:
    """The labelled recordings of which something is known.

    known: of each recording, the frames that somebody has decided on, `(T,)` bool. Those of its
    labels are known, too.
    """
    kept = []
    for one, frames in zip(recordings, known, strict=True):
        frames = frames.copy()
        for onset, offset in (ends for labels in one.labels.values() for ends in labels):
            frames[onset : offset + 1] = True
        if (frames & (one.span >= 0)).any():
            kept.append(replace(one, known=frames))
    return kept
