"""Rule plot_responses: what the features of one encoder respond to, where and when."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.signal import find_peaks

from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.plots import style
from mespot.plots.measures import around, responses
from mespot.plots.responses import responses as heat_maps
from mespot.spotting.signals import without_drift
from mespot.store import io, tables

SECONDS = 1.0  # before and after an apex
BLINK = 0.3  # least height of a blink, and by how much it stands out
RANDOM = 20  # times a video
SEED = 1


def run(
    *,
    encoder: str,
    features: Mapping[str, Mapping[str, str | Path]],
    videos: Mapping[str, Sequence[str]],
    flow: Sequence[str | Path],
    labels: str | Path,
    drift_seconds: float,
    png: str | Path,
    pdf: str | Path,
    provenance: Mapping[str, Any],
) -> None:
    """Draw the figure for the features of `encoder`.

    features: stream -> fold -> features file. videos: fold -> the videos of its test subjects, the
    only ones that are read of the fold's file. flow: flow/{video}.h5 of all of them, for the
    blinks. drift_seconds: what is slower is taken off, as the spotter does.
    """
    truth = tables.read(labels, "labels")
    blinks, rates = {}, {}
    for path in flow:
        record = io.read(path, "flow")
        blinks[str(record.attrs["video"])] = np.nan_to_num(record["blink"])
        rates[str(record.attrs["video"])] = float(record.attrs["rate"])
    # Recordings differ in rate: a frame of the map is one of the fastest.
    rate = max(rates.values())
    reach = round(SECONDS * rate)
    seconds = np.arange(-reach, reach + 1) / rate
    parts: dict[str, dict[str, list[np.ndarray]]] = {}
    for stream, folds in features.items():
        found: dict[str, list[np.ndarray]] = {k: [] for k in (*CLASSES, "blink", "random")}
        regions: list[str] = []
        for fold, path in folds.items():
            for video, record in io.read_videos(path, "features", list(videos[fold])).items():
                usable, slow = record["span"] >= 0, round(drift_seconds * rates[video])
                feature = without_drift(record["feature"].astype(float), record["span"], slow)
                if len(blinks[video]) != len(feature):
                    raise InputError(f"{path}: {video}: not of the frames of its flow")
                size = responses(feature, usable)
                at = np.rint(seconds * rates[video]).astype(int)
                for kind, frames in events(video, truth, blinks[video], usable).items():
                    found[kind].append(around(size, frames, at))
                regions = list(record.attrs["regions"])
        parts[stream] = found
    figure = heat_maps(
        f"Features of encoder {encoder} around events in videos of test subjects",
        seconds,
        regions,
        {
            stream: {kind: _mean(pieces) for kind, pieces in found.items()}
            for stream, found in parts.items()
        },
        {kind: sum(map(len, pieces)) for kind, pieces in found.items()},
    )
    style.save(figure, provenance, png, pdf)


def events(
    video: str, labels: pd.DataFrame, blink: np.ndarray, usable: np.ndarray
) -> dict[str, np.ndarray]:
    """Frames of one video: the apices of each class, the peaks of blinks, and random ones.

    A label without an apex counts by its middle. Blinks inside a label are left out. The random
    frames are those that are usable, drawn alike for every stream and encoder.
    """
    own = labels[labels["video"] == video]
    middle = (own["onset_w"] + own["offset_w"]) // 2
    apex = own["apex_w"].astype("float64").fillna(middle).to_numpy().astype(int)
    of = own["type"].to_numpy()
    found: dict[str, np.ndarray] = {kind: apex[of == kind] for kind in CLASSES}
    peaks, _ = find_peaks(np.where(usable, blink, 0.0), height=BLINK, prominence=BLINK)
    inside = [
        ((peaks >= a) & (peaks <= b))
        for a, b in zip(own["onset_w"].astype(int), own["offset_w"].astype(int), strict=True)
    ]
    found["blink"] = peaks[~np.any(inside, axis=0)] if inside else peaks
    frames = np.flatnonzero(usable)
    random = np.random.default_rng([SEED, *video.encode()])
    found["random"] = random.choice(frames, RANDOM) if len(frames) else frames
    return found


def _mean(pieces: Sequence[np.ndarray]) -> np.ndarray:
    """Mean over all events, (K, R); NaN where none knows."""
    joined = np.concatenate(pieces)
    known = np.isfinite(joined).sum(axis=0)
    return np.where(known > 0, np.nansum(joined, axis=0) / np.maximum(known, 1), np.nan)
