"""Rule pretrain: one masked reconstruction network, for one stream and the subjects of one fold."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mespot.device import deterministic, device, generator
from mespot.networks.reconstruction import ReconstructionNetwork
from mespot.store import io
from mespot.streams import SOURCES
from mespot.training import checkpoint, recipes
from mespot.training.clips import (
    ClipPool,
    Segment,
    as_builtins,
    network_shape,
    split,
    standardise,
)
from mespot.training.interrupted import Interrupted
from mespot.training.origin import TRANSDUCTIVE, people, refuse_seen
from mespot.training.pretrain import fit
from mespot.training.video_values import VideoValues, form

# Clips on which the scale of input and target is measured.
_SCALE_CLIPS = 64


def run(
    *,
    whose: Mapping[str, str],
    pretraining: str,
    unseen: Collection[Sequence[str]],
    stream: str,
    sources: Sequence[str | Path],
    output: str | Path,
    partial: str | Path,
    provenance: Mapping[str, Any],
    weights: str,
    settings: Mapping[str, Any],
    save_seconds: float,
) -> None:
    """Train on `sources` and write an encoder checkpoint to `output`.

    whose: corpus, encoder, fold and stream. pretraining: whom the recipe may see, `inductive`,
    `transductive` or `none`. unseen: corpus and subject of everybody whom the others may not see.
    sources: flow/{video}.h5 (stream `flow`) or frames/{video}.h5 (stream `face`) of the training
    subjects. partial: where an interrupted run keeps its state, about every `save_seconds`. It is
    taken up when settings, data and code are the same, and removed at the end. weights:
    `pretrained`, or `random` for the initial network, which goes the same way but takes no training
    step. settings: keys of the section `pretrain` of config.yaml; those without effect may be
    missing (see recipes.pretraining).

    Raises InputError when a setting is missing, unknown or does not fit the others, and when a
    source cannot be read, has too few usable frames or is of somebody of `unseen`.
    """
    deterministic()
    # 1. What is configured.
    clips, network_recipe, recipe = recipes.pretraining(settings, stream=stream, weights=weights)
    shape = network_shape(stream, vars(network_recipe))
    values = {
        "stream": stream,
        "input_size": clips.input_size,
        "reference_seconds": clips.reference_seconds,
        "clip_length": clips.clip_length,
    }
    random = generator(recipe.seed)
    # 2. Clips to train on, and some of the same subjects that are held out.
    records = [io.read(source, SOURCES[stream]) for source in sources]
    if pretraining != TRANSDUCTIVE:
        refuse_seen(sources[0], people(records), unseen, "is pretrained on along with")
    to_train, to_validate = split(
        [record["span"] for record in records],
        clip_length=clips.clip_length,
        validation_fraction=clips.validation_fraction,
        memory_frames=clips.memory_frames,
        generator=random,
    )
    stretches = _read(records, to_train + to_validate, values)
    training = ClipPool(stretches[: len(to_train)], clips.clip_length)
    validation = ClipPool(stretches[len(to_train) :], clips.clip_length)
    # 3. The scale of input and target.
    scale = standardise(
        training.grid(_SCALE_CLIPS),
        reconstructed=form(stream)["in_channels"],
        target=clips.target,
        target_reach=clips.target_reach,
    )
    # 4. Train, from where an interrupted run of the same has stopped.
    network = ReconstructionNetwork(**shape)
    network.initialise(random)
    settled = [shape, vars(recipe), vars(scale), dict(provenance)]
    kept = Interrupted(partial, settled, stretches)
    history = fit(
        network,
        training,
        validation,
        scale,
        recipe,
        where=device(),
        kept=kept,
        save_seconds=save_seconds,
    )
    # 5. Write.
    checkpoint.save(
        output,
        "encoder",
        {
            "network": shape,
            "state": {name: value.cpu() for name, value in network.state_dict().items()},
            "standardisation": as_builtins(scale),
            "settings": {
                "weights": weights,
                "stream": stream,
                "values": values,
                "clip_length": clips.clip_length,
                "recipe": dict(vars(recipe)),
            },
            "whose": dict(whose),
            "pretraining": pretraining,
            "seen": ["/".join(person) for person in people(records)],
            "history": history,
            "provenance": dict(provenance),
        },
    )
    kept.remove()


def _read(
    records: Sequence[io.Record], segments: Sequence[Segment], values: Mapping[str, Any]
) -> list[np.ndarray]:
    """The segments' frames; of each video no others are read, but for the mean of a face."""
    videos = {number: VideoValues(records[number], **values) for number in range(len(records))}
    return [videos[segment.video][segment.first : segment.last] for segment in segments]
