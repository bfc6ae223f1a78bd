"""What is in a folder of motion, before any work is done on it: every series read, every label
placed. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.corpora.check import Checked, CheckedRecording
from mespot.corpora.corpus_tables import within
from mespot.corpora.motion import read_motion, read_regions
from mespot.corpora.motion_series import Described, read_series
from mespot.corpora.notes import MISSING, Note, Notes
from mespot.corpora.sheet import read_annotations
from mespot.errors import InputError

_WHOLE = ("first_frame", "every", "n_frames")


def check_motion(root: str | Path, given: Mapping[str, str]) -> Checked:
    """Look through a folder of motion.

    given: `videos`, `annotations` or `regions`, paths of files at other places. Raises InputError
    for sheets that cannot be used, and where no series can be read. A label outside of its
    recording is a fault of that recording: it stops a run.
    """
    places = {"videos": None, "annotations": None, "regions": None}
    if unknown := sorted(set(given) - set(places)):
        raise InputError(f"motion: {unknown[0]}: unknown key; known keys are {', '.join(places)}")
    motion = read_motion({"root": str(root), **places, **given})
    regions = [] if motion.regions is None else read_regions(motion.regions)
    notes = Notes(list(motion.notes))
    recordings = [_look(row, regions) for row in motion.videos.to_dict("records")]
    usable = {one.video: one.extent for one in recordings if one.frames}
    if not usable:
        raise InputError(f"none of {len(recordings)} series can be read; {recordings[0].faults[0]}")
    for one in recordings:
        notes.entries += [Note(MISSING, one.video, text) for text in one.faults]
    labels, stated = None, 0
    if motion.annotations is not None:
        labels = read_annotations(motion.annotations, motion.videos, motion.left_out)
        stated, sheet = len(labels), motion.annotations.name
        labels["row"] = [f"{sheet}: label {number}" for number in range(1, stated + 1)]
        outside = Notes()
        labels = within(labels, usable, outside)
        notes.entries += [Note(MISSING, note.where, note.text) for note in outside.entries]
    return Checked("motion", Path(root), motion.videos, labels, stated, recordings, notes.entries)


def _look(row: Mapping[Any, Any], regions: list[str]) -> CheckedRecording:
    one = CheckedRecording(str(row["subject"]), str(row["video"]), 0.0)
    try:
        series = read_series(str(row["path"]), _described(row), regions)
    except InputError as error:
        one.faults.append(str(error))
        return one
    one.fps = float(series.attrs["native_fps"])
    one.frames = int(series.attrs["n_native_frames"])
    one.first = int(series.attrs["first_native_frame"])
    return one


def _described(row: Mapping[Any, Any]) -> Described:
    """What a row of the table of videos says of its series."""
    return Described(
        str(row["subject"]),
        str(row["video"]),
        None if pd.isna(row["fps"]) else float(row["fps"]),
        *(None if pd.isna(row[name]) else int(row[name]) for name in _WHOLE),
    )
