"""What is in a corpus, before any work is done on it: every recording listed, every label placed.

Unlike the planning of a workflow this lists the frames of every video. Nothing is written.
"""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mespot.corpora import kinds
from mespot.corpora.corpus_tables import within
from mespot.corpora.notes import LEFT_OUT, MISSING, REMARK, Note, Notes, shown
from mespot.corpora.plausible import doubt
from mespot.errors import InputError
from mespot.recording import last_number, open_recording, read_image, regular_step
from mespot.suffixes import IMAGE_SUFFIXES

_SAMPLED = 5  # images of a video that are opened, unless all are


@dataclass
class CheckedRecording:
    """What a video is made of. faults stop a run at this video until they are mended."""

    subject: str
    video: str
    fps: float
    frames: int = 0
    first: int = 0
    faults: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def extent(self) -> tuple[int, int]:
        return self.first, self.first + self.frames - 1


@dataclass
class Checked:
    """A corpus with its tables, its recordings and everything that was odd."""

    kind: str
    root: Path
    videos: pd.DataFrame
    labels: pd.DataFrame | None
    stated: int
    recordings: list[CheckedRecording]
    notes: list[Note]


def check(
    kind: str,
    root: str | Path,
    settings: Mapping[str, Any],
    *,
    every_image: bool = False,
) -> Checked:
    """Look through a corpus.

    settings: those of its loader; every_image: open each image, not five of each video.
    Raises InputError for what makes the corpus unusable: a root that is none of this kind, a
    workbook that is missing, another one or without a usable row, no recording that can be read.
    """
    videos, noted = kinds.read_videos(kind, root, settings)
    notes = Notes(list(noted))
    labels, stated = None, 0
    if kinds.labelled(kind):
        paths = kinds.workbooks(kind, root, settings)
        labels, of_labels = kinds.read_labels(kind, paths, videos, settings)
        notes.entries += of_labels
        stated = len(labels) + sum(note.what == LEFT_OUT for note in of_labels)
    recordings = [_look(row, every_image) for _, row in videos.iterrows()]
    usable = {one.video: one.extent for one in recordings if one.frames}
    if not usable:
        first = recordings[0]
        raise InputError(
            f"{shown(root)}: none of {len(recordings)} recordings can be read; "
            f"{first.video}: {first.faults[0]}"
        )
    if labels is not None:
        labels = within(labels, usable, notes)
        doubt(labels, {one.video: one.fps for one in recordings}, notes)
        without = sorted(set(videos["video"]) - set(labels["video"]))
        if without:
            text = f"{len(without)} videos without labels; what is spotted in them is a false alarm"
            notes.add(REMARK, ", ".join(without[:5]) + (", ..." if len(without) > 5 else ""), text)
    for one in recordings:
        for text in one.faults:
            notes.add(MISSING, one.video, text)
        for text in one.remarks:
            notes.add(REMARK, one.video, text)
    return Checked(kind, Path(root), videos, labels, stated, recordings, notes.entries)


def _look(row: pd.Series, every_image: bool) -> CheckedRecording:
    one = CheckedRecording(row["subject"], row["video"], float(row["fps"]))
    path = Path(row["path"])
    if path.is_dir():
        _look_at_folder(path, one, every_image)
    else:
        try:
            recording = open_recording(path, one.fps, int(row["first_frame"]))
            one.frames, one.first = recording.n_frames, recording.first_frame
            one.remarks += recording.remarks
        except InputError as error:
            one.faults.append(str(error))
    return one


def _look_at_folder(folder: Path, one: CheckedRecording, every_image: bool) -> None:
    files: dict[int, str] = {}
    empty, stray = [], 0
    try:
        with os.scandir(folder) as listing:
            for entry in listing:
                name, suffix = os.path.splitext(entry.name)
                numbered = re.search(r"\d", name) and suffix.lower() in IMAGE_SUFFIXES
                if entry.name.startswith(".") or not numbered:
                    stray += 1
                    continue
                number = last_number(name)
                if number in files:
                    pair = f"{shown(files[number])} and {shown(entry.name)}"
                    one.faults.append(f"{pair} have the same number; remove one")
                files[number] = entry.name
                status = entry.stat()
                if not status.st_size or not stat.S_ISREG(status.st_mode):
                    empty.append(number)
    except OSError as error:
        one.faults.append(
            f"{shown(folder)}: cannot be listed: {error.strerror}; check its permissions"
        )
        return
    if not files:
        one.faults.append(f"{shown(folder)}: no numbered images in this folder; copy them anew")
        return
    numbers = np.array(sorted(files))
    one.first, one.frames = int(numbers[0]), int(numbers[-1] - numbers[0] + 1)
    if stray:
        one.remarks.append(f"{stray} files that are not numbered images, passed over")
    _look_at_gaps(numbers, one)
    for number in sorted(empty):
        one.faults.append(f"{shown(files[number])} is empty; copy it anew")
    _look_at_images(folder, files, numbers, set(empty), one, every_image)


def _look_at_gaps(numbers: np.ndarray, one: CheckedRecording) -> None:
    step = regular_step(numbers.tolist())
    if step > 1:
        one.remarks.append(
            f"image numbers rise by {step}: read as {one.fps / step:g} images a second; if it is "
            f"{one.fps:g}, give fps {one.fps * step:g}"
        )
    missing = (one.frames - 1) // step + 1 - len(numbers)
    if not missing:
        return
    steps = np.diff(numbers) // step - 1
    longest = int(steps.max())
    after = int(numbers[int(steps.argmax())])
    text = f"{missing} image numbers missing, at most {longest} in a row (after {after})"
    if missing > len(numbers):
        one.faults.append(f"{text}: more than there are images; is this one recording?")
    elif longest * step > one.fps:
        one.remarks.append(f"{text}: more than a second of it is not used, the rest filled")
    else:
        one.remarks.append(f"{text}: filled by the image before")


def _look_at_images(
    folder: Path,
    files: Mapping[int, str],
    numbers: np.ndarray,
    empty: set[int],
    one: CheckedRecording,
    every_image: bool,
) -> None:
    chosen = numbers
    if not every_image:
        chosen = numbers[np.unique(np.linspace(0, len(numbers) - 1, _SAMPLED).astype(int))]
    size = None
    for number in chosen:
        if number in empty:
            continue
        try:
            height, width = read_image(folder / files[number]).shape[:2]
        except (InputError, OSError) as error:
            one.faults.append(shown(str(error)))
            continue
        size = size or (width, height)
        if (width, height) != size:
            text = f"{width}x{height} px, others {size[0]}x{size[1]}; is this one recording?"
            one.faults.append(f"{shown(files[number])} has {text}")
