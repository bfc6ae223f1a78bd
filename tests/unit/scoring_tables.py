"""Small tables of predictions and labels for the tests of the scorer, and the reference data."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mespot.scoring.pool import pool

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "scoring"
COLUMNS = ["subject", "video", "type", "onset", "offset", "confidence"]


def table(*rows):
    """Rows of subject, video, type, onset, offset and, maybe, confidence."""
    return pd.DataFrame(list(rows), columns=COLUMNS[: len(rows[0])] if rows else COLUMNS)


def one_subject(videos, kind="micro"):
    """A pool of [(predictions, labels)], each `(N, 2)`, one a video of the same subject."""
    tables = []
    for side in (0, 1):
        rows = [
            ("s", f"v{i}", kind, int(a), int(b))
            for i, video in enumerate(videos)
            for a, b in np.asarray(video[side]).reshape(-1, 2)
        ]
        tables.append(table(*rows))
    names = pd.DataFrame({"subject": "s", "video": [f"v{i}" for i in range(len(videos))]})
    return pool(names, tables[1], tables[0], "predictions")


def cases():
    path = REFERENCE / "cases.json"
    if not path.exists():
        pytest.skip(f"no reference cases at {path}")
    return json.loads(path.read_text())


def sl_swin(name):
    """Folder, expected counts, labels and videos of one of the two SL-Swin sets."""
    folder = REFERENCE / name
    if not folder.exists():
        pytest.skip(f"no reference scores at {folder}")
    expected = json.loads((folder / "expected.json").read_text())
    kind = {"me": "micro", "mae": "macro"}[expected["type"]]
    labels = pd.read_csv(folder / "gt.csv", dtype={"subject": str, "video_id": str})
    labels = labels[["subject", "video_id", "onset0", "offset0"]]
    labels.columns = pd.Index(["subject", "video", "onset", "offset"])
    videos = pd.read_csv(folder / "videos.csv", dtype={"subject": str, "video_id": str})
    videos = videos[["subject", "video_id", "fps", "n_frames"]]
    videos.columns = pd.Index(["subject", "video", "fps", "n_frames"])
    return folder, expected, labels.assign(type=kind), videos
