"""The readers of files of others, each as a function of a path."""

import os
from pathlib import Path

import cv2
import numpy as np
import torch

from mespot import config, config_files
from mespot.cli import inspect_text
from mespot.corpora import motion, sheet, workbook
from mespot.corpora.motion_series import Described, read_series
from mespot.formats import reading
from mespot.landmarker import OWN_FILE, kept
from mespot.recording import open_recording, read_image
from mespot.scoring.read import read_labels
from mespot.store import contents, io, tables
from mespot.store.sheet_errors import Errors
from mespot.store.sheet_rows import written
from mespot.training import checkpoint
from mespot.training.model import Model

# As in a job of the workflow.
cv2.setNumThreads(1)
torch.set_num_threads(1)


def frames(path, fps=None):
    recording = open_recording(path, fps)
    for frame in recording.frames(30.0):
        np.shape(frame.image)


def labels(path):
    videos = sheet.read_videos(Path(path).parent / "videos.csv")
    sheet.read_annotations(path, videos)


def landmarker(path):
    os.environ[OWN_FILE] = str(path)
    kept({"wheel": "none==1", "member": "m", "sha256": "0" * 64})


def artefact(path, kind):
    dict(io.read(path, kind))


def artefacts(path, kind):
    for record in io.read_videos(path, kind).values():
        dict(record)


def hdf5(path):
    for held in contents.contents(path):
        if held.shape is not None:
            contents.part(path, held.name)


def mutations(*arguments):
    from tests.hostile import mutated  # which knows this module

    mutated.read(*arguments)


READERS = {
    "mutations": mutations,
    "config": config_files.read,
    "whole config": config.load,
    "table": lambda path: written(Errors(Path(path)), ["a", "b"]),
    "recording sheet": sheet.read_videos,
    "labels": labels,
    "labels to score": read_labels,
    "table of a run": lambda path: tables.read(path, "labels"),
    "any table": lambda path: inspect_text.table(Path(path)),
    "workbook": lambda path: workbook.read(Path(path)),
    "annotations": lambda path: reading.read(Path(path)),
    "regions": motion.read_regions,
    "series": lambda path: read_series(path, Described("s", "v", 30.0, 0, 1, 7), ["x", "y"]),
    "image": lambda path: read_image(Path(path)),
    "images": lambda path: frames(path, 30.0),
    "video": frames,
    "checkpoint": lambda path: checkpoint.load(path, "spotter"),
    "model": Model.load,
    "landmarker": landmarker,
    "artefact": artefact,
    "artefacts": artefacts,
    "any HDF5": hdf5,
}
