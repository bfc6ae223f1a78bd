"""Spotters that are trained and asked through the steps, on files of made faces."""

import numpy as np

from mespot.steps import spot, train_spotter
from mespot.store import io, tables
from tests.unit.moving_regions import moving_face, write_labels, write_moving_flow

SPOTTING = {
    "seed": 3,
    "training_free": {
        "seconds": {"micro": [0.17, 0.5], "macro": [0.5, 3.0]},
        "length_ratio": 1.3,
        "length_exponent": 0.3,
        "strongest_regions": 2,
        "class_iou": 0.2,
        "p": {"micro": 0.3, "macro": 0.3},
    },
    "learned": {
        "lags": [3, 6],
        "drift_seconds": 8.0,
        "code": 2,
        "width": 12,
        "dilations": [1, 2, 4, 8],
        "dropout": 0.0,
        "window_seconds": 4.0,
        "stretch": 1.2,
        "amplitude": 1.2,
        "mirror": True,
        "region_dropout": 0.0,
        "stream_dropout": 0.0,
        "expression_share": 0.7,
        "epochs": 25,
        "batch_size": 4,
        "learning_rate": 0.01,
        "weight_decay": 0.01,
        "weight_average": 0.95,
        "boundary_weight": 0.5,
        "focus": 2.0,
        "inner_groups": 2,
        "repeats": 1,
        "duration_slack": 1.25,
        "floor": 0.05,
        "nms_iou": 0.2,
        "vote_iou": 0.5,
        "class_iou": 0.2,
        "tolerance": 0.02,
    },
}
LEARNED = {"kind": "learned", "streams": [], "regional_flow": True}


def make_corpus(folder):
    """Flow files of 8 subjects and their labels: (folder, files, labels); s6 and s7 are tested."""
    known, files = {}, {}
    for i in range(8):
        path, labels = moving_face(np.random.default_rng([9, i]))
        files[f"v{i}"] = folder / f"v{i}.h5"
        write_moving_flow(files[f"v{i}"], video=f"v{i}", subject=f"s{i}", regions=path)
        known[f"s{i}", f"v{i}"] = labels
    write_labels(folder / "labels.csv", known)
    return folder, files, known


def train(
    corpus, folder, flow=None, labels=None, method=LEARNED, features=None, beside=None, **changes
):
    folder_of, files, _ = corpus
    settings = {**SPOTTING, "learned": {**SPOTTING["learned"], **changes}}
    train_spotter.run(
        method=method,
        spotting=settings,
        flow=flow or [files[f"v{i}"] for i in range(6)],
        features=features or {},
        labels=labels or folder_of / "labels.csv",
        output=folder / "spotter.pt",
        partial=folder / "partial.pt",
        provenance={"rule": "train_spotter"},
        beside=beside,
    )
    return folder / "spotter.pt"


def find(folder, flow, spotter=None, method=LEARNED, features=None):
    spot.run(
        method=method,
        spotting=SPOTTING,
        flow=flow,
        features=features or {},
        spotter=spotter,
        scores_out=folder / "scores.h5",
        intervals_out=folder / "intervals.csv",
        candidates_out=folder / "candidates.csv",
        provenance={},
    )
    scores = io.read_videos(folder / "scores.h5", "scores")
    return scores, tables.read(folder / "intervals.csv", "intervals")
