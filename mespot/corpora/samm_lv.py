"""SAMM Long Videos: 30 subjects, 147 videos at 200 fps, 159 micro- and 343 macro-expressions.

Yap, Kendrick and Yap, "SAMM Long Videos: A Spontaneous Facial Micro- and Macro-Expressions Dataset"
(FG 2020). Images `SAMM_longvideos/006_1/006_1_0001.jpg`, whose numbers go beyond 9999, and a
workbook whose table stands below a preamble. Frames count from 1. Subjects are text: 006.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.corpora import workbook
from mespot.corpora.found import (
    CHANGED,
    LEFT_OUT,
    REMARK,
    Notes,
    labels_table,
    shown,
    video_row,
    videos_table,
)
from mespot.corpora.layout import find_trees, find_workbooks, first_tree, recordings

TITLE = "SAMM Long Videos"
FPS = 200.0
_VIDEO = re.compile(r"(\d{3})_(\d+)")
_CLIP = re.compile(r"(\d{1,3})_(\d+)_(\d+)")
_WORKBOOK = re.compile(r"samm.*long.*\.xlsx$", re.IGNORECASE)
_HEADER = {
    "subject": ("subject",),
    "filename": ("filename",),
    "onset": ("onset", "onset frame"),
    "apex": ("apex", "apex frame"),
    "offset": ("offset", "offset frame"),
    "type": ("type",),
    "notes": ("notes", "note"),
}
_SHEET = "FACS_Movement_Only"


def trees(root: Path) -> list[Path]:
    """Folders below `root` that hold the folders or files of videos, 006_1, 006_2, ..."""

    def is_tree(folder: Path, names: list[str]) -> bool:
        if "test" in folder.name.lower():  # of a challenge: videos of SAMM too, but not these
            return False
        return any(_VIDEO.fullmatch(name.split(".")[0]) for name in names)

    return find_trees(root, is_tree, 2)


def recognise(root: Path) -> bool:
    """Whether the root looks like this corpus."""
    return bool(trees(root))


def videos(root: Path, settings: Mapping[str, Any], notes: Notes) -> pd.DataFrame:
    """The videos: folders or files named after subject and video."""
    what = "SAMM_longvideos with videos 006_1, 006_2, ..."
    hint = "; name it as the root to use it"
    tree = first_tree(root, trees(root), what, TITLE, notes, hint)
    rows = []
    for name, path in recordings(tree, root, notes):
        match = _VIDEO.fullmatch(name)
        if match is None:
            notes.add(LEFT_OUT, shown(path), "no name of a video (006_1, ...)")
            continue
        rows.append(video_row(match[1], name, path, FPS))
    return videos_table(rows)


def workbooks(root: Path, settings: Mapping[str, Any]) -> list[Path]:
    """The workbook: given, in the root, or beside the folder of videos."""
    folders = [root, *(tree.parent for tree in trees(root)[:1] if tree != root)]
    return find_workbooks(settings["workbook"], folders, _WORKBOOK, TITLE)


def labels(
    paths: Sequence[Path], videos: pd.DataFrame, settings: Mapping[str, Any], notes: Notes
) -> pd.DataFrame:
    """The labels of the workbook.

    settings: `rounding` of fractional frames (half_up, half_even, down); `began_before` says what
    becomes of labels with onset 0, which began before the recording: `keep` or `drop`.
    """
    sheet, rows, place = _table(paths[0], notes)
    found: list[dict[str, Any]] = []
    clips: dict[str, str] = {}  # clip -> where it stood first
    remarks = {"blink": 0, "eye": 0}
    fractions = 0
    for number, cells in rows:
        where = sheet.where(number)
        values = {name: workbook.cell(cells, column) for name, column in place.items()}
        row = _row(values, settings["rounding"])
        if isinstance(row, str):
            notes.add(LEFT_OUT, where, row)
            continue
        row["row"] = where
        fractions += any(
            workbook.is_fraction(values.get(name)) for name in ("onset", "apex", "offset")
        )
        for word in remarks:
            remarks[word] += word in workbook.text(values.get("notes")).lower()
        clip = workbook.text(values["filename"])
        if clip in clips:
            text = f"clip {clip} stands a second time, after {clips[clip]}: both are used"
            notes.add(REMARK, where, text)
        clips.setdefault(clip, f"row {number}")
        if row["apex"] is not None and row["apex"] < 0:
            notes.add(CHANGED, where, f"apex {row['apex']}: left empty")
            row["apex"] = None
        if row["onset"] == 0:
            if settings["began_before"] == "drop":
                text = "onset 0 (began before the recording), began_before is drop"
                notes.add(LEFT_OUT, where, text)
                continue
            notes.add(CHANGED, where, "onset 0 (began before the recording): frame 1")
            row["onset"] = 1
        found.append(row)
    if fractions:
        text = f"{fractions} rows with fractions of frames, rounded ({settings['rounding']})"
        notes.add(CHANGED, sheet.where(), text)
    for word, count in remarks.items():
        if count:
            notes.add(REMARK, sheet.where(), f"{count} rows are noted as {word} movements")
    return labels_table(found, videos, notes)


def _row(values: Mapping[str, Any], rounding: str) -> dict[str, Any] | str:
    """One row as a label, or what is wrong with it."""
    clip = _CLIP.fullmatch(workbook.text(values["filename"]))
    if clip is None:
        return f"filename '{workbook.text(values['filename'])}' is not subject_video_label"
    subject = clip[1].zfill(3)
    own = workbook.text(values.get("subject"))
    if own and own.zfill(3) != subject:
        return f"subject '{own}' and filename '{clip[0]}' do not agree"
    onset, apex, offset = (
        workbook.frame(values.get(name), rounding) for name in ("onset", "apex", "offset")
    )
    if onset is None or offset is None:
        return "onset or offset is no number"
    kind = workbook.text(values["type"]).lower()
    expression = next((name for name in ("micro", "macro") if kind.startswith(name)), None)
    if expression is None:
        return f"type '{workbook.text(values['type'])}' is neither Micro nor Macro"
    return dict(
        subject=subject,
        video=f"{subject}_{clip[2]}",
        onset=onset,
        apex=apex,
        offset=offset,
        type=expression,
    )


def _table(
    path: Path, notes: Notes
) -> tuple[workbook.Sheet, list[tuple[int, tuple[Any, ...]]], dict[str, int]]:
    """The sheet with the header, the rows below it, and which column is which."""
    sheets = workbook.read(path)
    for sheet in sorted(sheets, key=lambda one: one.name != _SHEET):
        header = workbook.columns(sheet, _HEADER, optional=("notes", "apex", "subject"))
        if header is not None:
            index, place = header
            if sheet.name != _SHEET:
                notes.add(REMARK, sheet.where(), f"read as the sheet {_SHEET}")
            return sheet, sheet.rows[index + 1 :], place
    raise workbook.refuse(path, sheets, f"the columns Filename, Onset, Offset, Type ({_SHEET})")
