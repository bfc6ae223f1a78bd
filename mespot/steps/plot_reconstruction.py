"""Rule plot_reconstruction: what one pretrained network makes of an expression it has not seen."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mespot.corpora import ALL
from mespot.device import deterministic, generator
from mespot.errors import InputError
from mespot.networks.reconstruction import ReconstructionNetwork
from mespot.plots import style
from mespot.plots.clips import (
    ClipCandidate,
    VideoMotion,
    examine,
    labelled_clips,
    liveliest_clip,
    title,
    typical,
)
from mespot.plots.measures import mean_over_masks
from mespot.plots.reconstruction import Clip, reconstruction
from mespot.store import io, tables
from mespot.training import checkpoint
from mespot.training.clips import Standardisation
from mespot.training.encoders import pooling_weights
from mespot.training.origin import TRANSDUCTIVE, Origin, people, refuse_seen
from mespot.training.pretrain import PretrainingRecipe, reconstruct
from mespot.training.video_values import VideoValues

MASKS = 8  # of the clip that is shown; the noise of a single mask would hide small motion


def run(
    *,
    encoder: str | Path,
    flow: Sequence[str | Path],
    frames: Sequence[str | Path],
    labels: str | Path | None,
    drift_seconds: float,
    png: str | Path,
    pdf: str | Path,
    provenance: Mapping[str, Any],
) -> None:
    """Draw one clip of the videos at `flow` and `frames`, those of subjects that were held out.

    It lies around the labelled expression with the median reconstructed share of those that fit
    into a clip or, if none fits, of all. Without labels it lies where the most motion is.
    drift_seconds: motion slower than this (s) is no expression. Raises InputError when no usable
    stretch of the videos is as long as a clip, and for an encoder that was trained on a subject of
    these videos, unless it is transductive or its fold holds nobody out.
    """
    deterministic()
    trained = checkpoint.load(encoder, "encoder")
    settings, origin = trained["settings"], Origin.of({**trained, "encoder_digest": ""})
    stream, length = settings["stream"], settings["clip_length"]
    flows = [io.read(path, "flow") for path in flow]
    crops = [io.read(path, "frames") for path in frames]
    # The fold `all` holds nobody out, and the title says so.
    if origin.pretraining != TRANSDUCTIVE and trained["whose"].get("fold") != ALL:
        refuse_seen(encoder, origin.seen, people(flows), "was trained on")
    truth = None if labels is None else tables.read(labels, "labels")
    candidates = _candidates(flows, truth, length, drift_seconds)
    if not candidates:
        raise InputError(
            f"{flow[0]}: no usable stretch of {length} frames; a shorter pretrain.clip_length or"
            " another video is needed for this figure"
        )
    network = ReconstructionNetwork(**trained["network"])
    network.load_state_dict(trained["state"])
    network.eval()
    recipe = PretrainingRecipe(**settings["recipe"])
    scale, random = Standardisation(**trained["standardisation"]), generator(recipe.seed)

    def under_one_mask(values: np.ndarray) -> dict[str, np.ndarray]:
        return reconstruct(network, values, scale, recipe, random)

    clips = []
    for number in sorted({candidate.video for candidate in candidates}):
        read = (flows if stream == "flow" else crops)[number]
        values = VideoValues(read, **settings["values"])
        own = [candidate for candidate in candidates if candidate.video == number]
        weights = pooling_weights(crops[number], settings["values"]["input_size"])
        clips += examine(own, values, weights, length, network.in_channels, under_one_mask)
    chosen = typical(clips)
    arrays, shares = mean_over_masks(under_one_mask, chosen.values, chosen.weight, MASKS)
    record, shown = crops[chosen.candidate.video], chosen.candidate
    video, subject = str(record.attrs["video"]), str(record.attrs["subject"])
    part = slice(shown.start, shown.start + length)
    figure = reconstruction(
        title(stream, video, subject, people([record])[0] in origin.seen, shown.kind, clips),
        stream,
        Clip(
            record["time"][part],
            record.part("image", part) * record.attrs["image_scale"],
            chosen.region,
            chosen.weight,
            shown.marks(length),
        ),
        arrays,
        shares,
    )
    style.save(figure, provenance, png, pdf)


def _candidates(
    flows: Sequence[io.Record], labels: pd.DataFrame | None, length: int, drift_seconds: float
) -> list[ClipCandidate]:
    """Clips around the labels of all videos or, without any, the liveliest of each video."""
    candidates: list[ClipCandidate] = []
    motions = [
        VideoMotion(flow["regional"], flow.attrs["lags"], flow["span"], flow.attrs["rate"])
        for flow in flows
    ]
    if labels is not None:
        for number, (flow, motion) in enumerate(zip(flows, motions, strict=True)):
            own = labels[labels["video"] == flow.attrs["video"]]
            candidates += labelled_clips(number, motion, own, length, drift_seconds)
    if not candidates:
        for number, motion in enumerate(motions):
            candidates += liveliest_clip(number, motion, length)
    return candidates
