"""Rule optical_flow: flow and strain between the crops of a recording, rigid motion removed."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mespot.face.motion import SCALE, STRAIN_SCALE, MotionSettings, frame_motions, in_blocks
from mespot.face.regions import REGIONS
from mespot.face.rigid import PARAMETERS
from mespot.spans import blocks
from mespot.store import io
from mespot.store.schema import RECORDING

log = logging.getLogger(__name__)

_BLOCK = 128  # frames of crops and maps that are held at once


def run(
    *,
    frames: str | Path,
    output: str | Path,
    algorithm: str,
    preset: str | None = None,
    grid: int,
    lags: Sequence[int],
    provenance: Mapping[str, Any],
) -> None:
    """Write the `flow` of one recording.

    algorithm, preset, grid, lags: the settings of mespot.face.motion.MotionSettings. Nothing is
    computed across spans: flow is 0 in the first frame of each, and regional displacements are 0
    until `lag` frames later.
    """
    cv2.setNumThreads(1)
    crops = io.read(frames, "frames")
    span = crops["span"]
    size = crops.part("image", slice(0, 1)).shape[1]
    settings = MotionSettings(algorithm, grid, tuple(lags), preset)
    motions = frame_motions(
        _images(crops),
        crops.rows("points"),
        span,
        rate=crops.attrs["rate"],
        size=size,
        settings=settings,
    )
    of_frames = {name: crops[name] for name in ("blink", "span", "native_frame", "time")}
    with io.writing(
        output,
        "flow",
        len(span),
        settings.shapes | dict.fromkeys(of_frames, ()),
        attrs={
            **{name: crops.attrs[name] for name in RECORDING},
            "scale": SCALE,
            "strain_scale": STRAIN_SCALE,
            "lags": list(lags),
            "regions": list(REGIONS),
            "rigid_parameters": list(PARAMETERS),
            "crop_size": size,
        },
        provenance=provenance,
    ) as written:
        written.add(**of_frames)
        for block in in_blocks(motions, _BLOCK):
            written.add(**vars(block))
    log.info("%s: flow at lags %s", crops.attrs["video"], list(lags))


def _images(crops: io.Record) -> Iterator[np.ndarray]:
    for first, last in blocks(0, len(crops["span"]), _BLOCK):
        yield from crops.part("image", slice(first, last))
