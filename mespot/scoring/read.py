"""The tables that `mespot score` is given. They are anyone's: see `mespot.store.sheet_rows`.

labels: `annotations.csv` of a recording sheet or `results/{corpus}/labels.csv`. predictions: at
least video, type, onset and offset, or a submission to a challenge. videos: subject and video, with
what is known of fps and length. Every fault is reported with file, row and column; what was read in
another way than written, and what is doubtful, goes to `remarks`, a line each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mespot.errors import InputError
from mespot.store import sheet_cells
from mespot.store.sheet_errors import (
    Clock,
    Errors,
    frame,
    known_name,
    present,
    type_of,
    value_of,
    whole_frame,
)
from mespot.store.sheet_rows import Row, written
from mespot.suffixes import VIDEO_SUFFIXES

# Further columns of mespot's own tables.
_OWN = ["apex", "apex_w", "onset_w", "offset_w", "onset_s", "apex_s", "offset_s"]
_OWN += ["onset_time", "apex_time", "offset_time", "regions", "side"]
_OWN += ["blink", "speech", "head_turn", "occluded", "cut_off"]
_LABEL = ["subject", "video", "type", "onset", "offset"]
_EITHER = [("onset", "onset_s"), ("offset", "offset_s")]
# The columns of the MEGC challenges.
_SUBMITTED = {"vid": "video", "pred_onset": "onset", "pred_offset": "offset"}


def read_labels(
    path: str | Path, videos: pd.DataFrame | None = None, remarks: list[str] | None = None
) -> pd.DataFrame:
    """subject, video, type, onset, offset of each label; frames int64.

    videos: every video that counts; None where only those with labels are known. Times in seconds,
    in the columns onset_s and offset_s, are turned into frames by their fps. Raises InputError for
    a missing column, a type that is neither micro nor macro, frames that are not whole, an offset
    before its onset or beyond the last frame, a video that is not one of `videos` or has two
    subjects.
    """
    errors, table = Errors(Path(path)), []
    clocks = _clocks(videos)
    owner = {} if videos is None else dict(zip(videos["video"], videos["subject"], strict=True))
    ends = _Ends(errors, videos, "label")
    for line, row in written(errors, ["subject", "video", "type"], _OWN, either=_EITHER).rows:
        if videos is None and row["video"]:
            owner.setdefault(row["video"], row["subject"])
        video = known_name(errors, line, "video", row["video"], owner)
        if video is None and row["video"]:
            errors.add(line, "video", f"'{row['video']}' is not one of the videos in --videos")
        elif video is not None and owner[video] != row["subject"]:
            text = f"'{row['subject']}', but '{video}' is of '{owner[video]}'; make them agree"
            errors.add(line, "subject", text)
        interval = _interval(errors, line, row, clocks.get(video or ""), negative=False)
        ends.check(line, video, *interval[1:])
        table.append((row["subject"], video, *interval))
    _finish(errors, remarks)
    return _table(table, _LABEL)


def read_videos(path: str | Path, remarks: list[str] | None = None) -> pd.DataFrame:
    """subject, video, fps, n_frames, first_frame of each video; float64, NaN where the sheet does
    not say. first_frame is 0 for a video file without one, and NaN for a folder of images.

    The sheet of a corpus serves as it is.
    """
    errors, table = Errors(Path(path)), []
    first: dict[str, int] = {}
    optional = ["path", "fps", "n_frames", "first_frame", "every"]
    for line, row in written(errors, ["subject", "video"], optional).rows:
        if row["video"] in first:
            errors.add(line, "video", f"'{row['video']}' is already in row {first[row['video']]}")
        first.setdefault(row["video"], line)
        fps = present(errors, line, "fps", row.get("fps"))
        rate = value_of(errors, line, "fps", fps, sheet_cells.rate) if fps else None
        n_frames = _count(errors, line, "n_frames", row, least=1)
        begins = _count(errors, line, "first_frame", row, least=0)
        if begins is None and Path(row.get("path", "")).suffix.lower() in VIDEO_SUFFIXES:
            begins = 0
        table.append((row["subject"], row["video"], rate, n_frames, begins))
    _finish(errors, remarks)
    if not table:
        raise InputError(f"{path}: row 1: has a header and no rows; list every video")
    videos = pd.DataFrame(table, columns=["subject", "video", "fps", "n_frames", "first_frame"])
    return videos.astype(dict.fromkeys(["fps", "n_frames", "first_frame"], "float64"))


def read_predictions(
    paths: Sequence[str | Path],
    videos: pd.DataFrame,
    hint: str = "",
    remarks: list[str] | None = None,
) -> pd.DataFrame:
    """subject, video, type, onset, offset, confidence of the rows of all files; NaN: no confidence.

    A prediction may begin before the recording does (a negative onset) or end after it. videos:
    every video that counts; `hint` ends the message about another one. Raises InputError as
    `read_labels` does, for a prediction that begins beyond the last frame, and for a confidence
    that is negative or no number, or given in some rows only.
    """
    owner = dict(zip(videos["video"], videos["subject"], strict=True))
    clocks = _clocks(videos)
    table = []
    for sheet in map(Path, paths):
        errors = Errors(sheet)
        ends = _Ends(errors, videos, "prediction")
        optional = ["subject", "confidence", "level", *_OWN]
        rows: list[Row] = written(
            errors, ["video", "type"], optional, either=_EITHER, aliases=_SUBMITTED
        ).rows
        for line, row in rows:
            video = known_name(errors, line, "video", row["video"], owner)
            subject = owner.get(video or "")
            if video is None and row["video"]:
                errors.add(line, "video", f"'{row['video']}' is not one of the videos{hint}")
            elif video is not None and row.get("subject", subject) != subject:
                text = f"'{row['subject']}', but '{video}' is of '{subject}'; make them agree"
                errors.add(line, "subject", text)
            interval = _interval(errors, line, row, clocks.get(video or ""), negative=True)
            ends.check(line, video, *interval[1:])
            confidence = math.nan
            if "confidence" in row:
                confidence = _confidence(errors, line, row["confidence"])
            table.append((subject, video, *interval, confidence))
        _finish(errors, remarks)
    predictions = _table(table, [*_LABEL, "confidence"])
    unknown = predictions["confidence"].isna()
    if unknown.any() and not unknown.all():
        raise InputError(f"{paths[0]}: some files have a column confidence and some have none")
    return predictions


class _Ends:
    """The last frames of the videos, where they are known, and what ends beyond them.

    A label cannot end there, and a prediction cannot begin there. Where the number of the first
    frame is not known, frames count from 0 or 1, or images have other numbers: a doubt only.
    """

    def __init__(self, errors: Errors, videos: pd.DataFrame | None, what: str):
        self.errors, self.what = errors, what
        self.last: dict[str, tuple[int, bool]] = {}
        for row in [] if videos is None else videos.to_dict("records"):
            first, frames = row.get("first_frame", math.nan), row["n_frames"]
            if not math.isnan(frames):
                known = not math.isnan(first)
                self.last[row["video"]] = int((first if known else 1) + frames - 1), known
        self.doubted = 0

    def check(self, line: int, video: str | None, onset: int | None, offset: int | None) -> None:
        if onset is None or offset is None or video not in self.last:
            return
        last, known = self.last[video]
        if offset <= last:
            return
        text = f"{offset} is beyond the last frame {last} of '{video}'"
        cure = f"correct the {self.what}, or n_frames and first_frame in --videos"
        if known and (self.what == "label" or onset > last):
            if offset == last + 1:
                cure += "; is first_frame 1, because frames are counted from 1?"
            self.errors.add(line, "offset", f"{text}; {cure}")
        elif not self.doubted:
            self.doubted = 1
            text = f"offset: {text}, and it may not be the only one; {cure} if that is wrong"
            self.errors.remark("doubtful", line, text)


def _finish(errors: Errors, remarks: list[str] | None) -> None:
    errors.raise_any()
    if remarks is not None:
        remarks += [f"{what}: {where}: {text}" for what, where, text in errors.remarks]


def _clocks(videos: pd.DataFrame | None) -> dict[str, Clock]:
    """Of each video what is known to turn times into frames."""
    clocks = {}
    for row in [] if videos is None else videos.to_dict("records"):
        fps, first = row.get("fps", math.nan), row.get("first_frame", math.nan)
        clocks[row["video"]] = (
            None if math.isnan(fps) else float(fps),
            None if math.isnan(first) else int(first),
        )
    return clocks


def _interval(
    errors: Errors, line: int, row: dict[str, str], clock: Clock | None, negative: bool
) -> tuple[str | None, int | None, int | None]:
    """type, onset and offset of a row."""
    kind = type_of(errors, line, row["type"])
    onset = frame(errors, line, row, "onset", clock or (None, 0), negative)
    offset = frame(errors, line, row, "offset", clock or (None, 0), negative)
    if onset is not None and offset is not None and offset < onset:
        errors.add(line, "offset", f"{offset} is before the onset {onset}; swap or correct them")
    return kind, onset, offset


def _confidence(errors: Errors, line: int, text: str) -> float:
    try:
        value = float(text.replace(",", ".") if errors.decimal_comma else text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        errors.add(line, "confidence", f"'{text}' must be a number, 0 or more; correct it")
    return value


def _count(errors: Errors, line: int, column: str, row: dict[str, str], least: int) -> int | None:
    """A whole number of frames; None where the cell is empty."""
    text = present(errors, line, column, row.get(column))
    value = whole_frame(errors, line, column, text) if text else None
    if value is not None and value < least:
        errors.add(line, column, f"'{text}' must be at least {least}, or empty")
    return value


def _table(rows: list[tuple], columns: list[str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"onset": "int64", "offset": "int64"})
