"""The two tables that the loader of a real corpus gives: its videos and its labels.

Both are pandas tables with text ids. Videos: subject, video, path, fps, first_frame. Labels:
subject, video, onset, apex, offset, type and `row`, which says where in the workbook it stands.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.corpora.notes import CHANGED, LEFT_OUT, Notes, shown
from mespot.store.tables import COLUMNS, TEXT

VIDEO_COLUMNS = COLUMNS["numbered_videos"]
LABEL_COLUMNS = {**COLUMNS["annotations"], "row": TEXT}


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
