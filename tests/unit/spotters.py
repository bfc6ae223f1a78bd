"""Spotters that are trained and asked through the steps, on files of made faces."""

import numpy as np

from mespot.steps import spot, train_spotter
from mespot.store import io, tables
from mespot.training import ensemble
from tests.unit.moving_regions import moving_face, write_labels, write_moving_flow

TRAINING_FREE = {
    "seconds": {"micro": [0.17, 0.5], "macro": [0.5, 3.0]},
    "length_ratio": 1.3,
    "length_exponent": 0.3,
    "strongest_regions": 2,
    "restlessness": {"micro": 3.0, "macro": 2.0},
    "rest_seconds": 20.0,
    "least_motion": {"micro": 0.12, "macro": 0.25},
    "least_noise": 6.0,
    "class_iou": 0.2,
}
TRAINING = {
    "seed": 3,
    "lags": [3, 6],
    "drift_seconds": 8.0,
    "slow_drift_seconds": 10.0,
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
    "max_steps": 400,
    "batch_size": 4,
    "learning_rate": 0.01,
    "weight_decay": 0.01,
    "weight_average": 0.95,
    "boundary_weight": 0.5,
    "ends_weight": 0.2,
    "focus": 2.0,
    "inner_groups": 2,
    "repeats": 1,
}
MASKED = {"steps": 20, "mask_ratio": 0.5, "mask_seconds": 0.5, "learning_rate": 0.01}
DECODING = {
    "decoder": "boundaries",
    "duration_slack": 1.25,
    "class_iou": 0.2,
    "floor": 0.05,
    "nms_iou": 0.2,
    "vote_iou": 0.5,
    "second_look": {"weight": 0.0},
    "person_share": {"micro": 0.0, "macro": 0.0},
    "person_minutes": 1.0,
}
LOOK = {
    "weight": 0.25,
    "nms_iou": 0.3,
    "fewest_hits": 8,
    "repeats": 1,
    "trees": 20,
    "leaves": 4,
    "learning_rate": 0.1,
}
PEAKS = {"decoder": "peaks", "duration_slack": 1.25, "class_iou": 0.2}
WHOSE = {"corpus": "made", "method": "m", "fold": "g1"}
METHOD = {"streams": [], "regional_flow": True}


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
    corpus,
    folder,
    flow=None,
    labels=None,
    method=METHOD,
    features=None,
    others=None,
    undecided=None,
    **changes,
):
    """A spotter of the first six videos, in `folder`; changes: of TRAINING."""
    folder_of, files, _ = corpus
    train_spotter.run(
        whose=WHOSE,
        method=method,
        training={**TRAINING, **changes},
        flow=flow or [files[f"v{i}"] for i in range(6)],
        features=features or {},
        labels=labels or folder_of / "labels.csv",
        output=folder / "spotter.pt",
        partial=folder / "partial.pt",
        provenance={"rule": "train_spotter"},
        others=others,
        undecided=undecided,
    )
    return folder / "spotter.pt"


def outputs(folder):
    return {
        "scores_out": folder / "scores.h5",
        "intervals_out": folder / "intervals.csv",
        "candidates_out": folder / "candidates.csv",
        "provenance": {},
    }


def tables_of(folder):
    scores = io.read_videos(folder / "scores.h5", "scores")
    for record in scores.values():
        dict(record)  # read now: a later call writes to the same place
    return scores, tables.read(folder / "intervals.csv", "intervals")


def find(
    folder, flow, spotter, method=METHOD, features=None, decoding=DECODING, partner=None, **options
):
    """Scores and intervals of the videos at `flow`."""
    spot.run(
        whose=WHOSE,
        flow=flow,
        features=features or {},
        method=method,
        decoding=decoding,
        spotter=spotter,
        partner=partner,
        **options,
        **outputs(folder),
    )
    return tables_of(folder)


def find_without_training(folder, flow, **changes):
    """As `find`; changes: of TRAINING_FREE."""
    method, recipe = {"kind": "training_free"}, {**TRAINING_FREE, **changes}
    spot.run(
        whose=WHOSE,
        flow=flow,
        features={},
        method=method,
        training_free=recipe,
        **outputs(folder),
    )
    return tables_of(folder)


def watch_networks(monkeypatch):
    """The seeds of the networks that are trained from now on."""
    seeds, train_network = [], ensemble.train_network

    def watched(task, seed, start=None):
        seeds.append(seed)
        return train_network(task, seed, start)

    monkeypatch.setattr(ensemble, "train_network", watched)
    return seeds
