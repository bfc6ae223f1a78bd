"""Small videos to review: arrays and tables such as a run of mespot leaves behind."""

import numpy as np
import pandas as pd

from mespot.review.page import RegionMotion, Review

RATE, FIRST = 30.0, 1
NAMES = ["right_mouth_corner", "left_mouth_corner", "chin"]


def faces(wanted):
    """A face with a mouth that widens in the course of a second."""
    for frame in wanted:
        image = np.full((96, 96), 150, np.uint8)
        image[30:36, 24:36] = image[30:36, 60:72] = 40
        half = 12 + frame % 30 // 3
        image[66:70, 48 - half : 48 + half] = 60
        yield image


def candidates(count, frames):
    """Intervals spread over the video; the first is the surest."""
    onset = FIRST + np.linspace(30, frames - 60, count).astype(int)
    length = np.where(np.arange(count) % 3 == 2, 30, 10)
    return pd.DataFrame(
        {
            "type": np.where(length > 15, "macro", "micro"),
            "onset": onset,
            "apex": onset + length // 2,
            "offset": onset + length,
            "confidence": np.linspace(0.9, 0.1, count),
        }
    )


def review(video="anna_1", frames=600, count=10, spotted=3, pictures=True, **fields):
    """A video in which `spotted` of `count` candidates are above the threshold."""
    time = np.arange(frames) / RATE
    table = candidates(count, frames)
    score = 0.5 + 0.4 * np.sin(time)
    made = dict(
        subject="anna",
        video=video,
        fps=RATE,
        first_frame=FIRST,
        last_frame=FIRST + frames - 1,
        time=time,
        native_frame=FIRST + np.arange(frames),
        usable=np.arange(frames) < frames - 20,
        scores={"micro": score, "macro": 1 - score},
        thresholds={"micro": 0.5, "macro": np.nan},
        candidates=table,
        intervals=table[:spotted],
        method="learned",
        regions=RegionMotion(
            names=NAMES,
            motion=np.stack([np.sin(time)[:, None] * [0.1, 0.0] * s for s in (-1, 1, 0)], axis=1),
            crop_size=96,
            centres=np.array([[0.35, 0.7], [0.65, 0.7], [0.5, 0.85]]),
        ),
        faces=faces if pictures else None,
    )
    return Review(**{**made, **fields})
