"""Rule write_submission: spotted intervals in the form in which the MEGC challenges take them."""

import logging
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mespot.errors import InputError
from mespot.store import tables
from mespot.store.files import replacing

log = logging.getLogger(__name__)

COLUMNS = ["vid", "pred_onset", "pred_offset", "type"]
TYPES = {"micro": "me", "macro": "mae"}


def run(*, intervals: Sequence[str | Path], output: str | Path) -> None:
    """Write all intervals of a method as `vid,pred_onset,pred_offset,type`.

    intervals: the intervals tables of its folds. Frames are the corpus's own numbers, inclusive;
    the challenges count from 1, as the images and loaders of their corpora do. Rows are in order of
    video and time. Raises InputError for a frame 0: those recordings count from 0.
    """
    spotted = tables.read_intervals(intervals)
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
    with replacing(output) as temporary:
        table.to_csv(temporary, index=False, columns=COLUMNS, lineterminator="\n")
    log.info("%d intervals in %d videos", len(table), table["vid"].nunique())
