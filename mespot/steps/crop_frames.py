"""Rule crop_frames: where the aligned face of a recording lies, and small pictures of it."""

import logging
from collections import deque
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mespot.errors import InputError
from mespot.face.crops import (
    IMAGE_SCALE,
    CropPoints,
    CropSettings,
    align_crops,
    cut_crops,
    mean_points,
    reduced,
)
from mespot.face.landmarks import blink
from mespot.face.occlusion import FaceWatch, usual_points
from mespot.recording import images_of, open_recording
from mespot.spans import blocks, without
from mespot.store import io
from mespot.store.schema import RECORDING

log = logging.getLogger(__name__)

_BLOCK = 64  # crops that are held at once


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
    kept: int,
    provenance: Mapping[str, Any],
) -> None:
    """Write the `frames` of one recording.

    source, fps, first_frame: as for track_face. size, fill, smoothing: the settings of
    mespot.face.crops.CropSettings. kept: side of the pictures, px, at most `size`. Frames without a
    usable face are black, their transforms NaN. Frames in which something hides the face
    are in no span. Raises InputError when the recording is not the one that was tracked.
    """
    cv2.setNumThreads(1)
    tracked = io.read(landmarks, "landmarks")
    span, rate = tracked["span"], tracked.attrs["rate"]
    points = tracked.rows("points")
    transforms = align_crops(points, span, rate, CropSettings(size, fill, smoothing))
    fault = InputError(
        f"{source}: has other frames than {landmarks} was made from; delete that file and run again"
    )
    frames = open_recording(source, fps, first_frame).frames(rate)
    images = images_of(frames, tracked["native_frame"], fault)
    watch = FaceWatch(usual_points(transforms, points, span), size, rate)
    crops = cut_crops(images, transforms, tracked["bridged"], size)
    watched = watch.watched(crops, span.copy())
    of_frames = {
        "transform": transforms,
        **{name: tracked[name] for name in ("native_frame", "time", "bridged")},
    }
    shapes: dict[str, tuple[int, ...]] = {
        **dict.fromkeys(["native_frame", "time", "blink", "occluded", "bridged", "span"], ()),
        "image": (kept, kept),
        "transform": (2, 3),
    }
    attrs: dict[str, Any] = {name: tracked.attrs[name] for name in RECORDING}
    attrs |= {"crop_size": size, "image_scale": IMAGE_SCALE}
    with io.writing(
        output, "frames", len(span), shapes, attrs=attrs, provenance=provenance
    ) as written:
        written.add(**of_frames)
        for first, last in blocks(0, len(span), _BLOCK):
            written.add(
                image=reduced(np.stack(list(islice(watched, last - first))), kept),
                blink=blink(tracked.part("blendshapes", slice(first, last))),
            )
        deque(images, maxlen=0)  # to the end, where frames too many would be found
        occluded = watch.hidden()
        usable = without(span, occluded)
        written.add(occluded=occluded, span=usable)
        attrs["mean_points"] = mean_points(CropPoints(transforms, points), usable >= 0).ravel()
    log.info("%s: %d crops of %d px", tracked.attrs["video"], (span >= 0).sum(), size)
    if occluded.any():
        log.warning(
            "%s: something hides the face in %d frames", tracked.attrs["video"], occluded.sum()
        )
