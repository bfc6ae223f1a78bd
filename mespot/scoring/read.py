"""The tables that `mespot score` is given. They are anyone's, hence read strictly.

labels: `annotations.csv` of a recording sheet or `results/{corpus}/labels.csv`. predictions: at
least video, type, onset and offset. videos: subject and video, with what is known of fps and
length. Every fault is reported with file, row and column.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.store.sheet_rows import Errors, rows, whole_frame

# Further columns of mespot's own tables.
_WORKING = ["apex_w", "onset_w", "offset_w", "apex_s", "onset_s", "offset_s"]
_LABEL = ["subject", "video", "type", "onset", "offset"]
_PREDICTION = ["video", "type", "onset", "offset"]


def read_labels(path: str | Path, videos: pd.DataFrame | None = None) -> pd.DataFrame:
    """subject, video, type, onset, offset of each label; frames int64.

    videos: every video that counts; None where only those with labels are known. Raises InputError
    for a missing or unknown column, a type that is neither micro nor macro, frames that are not
    whole, an offset before its onset, a video that is not one of `videos` or has two subjects.
    """
    sheet, errors, table = Path(path), Errors(Path(path)), []
    owner = {} if videos is None else dict(zip(videos["video"], videos["subject"], strict=True))
    for line, row in rows(sheet, _LABEL, ["apex", *_WORKING]):
        if videos is None:
            owner.setdefault(row["video"], row["subject"])
        first = owner.get(row["video"])
        if first is None:
            errors.add(line, "video", f"'{row['video']}' is not one of the videos in --videos")
        elif first != row["subject"]:
            errors.add(line, "subject", f"'{row['subject']}', but '{row['video']}' is of '{first}'")
        table.append((row["subject"], row["video"], *_interval(errors, line, row, negative=False)))
    errors.raise_any()
    return _table(table, _LABEL)


def read_videos(path: str | Path) -> pd.DataFrame:
    """subject, video, fps, n_frames of each video; float64, NaN where the sheet does not say.

    The sheet of a corpus serves as it is: its columns path and first_frame are ignored.
    """
    sheet, errors, table = Path(path), Errors(Path(path)), []
    first: dict[str, int] = {}
    for line, row in rows(sheet, ["subject", "video"], ["path", "fps", "n_frames", "first_frame"]):
        if row["video"] in first:
            errors.add(line, "video", f"'{row['video']}' is already in row {first[row['video']]}")
        first.setdefault(row["video"], line)
        numbers = [_positive(errors, line, name, row.get(name, "")) for name in ("fps", "n_frames")]
        table.append((row["subject"], row["video"], *numbers))
    errors.raise_any()
    if not table:
        raise InputError(f"{sheet}: row 1: has a header and no rows; list every video")
    return pd.DataFrame(table, columns=["subject", "video", "fps", "n_frames"])


def read_predictions(
    paths: Sequence[str | Path], videos: pd.DataFrame, hint: str = ""
) -> pd.DataFrame:
    """subject, video, type, onset, offset, confidence of the rows of all files; NaN: no confidence.

    A prediction may begin before the recording does (a negative onset). videos: every video that
    counts; `hint` ends the message about another one. Raises InputError as `read_labels` does, and
    for a confidence that is negative or no number, or given in some rows only.
    """
    owner = dict(zip(videos["video"], videos["subject"], strict=True))
    table = []
    for sheet in map(Path, paths):
        errors = Errors(sheet)
        optional = ["subject", "apex", "confidence", "level", *_WORKING]
        for line, row in rows(sheet, _PREDICTION, optional):
            subject = owner.get(row["video"])
            if subject is None:
                errors.add(line, "video", f"'{row['video']}' is not one of the videos{hint}")
            elif row.get("subject", subject) != subject:
                errors.add(
                    line, "subject", f"'{row['subject']}', but '{row['video']}' is of '{subject}'"
                )
            interval = _interval(errors, line, row, negative=True)
            confidence = math.nan
            if "confidence" in row:
                confidence = _confidence(errors, line, row["confidence"])
            table.append((subject, row["video"], *interval, confidence))
        errors.raise_any()
    predictions = _table(table, [*_LABEL, "confidence"])
    unknown = predictions["confidence"].isna()
    if unknown.any() and not unknown.all():
        raise InputError(f"{paths[0]}: some files have a column confidence and some have none")
    return predictions


def _interval(
    errors: Errors, line: int, row: dict[str, str], negative: bool
) -> tuple[str, int | None, int | None]:
    """type, onset and offset of a row."""
    if row["type"] not in CLASSES:
        errors.add(line, "type", f"'{row['type']}' must be {' or '.join(CLASSES)}")
    onset = whole_frame(errors, line, "onset", row["onset"], negative)
    offset = whole_frame(errors, line, "offset", row["offset"], negative)
    if onset is not None and offset is not None and offset < onset:
        errors.add(line, "offset", f"{offset} is before the onset {onset}; swap or correct them")
    return row["type"], onset, offset


def _confidence(errors: Errors, line: int, text: str) -> float:
    value = _number(text)
    if not (math.isfinite(value) and value >= 0):
        errors.add(line, "confidence", f"'{text}' must be a number, 0 or more")
    return value


def _positive(errors: Errors, line: int, column: str, text: str) -> float:
    value = _number(text)
    if text and not (math.isfinite(value) and value > 0):
        errors.add(line, column, f"'{text}' must be a positive number, or empty")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _table(rows: list[tuple], columns: list[str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"onset": "int64", "offset": "int64"})
