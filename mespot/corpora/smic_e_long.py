"""SMIC-E-long: micro-expressions in long videos of three cameras: HS (100 fps), VIS, NIR (25 fps).

Li et al., "A Spontaneous Micro-expression Database: Inducement, collection and baseline" (FG 2013),
and its extended videos. Images `HS_long/SMIC-HS-E/HS/s03/s3_sur_01/image308866.jpg`; the frame
numbers of the workbook are those of the files. 157 (HS), 71 (VIS) and 71 (NIR) labels, all micro.
One camera is a corpus: the names of its videos are those of the others.
"""

import re
from collections.abc import Mapping, Sequence
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
)
from mespot.corpora.notes import LEFT_OUT, Notes, shown

TITLE = "SMIC-E-long"
FPS = {"HS": 100.0, "VIS": 25.0, "NIR": 25.0}
_SUBJECT = re.compile(r"s\d{1,2}")
_VIDEO = re.compile(r"s(\d+)_[a-z]+_\d+", re.IGNORECASE)
_HEADER = {
    "subject": ("subject",),
    "filename": ("filename", "file name"),
    "onset": ("onsetf", "onset", "onset frame"),
    "apex": ("apexf", "apex", "apex frame"),
    "offset": ("offsetf", "offset", "offset frame"),
}


def trees(root: Path, camera: str) -> list[Path]:
    """Folders of subjects s01, ... of one camera, which a folder above them is named after."""

    def is_tree(folder: Path, names: list[str]) -> bool:
        return any(_SUBJECT.fullmatch(name) for name in names)

    def camera_of(tree: Path) -> set[str]:
        """Names of cameras on the way to the tree, or in the name of a root that is one itself."""
        parts = tree.relative_to(root).parts or (root.name,)
        return {word for part in parts for word in re.split(r"[_\W]+", part.upper())} & set(FPS)

    return [tree for tree in find_trees(root, is_tree, 3) if camera in camera_of(tree)]


def recognise(root: Path) -> bool:
    """Whether the root looks like this corpus."""
    for camera in FPS:
        for tree in trees(root, camera)[:1]:
            for subject in entries(tree)[0]:
                return any(_VIDEO.fullmatch(name) for name in entries(tree / subject)[0])
    return False


def videos(root: Path, settings: Mapping[str, Any], notes: Notes) -> pd.DataFrame:
    """The videos of the camera that the setting `camera` names (HS, VIS or NIR)."""
    camera = settings["camera"]
    what = f"{camera}_long/SMIC-{camera}-E/{camera} with subject folders s01, s02, ..."
    tree = first_tree(root, trees(root, camera), what, TITLE, notes)
    rows = []
    for subject, name, path in recordings_by_subject(
        tree, root, _SUBJECT, "s01, ...", notes, _VIDEO
    ):
        if not _VIDEO.fullmatch(name):
            notes.add(LEFT_OUT, shown(path), "not the name of a video (s1_ne_01, ...)")
            continue
        rows.append(video_row(subject, name, path, FPS[camera]))
    return videos_table(rows)


def workbooks(root: Path, settings: Mapping[str, Any]) -> list[Path]:
    """The camera's workbook: given, or beside or above its folder of subjects."""
    camera = settings["camera"]
    folders = [root]
    for tree in trees(root, camera)[:1]:
        above = [tree, *tree.parents]
        folders = above[: above.index(root) + 1] if root in above else folders
    return find_workbooks(settings["workbook"], folders, _names(camera), f"{TITLE} {camera}")


def _names(camera: str) -> re.Pattern[str]:
    """What the workbook of a camera is called."""
    return re.compile(rf"{camera}.*annotation", re.IGNORECASE)


def labels(
    paths: Sequence[Path], videos: pd.DataFrame, settings: Mapping[str, Any], notes: Notes
) -> pd.DataFrame:
    """The labels of the workbook, all micro."""
    if not settings["workbook"]:
        note_unread(paths, _names(settings["camera"]), notes)
    sheets = workbook.read(paths[0])
    table = workbook.find_table(sheets, _HEADER, ("subject", "apex"))
    if table is None:
        raise workbook.refuse(paths[0], sheets, "the columns Filename, OnsetF, OffsetF")
    sheet, body = table
    workbook.note_texts(sheet, workbook.intervals_of(body), notes)
    names = {video.lower(): video for video in videos["video"]}
    owners = dict(zip(videos["video"], videos["subject"], strict=True))
    rows = []
    for number, cells in body:
        where = sheet.where(number)
        onset, apex, offset = workbook.interval(cells)
        if onset is None or offset is None:
            why = workbook.no_interval(sheet, number, cells["onset"], cells["offset"])
            notes.add(LEFT_OUT, where, why)
            continue
        written = workbook.text(cells["filename"])
        video = names.get(written.lower(), written)
        label = dict(onset=onset, apex=apex, offset=offset, type="micro", row=where)
        rows.append({"subject": owners.get(video, ""), "video": video, **label})
    return labels_table(rows, videos, notes)
