"""Rule pretrain: one masked reconstruction network, for one stream and the subjects of one fold."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mespot.device import deterministic, device, generator
from mespot.errors import InputError
from mespot.networks.reconstruction import ReconstructionNetwork
from mespot.store import io
from mespot.training import checkpoint
from mespot.training.clips import (
    ClipPool,
    Segment,
    as_builtins,
    form,
    split,
    standardise,
    video_values,
)
from mespot.training.pretrain import PretrainingRecipe, fit

log = logging.getLogger(__name__)

# Clips on which the scale of input and target is measured.
_SCALE_CLIPS = 64


def run(
    *,
    stream: str,
    sources: Sequence[str | Path],
    output: str | Path,
    partial: str | Path,
    provenance: Mapping[str, Any],
    weights: str,
    seed: int,
    input_size: int,
    reference_seconds: float,
    clip_length: int,
    memory_frames: int,
    validation_fraction: float,
    channels: int,
    code_channels: int,
    downsample: int,
    encoder_depth: int,
    decoder_depth: int,
    mask_kind: str,
    mask_ratio: float,
    patch_size: int,
    patch_frames: int,
    target: str,
    target_reach: int,
    visible_weight: float,
    epochs: int,
    steps_per_epoch: int,
    batch_size: int,
    learning_rate: float,
    weight_decay: float,
    save_seconds: float,
) -> None:
    """Train on `sources` and write an encoder checkpoint to `output`.

    sources: flow/{video}.h5 (stream `flow`) or frames/{video}.h5 (stream `face`) of the training
    subjects. partial: where an interrupted run keeps its state; it is taken up when settings,
    data and code are the same, and removed at the end. weights: `pretrained`, or `random` for the
    initial network, which goes the same way but takes no training step. The other arguments are
    explained in the section `pretrain` of config.yaml.
    """
    if input_size % downsample:
        raise InputError(
            f"pretrain.input_size: {input_size} is not a multiple of pretrain.downsample "
            f"{downsample}"
        )
    deterministic()
    random = generator(seed)
    kind = "flow" if stream == "flow" else "frames"
    records = [io.read(source, kind) for source in sources]
    training_segments, validation_segments = split(
        [record["span"] for record in records],
        clip_length=clip_length,
        validation_fraction=validation_fraction,
        memory_frames=memory_frames,
        generator=random,
    )
    values = dict(stream=stream, input_size=input_size, reference_seconds=reference_seconds)
    training, validation = _load(records, training_segments, validation_segments, values)
    training_pool = ClipPool(training, clip_length)
    scale = standardise(
        training_pool.grid(_SCALE_CLIPS),
        reconstructed=form(stream)["in_channels"],
        target=target,
        target_reach=target_reach,
    )
    shape: dict[str, Any] = dict(
        **form(stream),
        channels=channels,
        code_channels=code_channels,
        downsample=downsample,
        encoder_depth=encoder_depth,
        decoder_depth=decoder_depth,
    )
    network = ReconstructionNetwork(**shape)
    network.initialise(random)
    recipe = PretrainingRecipe(
        mask_kind=mask_kind,
        mask_ratio=mask_ratio,
        patch_size=patch_size,
        patch_frames=patch_frames,
        visible_weight=visible_weight,
        epochs=epochs if weights == "pretrained" else 0,
        steps_per_epoch=steps_per_epoch,
        batch_size=batch_size,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        seed=seed,
    )
    digest = _digest([shape, vars(recipe), vars(scale), dict(provenance)], training + validation)

    def save(state: dict[str, Any]) -> None:
        checkpoint.save(partial, "training", {"digest": digest, "state": state})

    history = fit(
        network,
        training_pool,
        ClipPool(validation, clip_length),
        scale,
        recipe,
        where=device(),
        resume=_interrupted(partial, digest),
        save=save,
        save_seconds=save_seconds,
    )
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
                "clip_length": clip_length,
                "recipe": dict(vars(recipe)),
            },
            "subjects": sorted({str(record.attrs["subject"]) for record in records}),
            "history": history,
            "provenance": dict(provenance),
        },
    )
    Path(partial).unlink(missing_ok=True)


def _load(
    records: list[io.Record],
    training: list[Segment],
    validation: list[Segment],
    settings: dict[str, Any],
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The segments' frames, from one video at a time."""
    stretches: dict[Segment, np.ndarray] = {}
    for video, record in enumerate(records):
        wanted = [segment for segment in training + validation if segment.video == video]
        if wanted:
            values = video_values(record, **settings)
            for segment in wanted:
                # Copied, or one short segment would keep the whole video in memory.
                stretches[segment] = values[segment.first : segment.last].copy()
    return [stretches[item] for item in training], [stretches[item] for item in validation]


def _digest(settings: list[Any], stretches: list[np.ndarray]) -> str:
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
    for stretch in stretches:
        digest.update(np.ascontiguousarray(stretch).data)
    digest.update(torch.__version__.encode())
    return digest.hexdigest()


def _interrupted(partial: str | Path, digest: str) -> dict[str, Any] | None:
    """State of an interrupted run of the same settings, data and code; None when there is none."""
    if not Path(partial).exists():
        return None
    try:
        found = checkpoint.load(partial, "training")
    except InputError as error:
        log.warning("starting anew: %s", error)
        return None
    if found["digest"] != digest:
        log.warning("starting anew: %s is of other settings, data or code", partial)
        return None
    log.info("continuing from step %d", found["state"]["step"])
    return found["state"]
