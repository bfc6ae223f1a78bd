"""Rule train_spotter: the networks of one learned method and fold."""

import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mespot.corpora.undecided import known_frames, read_undecided
from mespot.device import deterministic
from mespot.errors import InputError
from mespot.store import io, tables
from mespot.training.companions import at_rate, told_apart
from mespot.training.ensemble import held_out_predictions, predict, train_members
from mespot.training.interrupted import Interrupted
from mespot.training.joint import train_jointly
from mespot.training.joint_encoders import JointEncoders, pretrained, reading, together
from mespot.training.origin import Origin, people, refuse_seen
from mespot.training.recipes import SpotterRecipe
from mespot.training.spotter_input import (
    SpotterInput,
    common_rate,
    decided,
    feature_origins,
    feature_scale,
    labelled,
    motion_unit,
    read_inputs,
    standardised,
)
from mespot.training.spotter_training import SpotterTask, spotter_shape
from mespot.training.trained_spotter import TrainedSpotter
from mespot.training.windows import window_recipe


def run(
    *,
    whose: Mapping[str, str],
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
    others: Mapping[str, Mapping[str, Any]] | None = None,
    unseen: Collection[Sequence[str]] = (),
    transductive: bool = False,
    undecided: str | Path | None = None,
) -> None:
    """Train on the recordings at `flow` and write a spotter checkpoint to `output`.

    method: `streams` that it reads, `regional_flow`, whether it reads the motion of regions,
    optionally `network_pretraining` (none or masked), `encoder_training` (frozen or joint) and
    `ensemble_partner`, whose networks must differ from these: with one, other random numbers are
    drawn. training: in one mapping `seed` and the keys of `spotting.learned` that networks are
    trained with, `masked_motion` for pretraining, `joint` for joint training.
    flow: flow/{video}.h5 of the training subjects only. features: {stream: features file}.
    partial: where an interrupted run keeps its finished networks. It is taken up when settings,
    data and code are the same, and removed at the end. encoders, {stream: checkpoint of pretrain},
    and frames, frames/{video}.h5 of the same videos, are for joint training. others: {corpus:
    `flow`, `features`, `labels`, `frames` of all its recordings} of corpora that train along.
    whose: corpus, method and fold. unseen: corpus and subject of everybody whom this spotter will
    be asked about. transductive: the encoders of the method may have seen them. undecided: the
    sheet of the stretches that nobody has decided on, in others that of each corpus; None where
    there are none. Nothing is learned from them.

    Raises InputError when there is nothing to learn from (no label, a single subject), a setting
    is missing or unknown, files do not fit together, or somebody of `unseen` is among the
    recordings or was seen by an encoder that is not transductive.
    """
    deterministic()
    # 1. What is configured.
    jointly = method.get("encoder_training") == "joint"
    masked = method.get("network_pretraining") == "masked"
    recipe = SpotterRecipe.of(training, streams=method["streams"], masked=masked, jointly=jointly)
    # 2. The recordings of each corpus with their labels, at one rate, their motion in units of the
    #    corpus, their features in units of all.
    sources = [_Source("", flow, features, labels, frames, undecided)]
    sources += [_Source(corpus, **files) for corpus, files in (others or {}).items()]
    records = {source.corpus: source.records() for source in sources}
    for source in sources:
        refuse_seen(source.flow[0], people(records[source.corpus]), unseen, "trains along with")
    origins = _origins(sources, unseen, transductive=transductive)
    rate, regions = common_rate(records[""]), records[""][0].attrs["regions"]
    parts = [_read(source, records[source.corpus], method, recipe) for source in sources]
    _check(parts[0], labels)
    scale = feature_scale([one for part in parts for one in part])
    recordings: list[SpotterInput] = []
    for source, part in zip(sources, parts, strict=True):
        _check_regions(source, records[source.corpus], regions)
        _check_no_copies(source, part, parts[0])
        own_rate, unit = common_rate(records[source.corpus]), motion_unit(part)
        if jointly and own_rate != rate:
            raise InputError(
                f"{source.corpus}: has {own_rate:g} working frames a second, the corpus that it "
                f"trains along with {rate:g}; encoders learn jointly at one rate only"
            )
        recordings += [at_rate(standardised(one, scale, unit), own_rate, rate) for one in part]
    companions = [source.corpus for source in sources[1:]]
    recordings = told_apart(recordings, companions)
    # 3. What every network is, reads and is trained with.
    windows = window_recipe(recipe, streams=method["streams"], rate=rate, regions=regions)
    task = SpotterTask(spotter_shape(recordings, recipe), recordings, windows, recipe)
    settings: list[Any] = [task.shape, dict(method), dict(training), dict(provenance)]
    settings.append([[*one.person, one.video] for one in recordings])
    # 4. The encoders, where they learn too.
    own: JointEncoders | None = None
    if jointly:
        learning = pretrained(encoders or {}, method["streams"], unseen, transductive=transductive)
        for stream, encoder in learning.items():
            encoder.origin.check_same((encoders or {})[stream], origins[stream], features[stream])
        own = together(
            [
                reading(
                    learning,
                    records[source.corpus],
                    [io.read(path, "frames") for path in source.frames],
                    drift_seconds=recipe.drift_seconds,
                    scale=scale,
                    corpus=source.corpus,
                )
                for source in sources
            ]
        )
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
        unit=motion_unit(parts[0]),
        rate=rate,
        regions=regions,
        whose=whose,
        origins=origins,
        companions=companions,
        encoders=own,
    )
    trained.save(provenance)
    kept.remove()


@dataclass(frozen=True)
class _Source:
    """The files of one corpus; the corpus that is spotted in has no name here."""

    corpus: str
    flow: Sequence[str | Path]
    features: Mapping[str, str | Path]
    labels: str | Path
    frames: Sequence[str | Path] = ()
    undecided: str | Path | None = None

    def records(self) -> list[io.Record]:
        return [io.read(path, "flow") for path in self.flow]


def _origins(
    sources: Sequence[_Source], unseen: Collection[Sequence[str]], *, transductive: bool
) -> dict[str, Origin]:
    """{stream: encoder} of the features that are read, the same one in every corpus."""
    own, *others = sources
    origins = feature_origins(own.features)
    for stream, origin in origins.items():
        origin.check(own.features[stream], unseen, transductive=transductive)
        for other in others:
            path = other.features[stream]
            feature_origins({stream: path})[stream].check_same(path, origin, own.features[stream])
    return origins


def _read(
    source: _Source,
    records: Sequence[io.Record],
    method: Mapping[str, Any],
    recipe: SpotterRecipe,
) -> list[SpotterInput]:
    """The recordings of one corpus with their labels."""
    inputs = read_inputs(
        records,
        source.features,
        streams=method["streams"],
        regional_flow=method["regional_flow"],
        drift_seconds=recipe.drift_seconds,
        slow_drift_seconds=recipe.slow_drift_seconds,
    )
    table = tables.read(source.labels, "labels")
    read = [replace(labelled(one, table), corpus=source.corpus) for one in inputs]
    return read if source.undecided is None else _decided(source.undecided, read, records)


def _decided(
    undecided: str | Path, recordings: Sequence[SpotterInput], records: Sequence[io.Record]
) -> list[SpotterInput]:
    """The recordings of which something is known, with their known frames."""
    subjects = {str(record.attrs["video"]): str(record.attrs["subject"]) for record in records}
    stretches = read_undecided(undecided, subjects, some=True)
    known = [
        known_frames(stretches, one.video, record["native_frame"])
        for one, record in zip(recordings, records, strict=True)
    ]
    return decided(recordings, known)


def _check(recordings: Sequence[SpotterInput], labels: str | Path) -> None:
    """Raises InputError when there is nothing to learn from."""
    usable = [one for one in recordings if (one.span >= 0).any()]
    if recordings and not usable:
        raise InputError("train_spotter: no training video has a usable face")
    subjects = {one.subject for one in usable}
    if len(subjects) < 2:
        faceless = sorted({one.video for one in recordings} - {one.video for one in usable})
        why = f" ({', '.join(faceless[:3])}: no usable face)" if faceless else ""
        raise InputError(
            f"train_spotter: {len(subjects)} training subject in this fold{why}, thresholds need "
            "two; use folds of fewer subjects, or the training-free method"
        )
    if not any(len(known) for one in recordings for known in one.labels.values()):
        raise InputError(
            f"{labels}: no label in any training video of this fold; use the training-free method"
        )


def _check_regions(source: _Source, records: Sequence[io.Record], regions: Sequence[str]) -> None:
    """Raises InputError when a recording has other face regions than the first."""
    for record in records:
        own = list(record.attrs["regions"])
        if own != list(regions):
            what = (
                "only corpora with the same regions can train together"
                if source.corpus
                else "give all recordings of a corpus the same regions"
            )
            raise InputError(
                f"{record.path}: has the face regions {', '.join(own)}, others in this training "
                f"{', '.join(regions)}; {what}"
            )


def _check_no_copies(
    source: _Source, companions: Sequence[SpotterInput], own: Sequence[SpotterInput]
) -> None:
    """Raises InputError when a companion has a recording of the corpus itself under another path:
    in other folds that would bring test subjects into the training."""
    if not source.corpus:
        return
    known = {one.paths.tobytes(): one.video for one in own if one.paths.any()}
    for one in companions:
        if video := known.get(one.paths.tobytes()):
            raise InputError(
                f"{source.corpus}: its recording {one.video!r} has the same motion as {video!r} of "
                "the corpus that it trains along with, so test subjects would train along; take it "
                f"out of one, or remove {source.corpus!r} from `with`"
            )
