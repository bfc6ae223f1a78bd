"""Rule extract_features: one feature vector for each working frame and face region."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mespot.device import autocast, deterministic, device
from mespot.errors import InputError
from mespot.face.regions import REGIONS, region_weights
from mespot.networks.reconstruction import ReconstructionNetwork
from mespot.spans import usable_spans
from mespot.store import io
from mespot.training import checkpoint
from mespot.training.clips import Standardisation, video_values

log = logging.getLogger(__name__)

_CHUNK = 256  # frames coded at once; bounds the memory, does not change the result


def run(
    *,
    checkpoint_path: str | Path,
    sources: Sequence[str | Path],
    frames: Sequence[str | Path],
    output: str | Path,
    provenance: Mapping[str, Any],
) -> None:
    """Write the features of all videos, as the encoder at `checkpoint_path` sees them.

    sources: flow/{video}.h5 or frames/{video}.h5, by the encoder's stream. frames:
    frames/{video}.h5 of the same videos, for the landmarks that say where each face region lies.
    """
    deterministic()
    trained = checkpoint.load(checkpoint_path, "encoder")
    settings = trained["settings"]
    stream = settings["stream"]
    network = ReconstructionNetwork(**trained["network"])
    network.load_state_dict(trained["state"])
    network.to(device()).eval()
    standardisation = Standardisation(**trained["standardisation"])
    crops = {}
    for path in frames:
        record = io.read(path, "frames")
        crops[record.attrs["video"]] = record
    videos: dict[str, dict[str, np.ndarray]] = {}
    for source in sources:
        record = io.read(source, "flow" if stream == "flow" else "frames")
        video = record.attrs["video"]
        if video not in crops:
            raise InputError(f"{source}: no frames file of video {video!r} was given")
        values = video_values(record, **settings["values"])
        weights = pooling_weights(crops[video], values.shape[-1] // network.downsample)
        videos[video] = {
            "feature": features(network, values, record["span"], weights, standardisation),
            "span": record["span"],
            "native_frame": record["native_frame"],
            "time": record["time"],
        }
    io.write_videos(
        output,
        "features",
        videos,
        attrs={"regions": list(REGIONS), "stream": stream},
        provenance=provenance,
    )


@torch.no_grad()
def features(
    network: ReconstructionNetwork,
    values: np.ndarray,
    span: np.ndarray,
    weights: np.ndarray,
    standardisation: Standardisation,
    *,
    chunk: int = _CHUNK,
) -> np.ndarray:
    """Code of each frame, pooled over regions: (T, R, code_channels) float16, 0 outside the spans.

    `values` (T, C, S, S), `span` (T,), `weights` (R, g, g) with g the side of the code's grid.
    Each span is coded for itself, in chunks that overlap by what a frame's code depends on.
    """
    where = next(network.parameters()).device
    pooling = torch.from_numpy(weights).to(where).flatten(1)
    result = np.zeros((len(span), len(weights), network.code_channels), np.float16)
    reach = network.temporal_reach
    for first, last in usable_spans(span):
        for start in range(first, last, chunk):
            stop = min(start + chunk, last)
            low, high = max(first, start - reach), min(last, stop + reach)
            clip = torch.from_numpy(values[low:high]).to(where).float().transpose(0, 1)[None]
            with autocast(where):
                code = network.encode(standardisation.inputs(clip))
            code = code[0, :, start - low : stop - low].float().flatten(2)
            result[start:stop] = torch.einsum("ctg,rg->trc", code, pooling).cpu().numpy()
    return result


def pooling_weights(record: io.Record, grid: int) -> np.ndarray:
    """Pooling weights (R, grid, grid) at a video's mean landmarks over its usable frames."""
    usable = record["span"] >= 0
    if not usable.any():
        return np.zeros((len(REGIONS), grid, grid), np.float32)
    size = record.part("image", slice(0, 1)).shape[1]
    return region_weights(record["points"][usable].mean(0), size, grid)
