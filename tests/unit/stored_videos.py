"""Small flow and frames files for the tests of the steps."""

import numpy as np

from mespot.store import io

CROP, GRID = 32, 16
CORPUS = "made"


def attributes(video, subject, frames):
    return {
        "corpus": CORPUS,
        "video": video,
        "subject": subject,
        "native_fps": 30.0,
        "n_native_frames": frames,
        "first_native_frame": 0,
        "rate": 30.0,
        "width": 64,
        "height": 48,
    }


def made_by(stream, regions, **changes):
    """Attributes of a features file, of an encoder that has seen subject s0."""
    return {
        "corpus": CORPUS,
        "encoder": "e",
        "fold": "g1",
        "stream": stream,
        "regions": list(regions),
        "pretraining": "inductive",
        "seen": [f"{CORPUS}/s0"],
        "encoder_digest": "0" * 64,
        **changes,
    }


def clock(span):
    return {
        "span": span,
        "native_frame": np.arange(len(span), dtype=np.int32),
        "time": np.arange(len(span)) / 30,
    }


def write_flow(path, *, video, subject="s1", flow, span=None, regions=("brow", "mouth")):
    """`flow` (T, GRID, GRID, 2) in px/frame; the regions do not move."""
    frames = len(flow)
    span = np.zeros(frames, np.int16) if span is None else span
    io.write(
        path,
        "flow",
        {
            "flow": np.round(flow * 1000).astype(np.int16),
            "regional": np.zeros((frames, 1, len(regions), 2), np.float32),
            "rigid": np.zeros((frames, 1, 4), np.float32),
            "blink": np.zeros(frames, np.float32),
            **clock(span),
        },
        attrs={
            **attributes(video, subject, frames),
            "scale": 0.001,
            "lags": [1],
            "regions": list(regions),
            "rigid_parameters": ["x", "y", "scale", "turn"],
            "crop_size": CROP,
        },
        provenance={},
    )


def write_frames(path, *, video, subject="s1", image, points, span=None):
    """`image` (T, CROP, CROP) uint8, `points` (478, 2) in crop px, the mean."""
    frames = len(image)
    span = np.zeros(frames, np.int16) if span is None else span
    io.write(
        path,
        "frames",
        {
            "image": image,
            "transform": np.zeros((frames, 2, 3)),
            "bridged": np.zeros(frames, bool),
            "blink": np.zeros(frames, np.float32),
            "occluded": np.zeros(frames, bool),
            **clock(span),
        },
        attrs={
            **attributes(video, subject, frames),
            "crop_size": CROP,
            "image_scale": 1.0,
            "mean_points": np.float32(points).ravel() if (span >= 0).any() else [],
        },
        provenance={},
    )


def waves(frames, seed):
    """Smooth flow (frames, GRID, GRID, 2): patterns that swell and fade."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:GRID, :GRID] / GRID
    result = np.zeros((frames, GRID, GRID, 2))
    for _ in range(6):
        shape = np.exp(-((x - random.random()) ** 2 + (y - random.random()) ** 2) / 0.05)
        course = np.sin(np.arange(frames) * random.uniform(0.1, 0.5) + random.uniform(0, 6))
        result += course[:, None, None, None] * shape[..., None] * random.normal(size=2)
    return result
