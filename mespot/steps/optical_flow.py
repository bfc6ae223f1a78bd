"""Rule optical_flow: flow between the crops of a recording, rigid motion removed."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mespot.errors import InputError
from mespot.face.crops import CropPoints
from mespot.face.flow import quantised
from mespot.face.motion import MotionSettings, frame_motions, in_blocks
from mespot.face.regions import REGIONS
from mespot.face.rigid import PARAMETERS
from mespot.recut import faces_of
from mespot.store import io
from mespot.store.schema import RECORDING

log = logging.getLogger(__name__)

_BLOCK = 128  # frames of crops and maps that are held at once
# px/frame of one unit of the map. Rounding to it is a tenth of the noise of a still face, and takes
# 40 % off the file. docs/benchmarks.md has what F1 becomes.
_SCALE = 0.01


def run(
    *,
    source: Mapping[str, Any],
    frames: str | Path,
    landmarks: str | Path,
    output: str | Path,
    algorithm: str,
    preset: str | None = None,
    grid: int,
    lags: Sequence[int],
    provenance: Mapping[str, Any],
) -> None:
    """Write the `flow` of one recording.

    source: the recording, as for mespot.recut.faces_of. frames: where the face is in it. landmarks:
    those that the frames were made from. algorithm, preset, grid, lags: the settings of
    mespot.face.motion.MotionSettings. Nothing is computed across spans: flow is 0 in the first
    frame of each, and regional displacements are 0 until `lag` frames later.
    Raises InputError when the recording or the landmarks are not those that the faces are of.
    """
    cv2.setNumThreads(1)
    crops = io.read(frames, "frames")
    tracked = io.read(landmarks, "landmarks")
    if not np.array_equal(tracked["native_frame"], crops["native_frame"]):
        raise InputError(
            f"{frames}: has other frames than {landmarks}; delete both files and run again"
        )
    span = crops["span"]
    size = crops.attrs["crop_size"]
    settings = MotionSettings(algorithm, grid, tuple(lags), preset)
    of_frames = {name: crops[name] for name in ("blink", "span", "native_frame", "time")}
    with (
        closing(faces_of(source, crops)) as faces,
        io.writing(
            output,
            "flow",
            len(span),
            settings.shapes | dict.fromkeys(of_frames, ()),
            attrs={
                **{name: crops.attrs[name] for name in RECORDING},
                "scale": _SCALE,
                "lags": list(lags),
                "regions": list(REGIONS),
                "rigid_parameters": list(PARAMETERS),
                "crop_size": size,
            },
            provenance=provenance,
        ) as written,
    ):
        written.add(**of_frames)
        motions = frame_motions(
            faces,
            CropPoints(crops["transform"], tracked.rows("points")),
            span,
            rate=crops.attrs["rate"],
            size=size,
            settings=settings,
        )
        for block in in_blocks(motions, _BLOCK):
            written.add(**{**vars(block), "flow": quantised(block.flow, _SCALE)})
    log.info("%s: flow at lags %s", crops.attrs["video"], list(lags))
