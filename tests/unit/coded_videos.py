"""Videos of several frame rates with intervals in them, as they are exported."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd

from mespot.formats.coded import CodedVideo, FrameTimes
from mespot.recording.times import frame_edges
from tests.unit.videos import encode, picture

# Frames a second, or the steps between frames in ms.
VARYING = [33, 34, 33, 50, 33, 17, 67, 33, 33, 100]
RATES = {"25": 25, "30": 30, "200": 200, "varying": VARYING}
FRAMES = 60


def times_of(rate):
    """Frame times in s, of which the file gets ticks of 1/rate s or of 1 ms."""
    if isinstance(rate, int):
        return np.arange(FRAMES) / rate
    steps = np.resize(rate, FRAMES - 1)
    return np.r_[0, np.cumsum(steps)] / 1000


def video_file(path, rate):
    """A video file of FRAMES frames."""
    tick = Fraction(1, rate) if isinstance(rate, int) else Fraction(1, 1000)
    ticks = [round(time / tick) for time in times_of(rate).tolist()]
    pictures = [picture(number, (32, 32)) for number in range(FRAMES)]
    return encode(path, pictures, ticks, tick=tick, options={"g": "60"})


def table(first=0, overlapping=False):
    """Intervals of all kinds: one frame, touching, at both ends, both classes at a time."""
    rows = [
        ("micro", 0, 2, 5, 0.91),
        ("micro", 6, pd.NA, 6, 0.5),  # begins where the one before ends, lasts one frame
        ("macro", 4, 9, 33, 0.123456),
        ("macro", 40, 41, FRAMES - 1, 0.7),
    ]
    if overlapping:
        rows.append(("macro", 30, 38, 39, 0.4))
    columns = ["type", "onset", "apex", "offset", "confidence"]
    intervals = pd.DataFrame(rows, columns=columns)
    for name in ("onset", "apex", "offset"):
        intervals[name] = intervals[name].astype("Int64") + first
    return intervals


def coded(folder, name, first=0, video="v_1", subject="s1", **settings):
    """A video of a rate of RATES with the intervals of `table`."""
    path = Path(folder) / f"{video}.mp4"
    if not path.exists():
        video_file(path, RATES[name])
    times = FrameTimes(*frame_edges(path, None, first))
    return CodedVideo(subject, video, table(first, **settings), path, times)


def recordings(*videos):
    """The recording sheet of coded videos."""
    return pd.DataFrame(
        {
            "subject": [one.subject for one in videos],
            "video": [one.video for one in videos],
            "path": [str(one.path) for one in videos],
            "fps": pd.array([pd.NA] * len(videos), dtype="Float64"),
            "first_frame": pd.array([one.times.first for one in videos], dtype="Int64"),
        }
    )
