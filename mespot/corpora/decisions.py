"""From the decisions of review pages to a corpus: what was accepted, and what nobody decided on.

A page saves `{video}_decisions.csv`, with every candidate in sight: the columns of an annotation
sheet, then `decision` (accepted, rejected or undecided), and `first` and `last`, the frames that
were looked at for it.
"""

from __future__ import annotations

import csv
import glob
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mespot.corpora.corpus_tables import videos_table
from mespot.corpora.names import usable
from mespot.corpora.sheet import read_videos
from mespot.corpora.undecided import COLUMNS as STRETCH
from mespot.errors import InputError
from mespot.limits import SHEET_BYTES
from mespot.store import tables
from mespot.store.files import regular
from mespot.store.paths import FOLDER, NOTHING, kind_at
from mespot.store.sheet_errors import Errors, known_name, present, type_of, whole_frame
from mespot.store.sheet_rows import written

_SHEETS = (".csv", ".tsv", ".txt")
ACCEPTED, REJECTED, UNDECIDED = "accepted", "rejected", "undecided"
_NEEDED = ["video", "onset", "offset", "type", "decision", "first", "last"]
_OPTIONAL = ["subject", "apex", "confidence", "note"]
_HEADER_LETTERS = 10_000  # in which the columns of a summary stand
_OWN = {"confidence": tables.TEXT, "note": tables.TEXT}


@dataclass(frozen=True)
class Collected:
    """Tables of a corpus. videos: those with a decision, with absolute paths. annotations: what was
    accepted, with confidence and note. undecided: subject, video, first, last. left_out: videos of
    the files that nothing was decided in. renamed: {name of a recording: its name in the tables}
    where the workflow could not have it as a name."""

    videos: pd.DataFrame
    annotations: pd.DataFrame
    undecided: pd.DataFrame
    left_out: list[str]
    renamed: dict[str, str]

    @property
    def root(self) -> Path:
        """The folder that all recordings lie below."""
        return Path(os.path.commonpath([Path(path).parent for path in self.videos["path"]]))

    def write(self, folder: Path) -> list[Path]:
        """Write videos.csv, annotations.csv and, where something is undecided, undecided.csv.

        Paths are relative to `root`. Raises InputError where recordings lie, and when the folder
        cannot be written.
        """
        for path in map(Path, self.videos["path"]):
            if folder.resolve() == path.resolve().parent or folder.resolve() == path.resolve():
                raise InputError(f"{folder}: recordings lie there; name a folder of its own")
        relative = [Path(path).relative_to(self.root).as_posix() for path in self.videos["path"]]
        videos = self.videos.assign(path=relative)
        own = {"face": tables.TEXT} if "face" in self.videos else {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tables.write(folder / "videos.csv", "numbered_videos", videos, own)
            tables.write(folder / "annotations.csv", "annotations", self.annotations, _OWN)
            files = [folder / "videos.csv", folder / "annotations.csv"]
            if len(self.undecided):
                files.append(folder / "undecided.csv")
                tables.write(files[-1], "undecided", self.undecided)
            else:
                (folder / "undecided.csv").unlink(missing_ok=True)  # of an earlier call
        except OSError as error:
            raise InputError(
                f"{folder}: cannot be written: {error.strerror}; name another folder"
            ) from None
        return files


def collect(decisions: Sequence[Path], videos: Sequence[Path]) -> Collected:
    """The corpus of some decisions.

    decisions: files that review pages have saved, one a video. videos: where the recordings are:
    the summary.csv of `mespot spot`, a sheet of recordings, or the recordings themselves. Its
    subjects count, not those of the pages. Raises InputError that names file, row and column.
    """
    for path in decisions:
        if later := _saved_again(path):
            raise InputError(
                f"{path}: was saved again later, as '{later.name}'; name that one, or remove it"
            )
    sheet = recordings(videos)
    subjects = dict(zip(sheet["video"], sheet["subject"], strict=True))
    rows = [_read(path, subjects) for path in decisions]
    table = pd.concat(rows, ignore_index=True)
    for video, files in table.groupby("video")["file"].unique().items():
        if len(files) > 1:
            raise InputError(f"{files[1]}: {video} is in {files[0]}, too; name the later one only")
    if table.empty:
        raise InputError(f"{decisions[0]}: has no candidate; save the decisions of another page")
    decided = set(table.loc[table["decision"] != UNDECIDED, "video"])
    left_out = [str(video) for video in dict.fromkeys(table["video"]) if video not in decided]
    if not decided:
        raise InputError(f"{decisions[0]}: nothing is decided in it; accept or reject candidates")
    for path in sheet.loc[sheet["video"].isin(decided), "path"]:
        if kind_at(path) == NOTHING:
            raise InputError(
                f"{path}: does not exist; correct --videos, or call this in the folder in which "
                "`mespot spot` was called"
            )
    accepted = table[table["decision"] == ACCEPTED]
    accepted = accepted.drop_duplicates(["video", "type", "onset", "offset"])
    open_parts = [
        (subjects[video], video, first, last)
        for video, own in table[table["video"].isin(decided)].groupby("video", sort=False)
        for first, last in _open(own)
    ]
    names = usable(subjects)
    # Without a sheet, each recording is its own subject.
    renamed = {name: own for name, own in names.items() if name != own and name in decided}
    accepted = accepted.sort_values(["video", "onset", "offset"], ignore_index=True)
    return Collected(
        _renamed(sheet[sheet["video"].isin(decided)].reset_index(drop=True), renamed),
        _renamed(accepted, renamed),
        _renamed(pd.DataFrame(open_parts, columns=STRETCH), renamed),
        left_out,
        renamed,
    )


def _saved_again(path: Path) -> Path | None:
    """A file with later decisions of the same page. A browser puts a number behind the name of a
    file that is there already, so that `*_decisions.csv` means the old one alone."""
    numbered = f"{glob.escape(path.stem)} (*){glob.escape(path.suffix)}"
    try:
        own = path.stat().st_mtime
        later = [one for one in path.parent.glob(numbered) if one.stat().st_mtime > own]
    except OSError:
        return None  # whoever reads it says what is wrong
    return max(later, key=lambda one: one.stat().st_mtime, default=None)


def _renamed(table: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    own = {key: [names.get(name, name) for name in table[key]] for key in ("subject", "video")}
    return table.assign(**own)


def recordings(paths: Sequence[Path]) -> pd.DataFrame:
    """subject, video, path (absolute), fps and first_frame of the recordings; where a sheet has
    it, face. Raises InputError for a sheet that cannot be read, and for names that stand twice."""
    sheets = [path for path in paths if path.suffix.lower() in _SHEETS]
    if sheets and len(paths) > 1:
        raise InputError(f"--videos: {sheets[0]} is a sheet; name one sheet alone, or video files")
    if not sheets:
        names = [path.name if kind_at(path) == FOLDER else path.stem for path in paths]
        found = pd.DataFrame({"video": names, "path": [str(path) for path in paths], "fps": pd.NA})
    elif _is_summary(sheets[0]):
        found = tables.read(sheets[0], "found_videos")
        found = found[found["path"].notna() & found["fps"].notna()]  # those that could be read
    else:
        table = read_videos(sheets[0])
        return table.assign(path=[str(Path(path).absolute()) for path in table["path"]])
    again = found.loc[found["video"].duplicated(), "video"]
    if len(again):
        raise InputError(f"--videos: two recordings are called {again.iloc[0]}; write a sheet")
    rows = []
    for row in found.to_dict("records"):
        path = Path(row["path"]).absolute()
        is_folder = kind_at(path) == FOLDER
        if is_folder and pd.isna(row["fps"]):
            raise InputError(
                f"{path}: is a folder of images, whose rate is not known; give the summary.csv of "
                "`mespot spot`, or a sheet"
            )
        # The time stamps of a file say more than its rate.
        fps = row["fps"] if is_folder else pd.NA
        one = dict(subject=row["video"], video=row["video"], path=str(path), fps=fps)
        rows.append({**one, "first_frame": pd.NA})
    return videos_table(rows)


def _is_summary(sheet: Path) -> bool:
    """Whether this is the table of all videos that `mespot spot` writes."""
    try:
        with regular(sheet, SHEET_BYTES).open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader([file.readline(_HEADER_LETTERS)]), [])
    except (OSError, UnicodeDecodeError, csv.Error):
        return False  # the reader of sheets says what is wrong
    return "state" in header and "subject" not in header


def _read(path: Path, subjects: dict[str, str]) -> pd.DataFrame:
    """The candidates in one file of decisions."""
    errors = Errors(path)
    table = []
    for line, row in written(errors, _NEEDED, _OPTIONAL).rows:
        video = known_name(errors, line, "video", row["video"], subjects)
        if video is None:
            text = f"'{row['video']}' is not one of the videos in --videos; add it there"
            errors.add(line, "video", text)
        decision = row["decision"].lower()
        if decision not in (ACCEPTED, REJECTED, UNDECIDED):
            text = f"'{row['decision']}' must be {ACCEPTED}, {REJECTED} or {UNDECIDED}"
            errors.add(line, "decision", f"{text}; correct it")
        numbers = {
            name: whole_frame(errors, line, name, row[name])
            for name in ("onset", "offset", "first", "last")
        }
        apex = present(errors, line, "apex", row.get("apex"))
        for one, other in (("onset", "offset"), ("first", "last")):
            if None not in (numbers[one], numbers[other]) and numbers[other] < numbers[one]:  # type: ignore[operator]
                text = f"{numbers[other]} is before the {one} {numbers[one]}; correct them"
                errors.add(line, other, text)
        table.append(
            {
                "file": str(path),
                "subject": subjects.get(video or ""),
                "video": video,
                "type": type_of(errors, line, row["type"]),
                "apex": whole_frame(errors, line, "apex", apex) if apex else pd.NA,
                **numbers,
                "confidence": row.get("confidence", ""),
                "note": row.get("note", ""),
                "decision": decision,
            }
        )
    errors.raise_any()
    columns = ["file", "subject", "video", "type", "onset", "apex", "offset", "first", "last"]
    return pd.DataFrame(table, columns=[*columns, "confidence", "note", "decision"])


def _open(rows: pd.DataFrame) -> list[tuple[int, int]]:
    """The stretches of undecided candidates of a video, without what was decided on."""
    ends = np.unique([*rows["first"], *(rows["last"] + 1)])
    unknown = np.zeros(len(ends) + 1, bool)  # between two ends; nothing before the first
    for undecided in (True, False):
        for row in rows[(rows["decision"] == UNDECIDED) == undecided].to_dict("records"):
            first, behind = np.searchsorted(ends, [row["first"], row["last"] + 1])
            unknown[first + 1 : behind + 1] = undecided
    changes = np.flatnonzero(np.diff(unknown.astype(np.int8)))
    return [(int(ends[a]), int(ends[b]) - 1) for a, b in changes.reshape(-1, 2)]
