"""Small flow and frames files for the tests of the steps."""

import numpy as np

from mespot.store import io

CROP, GRID = 32, 16


def attributes(video, subject, frames):
    return {
        "video": video,
        "subject": subject,
        "native_fps": 30.0,
        "n_native_frames": frames,
        "first_native_frame": 0,
        "rate": 30.0,
        "width": 64,
        "height": 48,
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
            "strain": np.zeros((frames, GRID, GRID), np.int16),
            "regional": np.zeros((frames, 1, len(regions), 2), np.float32),
            "rigid": np.zeros((frames, 1, 4), np.float32),
            "blink": np.zeros(frames, np.float32),
            **clock(span),
        },
        attrs={
            **attributes(video, subject, frames),
            "scale": 0.001,
            "strain_scale": 0.0001,
            "lags": [1],
            "regions": list(regions),
            "rigid_parameters": ["x", "y", "scale", "turn"],
            "crop_size": CROP,
        },
        provenance={},
    )


def write_frames(path, *, video, subject="s1", image, points, span=None):
    """`image` (T, CROP, CROP) uint8, `points` (478, 2) in crop px, the same in every frame."""
    frames = len(image)
    span = np.zeros(frames, np.int16) if span is None else span
    io.write(
        path,
        "frames",
        {
            "image": image,
            "transform": np.zeros((frames, 2, 3), np.float32),
            "points": np.broadcast_to(points, (frames, 478, 2)).astype(np.float32),
            "blink": np.zeros(frames, np.float32),
            "occluded": np.zeros(frames, bool),
            **clock(span),
        },
        attrs=attributes(video, subject, frames),
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
