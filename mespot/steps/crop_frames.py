"""Rule crop_frames: aligned grey face crops of a recording, one a working frame."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mespot.errors import InputError
from mespot.face.align import apply_in_depth
from mespot.face.crops import CropSettings, align_crops, cut_crops
from mespot.face.landmarks import blink
from mespot.face.occlusion import FaceWatch, usual_points
from mespot.recording import Frame, open_recording
from mespot.spans import without
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

    source, fps, first_frame: as for track_face. size, fill, smoothing: the settings of
    mespot.face.crops.CropSettings. Frames without a usable face are black, their points and
    transforms NaN. Frames in which something hides the face are in no span. Raises InputError when
    the recording is not the one that was tracked.
    """
    cv2.setNumThreads(1)
    tracked = io.read(landmarks, "landmarks")
    span, points, rate = tracked["span"], tracked["points"], tracked.attrs["rate"]
    transforms = align_crops(points, span, rate, CropSettings(size, fill, smoothing))
    frames = open_recording(source, fps, first_frame).frames(rate)
    images = _images(frames, tracked["native_frame"], source, landmarks)
    crops = np.zeros((len(span), size, size), np.uint8)
    watch = FaceWatch(usual_points(transforms, points, span), size, rate)
    cut = watch.watched(cut_crops(images, transforms, tracked["bridged"], size), span)
    for number, crop in enumerate(cut):
        crops[number] = crop
    log.info("%s: %d crops of %d px", tracked.attrs["video"], (span >= 0).sum(), size)
    occluded = watch.hidden()
    if occluded.any():
        log.warning(
            "%s: something hides the face in %d frames", tracked.attrs["video"], occluded.sum()
        )
    io.write(
        output,
        "frames",
        {
            "image": crops,
            "transform": transforms.astype(np.float32),
            "points": apply_in_depth(transforms, points).astype(np.float32),
            "blink": blink(tracked["blendshapes"]),
            "occluded": occluded,
            "span": without(span, occluded),
            "native_frame": tracked["native_frame"],
            "time": tracked["time"],
        },
        attrs={name: tracked.attrs[name] for name in RECORDING},
        provenance=provenance,
    )


def _images(
    frames: Iterable[Frame], native: np.ndarray, source: str | Path, landmarks: str | Path
) -> Iterator[np.ndarray | None]:
    """The images of the frames, which must be those with the numbers `native`."""
    fault = InputError(
        f"{source}: has other frames than {landmarks} was made from; delete that file and run again"
    )
    numbers = iter(native.tolist())
    for frame in frames:
        if frame.native != next(numbers, None):
            raise fault
        yield frame.image
    if next(numbers, None) is not None:
        raise fault
