"""Rule spot: per-frame scores and intervals of the videos of one fold's test subjects."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mespot.device import deterministic
from mespot.errors import InputError
from mespot.networks.spotter import CLASSES
from mespot.spotting import decode, training_free
from mespot.spotting.training_free import Spotted
from mespot.steps.train_spotter import read_recordings
from mespot.store import io, tables
from mespot.training import checkpoint
from mespot.training.recordings import standardised
from mespot.training.spot import predict, rebuilt

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
    provenance: Mapping[str, Any],
) -> None:
    """Write `scores` and `intervals` of the recordings at `flow`.

    method: `kind` `training_free` or `learned`, and for the latter `streams` and `regional_flow`.
    spotting: that section of config.yaml. features: {stream: features file}. spotter: checkpoint of
    train_spotter, None for the training-free method. A video without a usable face gets scores of
    zero and no interval.
    """
    deterministic()
    records = [io.read(path, "flow") for path in flow]
    if method["kind"] == "training_free":
        spotted = [_training_free(record, spotting["training_free"]) for record in records]
    elif spotter is not None:
        spotted = _learned(records, features, method, spotting["learned"], spotter)
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
    rows = [
        table(record, found, c)
        for record, found in zip(records, spotted, strict=True)
        for c in CLASSES
        if len(found.intervals[c])
    ]
    tables.write(intervals_out, "intervals", pd.concat(rows) if rows else tables.empty("intervals"))


def table(record: io.Record, found: Spotted, expression: str) -> pd.DataFrame:
    """Rows of the intervals table of one video and class.

    A working frame stands for the native frame that was picked for it. Labels were put on the
    nearest working frames, so an end that is right here is within half a working frame there.
    """
    native = record["native_frame"].astype(np.int64)
    intervals = found.intervals[expression]
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
    regions = record.attrs["regions"]
    return training_free.spot(
        record["regional"],
        record.attrs["lags"],
        record["blink"],
        record["span"],
        record.attrs["rate"],
        eye_regions=[i for i, name in enumerate(regions) if "eye" in name.split("_")],
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
    method: Mapping[str, Any],
    settings: Mapping[str, Any],
    spotter: str | Path,
) -> list[Spotted]:
    trained = checkpoint.load(spotter, "spotter")
    networks = rebuilt(trained["network"], trained["state"])
    scale = {name: x.numpy() for name, x in trained["standardisation"].items()}
    thresholds = {c: float(trained["thresholds"][c]) for c in CLASSES}
    spotted = []
    for record, raw in zip(
        records, read_recordings(records, features, method, settings), strict=True
    ):
        if list(record.attrs["regions"]) != trained["regions"]:
            raise InputError(
                f"{record.path}: face regions differ from those of {spotter}; run again"
            )
        prediction = predict(networks, standardised(raw, scale))
        found = {
            c: decode.from_network(
                prediction.score[:, i],
                prediction.distances[:, i],
                raw.span,
                durations=tuple(trained["durations"][c]),
                floor=settings["floor"],
                nms_iou=settings["nms_iou"],
                vote_iou=settings["vote_iou"],
            ).above(thresholds[c])
            for i, c in enumerate(CLASSES)
        }
        found["micro"], found["macro"] = decode.one_class_each(
            found["micro"],
            found["macro"],
            found["micro"].confidence / thresholds["micro"],
            found["macro"].confidence / thresholds["macro"],
            settings["class_iou"],
        )
        scores = {c: prediction.score[:, i] for i, c in enumerate(CLASSES)}
        spotted.append(Spotted(scores, found, thresholds))
    return spotted
