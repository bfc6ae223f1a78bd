"""Rule optical_flow: flow and strain between the crops of a recording, rigid motion removed."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2

from mespot.face.motion import SCALE, STRAIN_SCALE, MotionSettings, face_motion
from mespot.face.regions import REGIONS
from mespot.face.rigid import PARAMETERS
from mespot.store import io
from mespot.store.schema import RECORDING

log = logging.getLogger(__name__)


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
    size = crops["image"].shape[1]
    motion = face_motion(
        crops["image"],
        crops["points"],
        crops["span"],
        rate=crops.attrs["rate"],
        size=size,
        settings=MotionSettings(algorithm, grid, tuple(lags), preset),
    )
    log.info("%s: flow at lags %s", crops.attrs["video"], list(lags))
    io.write(
        output,
        "flow",
        {
            "flow": motion.flow,
            "strain": motion.strain,
            "regional": motion.regional,
            "rigid": motion.rigid,
            "blink": crops["blink"],
            "span": crops["span"],
            "native_frame": crops["native_frame"],
            "time": crops["time"],
        },
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
    )
