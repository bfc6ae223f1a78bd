"""CAS(ME)^3: part A (100 subjects, labelled) and part B (116 subjects, 1,508 videos, no labels).

Li et al., "CAS(ME)^3: A Third Generation Facial Spontaneous Micro-Expression Database With Depth
Information and High Ecological Validity" (IEEE TPAMI 2023). Images `part_A/spNO.1/a/color/123.jpg`
at 30 fps. Frame numbers are those of the files: the first is not always 1 and some are missing.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.corpora import workbook
from mespot.corpora.agreement import agreed
from mespot.corpora.corpus_tables import labels_table, video_row, videos_table
from mespot.corpora.layout import (
    find_trees,
    find_workbooks,
    first_tree,
    inside,
    note_unread,
    recordings_by_subject,
    root_and_beside,
)
from mespot.corpora.missing_ends import complete
from mespot.corpora.notes import LEFT_OUT, Notes, shown
from mespot.corpora.plausible import doubt_classes
from mespot.store.sheet_cells import type_of

TITLE = "CAS(ME)^3 part A"
FPS = 30.0
_SUBJECT = re.compile(r"spno\.?\d+", re.IGNORECASE)
_WORKBOOK = re.compile(r"cas\(?me\)?.?3(?!.*part.?[bc])", re.IGNORECASE)
_HEADER = {
    "subject": ("subject", "sub"),
    "filename": ("filename", "seq", "file name"),
    "onset": ("onset",),
    "apex": ("apex",),
    "offset": ("offset",),
    "type": ("expression type", "type"),
}


def trees(root: Path, part: str) -> list[Path]:
    """Folders of subjects spNO.1, ... below `root`; those below `part` where they say which."""

    def is_tree(folder: Path, names: list[str]) -> bool:
        other = {"part_a": "part_b", "part_b": "part_a"}[part]
        above = folder.relative_to(root).parts
        if other in [name.lower() for name in above]:
            return False
        return any(_SUBJECT.fullmatch(name) for name in names)

    def is_named(tree: Path) -> bool:
        return part in [name.lower() for name in tree.relative_to(root).parts]

    return sorted(find_trees(root, is_tree, 3), key=lambda tree: not is_named(tree))


def recognise(root: Path) -> bool:
    """Whether the root looks like part A."""
    return bool(trees(root, "part_a"))


def videos(
    root: Path, settings: Mapping[str, Any], notes: Notes, part: str = "part_a"
) -> pd.DataFrame:
    """The videos of one part: the folder `color` of each, or the folder itself without one."""
    what = f"{part} with subject folders spNO.1, spNO.2, ..."
    tree = first_tree(root, trees(root, part), what, "CAS(ME)^3", notes)
    rows = []
    for subject, name, path in recordings_by_subject(tree, root, _SUBJECT, "spNO.1", notes):
        colour = path / "color"
        if not colour.is_dir():
            colour = path
        elif not inside(root, colour, notes):
            continue
        rows.append(video_row(subject, f"{subject}_{name}", colour, FPS))
    return videos_table(rows)


def workbooks(root: Path, settings: Mapping[str, Any]) -> list[Path]:
    """One workbook of both types or one each: given, in the root, or in a folder `annotation`."""
    tree = trees(root, "part_a")[:1]
    near = [root, *tree, *root_and_beside(root, tree)]
    folders = [path for one in near for path in (one, one / "annotation") if path.is_dir()]
    return find_workbooks(settings["workbook"], folders, _WORKBOOK, TITLE, several=True)


def labels(
    paths: Sequence[Path], videos: pd.DataFrame, settings: Mapping[str, Any], notes: Notes
) -> pd.DataFrame:
    """The labels of all workbooks; letters of videos are matched whatever their case.

    The offset of a label is 0 where its end is not visible; settings: `missing_offset` says what
    becomes of it, as in CAS(ME)^2.
    """
    names = {video.lower(): video for video in videos["video"]}
    owners = dict(zip(videos["video"], videos["subject"], strict=True))
    if not settings["workbook"]:
        note_unread(paths, _WORKBOOK, notes)
    by_workbook = []
    for path in paths:
        sheet, table = _table(path)
        workbook.note_texts(sheet, workbook.intervals_of(table), notes)
        rows = []
        for number, cells in table:
            row = _row(sheet, number, cells)
            if isinstance(row, str):
                notes.add(LEFT_OUT, sheet.where(number), row)
                continue
            row["row"] = sheet.where(number)
            row["video"] = names.get(row["video"].lower(), row["video"])
            row["subject"] = owners.get(row["video"], row["subject"])
            if complete(row, settings["missing_offset"], notes):
                rows.append(row)
        by_workbook.append((path, rows))
    labelled = labels_table(agreed(by_workbook, notes), videos, notes)
    doubt_classes(labelled, ", ".join(shown(path) for path in paths), notes)
    return labelled


def _row(sheet: workbook.Sheet, number: int, cells: Mapping[str, Any]) -> dict[str, Any] | str:
    """One row as a label, or what is wrong with it."""
    onset, apex, offset = workbook.interval(cells)
    for name in ("subject", "filename"):
        if why := workbook.no_name(name, cells[name]):
            return why
    if onset is None or offset is None:
        return workbook.no_interval(sheet, number, cells["onset"], cells["offset"])
    written = workbook.text(cells.get("type"))
    kind = type_of(written) if written else _default_type(sheet)
    if kind is None:
        return f"type '{written}' is neither micro nor macro"
    subject = workbook.text(cells["subject"])
    video = f"{subject}_{workbook.text(cells['filename'])}"
    return dict(subject=subject, video=video, onset=onset, apex=apex, offset=offset, type=kind)


def _default_type(sheet: workbook.Sheet) -> str | None:
    """The type of a workbook that has no column for it: its file name says `ME` or `MaE`."""
    words = re.split(r"[_\W]+", sheet.workbook.stem.lower().replace("cas(me)", ""))
    return next((kind for word in words if (kind := type_of(word))), None)


def _table(path: Path) -> tuple[workbook.Sheet, list[workbook.Row]]:
    """The sheet of labels and its rows; its columns or its file name must say the type."""

    def says_the_type(sheet: workbook.Sheet, names: Collection[str]) -> bool:
        return "type" in names or _default_type(sheet) is not None

    sheets = workbook.read(path)
    table = workbook.find_table(sheets, _HEADER, ("apex", "type"), says_the_type)
    if table is None:
        columns = "the columns Subject, Filename, Onset, Offset, Expression type"
        raise workbook.refuse(path, sheets, columns)
    return table
