"""Rule train_spotter: the networks of one learned method and fold."""

import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mespot.device import deterministic
from mespot.errors import InputError
from mespot.store import io, tables
from mespot.training.ensemble import held_out_predictions, predict, train_members
from mespot.training.interrupted import Interrupted
from mespot.training.joint import train_jointly
from mespot.training.joint_encoders import JointEncoders, pretrained, reading
from mespot.training.recipes import SpotterRecipe
from mespot.training.spotter_input import (
    SpotterInput,
    common_rate,
    feature_scale,
    labelled,
    read_inputs,
    standardised,
)
from mespot.training.spotter_training import SpotterTask, spotter_shape
from mespot.training.trained_spotter import TrainedSpotter
from mespot.training.windows import window_recipe


def run(
    *,
    method: Mapping[str, Any],
    training: Mapping[str, Any],
    flow: Sequence[str | Path],
    features: Mapping[str, str | Path],
    labels: str | Path,
    output: str | Path,
    partial: str | Path,
    provenance: Mapping[str, Any],
    encoders: Mapping[str, str | Path] | None = None,
    frames: Sequence[str | Path] = (),
) -> None:
    """Train on the recordings at `flow` and write a spotter checkpoint to `output`.

    method: `streams` that it reads, `regional_flow`, whether it reads the motion of regions,
    optionally `encoder_training` (frozen or joint) and `ensemble_partner`, whose networks must
    differ from these: with one, other random numbers are drawn. training: in one mapping `seed` and
    the keys of `spotting.learned` that networks are trained with, `joint` for joint training.
    flow: flow/{video}.h5 of the training subjects only. features: {stream: features file}.
    partial: where an interrupted run keeps its finished networks. It is taken up when settings,
    data and code are the same, and removed at the end. encoders, {stream: checkpoint of pretrain},
    and frames, frames/{video}.h5 of the same videos, are for joint training.

    Raises InputError when there is nothing to learn from (no label, a single subject), a setting
    is missing or unknown, or files do not fit together.
    """
    deterministic()
    # 1. What is configured.
    jointly = method.get("encoder_training") == "joint"
    recipe = SpotterRecipe.of(training, streams=method["streams"], jointly=jointly)
    # 2. The recordings with their labels, their features in units of these recordings.
    records = [io.read(path, "flow") for path in flow]
    recordings = _read(records, features, labels, method, recipe)
    scale = feature_scale(recordings)
    recordings = [standardised(one, scale) for one in recordings]
    # 3. What every network is, reads and is trained with.
    rate, regions = common_rate(records), records[0].attrs["regions"]
    windows = window_recipe(recipe, streams=method["streams"], rate=rate, regions=regions)
    task = SpotterTask(spotter_shape(recordings, recipe), recordings, windows, recipe)
    settings: list[Any] = [task.shape, dict(method), dict(training), dict(provenance)]
    # 4. The encoders, where they learn too.
    own: JointEncoders | None = None
    if jointly:
        learning = pretrained(encoders or {}, method["streams"])
        crops = [io.read(path, "frames") for path in frames]
        own = reading(learning, records, crops, drift_seconds=recipe.drift_seconds, scale=scale)
        settings.append(own.digest())
    # 5. Train, from where an interrupted run of the same has stopped.
    kept = Interrupted(partial, settings, [x for one in recordings for x in one.arrays()])
    members = train_members(
        task,
        draw=1 if method.get("ensemble_partner") else 0,
        go_on=functools.partial(train_jointly, own) if own else None,
        kept=kept,
    )
    # 6. Let each predict the subjects that it never saw: thresholds are chosen from that.
    predictions = held_out_predictions(task, members, own.predict if own else predict)
    # 7. Write the networks that saw every subject.
    trained = TrainedSpotter.of(
        output,
        task,
        members,
        predictions,
        scale=scale,
        rate=rate,
        regions=regions,
        encoders=own,
    )
    trained.save(provenance)
    kept.remove()


def _read(
    records: Sequence[io.Record],
    features: Mapping[str, str | Path],
    labels: str | Path,
    method: Mapping[str, Any],
    recipe: SpotterRecipe,
) -> list[SpotterInput]:
    """The recordings with their labels. Raises InputError when there is nothing to learn from."""
    inputs = read_inputs(
        records,
        features,
        streams=method["streams"],
        regional_flow=method["regional_flow"],
        lags=recipe.lags,
        drift_seconds=recipe.drift_seconds,
    )
    table = tables.read(labels, "labels")
    recordings = [labelled(one, table) for one in inputs]
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
    return recordings
