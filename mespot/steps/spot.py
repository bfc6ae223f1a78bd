"""Rule spot: per-frame scores and intervals of the videos of one fold's test subjects."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mespot.device import deterministic
from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.face.regions import eye_regions
from mespot.spotting import decode, decoders, training_free
from mespot.spotting.decode import Intervals
from mespot.spotting.training_free import Spotted
from mespot.steps import _encoders
from mespot.steps._recordings import read_recordings
from mespot.steps.train_spotter import class_candidates
from mespot.store import io, tables
from mespot.training import checkpoint
from mespot.training.spot import Prediction, average_predictions, predict, rebuilt
from mespot.training.spotter_input import SpotterInput, standardised

log = logging.getLogger(__name__)


def run(
    *,
    method: Mapping[str, Any],
    spotting: Mapping[str, Any],
    flow: Sequence[str | Path],
    features: Mapping[str, str | Path],
    spotter: str | Path | None,
    scores_out: str | Path,
    intervals_out: str | Path,
    candidates_out: str | Path,
    provenance: Mapping[str, Any],
    frames: Sequence[str | Path] = (),
) -> None:
    """Write `scores`, `intervals` and `candidates` of the recordings at `flow`.

    method: `kind` `training_free` or `learned`, and for the latter `streams` and `regional_flow`.
    spotting: that section of config.yaml. features: {stream: features file}. spotter: checkpoint of
    train_spotter, None for the training-free method. A video without a usable face gets scores of
    zero and no interval. A spotter with encoders of its own reads no features but
    frames/{video}.h5 of the same videos at `frames`.
    """
    deterministic()
    records = [io.read(path, "flow") for path in flow]
    if method["kind"] == "training_free":
        spotted = [_training_free(record, spotting["training_free"]) for record in records]
    elif spotter is not None:
        spotted = _learned(records, features, frames, method, spotting["learned"], spotter)
    else:
        raise InputError("spot: a learned method needs the checkpoint of train_spotter")
    io.write_videos(
        scores_out,
        "scores",
        {
            record.attrs["video"]: {
                **{c: found.scores[c].astype(np.float32) for c in CLASSES},
                **{name: record[name] for name in ("span", "native_frame", "time")},
            }
            for record, found in zip(records, spotted, strict=True)
        },
        attrs={},
        provenance=provenance,
        video_attrs={
            record.attrs["video"]: {f"threshold_{c}": found.thresholds[c] for c in CLASSES}
            for record, found in zip(records, spotted, strict=True)
        },
    )
    found_in = list(zip(records, spotted, strict=True))
    intervals = [
        table(record, found.intervals[c], c) for record, found in found_in for c in CLASSES
    ]
    _write(intervals_out, "intervals", intervals)
    candidates = [
        table(record, found.candidates[c], c).assign(level=found.levels[c])
        for record, found in found_in
        for c in CLASSES
    ]
    _write(candidates_out, "candidates", candidates)


def _write(path: str | Path, kind: str, parts: Sequence[pd.DataFrame]) -> None:
    filled = [part for part in parts if len(part)]
    tables.write(path, kind, pd.concat(filled) if filled else tables.empty(kind))


def table(record: io.Record, intervals: Intervals, expression: str) -> pd.DataFrame:
    """Rows of the intervals table of one video and class.

    A working frame stands for the native frame that was picked for it. Labels were put on the
    nearest working frames, so an end that is right here is within half a working frame there.
    """
    native = record["native_frame"].astype(np.int64)
    columns: dict[str, Any] = {
        "subject": record.attrs["subject"],
        "video": record.attrs["video"],
        "type": expression,
        "confidence": intervals.confidence,
    }
    for name in ("onset", "apex", "offset"):
        working = getattr(intervals, name)
        columns[name], columns[f"{name}_w"] = native[working], working
    return pd.DataFrame(columns)


def _training_free(record: io.Record, settings: Mapping[str, Any]) -> Spotted:
    return training_free.spot(
        record["regional"],
        record.attrs["lags"],
        record["blink"],
        record["span"],
        record.attrs["rate"],
        eye_regions=eye_regions(record.attrs["regions"]),
        seconds={c: tuple(settings["seconds"][c]) for c in CLASSES},
        length_ratio=settings["length_ratio"],
        length_exponent=settings["length_exponent"],
        strongest_regions=settings["strongest_regions"],
        class_iou=settings["class_iou"],
        p=dict(settings["p"]),
    )


def _learned(
    records: Sequence[io.Record],
    features: Mapping[str, str | Path],
    frames: Sequence[str | Path],
    method: Mapping[str, Any],
    settings: Mapping[str, Any],
    spotter: str | Path,
) -> list[Spotted]:
    """What is spotted in each recording."""
    trained = checkpoint.load(spotter, "spotter")
    scale = {name: x.numpy() for name, x in trained["standardisation"].items()}
    own = trained.get("encoders")
    if own is not None:
        method = {**method, "streams": []}  # its encoders see to them
    recordings = []
    for record, raw in zip(
        records, read_recordings(records, features, method, settings), strict=True
    ):
        if list(record.attrs["regions"]) != trained["regions"]:
            raise InputError(
                f"{record.path}: face regions differ from those of {spotter}; run again"
            )
        recordings.append(raw if own else standardised(raw, scale))
    if own is not None:
        spotted, beside = [], _beside(trained)
        for record, one in zip(records, recordings, strict=True):
            # A video at a time: what the encoders read of it is large.
            encoders, weights = _encoders.from_spotter(
                own, [record], frames, settings["drift_seconds"]
            )
            said = encoders.predict(trained["network"], trained["state"], weights, one, scale)
            spotted.append(_spotted([said, *beside(one)], one.span, trained, settings))
        return spotted
    networks, beside = rebuilt(trained["network"], trained["state"]), _beside(trained)
    return [
        _spotted([predict(networks, one), *beside(one)], one.span, trained, settings)
        for one in recordings
    ]


def _beside(trained: Mapping[str, Any]) -> Callable[[SpotterInput], list[Prediction]]:
    """What the spotter that this one is averaged with says of a recording: one prediction, none
    where there is no such spotter."""
    other = trained["beside"]
    if other is None:
        return lambda one: []
    networks = rebuilt(other["network"], other["state"])
    return lambda one: [predict(networks, one)]


def _spotted(
    predictions: Sequence[Prediction],
    span: np.ndarray,
    trained: Mapping[str, Any],
    settings: Mapping[str, Any],
) -> Spotted:
    prediction = average_predictions(predictions)
    decoder, half_lengths = trained["decoder"], trained["half_lengths"]
    thresholds = {c: float(trained["thresholds"][c]) for c in CLASSES}
    found = {
        c: class_candidates(
            decoder,
            prediction,
            i,
            span,
            tuple(trained["durations"][c]),
            half_lengths[c],
            settings,
        )
        for i, c in enumerate(CLASSES)
    }
    sure = {c: found[c].confidence / thresholds[c] for c in CLASSES}
    found = decode.unbeaten(found, thresholds, sure, settings["class_iou"])
    scores = {c: prediction.score[:, i] for i, c in enumerate(CLASSES)}
    return Spotted(
        scores,
        {
            c: decoders.on_scores(decoder, thresholds[c], scores[c], span, half_lengths[c])
            for c in CLASSES
        },
        {c: found[c].above(thresholds[c]) for c in CLASSES},
        found,
        {c: found[c].confidence for c in CLASSES},
    )
