"""What the loaders of real corpora give, and what they do alike: notes, the two tables, extents.

A loader gives a table of videos (subject, video, path, fps, first_frame) and one of labels
(subject, video, onset, apex, offset, type, row), both as pandas tables with text ids, and a list of
notes: everything in the corpus that was odd, and what was done about it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

VIDEO_COLUMNS = {
    "subject": "string",
    "video": "string",
    "path": "string",
    "fps": "Float64",
    "first_frame": "Int64",
}
LABEL_COLUMNS = {
    "subject": "string",
    "video": "string",
    "onset": "Int64",
    "apex": "Int64",
    "offset": "Int64",
    "type": "string",
    "row": "string",
}

# What was done about something odd.
CHANGED, LEFT_OUT, MISSING, REMARK = "changed", "left out", "missing", "remark"


@dataclass(frozen=True)
class Note:
    """Something odd. what: `changed`, `left out`, `missing` or `remark`; where: the row or path."""

    what: str
    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


@dataclass
class Notes:
    """Notes in the order in which they were made."""

    found: list[Note] = field(default_factory=list)

    def add(self, what: str, where: str, text: str) -> None:
        self.found.append(Note(what, where, text))


def shown(name: str | Path) -> str:
    """A file name as text that can be printed: bytes that are no UTF-8 become `\\xff`."""
    return str(name).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def video_row(subject: str, video: str, path: Path, fps: float) -> dict[str, Any]:
    """A row of the table of videos. The frames of a video file are counted from 1, as in the
    workbooks; images have their own numbers."""
    first = 1 if path.is_file() else None
    return dict(subject=subject, video=video, path=str(path), fps=fps, first_frame=first)


def videos_table(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """The table of videos; first_frame: number of a video file's first frame, empty for images."""
    return pd.DataFrame(list(rows), columns=list(VIDEO_COLUMNS)).astype(VIDEO_COLUMNS)


def labels_table(
    rows: Iterable[Mapping[str, Any]], videos: pd.DataFrame, notes: Notes
) -> pd.DataFrame:
    """The table of labels that can be used, in the corpus's own frame numbers.

    rows: mappings with the columns of the table; `row` says where it stands, apex may be None.
    Left out and noted: labels of a video that is not in `videos`, labels that end before they
    begin, and the second of two equal ones. An apex outside its label is emptied and noted.
    """
    known = set(videos["video"])
    first: dict[tuple[Any, ...], str] = {}
    kept = []
    for row in rows:
        onset, apex, offset = row["onset"], row["apex"], row["offset"]
        where = row["row"]
        if row["video"] not in known:
            notes.add(LEFT_OUT, where, f"no video {shown(row['video'])} in this corpus")
            continue
        if offset < onset:
            notes.add(LEFT_OUT, where, f"ends ({offset}) before it begins ({onset})")
            continue
        if apex is not None and not onset <= apex <= offset:
            notes.add(CHANGED, where, f"apex {apex} is outside [{onset}, {offset}]: left empty")
            apex = None
        same = first.setdefault((row["video"], row["type"], onset, offset), where)
        if same != where:
            notes.add(LEFT_OUT, where, f"the same label as in {same}")
            continue
        kept.append({**row, "apex": apex})
    return pd.DataFrame(kept, columns=list(LABEL_COLUMNS)).astype(LABEL_COLUMNS)


def within(
    labels: pd.DataFrame, extents: Mapping[str, tuple[int, int]], notes: Notes
) -> pd.DataFrame:
    """The labels cut to the frames that their videos have.

    extents: video -> its first and last frame number; a video that is not named is not cut. A label
    that lies wholly outside is left out. Both are noted.
    """
    kept = []
    for row in labels.to_dict("records"):
        if row["video"] in extents:
            first, last = extents[row["video"]]
            onset, offset = max(row["onset"], first), min(row["offset"], last)
            has = f"'{row['video']}' has frames {first} to {last}"
            if onset > offset:
                text = f"[{row['onset']}, {row['offset']}] lies outside: {has}"
                notes.add(LEFT_OUT, row["row"], text)
                continue
            if (onset, offset) != (row["onset"], row["offset"]):
                text = f"[{row['onset']}, {row['offset']}] cut to [{onset}, {offset}]: {has}"
                notes.add(CHANGED, row["row"], text)
            if not pd.isna(row["apex"]) and not onset <= row["apex"] <= offset:
                row["apex"] = pd.NA
            row = {**row, "onset": onset, "offset": offset}
        kept.append(row)
    return pd.DataFrame(kept, columns=list(LABEL_COLUMNS)).astype(LABEL_COLUMNS)
