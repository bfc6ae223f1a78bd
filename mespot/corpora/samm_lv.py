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
from mespot.corpora.corpus_tables import labels_table, video_row, videos_table
from mespot.corpora.layout import (
    find_trees,
    find_workbooks,
    first_tree,
    note_unread,
    recordings,
    root_and_beside,
)
from mespot.corpora.notes import CHANGED, LEFT_OUT, REMARK, Notes, shown
from mespot.corpora.plausible import doubt_classes
from mespot.expressions import CLASSES
from mespot.store.sheet_cells import type_of

TITLE = "SAMM Long Videos"
FPS = 200.0
_VIDEO = re.compile(r"(\d{3})_(\d+)")
_CLIP = re.compile(r"(\d{1,3})_(\d+)_(\d+)")
_WORKBOOK = re.compile(r"samm.*long", re.IGNORECASE)
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
    for name, path in recordings(tree, root, notes, _VIDEO):
        match = _VIDEO.fullmatch(name)
        if match is None:
            notes.add(LEFT_OUT, shown(path), "not the name of a video (006_1, ...)")
            continue
        rows.append(video_row(match[1], name, path, FPS))
    return videos_table(rows)


def workbooks(root: Path, settings: Mapping[str, Any]) -> list[Path]:
    """The workbook: given, in the root, or beside the folder of videos."""
    folders = root_and_beside(root, trees(root))
    return find_workbooks(settings["workbook"], folders, _WORKBOOK, TITLE)


def labels(
    paths: Sequence[Path], videos: pd.DataFrame, settings: Mapping[str, Any], notes: Notes
) -> pd.DataFrame:
    """The labels of the workbook.

    settings: `rounding` of fractional frames (half_up, half_even, down); `began_before` says what
    becomes of labels with onset 0, which began before the recording: `keep` or `drop`.
    """
    sheet, table = _table(paths[0], notes)
    workbook.note_texts(sheet, workbook.intervals_of(table), notes)
    if not settings["workbook"]:
        note_unread(paths, _WORKBOOK, notes)
    rows, legible = [], []
    clips: dict[str, str] = {}  # clip -> where it stood first
    for number, cells in table:
        where = sheet.where(number)
        row = _row(sheet, number, cells, settings["rounding"])
        if isinstance(row, str):
            notes.add(LEFT_OUT, where, row)
            continue
        legible.append(cells)
        clip = workbook.text(cells["filename"])
        if clip in clips:
            text = f"clip {clip} stands a second time, after {clips[clip]}: both are used"
            notes.add(REMARK, where, text)
        clips.setdefault(clip, f"row {number}")
        row["row"] = where
        if _complete(row, settings["began_before"], notes):
            rows.append(row)
    _count(sheet, legible, settings["rounding"], notes)
    labelled = labels_table(rows, videos, notes)
    doubt_classes(labelled, sheet.where(), notes)
    return labelled


def _row(
    sheet: workbook.Sheet, number: int, cells: Mapping[str, Any], rounding: str
) -> dict[str, Any] | str:
    """One row as a label, or what is wrong with it."""
    clip = _CLIP.fullmatch(workbook.text(cells["filename"]))
    if clip is None:
        other = f"filename '{workbook.text(cells['filename'])}' is not subject_video_label"
        return workbook.no_name("filename", cells["filename"]) or other
    subject = clip[1].zfill(3)
    own = workbook.text(cells.get("subject"))
    if own and own.zfill(3) != subject:
        return f"subject '{own}' and filename '{clip[0]}' do not agree"
    onset, apex, offset = workbook.interval(cells, rounding)
    if onset is None or offset is None:
        return workbook.no_interval(sheet, number, cells["onset"], cells["offset"])
    written = workbook.text(cells["type"])
    kind = type_of(written) or next((k for k in CLASSES if written.lower().startswith(k)), None)
    if kind is None:
        return f"type '{written}' is neither Micro nor Macro"
    video = f"{subject}_{clip[2]}"
    return dict(subject=subject, video=video, onset=onset, apex=apex, offset=offset, type=kind)


def _complete(row: dict[str, Any], began_before: str, notes: Notes) -> bool:
    """Empty an apex below 0 and give a label with onset 0 its first frame; False: left out."""
    if row["apex"] is not None and row["apex"] < 0:
        notes.add(CHANGED, row["row"], f"apex {row['apex']}: left empty")
        row["apex"] = None
    if row["onset"] == 0:
        if began_before == "drop":
            text = "onset 0 (began before the recording), began_before is drop"
            notes.add(LEFT_OUT, row["row"], text)
            return False
        notes.add(CHANGED, row["row"], "onset 0 (began before the recording): frame 1")
        row["onset"] = 1
    return True


def _count(
    sheet: workbook.Sheet, rows: Sequence[Mapping[str, Any]], rounding: str, notes: Notes
) -> None:
    """Note how many rows have fractions of frames, and how many are blinks or eye movements."""
    fractions = sum(
        any(workbook.is_fraction(cells.get(name)) for name in workbook.INTERVAL) for cells in rows
    )
    if fractions:
        text = f"{fractions} rows with fractions of frames, rounded ({rounding})"
        notes.add(CHANGED, sheet.where(), text)
    for word in ("blink", "eye"):
        count = sum(word in workbook.text(cells.get("notes")).lower() for cells in rows)
        if count:
            notes.add(REMARK, sheet.where(), f"{count} rows are noted as {word} movements")


def _table(path: Path, notes: Notes) -> tuple[workbook.Sheet, list[workbook.Row]]:
    """The sheet of labels and its rows; the sheet that has the usual name goes before others."""
    sheets = sorted(workbook.read(path), key=lambda sheet: sheet.name != _SHEET)
    table = workbook.find_table(sheets, _HEADER, ("notes", "apex", "subject"))
    if table is None:
        raise workbook.refuse(path, sheets, f"the columns Filename, Onset, Offset, Type ({_SHEET})")
    sheet, _ = table
    if sheet.name != _SHEET:
        notes.add(REMARK, sheet.where(), f"read as the sheet {_SHEET}")
    return table
