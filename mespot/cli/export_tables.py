"""The tables and videos that `mespot export` is given, joined."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.corpora.layout import natural
from mespot.corpora.sheet import read_videos
from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.formats.coded import CodedVideo, FrameTimes
from mespot.recording.times import frame_edges
from mespot.store import sheet_cells
from mespot.store.sheet_errors import Errors, known_name, present, type_of, value_of, whole_frame
from mespot.store.sheet_rows import written

_COLUMNS = ["video", "type", "onset", "offset"]
_SECONDS = ["onset_s", "apex_s", "offset_s"]
_OPTIONAL = ["subject", "apex", "confidence", "level", *_SECONDS, "onset_w", "apex_w", "offset_w"]
_OTHERS = {"vid": "video", "pred_onset": "onset", "pred_offset": "offset"}


def coded_videos(
    tables: Sequence[Path],
    videos: Sequence[Path],
    root: Path | None = None,
    *,
    timed: bool = True,
    remarks: list[str] | None = None,
) -> list[CodedVideo]:
    """The intervals of each video, in the order of the sheet of videos, or else of their names.

    tables: of intervals, or submissions to a challenge. videos: one sheet, or recordings that are
    called after their files; may be empty where no times are needed. timed: whether they are; where
    they are not, they are read from the videos all the same.
    remarks: gets what was read in another way than written. Raises InputError for a table or video
    that cannot be read, for times without videos, and for intervals of another video.
    """
    sheet = _recordings(videos, root)
    if timed and sheet is None:
        raise InputError("--videos: is needed for this format; name the sheet or the video files")
    intervals = pd.concat([_intervals(path, sheet, remarks) for path in tables], ignore_index=True)
    if sheet is None:
        owner = dict(zip(intervals["video"], intervals["subject"], strict=True))
        sheet = pd.DataFrame({"video": sorted(owner, key=natural)}).assign(path=None)
        sheet["subject"] = sheet["video"].map(owner)
    rows = sheet.to_dict("records")
    return [_coded(row, intervals) for row in rows]


def _coded(row: Mapping[Hashable, Any], intervals: pd.DataFrame) -> CodedVideo:
    video = str(row["video"])
    own = intervals[intervals["video"] == video].drop(columns=["subject", "video"])
    if row["path"] is None:
        return CodedVideo(str(row["subject"]), video, own)
    path = Path(row["path"])
    fps = None if pd.isna(row["fps"]) else float(row["fps"])
    first = 0 if pd.isna(row["first_frame"]) else int(row["first_frame"])
    times = FrameTimes(*frame_edges(path, fps, first))
    return CodedVideo(str(row["subject"]), video, own, path, times)


def _recordings(videos: Sequence[Path], root: Path | None) -> pd.DataFrame | None:
    """subject, video, path, fps, first_frame; None without any."""
    if not videos:
        return None
    sheets = [path for path in videos if path.suffix.lower() in (".csv", ".tsv", ".txt")]
    if sheets and len(videos) > 1:
        raise InputError(f"--videos: {sheets[0]} is a sheet; name one sheet alone, or video files")
    if sheets:
        return read_videos(sheets[0], root)
    rows = [
        {
            "subject": path.name if path.is_dir() else path.stem,
            "video": path.name if path.is_dir() else path.stem,
            "path": str(path),
            "fps": pd.NA,
            "first_frame": pd.NA,
        }
        for path in videos
    ]
    table = pd.DataFrame(rows)
    again = table[table["video"].duplicated()]
    if len(again):
        raise InputError(f"--videos: two files are called {again['video'].iloc[0]}; write a sheet")
    return table


def _intervals(path: Path, videos: pd.DataFrame | None, remarks: list[str] | None) -> pd.DataFrame:
    """The intervals of a table that mespot or somebody else has written."""
    errors = Errors(path)
    read = written(errors, _COLUMNS, _OPTIONAL, aliases=_OTHERS)
    names = None if videos is None else dict(zip(videos["video"], videos["subject"], strict=True))
    rows = []
    for line, row in read.rows:
        video = (
            row["video"]
            if names is None
            else known_name(errors, line, "video", row["video"], names)
        )
        if video is None and row["video"]:
            text = f"'{row['video']}' is not one of the videos in --videos; add it, or correct it"
            errors.add(line, "video", text)
        elif names is None and not row["video"]:
            errors.add(line, "video", "is empty; write which video it is")
        kind = type_of(errors, line, row["type"])
        onset = whole_frame(errors, line, "onset", row["onset"])
        offset = whole_frame(errors, line, "offset", row["offset"])
        apex = present(errors, line, "apex", row.get("apex"))
        confidence = present(errors, line, "confidence", row.get("confidence"))
        if onset is not None and offset is not None and offset < onset:
            errors.add(line, "offset", f"{offset} is before the onset {onset}; correct them")
        rows.append(
            {
                "subject": (names or {}).get(video, row.get("subject") or video),
                "video": video,
                "type": kind,
                "onset": onset,
                "apex": whole_frame(errors, line, "apex", apex) if apex else pd.NA,
                "offset": offset,
                "confidence": _confidence(errors, line, confidence) if confidence else pd.NA,
                **{name: _seconds(errors, line, name, row) for name in _SECONDS if name in row},
            }
        )
    errors.raise_any()
    if remarks is not None:
        remarks += [
            f"{what}: {where}: {text}" for what, where, text in errors.remarks if what != "remark"
        ]
    columns = ["subject", "video", "type", "onset", "apex", "offset", "confidence"]
    table = pd.DataFrame(rows, columns=[*columns, *(n for n in _SECONDS if n in read.columns)])
    table["type"] = pd.Categorical(table["type"], CLASSES).astype("string")
    return table


def _confidence(errors: Errors, line: int, text: str) -> float | None:
    try:
        value = float(text.replace(",", ".") if errors.decimal_comma else text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        errors.add(line, "confidence", f"'{text}' must be a number; correct it")
    return value


def _seconds(errors: Errors, line: int, column: str, row: dict[str, str]) -> object:
    text = present(errors, line, column, row[column])
    return value_of(errors, line, column, text, sheet_cells.seconds) if text else pd.NA
