"""The corpora `motion` and `more_motion`: motion of face regions that somebody measured, without
any video.

A folder has `videos.csv`, `regions.txt` and, where there are labels, `annotations.csv`. The columns
of `videos.csv` are subject, video, path, fps, first_frame, every and n_frames. `path` is a series
of the recording: `.npy`, `.csv` or our own `.h5` (see docs/file-formats.md). A recording without a
path has no series and is left out. fps, first_frame and n_frames describe the recording itself;
a row of the series is the motion between two working frames, and working frame i is native frame
`first_frame + every * i`. An `.h5` file says all of this by itself, so these cells may be empty.
`regions.txt` names the face regions of `.npy` and `.csv`, one a line.

The sheets are read whenever the workflow is planned, so no series is opened here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.corpora.cells import check_name, place, rate
from mespot.corpora.kinds import MOTION
from mespot.corpora.names import NAME
from mespot.corpora.notes import DOUBTFUL, LEFT_OUT, Note, Notes
from mespot.corpora.sheet import read_annotations
from mespot.corpora.tool_annotations import is_of_tool
from mespot.errors import InputError
from mespot.limits import MB
from mespot.store.files import regular
from mespot.store.paths import FOLDER, kind_at
from mespot.store.sheet_errors import Errors, whole_frame
from mespot.store.sheet_rows import written
from mespot.store.tables import COLUMNS

COLUMNS_OF_VIDEOS = COLUMNS["motion_videos"]
SUFFIXES = (".npy", ".csv", ".h5")
# What the sheet says of a recording, and an .h5 file by itself.
_CLOCK = ("fps", "first_frame", "every", "n_frames")


@dataclass(frozen=True)
class MotionCorpus:
    """videos: table with the columns of `motion_videos`. annotations: path of their sheet, None
    without labels. regions: path of the list of regions, None where no series needs it. left_out:
    videos without a series; notes says so."""

    videos: pd.DataFrame
    annotations: Path | None
    regions: Path | None
    left_out: list[str]
    notes: list[Note]


def read_motion(section: Mapping[str, Any], name: str = MOTION) -> MotionCorpus:
    """Read and check the sheets that a section of config.yaml names, `motion` or `more_motion`.

    Keys: `root`, the folder of the files above, and `videos`, `annotations` and `regions` for files
    at other places; paths in the sheet are relative to `root` or, without one, to the sheet.
    Raises InputError that names file, row and column of every fault.
    """
    root = None if section["root"] is None else Path(section["root"])
    if root is not None and (there := kind_at(root)) != FOLDER:
        what = f"is a {there}" if there else "does not exist"
        raise InputError(f"{root}: {what}; give the folder of the series as {name}.root, or null")
    given = {key: _file(section[key], root, key) for key in ("videos", "annotations", "regions")}
    sheet, annotations, regions = given["videos"], given["annotations"], given["regions"]
    if sheet is None:
        raise InputError(f"{root}: has no videos.csv; write one, or give its path as {name}.videos")
    odd = Notes()
    videos, left_out = _read_videos(sheet, root or sheet.parent, odd, name)
    notes = odd.entries + [
        Note(LEFT_OUT, f"{sheet}: row {line}", f"'{video}' has no series; its labels do not count")
        for video, line in left_out.items()
    ]
    if annotations is not None:
        if is_of_tool(annotations):
            raise InputError(
                f"{annotations}: has times of videos, and series of motion have none; give a sheet"
                f" of labels as {name}.annotations"
            )
        odd = Notes()
        read_annotations(annotations, videos, left_out, odd)
        notes += odd.entries
    needs_names = [path for path in videos["path"] if not path.endswith(".h5")]
    if regions is not None:
        notes += _other_sides(regions, read_regions(regions))
    elif needs_names:
        raise InputError(
            f"{sheet}: {needs_names[0]} needs regions.txt, which names its face regions, one a "
            f"line; write it beside the sheet, or give its path as {name}.regions"
        )
    named = regions if needs_names else None
    return MotionCorpus(videos, annotations, named, list(left_out), notes)


# A whole word, a letter on its own, or a capital behind small letters: `browL`.
_SIDE = re.compile(r"(?i:left|right)|(?<![A-Za-z])[lrLR](?![A-Za-z])|(?<=[a-z])[LR]\b")


def _other_sides(path: Path, names: list[str]) -> list[Note]:
    """A note on names that say a side in another way than is looked for."""
    odd = [name for name in names if _SIDE.search(name) and not {"left", "right"} & _words(name)]
    if not odd:
        return []
    more = f" and {len(odd) - 1} more" if len(odd) > 1 else ""
    what = f"'{odd[0]}'{more}: a side is known by the word left or right between '_', as left_brow"
    effect = "without it, mirrored faces keep their sides; rename them if they have sides"
    return [Note(DOUBTFUL, str(path), f"{what}; {effect}")]


def _words(name: str) -> set[str]:
    return set(name.split("_"))


def read_regions(path: str | Path) -> list[str]:
    """Names of the face regions, one a line, in the order of the series.

    Raises InputError for a file without a name and for a name that is twice there or has other
    characters than letters, digits, `_`, `-` and `.`.
    """
    path = Path(path)
    try:
        lines = regular(path, MB).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; correct the path") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8 text; write a name a line") from None
    errors, names = Errors(path), []
    for number, name in enumerate(map(str.strip, lines), 1):
        if not name:
            continue
        if not NAME.fullmatch(name):
            errors.add(number, "region", f"'{name}' must be one word; write a name a line")
        elif name in names:
            errors.add(number, "region", f"'{name}' is already there; rename one")
        names.append(name)
    errors.raise_any()
    if not names:
        raise InputError(f"{path}: is empty; write the names of the regions, one a line")
    return names


def _file(given: str | None, root: Path | None, name: str) -> Path | None:
    """A file as given in the config, or the one of its usual name in the root, where it is."""
    if given is not None:
        return Path(given)
    path = None if root is None else root / f"{name}.{'txt' if name == 'regions' else 'csv'}"
    return path if path is not None and kind_at(path) else None


def _read_videos(
    sheet: Path, root: Path, notes: Notes, name: str
) -> tuple[pd.DataFrame, dict[str, int]]:
    """The table of recordings that have a series; {video: row} of those that have none.

    name: of the section of config.yaml.
    """
    errors = Errors(sheet)
    left_out: dict[str, int] = {}
    first_line: dict[str, int] = {}
    table = []
    required = ["subject", "video", "path"]
    for line, row in written(errors, required, _CLOCK).rows:
        for column in ("subject", "video"):
            check_name(errors, line, column, row[column])
        video = row["video"]
        if video and video in first_line:
            errors.add(
                line, "video", f"'{video}' is already in row {first_line[video]}; rename one"
            )
        first_line.setdefault(video, line)
        if not row["path"]:
            left_out[video] = line
            continue
        table.append(_recording(errors, line, row, root, f"{name}.root"))
    errors.raise_any()
    if not table:
        raise InputError(f"{sheet}: names no series; list at least one recording with its path")
    notes.take(errors.remarks)
    videos = pd.DataFrame(table, columns=list(COLUMNS_OF_VIDEOS)).astype(COLUMNS_OF_VIDEOS)
    return videos, left_out


def _recording(
    errors: Errors, line: int, row: dict[str, str], root: Path, key: str
) -> dict[str, Any]:
    """The row of one recording; what is wrong in it goes to `errors`. key: of the config that says
    `root`."""
    series = place(errors, line, row["path"], root, "series", key)
    if series is not None and (series.suffix not in SUFFIXES or not series.is_file()):
        text = f"'{row['path']}' is no series; name a file that ends in {', '.join(SUFFIXES)}"
        errors.add(line, "path", text)
    own = row["path"].endswith(".h5")  # says its rate and its frames by itself
    clock: dict[str, Any] = {"fps": rate(errors, line, row.get("fps", ""))}
    for column in ("first_frame", "every", "n_frames"):
        text = row.get(column, "")
        clock[column] = whole_frame(errors, line, column, text) if text else None
        if column != "first_frame" and clock[column] == 0:
            errors.add(line, column, "'0' must be at least 1")
    for column in _CLOCK:
        if not row.get(column) and not own:
            errors.add(line, column, f"is empty, but '{row['path']}' needs it; fill it in")
    if own and clock["every"] is not None:
        errors.add(line, "every", "is for .npy and .csv only; leave it empty")
    return dict(subject=row["subject"], video=row["video"], path=str(series), **clock)
