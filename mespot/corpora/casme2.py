"""CAS(ME)^2: 22 subjects, 98 long videos at 30 fps, 57 micro- and 300 macro-expressions.

Qu et al., "CAS(ME)^2: A database for spontaneous macro-expression and micro-expression spotting
and recognition" (IEEE Transactions on Affective Computing 2018). Images `rawpic/s15/
15_0101disgustingteeth/img001.jpg` (or face-cropped ones below `longVideoFaceCropped`) or videos
`rawvideo/s15/15_0101disgustingteeth.avi`, and a workbook of three sheets without headers. Frames
count from 1.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.corpora import workbook
from mespot.corpora.corpus_tables import labels_table, video_row, videos_table
from mespot.corpora.layout import (
    entries,
    find_trees,
    find_workbooks,
    first_tree,
    note_unread,
    recordings_by_subject,
    root_and_beside,
)
from mespot.corpora.missing_ends import complete
from mespot.corpora.notes import CHANGED, LEFT_OUT, REMARK, Notes, shown
from mespot.corpora.plausible import doubt_classes
from mespot.errors import InputError
from mespot.store.sheet_cells import type_of

TITLE = "CAS(ME)^2"
FPS = 30.0
TREES = ("rawpic", "rawvideo", "longVideoFaceCropped")  # the first that is there is read
# Subject numbers 1..22 of the workbook, as folder codes.
SUBJECTS = [15, 16, 19, 20, 21, 22, 23, 24, 25, 26, 27, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 40]
# Videos: the names in folder names are misspelt in places, the codes are not.
CODES = {
    "disgust1": "0101",
    "disgust2": "0102",
    "anger1": "0401",
    "anger2": "0402",
    "happy1": "0502",
    "happy2": "0503",
    "happy3": "0505",
    "happy4": "0507",
    "happy5": "0508",
}
_SUBJECT = re.compile(r"s\d{1,3}")
_VIDEO = re.compile(r"(\d+)_(\d{4})")
_WORKBOOK = re.compile(r"code.?final", re.IGNORECASE)
_MOST_INSERTED = 3  # columns before the first one
_COLUMNS = 8  # that are read; a ninth holds what the subjects reported


def trees(root: Path, wanted: str | None = None) -> list[Path]:
    """Folders below `root` that hold subject folders s15, s16, ...; the preferred kind first."""

    def is_tree(folder: Path, names: list[str]) -> bool:
        if wanted is not None and folder.name.lower() != wanted.lower():
            return False
        return any(_SUBJECT.fullmatch(name) for name in names)

    def rank(tree: Path) -> int:
        known = [name.lower() for name in TREES]
        return known.index(tree.name.lower()) if tree.name.lower() in known else len(known)

    return sorted(find_trees(root, is_tree, 2), key=rank)


def recognise(root: Path) -> bool:
    """Whether the root looks like this corpus."""
    for tree in trees(root)[:1]:
        folders, _ = entries(tree)
        for subject in (name for name in folders if _SUBJECT.fullmatch(name)):
            return any(_VIDEO.match(name) for name in sum(entries(tree / subject), []))
    return False


def videos(root: Path, settings: Mapping[str, Any], notes: Notes) -> pd.DataFrame:
    """The videos of the tree that the setting `tree` names, or else of the first that is there."""
    what = f"{settings['tree'] or ' or '.join(TREES)} with subject folders s15, s16, ..."
    hint = "; the key `tree` chooses"
    tree = first_tree(root, trees(root, settings["tree"]), what, TITLE, notes, hint)
    rows = []
    seen: dict[tuple[str, str], str] = {}
    for subject, name, path in recordings_by_subject(
        tree, root, _SUBJECT, "s15, ...", notes, _VIDEO
    ):
        match = _VIDEO.match(name)
        if match is None or f"s{int(match[1])}" != f"s{int(subject[1:])}":
            text = f"not the name of a video of {subject} ({subject[1:]}_ and four digits)"
            notes.add(LEFT_OUT, shown(path), text)
            continue
        same = seen.setdefault((subject, match[2]), name)
        if same != name:
            notes.add(LEFT_OUT, shown(path), f"the same code as {same}")
            continue
        rows.append(video_row(subject, name, path, FPS))
    return videos_table(rows)


def workbooks(root: Path, settings: Mapping[str, Any]) -> list[Path]:
    """The workbook: given, in the root, or beside the tree of images."""
    folders = root_and_beside(root, trees(root))
    return find_workbooks(settings["workbook"], folders, _WORKBOOK, TITLE)


def labels(
    paths: Sequence[Path], videos: pd.DataFrame, settings: Mapping[str, Any], notes: Notes
) -> pd.DataFrame:
    """The labels of the workbook.

    The offset of a label is 0 where its end is not visible. settings: `missing_offset` says where
    such a label ends: at its `apex`, at the `mirror` image of its onset behind the apex or `plus20`
    frames after the apex; `drop` leaves it out.
    """
    sheets = workbook.read(paths[0])
    sheet = _sheet_of_labels(paths[0], sheets, notes)
    codes = _codes(sheets, sheet, notes)
    _check_subjects(sheets, sheet)
    workbook.note_texts(sheet, ((number, cells[2:5]) for number, cells in sheet.rows), notes)
    if not settings["workbook"]:
        note_unread(paths, _WORKBOOK, notes)
    owner = {
        (subject, match[2]): video
        for subject, video in zip(videos["subject"], videos["video"], strict=True)
        if (match := _VIDEO.match(video))
    }
    rows = []
    for number, cells in sheet.rows:
        where = sheet.where(number)
        row = _row(sheet, number, cells, codes)
        if isinstance(row, str):
            notes.add(LEFT_OUT, where, row)
            continue
        row["row"] = where
        video = owner.get((row["subject"], row["code"]))
        if video is None:
            clip = workbook.text(cells[1])
            text = f"{clip} is video {row['code']} of {row['subject']}, which is not there"
            notes.add(LEFT_OUT, where, text)
            continue
        row["video"] = video
        if complete(row, settings["missing_offset"], notes):
            rows.append(row)
    table = labels_table(rows, videos, notes)
    doubt_classes(table, sheet.where(), notes)
    return table


def _row(
    sheet: workbook.Sheet, line: int, cells: Sequence[Any], codes: Mapping[str, str]
) -> dict[str, Any] | str:
    """One row as a label without its video, or what is wrong with it."""
    if len(cells) < _COLUMNS:
        return f"has {len(cells)} cells, {_COLUMNS} are needed"
    number = workbook.frame(cells[0])
    token = workbook.text(cells[1]).split("_")[0].lower()
    onset, apex, offset = (workbook.frame(value) for value in cells[2:5])
    kind = type_of(workbook.text(cells[7]))
    if number is None or not 1 <= number <= len(SUBJECTS):
        return f"subject number '{workbook.text(cells[0])}' is not one of 1 to {len(SUBJECTS)}"
    if token not in codes:
        unknown = f"clip '{workbook.text(cells[1])}' is of an unknown video"
        return workbook.no_name("clip", cells[1]) or unknown
    if onset is None or offset is None:
        return workbook.no_interval(sheet, line, cells[2], cells[4])
    if kind is None:
        return f"type '{workbook.text(cells[7])}' is neither micro- nor macro-expression"
    subject = f"s{SUBJECTS[number - 1]}"
    return dict(
        subject=subject, code=codes[token], onset=onset, apex=apex, offset=offset, type=kind
    )


def _sheet_of_labels(path: Path, sheets: Sequence[workbook.Sheet], notes: Notes) -> workbook.Sheet:
    """The sheet whose eighth column says micro- or macro-expression, whatever its name.

    Columns that were put in before the first one, such as an index, are passed over.
    """
    for sheet, inserted in product(sheets, range(_MOST_INSERTED + 1)):
        rows = [(number, cells[inserted:]) for number, cells in sheet.rows]
        # Other corpora have a column of types there too, but no clips called disgust1_1.
        named = [row for _, row in rows if len(row) > 7 and workbook.text(row[1])[:1].isalpha()]
        kinds = [type_of(workbook.text(row[7])) for row in named]
        if kinds and sum(kind is not None for kind in kinds) > len(kinds) / 2:
            if sheet.name != "CASFEcode_final":
                notes.add(REMARK, sheet.where(), "read as the sheet CASFEcode_final")
            if inserted:
                text = f"read from column {inserted + 1} on, because types stand in column 8 then"
                notes.add(CHANGED, sheet.where(), text)
            return workbook.Sheet(path, sheet.name, rows)
    raise workbook.refuse(
        path, sheets, "micro-expression or macro-expression in column 8 (CASFEcode_final)"
    )


def _codes(
    sheets: Sequence[workbook.Sheet], labels: workbook.Sheet, notes: Notes
) -> dict[str, str]:
    """Video name -> code by the sheet `naming rule2`, where there is one."""
    codes = dict(CODES)
    for sheet in sheets:
        if sheet.name == labels.name:
            continue
        pairs = [[workbook.text(value) for value in cells[:2]] for _, cells in sheet.rows]
        if not all(len(pair) == 2 and re.fullmatch(r"\d{3,4}", pair[0]) for pair in pairs):
            continue
        for (number, _), (code, name) in zip(sheet.rows, pairs, strict=True):
            known = CODES.get(name.lower())
            if known is not None and known != code.zfill(4):
                raise InputError(
                    f"{sheet.where(number)}: video {name} has the code {code}"
                    f" and should have {known}; {workbook.AS_HANDED_OUT}"
                )
            if known is None:
                notes.add(REMARK, sheet.where(number), f"unknown video {name} with the code {code}")
            codes[name.lower()] = code.zfill(4)
    return codes


def _check_subjects(sheets: Sequence[workbook.Sheet], labels: workbook.Sheet) -> None:
    """The sheet `naming rule1`, where there is one, must number the subjects as is known."""
    for sheet in sheets:
        if sheet.name == labels.name:
            continue
        for number, cells in sheet.rows:
            if len(cells) < 3 or not _SUBJECT.fullmatch(workbook.text(cells[1])):
                continue
            subject, place = workbook.text(cells[1]), workbook.frame(cells[2])
            known = "a number from 1 to 22"
            if place is not None and 1 <= place <= len(SUBJECTS):
                known = f"s{SUBJECTS[place - 1]}"
            if subject != known:
                raise InputError(
                    f"{sheet.where(number)}: subject number {workbook.text(cells[2])} is {subject}"
                    f" and should be {known}; {workbook.AS_HANDED_OUT}"
                )
