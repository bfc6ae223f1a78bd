"""Rule plot_reconstruction: what one pretrained network makes of a clip that it has not seen."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mespot.device import deterministic, generator
from mespot.errors import InputError
from mespot.networks.reconstruction import ReconstructionNetwork
from mespot.plots import style
from mespot.plots.reconstruction import reconstruction
from mespot.store import io, tables
from mespot.training import checkpoint
from mespot.training.clips import Standardisation, spans, video_values
from mespot.training.pretrain import Recipe, reconstruct

CHANGE_FRAMES = 6


def run(
    *,
    encoder: str | Path,
    source: str | Path,
    labels: str | Path | None,
    png: str | Path,
    pdf: str | Path,
    provenance: Mapping[str, Any],
) -> None:
    """Draw one clip of `source`, the flow or the frames of a subject that was held out.

    The clip lies around the label with the most motion, or, without labels, where the most motion
    is. Raises InputError when no usable stretch of the video is as long as a clip.
    """
    deterministic()
    found = checkpoint.load(encoder, "encoder")
    settings = found["settings"]
    stream, length = settings["stream"], settings["clip_length"]
    record = io.read(source, "flow" if stream == "flow" else "frames")
    values = video_values(record, **settings["values"])
    video = str(record.attrs["video"])
    truth = pd.DataFrame() if labels is None else tables.read(labels, "labels")
    rows = truth[truth["video"] == video] if len(truth) else truth
    middles = [
        (int(row["onset_w"]), int(row["offset_w"]), str(row["type"])) for _, row in rows.iterrows()
    ]
    start, what = choose_clip(values, stream, record["span"], middles, length)
    if start is None:
        raise InputError(
            f"{source}: no usable stretch of {length} frames; a shorter pretrain.clip_length or"
            " another video is needed for this figure"
        )
    clip = slice(start, start + length)
    network = ReconstructionNetwork(**found["network"])
    network.load_state_dict(found["state"])
    network.eval()
    recipe = Recipe(**settings["recipe"])
    arrays = reconstruct(
        network,
        values[clip],
        Standardisation(**found["standardisation"]),
        recipe,
        generator(recipe.seed),
    )
    seen = "seen in training" if str(record.attrs["subject"]) in found["subjects"] else "held out"
    title = f"{stream}: {video} (subject {record.attrs['subject']}, {seen}), {what}"
    figure = reconstruction(title, stream, arrays, record["time"][clip])
    style.save(figure, provenance, png, pdf)


def choose_clip(
    values: np.ndarray,
    stream: str,
    span: np.ndarray,
    labels: Sequence[tuple[int, int, str]],
    length: int,
) -> tuple[int | None, str]:
    """First frame of the clip to show and what it shows; None when no span is long enough.

    values `(T, C, S, S)` as video_values gives them; labels: onset, offset (working frames), type.
    """
    motion = _motion(values, stream)
    # Summed over a clip that starts at each frame where a whole clip fits into a span.
    starts = np.concatenate(
        [np.zeros(0, int), *(np.arange(a, b - length + 1) for a, b in spans(span))]
    )
    if not len(starts):
        return None, ""
    best, shown = -1.0, (0, "")
    for onset, offset, kind in labels:
        strength = float(motion[onset : offset + 1].mean())
        middle = (onset + offset) // 2
        near = int(starts[np.argmin(np.abs(starts + length // 2 - middle))])
        if near <= middle < near + length and strength > best:
            best, shown = strength, (near, f"a labelled {kind}-expression")
    if best >= 0:
        return shown
    sums = np.concatenate([[0.0], np.cumsum(motion)])
    return int(starts[np.argmax(sums[starts + length] - sums[starts])]), "the most motion"


def _motion(values: np.ndarray, stream: str) -> np.ndarray:
    """Mean square motion of each frame, `(T,)`: of the flow, or of the face's change over a while.

    From one frame to the next a face changes by little more than the sensor's noise.
    """
    if stream == "flow":
        return np.square(values[:, :2], dtype=np.float32).mean(axis=(1, 2, 3))
    before = values[np.maximum(np.arange(len(values)) - CHANGE_FRAMES, 0)]
    return np.square(values - before, dtype=np.float32).mean(axis=(1, 2, 3))
