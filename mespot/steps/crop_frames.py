"""Cut aligned grey face crops out of a recording, one a working frame."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mespot.errors import InputError
from mespot.face import align
from mespot.face.landmarks import blink
from mespot.recording import open_recording
from mespot.store import io
from mespot.store.schema import RECORDING

log = logging.getLogger(__name__)


def run(
    *,
    source: str | Path,
    fps: float | None,
    first_frame: int | None = None,
    landmarks: str | Path,
    output: str | Path,
    size: int,
    fill: float,
    smoothing: float,
    provenance: Mapping[str, Any],
) -> None:
    """Write the `frames` of one recording.

    source, fps, first_frame: as for track_face. size: side of the square crop, px. fill: share of
    it that the face oval's larger side takes. smoothing: standard deviation (s) of the Gaussian
    that smooths the alignment over time.
    Frames without a usable face are black, their points and transforms NaN. Bridged frames, in
    which no face was found for a moment, fade from the crop before the gap to that after it: what
    hid the face must not look like motion.
    Raises InputError when the recording is not the one that was tracked.
    """
    cv2.setNumThreads(1)
    tracked = io.read(landmarks, "landmarks")
    span, native = tracked["span"], tracked["native_frame"]
    rate = tracked.attrs["rate"]
    points = tracked["points"]
    transforms = align.crop_transforms(points, span, size=size, fill=fill, sigma=smoothing * rate)
    images = np.zeros((len(span), size, size), np.uint8)
    seen = 0
    for index, frame in enumerate(open_recording(source, fps, first_frame).frames(rate)):
        if index >= len(span) or frame.native != native[index]:
            break
        seen += 1
        if span[index] >= 0 and frame.image is not None:
            images[index] = align.crop(frame.image, transforms[index], size)
        elif span[index] >= 0 and index > 0:
            images[index] = images[index - 1]
    _fill(images, tracked["bridged"] & (span >= 0))
    if seen != len(span):
        raise InputError(
            f"{source}: has other frames than {landmarks} was made from; "
            "delete that file and run again"
        )
    log.info("%s: %d crops of %d px", tracked.attrs["video"], (span >= 0).sum(), size)
    io.write(
        output,
        "frames",
        {
            "image": images,
            "transform": transforms.astype(np.float32),
            "points": align.apply_in_depth(transforms, points).astype(np.float32),
            "blink": blink(tracked["blendshapes"]),
            "span": span,
            "native_frame": native,
            "time": tracked["time"],
        },
        attrs={name: tracked.attrs[name] for name in RECORDING},
        provenance=provenance,
    )


def _fill(images: np.ndarray, bridged: np.ndarray) -> None:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], bridged.astype(np.int8), [0]])))
    for start, end in edges.reshape(-1, 2):
        before, after = images[start - 1].astype(np.float32), images[end].astype(np.float32)
        for index in range(start, end):
            share = (index - start + 1) / (end - start + 1)
            images[index] = np.rint((1 - share) * before + share * after)
