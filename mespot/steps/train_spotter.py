"""Rule train_spotter: the temporal spotter of one method and fold, and its thresholds."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mespot.device import deterministic
from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.spotting import decoders
from mespot.spotting.decode import Intervals
from mespot.spotting.thresholds import best_threshold
from mespot.steps import _encoders
from mespot.steps._recordings import read_recordings
from mespot.store import io, tables
from mespot.training import checkpoint
from mespot.training.spot import (
    Member,
    Prediction,
    SpotterRecipe,
    average_predictions,
    held_out_predictions,
    train_members,
)
from mespot.training.spotter_input import (
    SpotterInput,
    feature_scale,
    labelled,
    standardised,
)
from mespot.training.windows import WindowRecipe, mirrored

log = logging.getLogger(__name__)

_RECIPE = tuple(SpotterRecipe.__dataclass_fields__)


def run(
    *,
    method: Mapping[str, Any],
    spotting: Mapping[str, Any],
    flow: Sequence[str | Path],
    features: Mapping[str, str | Path],
    labels: str | Path,
    output: str | Path,
    partial: str | Path,
    provenance: Mapping[str, Any],
    encoders: Mapping[str, str | Path] | None = None,
    frames: Sequence[str | Path] = (),
    beside: str | Path | None = None,
) -> None:
    """Train on the recordings at `flow` and write a spotter checkpoint to `output`.

    method: `streams` that it reads (features: {stream: features file}), `regional_flow`, whether
    it reads the hand-made motion, and its `decoder` (without one: boundaries). spotting: that
    section of config.yaml; `learned` is used here. flow: flow/{video}.h5 of the training subjects
    only. partial: where an interrupted run keeps its finished networks; taken up when settings,
    data and code are the same, removed at the end. encoders {stream: checkpoint} and frames,
    frames/{video}.h5 of the same videos, are for a method with `encoder_training` joint only.
    beside: the spotter of the method that this one is `ensemble_partner`, trained on the same
    recordings; it goes into the checkpoint, and thresholds are chosen for the average of both.

    Raises InputError when there is nothing to learn from (no label, a single subject) or files do
    not fit together.
    """
    deterministic()
    settings = spotting["learned"]
    records = [io.read(path, "flow") for path in flow]
    table = tables.read(labels, "labels")
    recordings = [
        labelled(one, table) for one in read_recordings(records, features, method, settings)
    ]
    _check(recordings, labels)
    scale = feature_scale(recordings)
    recordings = [standardised(one, scale) for one in recordings]
    durations = {
        c: _durations([r.labels[c] for r in recordings], settings["duration_slack"])
        for c in CLASSES
    }
    shape = dict(
        regions=recordings[0].motion.shape[1],
        motion=recordings[0].motion.shape[2],
        context=recordings[0].context.shape[1],
        streams={name: len(values) for name, values in sorted(scale.items())},
        code=settings["code"],
        width=settings["width"],
        dilations=list(settings["dilations"]),
        dropout=settings["dropout"],
        lengths=[_half_length([r.labels[c] for r in recordings]) for c in CLASSES],
    )
    recipe = SpotterRecipe(**{name: settings[name] for name in _RECIPE})
    attrs = records[0].attrs
    parts: list[Any] = [shape, dict(method), dict(spotting), dict(provenance)]
    own = None
    if _encoders.joint(method):
        own = _encoders.from_checkpoints(
            encoders or {}, method["streams"], records, frames, settings["drift_seconds"]
        )
        parts.append(own.digest())
    digest = _digest(parts, recordings)

    def save(members: list[Member]) -> None:
        state = [dict(vars(member)) for member in members]
        checkpoint.save(partial, "training", {"digest": digest, "state": state})

    members = train_members(
        shape,
        recordings,
        WindowRecipe(
            frames=round(settings["window_seconds"] * attrs["rate"]),
            lags=settings["lags"],
            expression_share=settings["expression_share"],
            streams=method["streams"],
            stretch=settings["stretch"],
            amplitude=settings["amplitude"],
            mirror=mirrored(attrs["regions"]) if settings["mirror"] else None,
            region_dropout=settings["region_dropout"],
            stream_dropout=settings["stream_dropout"],
        ),
        recipe,
        spotting["seed"],
        done=_interrupted(partial, digest),
        save=save,
        go_on=own.trainer(scale, settings["joint"]) if own else None,
        # Networks alike would be worth no more together than alone.
        draw=0 if beside is None else 1,
    )
    decoder = method.get("decoder", decoders.BOUNDARIES)
    half_lengths = dict(zip(CLASSES, (max(1, int(n)) for n in shape["lengths"]), strict=True))
    other = None if beside is None else checkpoint.load(beside, "spotter")
    if own:
        held_out = own.held_out_predictions(shape, recordings, members, scale)
    else:
        held_out = held_out_predictions(shape, recordings, members)
    said = held_out
    if other is not None:
        said = [
            average_predictions([own, _said_by(other, one, beside)])
            for own, one in zip(held_out, recordings, strict=True)
        ]
    thresholds = choose_thresholds(
        recordings,
        said,
        decoder,
        durations,
        half_lengths,
        settings,
    )
    final = [member for member in members if not member.held_out]
    checkpoint.save(
        output,
        "spotter",
        {
            "network": shape,
            "state": [member.state for member in final],
            "epochs": settings["epochs"],
            "decoder": decoder,
            "half_lengths": half_lengths,
            "standardisation": {name: torch.from_numpy(x) for name, x in scale.items()},
            "durations": {c: list(durations[c]) for c in CLASSES},
            "thresholds": thresholds,
            "regions": list(attrs["regions"]),
            "held_out": {
                one.video: {
                    # Half the precision is far finer than what two trainings differ by.
                    "score": torch.from_numpy(prediction.score).half(),
                    "distances": torch.from_numpy(prediction.distances).half(),
                }
                for one, prediction in zip(recordings, held_out, strict=True)
            },
            "beside": other and {name: other[name] for name in ("network", "state")},
            "subjects": sorted({r.subject for r in recordings}),
            "history": [
                {"network": number, **row}
                for number, member in enumerate(members)
                for row in member.history
            ],
            "provenance": dict(provenance),
            **({"encoders": own.content(final)} if own else {}),
        },
    )
    Path(partial).unlink(missing_ok=True)


def _said_by(other: Mapping[str, Any], one: SpotterInput, path: str | Path | None) -> Prediction:
    """What another spotter's networks that never saw a training recording have said of it."""
    known = other["held_out"].get(one.video)
    if known is None or len(known["score"]) != len(one.span):
        raise InputError(
            f"{path}: was not trained on {one.video} as it is now; delete it, run again"
        )
    return Prediction(known["score"].float().numpy(), known["distances"].float().numpy())


def choose_thresholds(
    recordings: Sequence[SpotterInput],
    predictions: Sequence[Prediction],
    decoder: str,
    durations: Mapping[str, tuple[int, int]],
    half_lengths: Mapping[str, int],
    settings: Mapping[str, Any],
) -> dict[str, float]:
    """Thresholds on confidence by class, for the highest strict F1 over recordings that were held
    out from the networks whose predictions these are."""
    thresholds = {}
    for c, name in enumerate(CLASSES):
        candidates = [
            class_candidates(
                decoder, prediction, c, one.span, durations[name], half_lengths[name], settings
            )
            for one, prediction in zip(recordings, predictions, strict=True)
        ]
        known = [one.labels[name] for one in recordings]
        thresholds[name], f1 = best_threshold(candidates, known, tolerance=settings["tolerance"])
        log.info("%s: threshold %.3f, F1 %.3f on subjects held out", name, thresholds[name], f1)
    return thresholds


def class_candidates(
    decoder: str,
    prediction: Prediction,
    number: int,
    span: np.ndarray,
    durations: tuple[int, int],
    half_length: int,
    settings: Mapping[str, Any],
) -> Intervals:
    """The candidates of class `number` in a recording; see `mespot.spotting.decoders`."""
    return decoders.candidates(
        decoder,
        prediction.score[:, number],
        prediction.distances[:, number],
        span,
        durations=durations,
        half_length=half_length,
        floor=settings["floor"],
        nms_iou=settings["nms_iou"],
        vote_iou=settings["vote_iou"],
    )


def _check(recordings: Sequence[SpotterInput], labels: str | Path) -> None:
    subjects = {one.subject for one in recordings}
    if len(subjects) < 2:
        raise InputError(
            f"train_spotter: {len(subjects)} training subject in this fold, thresholds need two; "
            "use folds of fewer subjects, or the training-free method"
        )
    if not any((one.span >= 0).any() for one in recordings):
        raise InputError("train_spotter: no training video has a usable face")
    if not any(len(known) for one in recordings for known in one.labels.values()):
        raise InputError(
            f"{labels}: no label in any training video of this fold; use the training-free method"
        )


def _durations(labels: Sequence[np.ndarray], slack: float) -> tuple[int, int]:
    """Shortest and longest that is believed, frames; (1, 0), which nothing fits, without labels."""
    frames = np.concatenate([known[:, 1] - known[:, 0] + 1 for known in labels])
    if not frames.size:
        return 1, 0
    return max(2, int(np.floor(frames.min() / slack))), int(np.ceil(frames.max() * slack))


def _half_length(labels: Sequence[np.ndarray]) -> float:
    frames = np.concatenate([known[:, 1] - known[:, 0] + 1 for known in labels])
    return float(frames.mean() / 2) if frames.size else 1.0


def _digest(settings: list[Any], recordings: Sequence[SpotterInput]) -> str:
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for one in recordings:
        for array in (one.motion, *one.features.values(), one.context, *one.labels.values()):
            digest.update(np.ascontiguousarray(array).data)
    digest.update(torch.__version__.encode())
    return digest.hexdigest()


def _interrupted(partial: str | Path, digest: str) -> list[Member]:
    """Networks that an interrupted run of the same settings, data and code has finished."""
    if not Path(partial).exists():
        return []
    try:
        found = checkpoint.load(partial, "training")
    except InputError as error:
        log.warning("starting anew: %s", error)
        return []
    if found["digest"] != digest:
        log.warning("starting anew: %s is of other settings, data or code", partial)
        return []
    log.info("continuing after %d networks", len(found["state"]))
    return [Member(**member) for member in found["state"]]
