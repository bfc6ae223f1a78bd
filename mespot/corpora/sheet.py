"""A corpus described by two tables: the recording sheet and, where there are labels, annotations.

`videos.csv` has the columns subject, video, path, fps and, if wanted, first_frame, n_frames (of
video files, by which labels are checked before a video is read) and face (which of several faces is
followed: auto, left, right, largest or a number from left to right); `annotations.csv` subject,
video, onset, offset, type and, if wanted, apex. A path is a video file or a folder of numbered
images and is relative to the folder of its sheet, or to a root that is given. fps may be empty for
a video file (then its own is used) and is needed for images. first_frame is the number that the
labels give to the first frame of a video file (0 where it is empty); images have their own. Frames
are native frame numbers, inclusive at both ends; apex may be empty; type is micro or macro. Instead
of frames there may be times, in the columns onset_s, apex_s and offset_s: of video files by their
time stamps, of images by fps. Other columns are the user's own. In place of annotations.csv there
may be files of annotation tools, see `mespot.corpora.tool_annotations`.

The sheets are read whenever the workflow is planned, so nothing here opens a video or lists a
folder of images. What can be meant in one way only is read, and noted where it was written in
another. Everything that is wrong is collected and reported at once, with file, row and column; row
numbers are line numbers of the file, the header is row 1.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.corpora.cells import check_name, place, rate
from mespot.corpora.corpus_tables import LABEL_COLUMNS, videos_table
from mespot.corpora.notes import Notes
from mespot.corpora.plausible import doubt
from mespot.corpora.sheet_times import Stamps, frame_times
from mespot.corpora.tool_annotations import Behaviours, annotation_files, is_of_tool, read_tools
from mespot.errors import InputError
from mespot.formats.coded import FrameTimes
from mespot.store.sheet_cells import is_missing
from mespot.store.sheet_errors import Errors, known_name, present, type_of, whole_frame
from mespot.store.sheet_rows import written
from mespot.store.tables import COLUMNS, TEXT

VIDEO_COLUMNS = list(COLUMNS["videos"])
OPTIONAL_COLUMNS = ["first_frame", "n_frames", "face"]
FACES = ("auto", "left", "right", "largest")
_EITHER = [("onset", "onset_s"), ("offset", "offset_s")]


def read_sheets(
    videos: str | Path,
    annotations: str | Path | Sequence[str | Path] | None = None,
    root: str | Path | None = None,
    notes: Notes | None = None,
    behaviours: Behaviours | None = None,
    opened: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Read and check the two sheets.

    annotations: the sheet, or files of annotation tools: one, a list or a folder. root: the folder
    that paths are relative to, the sheet's own if None. notes: gets what was odd. behaviours: see
    `read_annotations`. opened: whether video files are opened for their time stamps. Where they are
    not, frames that need them are NA.
    Returns the videos (subject, video, path, fps, first_frame; path with the root before it, fps
    Float64, NA where the file's own is meant, first_frame Int64, NA for images and for 0; face as
    text where a row has one) and the annotations (subject, video, onset, apex, offset, type, row,
    then the user's own columns; frames
    Int64, apex NA where empty, row says where it stands), or None for those when there is no
    annotation sheet.

    Raises InputError that names file, row and column of up to 20 faults and says what to do.
    """
    sheet, lengths = _read_videos(videos, root, notes, "sheet")
    if annotations is None:
        return sheet, None
    times = frame_times(sheet) if opened else None
    labels = read_annotations(
        annotations,
        sheet,
        notes=notes,
        lengths=lengths,
        behaviours=behaviours,
        times=times,
        recordings=True,
    )
    return sheet, labels


def read_videos(
    path: str | Path,
    root: str | Path | None = None,
    notes: Notes | None = None,
    section: str = "sheet",
) -> pd.DataFrame:
    """The recording sheet, checked; see `read_sheets`. section: the one of config.yaml."""
    return _read_videos(path, root, notes, section)[0]


def _read_videos(
    path: str | Path, root: str | Path | None, notes: Notes | None, section: str
) -> tuple[pd.DataFrame, dict[str, int]]:
    """The recording sheet, and how many frames it says that video files have."""
    sheet = Path(path)
    folder = sheet.parent if root is None else Path(root)
    errors = Errors(sheet)
    seen: dict[str, dict[str, tuple[int, str]]] = {"subject": {}, "video": {}, "path": {}}
    table = []
    lengths = {}
    faces: dict[str, str] = {}
    for line, row in written(errors, VIDEO_COLUMNS, OPTIONAL_COLUMNS).rows:
        for column in ("subject", "video"):
            check_name(errors, line, column, row[column])
        _check_twice(errors, line, row, seen)
        where = None
        if row["path"]:
            where = place(errors, line, row["path"], folder, "recordings", f"{section}.root")
        else:
            errors.add(line, "path", "is empty; write the video file or the folder of images")
        fps = rate(errors, line, row["fps"])
        if where is not None and where.is_dir() and (not row["fps"] or is_missing(row["fps"])):
            errors.add(line, "fps", "is needed for a folder of images; write their frame rate")
        first_frame = None
        if given := present(errors, line, "first_frame", row.get("first_frame")):
            first_frame = whole_frame(errors, line, "first_frame", given)
            if where is not None and where.is_dir():
                errors.add(line, "first_frame", "is for video files only; leave it empty")
        if given := present(errors, line, "n_frames", row.get("n_frames")):
            n_frames = whole_frame(errors, line, "n_frames", given)
            if n_frames is not None and where is not None and where.is_file():
                lengths[row["video"]] = n_frames
        face = _face(errors, line, present(errors, line, "face", row.get("face")))
        if face is not None:
            faces[row["video"]] = face
        first, _ = seen["path"].setdefault(str(where), (line, ""))
        if where is not None and first != line:
            text = f"path: '{row['path']}' is the recording of row {first} too; correct it if it is"
            errors.remark("doubtful", line, f"{text} not meant to be there twice")
        table.append(
            dict(
                subject=row["subject"],
                video=row["video"],
                path=str(where),
                fps=fps,
                first_frame=first_frame,
            )
        )
    errors.raise_any()
    if not table:
        raise InputError(f"{sheet}: has a header and no rows; list at least one video")
    if notes is not None:
        notes.take(errors.remarks)
    videos = videos_table(table)
    if faces:
        videos["face"] = pd.Series([faces.get(video) for video in videos["video"]], dtype=TEXT)
    return videos, lengths


def faces_of(videos: pd.DataFrame) -> dict[str, str | int]:
    """Video -> the face that is followed, for the rows of a sheet that say it."""
    if "face" not in videos:
        return {}
    given = videos.set_index("video")["face"].dropna()
    return {str(v): int(face) if face.isdecimal() else str(face) for v, face in given.items()}


def _face(errors: Errors, line: int, text: str) -> str | None:
    """What the column `face` says; None where it is empty."""
    if not text or text.lower() in FACES:
        return text.lower() or None
    number = text.lstrip("0")
    if number and len(number) < 10 and number.isascii() and number.isdecimal():
        return number
    known = f"{', '.join(FACES)} or a number, 1 for the leftmost"
    errors.add(line, "face", f"'{text}' must be {known}; correct it or leave it empty")
    return None


def _check_twice(
    errors: Errors, line: int, row: dict[str, str], seen: dict[str, dict[str, tuple[int, str]]]
) -> None:
    """A video stands once. Names that differ in case only are one name on many disks."""
    for column in ("subject", "video"):
        name = row[column]
        first, same = seen[column].setdefault(name.lower(), (line, name))
        if name and same != name:
            text = f"'{name}' differs from '{same}' in row {first} in the case of letters only"
            errors.add(line, column, f"{text}; rename one")
        elif name and column == "video" and first != line:
            errors.add(line, column, f"'{name}' is already in row {first}; rename one")


def read_annotations(
    path: str | Path | Sequence[str | Path],
    videos: pd.DataFrame,
    left_out: Collection[str] = (),
    notes: Notes | None = None,
    lengths: Mapping[str, int] | None = None,
    behaviours: Behaviours | None = None,
    times: Mapping[str, FrameTimes] | None = None,
    recordings: bool = False,
) -> pd.DataFrame:
    """The annotation sheet or sheets, or what annotation tools have written in their place, checked
    against the recording sheet; see `read_sheets`.

    behaviours: for files of tools; see `mespot.corpora.tool_annotations.read_tools`. times: of the
    frames of each video. Frames of tools, and of rows with times of a video file, are NA without.
    recordings: whether the paths in `videos` are those of recordings, so that the time stamps of
    files count. The others: see `_read_sheet`.
    """
    stamps = Stamps(videos if recordings else None, times)
    files = annotation_files(path)
    tools = [file for file in files if is_of_tool(file)]
    if not tools and len(files) == 1:
        return _read_sheet(files[0], videos, stamps, left_out, notes, lengths)
    if len(tools) < len(files) and tools:
        sheet = next(file for file in files if file not in tools)
        raise InputError(
            f"{sheet}: is a sheet beside files of annotation tools, such as {tools[0]}; name the"
            " one or the others in sheet.annotations"
        )
    if tools:
        labels = read_tools(tools, videos, behaviours, notes, times)
        if notes is not None and times is not None:
            doubt(labels, {video: fps for video, (fps, _) in _clocks(videos).items()}, notes)
        return labels
    labels = pd.concat(
        [_read_sheet(file, videos, stamps, left_out, notes, lengths) for file in files],
        ignore_index=True,
    )
    known = labels.dropna(subset=["onset", "offset"])
    again = known[known.duplicated(["video", "type", "onset", "offset"])]
    if len(again):
        raise InputError(f"{again['row'].iloc[0]}: video: the same label is in another sheet")
    return labels


def _read_sheet(
    path: str | Path,
    videos: pd.DataFrame,
    stamps: Stamps,
    left_out: Collection[str] = (),
    notes: Notes | None = None,
    lengths: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """The annotation sheet, checked against the recording sheet; see `read_sheets`.

    videos: table with subject, video and, where known, fps and first_frame. left_out: videos of
    the recording sheet that are not used; so are their labels. lengths: frames of videos, where
    they are known. A sheet with a header and no rows is
    a corpus in which nobody showed anything: an empty table.
    """
    sheet = Path(path)
    errors = Errors(sheet)
    clocks = _clocks(videos)
    owner = dict(zip(videos["video"], videos["subject"], strict=True))
    first_line: dict[tuple[Any, ...], int] = {}
    known = ["apex", "apex_s", *(name for name in COLUMNS["labels"] if name.endswith("_w"))]
    fate = "kept as they are in labels.csv"
    read = written(errors, ["subject", "video", "type"], known, either=_EITHER, fate=fate)
    for one, other in _EITHER:
        if one in read.columns and other in read.columns:
            text = f"has {one} and {other}; the frames count, and times only where there are none"
            errors.remark("remark", 1, text)
    own = read.own
    table = []
    known_names = dict.fromkeys([*owner, *left_out])
    for line, row in read.rows:
        video = known_name(errors, line, "video", row["video"], known_names)
        if video in left_out:
            continue
        if video is None:
            if row["video"]:
                text = f"'{row['video']}' is not in the recording sheet; add it there"
                errors.add(line, "video", text)
        else:
            _check_subject(errors, line, row["subject"], owner[video], video)
        kind = type_of(errors, line, row["type"])
        clock = clocks.get(video or "", (None, 0))
        onset, offset, apex = stamps.frames(errors, line, row, video, clock)
        if onset is not None and offset is not None:
            if offset < onset:
                hint = "swap or correct them"
                if offset == 0:
                    hint = "if the end is not visible, write the apex there or leave the row out"
                errors.add(line, "offset", f"{offset} is before the onset {onset}; {hint}")
            elif apex is not None and not onset <= apex <= offset:
                errors.add(
                    line,
                    "apex",
                    f"{apex} is outside [{onset}, {offset}]; correct it or leave it empty",
                )
            if video is not None and lengths and video in lengths:
                _check_end(errors, line, offset, clock[1], lengths[video])
            same = first_line.setdefault((video, kind, onset, offset), line)
            if same != line:
                text = f"the same label as in row {same}; delete one of them, of two coders too"
                errors.add(line, "video", text)
        subject = owner.get(video or "")
        label = (subject, video, onset, apex, offset, kind, errors.where(line))
        table.append((*label, *(row[name] for name in own)))
    errors.raise_any()
    columns = {**LABEL_COLUMNS, **dict.fromkeys(own, TEXT)}
    labels = pd.DataFrame(table, columns=list(columns)).astype(columns)
    if notes is not None:
        notes.take(errors.remarks)
        placed = labels.dropna(subset=["onset", "offset"])
        doubt(placed, {video: fps for video, (fps, _) in clocks.items()}, notes)
    return labels


def _clocks(videos: pd.DataFrame) -> dict[str, tuple[float | None, int]]:
    """Frames a second of each video, where they are known, and the number of its first frame."""
    clocks = {}
    for row in videos.to_dict("records"):
        fps, first = row.get("fps"), row.get("first_frame")
        clocks[row["video"]] = (
            None if fps is None or pd.isna(fps) else float(fps),
            0 if first is None or pd.isna(first) else int(first),
        )
    return clocks


def _check_end(errors: Errors, line: int, offset: int, first: int, n_frames: int) -> None:
    last = first + n_frames - 1
    if offset > last:
        hint = "correct it, or n_frames in the recording sheet"
        if offset == last + 1 and first == 0:
            hint += ", or write 1 as first_frame there if labels count from 1"
        errors.add(line, "offset", f"{offset} is beyond the last frame, {last}; {hint}")


def _check_subject(errors: Errors, line: int, text: str, owner: str, video: str) -> None:
    if text == owner:
        return
    if text.lower() == owner.lower():
        errors.read_as(line, "subject", text, owner, "the subject of the recording sheet")
        return
    hint = "make them agree"
    if text.isdecimal() and text.lstrip("0") == owner.lstrip("0"):
        hint = f"write {owner}: a spreadsheet program may have taken the zeros away"
    text = f"'{text}', but the recording sheet says that '{video}' is of '{owner}'; {hint}"
    errors.add(line, "subject", text)
