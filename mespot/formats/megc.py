"""Submissions to the MEGC challenges: `vid,pred_onset,pred_offset,type`, with `me` and `mae`.

Frames count from 1, as the images and loaders of their corpora do. See https://megc2025.github.io.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mespot.errors import InputError
from mespot.formats.coded import CodedVideo
from mespot.store.files import replacing

COLUMNS = ["vid", "pred_onset", "pred_offset", "type"]
TYPES = {"micro": "me", "macro": "mae"}


def write(videos: Sequence[CodedVideo], out: Path) -> None:
    """Write the intervals of all videos."""
    tables = [video.intervals.assign(video=video.video) for video in videos]
    columns = ["video", "type", "onset", "offset"]
    write_table(pd.concat([pd.DataFrame(columns=columns), *tables]), out)


def write_table(spotted: pd.DataFrame, out: str | Path) -> pd.DataFrame:
    """Write intervals (video, type, onset, offset) in order of video and time; returns the table.

    Raises InputError for a frame 0: those recordings count from 0.
    """
    zero = spotted[spotted["onset"] < 1]
    if len(zero):
        raise InputError(
            f"{zero['video'].iloc[0]}: an interval begins at frame {zero['onset'].iloc[0]}, and "
            "the challenges count from 1; give the recording the first_frame 1"
        )
    spotted = spotted.sort_values(["video", "onset", "offset", "type"])
    table = pd.DataFrame(
        {
            "vid": spotted["video"],
            "pred_onset": spotted["onset"],
            "pred_offset": spotted["offset"],
            "type": spotted["type"].map(TYPES),
        }
    )
    with replacing(out) as temporary:
        table.to_csv(temporary, index=False, columns=COLUMNS, lineterminator="\n")
    return table
