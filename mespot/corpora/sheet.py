"""A corpus described by two tables: the recording sheet and, where there are labels, annotations.

`videos.csv` has the columns subject, video, path, fps and, if wanted, first_frame (and n_frames,
which only `mespot score` reads); `annotations.csv` subject, video, onset, apex, offset, type. A
path is a video file or a folder of numbered images and is relative to the folder of its sheet, or
to a root that is given. fps may be empty for a video file (then its own is used) and is needed for
images. first_frame is the number that the labels give to the first frame of a video file (0 where
it is empty); images have their own. Frames are native frame numbers, inclusive at both ends; apex
may be empty; type is micro or macro.

The sheets are read whenever the workflow is planned, so nothing here opens a video or lists a
folder of images. Everything that is wrong is collected and reported at once, with file, row and
column; row numbers are line numbers of the file, the header is row 1.
"""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from mespot.corpora.cells import check_name, place, rate
from mespot.corpora.corpus_tables import videos_table
from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.store.sheet_rows import Errors, rows, whole_frame
from mespot.store.tables import COLUMNS

VIDEO_COLUMNS = list(COLUMNS["videos"])
OPTIONAL_COLUMNS = ["first_frame", "n_frames"]
ANNOTATION_COLUMNS = list(COLUMNS["annotations"])


def read_sheets(
    videos: str | Path, annotations: str | Path | None = None, root: str | Path | None = None
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Read and check the two sheets.

    root: the folder that paths are relative to, the sheet's own if None. Returns the videos
    (subject, video, path, fps, first_frame; path with the root before it, fps Float64, NA where the
    file's own is meant, first_frame Int64, NA for images and for 0) and the annotations (subject,
    video, onset, apex, offset, type; frames Int64, apex NA where empty), or None for those when
    there is no annotation sheet.

    Raises InputError that names file, row and column of up to 20 faults and says what to do.
    """
    sheet = read_videos(videos, root)
    return sheet, None if annotations is None else read_annotations(annotations, sheet)


def read_videos(path: str | Path, root: str | Path | None = None) -> pd.DataFrame:
    """The recording sheet, checked; see `read_sheets`."""
    sheet = Path(path)
    folder = sheet.parent if root is None else Path(root)
    errors = Errors(sheet)
    first_line: dict[str, int] = {}
    table = []
    for line, row in rows(sheet, VIDEO_COLUMNS, OPTIONAL_COLUMNS):
        subject, video = row["subject"], row["video"]
        for column in ("subject", "video"):
            check_name(errors, line, column, row[column])
        if video and video in first_line:
            errors.add(
                line, "video", f"'{video}' is already in row {first_line[video]}; rename one"
            )
        first_line.setdefault(video, line)
        where = None
        if row["path"]:
            where = place(errors, line, row["path"], folder, "recordings")
        else:
            errors.add(line, "path", "is empty; write the video file or the folder of images")
        fps = rate(errors, line, row["fps"])
        if where is not None and where.is_dir() and not row["fps"]:
            errors.add(line, "fps", "is needed for a folder of images; write their frame rate")
        first_frame = None
        if row.get("first_frame"):
            first_frame = whole_frame(errors, line, "first_frame", row["first_frame"])
            if where is not None and where.is_dir():
                errors.add(line, "first_frame", "is for video files only; leave it empty")
        table.append(
            dict(subject=subject, video=video, path=str(where), fps=fps, first_frame=first_frame)
        )
    errors.raise_any()
    if not table:
        raise InputError(f"{sheet}: has a header and no rows; list at least one video")
    return videos_table(table)


def read_annotations(
    path: str | Path, videos: pd.DataFrame, left_out: Collection[str] = ()
) -> pd.DataFrame:
    """The annotation sheet, checked against the recording sheet; see `read_sheets`.

    left_out: videos of the recording sheet that are not used; so are their labels.
    A sheet with a header and no rows is a corpus in which nobody showed anything: an empty table.
    """
    sheet = Path(path)
    errors = Errors(sheet)
    owner = dict(zip(videos["video"], videos["subject"], strict=True))
    first_line: dict[tuple[str, ...], int] = {}
    table = []
    for line, row in rows(sheet, ANNOTATION_COLUMNS):
        subject, video, kind = row["subject"], row["video"], row["type"]
        if video in left_out:
            continue
        if video not in owner:
            errors.add(line, "video", f"'{video}' is not in the recording sheet; add it there")
        elif owner[video] != subject:
            errors.add(
                line,
                "subject",
                f"'{subject}', but the recording sheet says that '{video}' is of"
                f" '{owner[video]}'; make them agree",
            )
        if kind not in CLASSES:
            errors.add(line, "type", f"'{kind}' must be {' or '.join(CLASSES)}")
        onset = whole_frame(errors, line, "onset", row["onset"])
        offset = whole_frame(errors, line, "offset", row["offset"])
        apex = whole_frame(errors, line, "apex", row["apex"]) if row["apex"] else None
        if onset is not None and offset is not None:
            if offset < onset:
                errors.add(
                    line, "offset", f"{offset} is before the onset {onset}; swap or correct them"
                )
            elif apex is not None and not onset <= apex <= offset:
                errors.add(
                    line,
                    "apex",
                    f"{apex} is outside [{onset}, {offset}]; correct it or leave it empty",
                )
        same = first_line.setdefault((video, kind, row["onset"], row["offset"]), line)
        if same != line:
            errors.add(line, "video", f"the same label as in row {same}; delete one of them")
        table.append((subject, video, onset, apex, offset, kind))
    errors.raise_any()
    return pd.DataFrame(table, columns=ANNOTATION_COLUMNS).astype(COLUMNS["annotations"])
