"""A table of all intervals: frames, seconds and hh:mm:ss.mmm.

`sheet.annotations` takes it as it is. Seconds are those of the frames onset, apex and offset.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mespot.formats.coded import CodedVideo, clock
from mespot.store.files import replacing

_FRAMES = ("onset", "apex", "offset")
COLUMNS = [
    "subject",
    "video",
    "type",
    *_FRAMES,
    *(f"{name}_s" for name in _FRAMES),
    *(f"{name}_time" for name in _FRAMES),
    "confidence",
]


def write(videos: Sequence[CodedVideo], out: Path) -> None:
    """Write the table. Times are empty where neither the table nor the video knows them."""
    tables = [_table(video) for video in videos if len(video.intervals)]
    joined = pd.concat(tables) if tables else pd.DataFrame(columns=COLUMNS)
    with replacing(out) as temporary:
        joined.to_csv(temporary, index=False, columns=COLUMNS, lineterminator="\n")


def _table(video: CodedVideo) -> pd.DataFrame:
    if video.times is not None:
        video.timed()  # raises for frames that the video lacks
    table = video.intervals.sort_values(["onset", "offset", "type"]).copy()
    table["subject"], table["video"] = video.subject, video.video
    for name in _FRAMES:
        if name not in table:
            table[name] = pd.NA
        table[name] = table[name].astype("Int64")
        known = _seconds(video, table[name])
        if f"{name}_s" in table:
            stated = table[f"{name}_s"]
            known = [two if pd.isna(one) else one for one, two in zip(stated, known, strict=True)]
        table[f"{name}_s"] = ["" if pd.isna(one) else f"{one:.6f}" for one in known]
        table[f"{name}_time"] = ["" if pd.isna(one) else clock(one) for one in known]
    if "confidence" not in table:
        table["confidence"] = pd.NA
    return table[COLUMNS]


def _seconds(video: CodedVideo, frames: pd.Series) -> list[float | None]:
    if video.times is None:
        return [None] * len(frames)
    return [None if pd.isna(frame) else video.times.begin(int(frame)) for frame in frames]
