"""Rule spot: per-frame scores and intervals of the videos of one fold's test subjects."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mespot.device import deterministic
from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.face.regions import eye_regions, lid_regions
from mespot.spotting import training_free as without_training
from mespot.spotting.calibration import calibrate, decoded
from mespot.spotting.decode import Intervals
from mespot.spotting.decoders import Decoding
from mespot.spotting.pieces import Piece, in_pieces, joined, pieces
from mespot.spotting.predictions import average_predictions
from mespot.spotting.recordings import Predicted
from mespot.spotting.spotted import Spotted
from mespot.store import io, tables
from mespot.training.spotter_input import SpotterInput, read_inputs
from mespot.training.trained_spotter import TrainedSpotter, average_held_out


def run(
    *,
    flow: Sequence[str | Path],
    features: Mapping[str, str | Path],
    scores_out: str | Path,
    intervals_out: str | Path,
    candidates_out: str | Path,
    provenance: Mapping[str, Any],
    whose: Mapping[str, str],
    method: Mapping[str, Any],
    training_free: Mapping[str, Any] | None = None,
    decoding: Mapping[str, Any] | None = None,
    spotter: str | Path | None = None,
    partner: str | Path | None = None,
    frames: Sequence[str | Path] = (),
    transductive: bool = False,
) -> None:
    """Write `scores`, `intervals` and `candidates` of the recordings at `flow`.

    The training-free method is given `training_free`, that section of config.yaml. A learned one is
    given `spotter`, a checkpoint of train_spotter, and `decoding`: in one mapping `decoder` and the
    keys of `spotting.learned` that decode. method: its `streams` and `regional_flow`. features:
    {stream: features file}; of no stream where the spotter has encoders of its own, which read
    frames/{video}.h5 of the same videos at `frames`. partner: the spotter whose predictions are
    averaged with those of `spotter`. Thresholds are chosen from what both predict of their training
    subjects; no label of the recordings at `flow` is read. whose: corpus,
    method and fold. transductive: the encoders of the method may have seen these recordings. The
    recordings of a subject must be given together: the second look compares them.

    A recording of more than 90 minutes is spotted in pieces (mespot.spotting.pieces). A video
    without a usable face gets scores of zero and no interval. Raises InputError when a setting is
    missing or unknown, when files do not fit together, and for a spotter, or an encoder that is not
    transductive, that was trained on a subject of these recordings.
    """
    deterministic()
    records = [io.read(path, "flow") for path in flow]
    if training_free is not None:
        spotted = [_training_free(record, training_free) for record in records]
    elif spotter is not None and decoding is not None:
        spotters = [TrainedSpotter.load(path) for path in (spotter, partner) if path is not None]
        for one in spotters:
            one.check_unseen(records, transductive=transductive)
            one.check_origins(features)
        crops = [io.read(path, "frames") for path in frames]
        spotted = _learned(records, crops, features, method, Decoding.of(decoding), spotters)
    else:
        raise InputError("spot: a learned method needs a checkpoint of train_spotter and decoding")
    _write_scores(scores_out, whose, records, spotted, provenance)
    pairs = list(zip(records, spotted, strict=True))
    _write(
        intervals_out,
        "intervals",
        [table(record, one.intervals[c], c) for record, one in pairs for c in CLASSES],
    )
    _write(
        candidates_out,
        "candidates",
        [
            table(record, one.candidates[c], c).assign(level=one.levels[c])
            for record, one in pairs
            for c in CLASSES
        ],
    )


def table(record: io.Record, intervals: Intervals, expression: str) -> pd.DataFrame:
    """Rows of the intervals table of one video and class.

    A working frame stands for the native frame that was picked for it. Labels were put on the
    nearest working frames, so an end that is right here is within half a working frame there.
    Seconds are the time stamps of these native frames. Of several working frames with one native
    frame, the first has its time.
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
        columns[f"{name}_s"] = record["time"][np.searchsorted(native, native[working])]
    return pd.DataFrame(columns)


def _parts(record: io.Record) -> list[tuple[Piece, io.Record]]:
    """A recording, or the pieces of a long one, with what is read of it for each."""
    frames = len(record["span"])
    return [
        # The last one ends where the files do, so that those of other lengths are found out.
        (piece, record.stretch(piece.first, piece.last if piece.last < frames else None))
        for piece in pieces(frames, record.attrs["rate"])
    ]


def _training_free(record: io.Record, settings: Mapping[str, Any]) -> Spotted:
    recipe = without_training.TrainingFreeRecipe.of(settings)

    def spotted(near: slice) -> Spotted:
        motion = without_training.RegionMotion(
            record.part("regional", near),
            record.attrs["lags"],
            record["blink"][near],
            record["span"][near],
            record.attrs["rate"],
            record.attrs["crop_size"],
            eye_regions(record.attrs["regions"]),
            lid_regions(record.attrs["regions"]),
        )
        return without_training.spot(motion, recipe)

    return in_pieces(len(record["span"]), record.attrs["rate"], spotted)


def _learned(
    records: Sequence[io.Record],
    frames: Sequence[io.Record],
    features: Mapping[str, str | Path],
    method: Mapping[str, Any],
    how: Decoding,
    spotters: Sequence[TrainedSpotter],
) -> list[Spotted]:
    """What is spotted in each recording by the average of the spotters. A long one is spotted in
    pieces, as by `mespot spot`."""
    # 1. Refuse files that do not fit together.
    first, *others = spotters
    for one in spotters:
        one.check_form(records)
    for other in others:
        first.check_partner(other)
    # 2. Learn a second look and choose thresholds, from the training subjects.
    calibration = calibrate(average_held_out(spotters), how, first.regions, first.rate)
    # 3. Read each recording as those of the training were read, and predict it. No more is kept
    #    of it than is decoded: inputs are many times larger.
    parts = [_parts(record) for record in records]
    in_order = [part for of_one in parts for _, part in of_one]
    recordings = read_inputs(
        in_order,
        features,
        streams=[] if first.encoders else method["streams"],
        regional_flow=method["regional_flow"],
        drift_seconds=first.drift_seconds,
        slow_drift_seconds=first.slow_drift_seconds,
    )
    predicted = [
        _predicted(recording, part, frames, spotters)
        for part, recording in zip(in_order, recordings, strict=True)
    ]
    # 4. Decode them together: the candidates of a subject are compared.
    found = iter(decoded(predicted, calibration, how))
    return [joined([(piece, next(found)) for piece, _ in of_one]) for of_one in parts]


def _predicted(
    recording: SpotterInput,
    flow: io.Record,
    frames: Sequence[io.Record],
    spotters: Sequence[TrainedSpotter],
) -> Predicted:
    predictions = [one.predict(one.in_units(recording), flow, frames) for one in spotters]
    return Predicted(
        subject=recording.subject,
        prediction=average_predictions(predictions),
        paths=spotters[0].in_units(recording).paths,
        span=recording.span,
    )


def _write_scores(
    path: str | Path,
    whose: Mapping[str, str],
    records: Sequence[io.Record],
    spotted: Sequence[Spotted],
    provenance: Mapping[str, Any],
) -> None:
    videos = [str(record.attrs["video"]) for record in records]
    clock = ("span", "native_frame", "time")
    io.write_videos(
        path,
        "scores",
        {
            video: {
                **{c: one.scores[c].astype(np.float32) for c in CLASSES},
                **{name: record[name] for name in clock},
            }
            for video, record, one in zip(videos, records, spotted, strict=True)
        },
        attrs=whose,
        provenance=provenance,
        video_attrs={
            video: {f"threshold_{c}": one.thresholds[c] for c in CLASSES}
            for video, one in zip(videos, spotted, strict=True)
        },
    )


def _write(path: str | Path, kind: str, parts: Sequence[pd.DataFrame]) -> None:
    filled = [part for part in parts if len(part)]
    tables.write(path, kind, pd.concat(filled) if filled else tables.empty(kind))
