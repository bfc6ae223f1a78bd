"""Rule extract_features: one feature vector for each working frame and face region."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mespot.device import deterministic
from mespot.face.regions import REGIONS
from mespot.networks.reconstruction import ReconstructionNetwork
from mespot.store import io
from mespot.store.blocks import Parts
from mespot.streams import SOURCES
from mespot.training.encoders import Encoder, feature_parts, frames_by_video, shape_of_features
from mespot.training.origin import TRANSDUCTIVE


def run(
    *,
    whose: Mapping[str, str],
    unseen: Collection[Sequence[str]],
    pretraining: str,
    checkpoint_path: str | Path,
    sources: Sequence[str | Path],
    frames: Sequence[str | Path],
    output: str | Path,
    provenance: Mapping[str, Any],
) -> None:
    """Write the features of all videos, as the encoder at `checkpoint_path` sees them.

    whose: corpus, encoder, fold and stream. unseen: corpus and subject of everybody who will be
    spotted by the features. pretraining: whom the encoder may see; one that is not `transductive`
    must not have seen them. sources: flow/{video}.h5 or frames/{video}.h5, by the encoder's
    stream. frames: frames/{video}.h5 of the same videos, for the landmarks that say where each face
    region lies.

    Raises InputError for a video without a frames file, for a file that cannot be read, and for an
    encoder of another stream or one that was trained on somebody of `unseen`.
    """
    deterministic()
    # 1. Read the encoder and open the videos.
    encoder = Encoder.load(checkpoint_path)
    encoder.check(
        checkpoint_path, whose["stream"], unseen, transductive=pretraining == TRANSDUCTIVE
    )
    network = encoder.build().eval()
    records = [io.read(path, SOURCES[encoder.stream]) for path in sources]
    crops = frames_by_video([io.read(path, "frames") for path in frames], records)
    # 2. Code them one after the other, each part when it is to be written.
    videos = {str(r.attrs["video"]): r for r in records}
    attrs = {**whose, "regions": list(REGIONS), **encoder.origin.stored()}
    io.write_videos(
        output,
        "features",
        {video: _coded(network, encoder, record, crops[video]) for video, record in videos.items()},
        attrs=attrs,
        provenance=provenance,
    )


def _coded(
    network: ReconstructionNetwork, encoder: Encoder, record: io.Record, crop: io.Record
) -> dict[str, np.ndarray | Parts]:
    """The data sets of one video."""
    clock = {name: record[name] for name in ("span", "native_frame", "time")}
    values = encoder.open(record, crop)
    shape = shape_of_features(network, values, clock["span"])
    parts = feature_parts(network, encoder, values, clock["span"])
    return {"feature": Parts(shape, np.float16, parts), **clock}
