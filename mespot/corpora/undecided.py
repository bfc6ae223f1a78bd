"""Stretches of recordings of which nobody has decided whether there is an expression in them.

`undecided.csv` has the columns subject, video, first and last: native frame numbers, inclusive.
Nothing is learned from these frames. Of all others it is known: what is not in annotations.csv is
no expression.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from mespot.store.sheet_errors import Errors, whole_frame
from mespot.store.sheet_rows import written

COLUMNS = ["subject", "video", "first", "last"]


def read_undecided(
    path: str | Path, subjects: Mapping[str, str], *, some: bool = False
) -> pd.DataFrame:
    """The stretches (subject, video, first, last), checked.

    subjects: video -> subject, as in the recording sheet. some: whether these are some of its
    videos; rows of others are left out. Raises InputError that names file, row and column of what
    is wrong.
    """
    sheet = Path(path)
    errors = Errors(sheet)
    table = []
    for line, row in written(errors, COLUMNS).rows:
        video = row["video"]
        if some and video not in subjects:
            continue
        if video not in subjects:
            text = f"'{video}' is not in the recording sheet; add it there, or remove the row"
            errors.add(line, "video", text)
        elif row["subject"] != subjects[video]:
            text = f"'{row['subject']}' is '{subjects[video]}' in the recording sheet"
            errors.add(line, "subject", f"{text}; make them agree")
        first, last = (whole_frame(errors, line, name, row[name]) for name in ("first", "last"))
        if first is not None and last is not None and last < first:
            errors.add(line, "last", f"{last} is before the first frame {first}; correct them")
        table.append((row["subject"], video, first, last))
    errors.raise_any()
    return pd.DataFrame(table, columns=COLUMNS)


def known_frames(stretches: pd.DataFrame, video: str, native_frame: np.ndarray) -> np.ndarray:
    """The working frames of a video that lie in none of its stretches, `(T,)` bool.

    stretches: as `read_undecided` gives them. native_frame: `(T,)`, rising.
    """
    known = np.ones(len(native_frame), bool)
    for row in stretches[stretches["video"] == video].to_dict("records"):
        known &= (native_frame < row["first"]) | (native_frame > row["last"])
    return known
