"""Paths of face regions and the flow files that they would give, for the tests of the spotters."""

import numpy as np
import pandas as pd

from mespot.store import io, tables
from tests.unit.stored_videos import CORPUS, attributes, clock

LAGS = [1, 3, 6, 12]
REGIONS = ["left_brow", "right_brow", "mouth", "left_eye", "right_eye"]


def lagged(path, lags, span=None):
    """Displacements (T, L, R, 2) over lags of a path (T, R, 2), zero across spans."""
    frames = len(path)
    span = np.zeros(frames, int) if span is None else span
    out = np.zeros((frames, len(lags), *path.shape[1:]))
    for i, lag in enumerate(lags):
        for t in range(lag, frames):
            if span[t] >= 0 and span[t] == span[t - lag]:
                out[t, i] = path[t] - path[t - lag]
    return out


def bump(frames, onset, offset, size):
    """A motion that goes and comes back between two frames, (T,)."""
    phase = np.clip((np.arange(frames) - onset) / (offset - onset), 0, 1)
    return size * np.sin(np.pi * phase) ** 2


def moving_face(rng, frames=400, noise=0.03):
    """A path (T, R, 2) with two micro- and two macro-expressions, and their intervals by class."""
    path = rng.normal(scale=noise, size=(frames, len(REGIONS), 2))
    places = rng.permutation(np.arange(20, frames - 70, (frames - 90) // 3)[:4])
    intervals = {"micro": [], "macro": []}
    for i, onset in enumerate(places):
        name = "micro" if i < 2 else "macro"
        length = int(rng.integers(8, 14)) if i < 2 else int(rng.integers(30, 60))
        size = rng.uniform(0.8, 1.5) if i < 2 else rng.uniform(2.5, 4.0)
        moved = bump(frames, onset, onset + length, size)
        if rng.random() < 0.5:
            path[:, :2, 1] -= moved[:, None]
        else:
            path[:, 2, 1] += moved
        intervals[name].append([int(onset), int(onset) + length])
    return path, {name: np.array(sorted(known)) for name, known in intervals.items()}


def write_moving_flow(path, *, video, subject, regions, blink=None, span=None, corpus=CORPUS):
    """A flow file of a path (T, R, 2)."""
    frames = len(regions)
    span = np.zeros(frames, np.int16) if span is None else span
    io.write(
        path,
        "flow",
        {
            "flow": np.zeros((frames, 2, 2, 2), np.int16),
            "regional": lagged(regions, LAGS, span).astype(np.float32),
            "rigid": np.zeros((frames, len(LAGS), 4), np.float32),
            "blink": np.zeros(frames, np.float32) if blink is None else blink,
            **clock(span),
        },
        attrs={
            **attributes(video, subject, frames),
            "corpus": corpus,
            "scale": 0.001,
            "lags": LAGS,
            "regions": REGIONS,
            "rigid_parameters": ["x", "y", "scale", "turn"],
            "crop_size": 224,
        },
        provenance={},
    )


def write_labels(path, known):
    """A labels table of {(subject, video): {type: (M, 2)}}; working frames are native frames."""
    rows = [
        {
            "subject": subject,
            "video": video,
            "type": name,
            "onset": on,
            "apex": pd.NA,
            "offset": off,
            "onset_w": on,
            "apex_w": pd.NA,
            "offset_w": off,
        }
        for (subject, video), by_type in known.items()
        for name, intervals in by_type.items()
        for on, off in intervals
    ]
    tables.write(path, "labels", pd.DataFrame(rows) if rows else tables.empty("labels"))
