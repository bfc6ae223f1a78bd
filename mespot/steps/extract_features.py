"""Rule extract_features: one feature vector for each working frame and face region."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from mespot.device import deterministic
from mespot.face.regions import REGIONS
from mespot.store import io
from mespot.streams import SOURCES
from mespot.training.encoders import Encoder, features, frames_by_video
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
    # 2. Code them, one after the other.
    videos = {}
    for record in records:
        video = str(record.attrs["video"])
        values = encoder.open(record, crops[video])
        videos[video] = {
            "feature": features(network, encoder, values, record["span"]),
            **{name: record[name] for name in ("span", "native_frame", "time")},
        }
    # 3. Write all.
    attrs = {**whose, "regions": list(REGIONS), **encoder.origin.stored()}
    io.write_videos(output, "features", videos, attrs=attrs, provenance=provenance)
