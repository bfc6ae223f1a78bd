"""The review page of one video, with faces that are read from the recording once more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.face.regions import REGIONS
from mespot.measured import Measured
from mespot.recording import Recording
from mespot.recut import cut_again
from mespot.review.page import RegionMotion, Review, write_page
from mespot.videos.found import Found


def write_review(found: Found, path: Path, recording: Recording, rate: float) -> None:
    """Write the page of what was found.

    recording, rate: what it was found in, and about how many working frames a second were asked
    for. The recording is read again, frame by frame, for the faces that the page shows. Raises
    InputError when it has changed, and when the page cannot be written.
    """
    measured = found.measured
    first = measured.first_native_frame
    usable = measured.span >= 0
    review = Review(
        subject=found.video,
        video=found.video,
        fps=measured.native_fps,
        first_frame=first,
        # Numbers of images may have gaps, so the last one can be higher than the count says.
        last_frame=max(first + measured.n_native_frames - 1, int(measured.native_frame[-1])),
        time=measured.time,
        native_frame=measured.native_frame,
        usable=usable,
        scores={kind: found.scores[kind].to_numpy() for kind in CLASSES},
        thresholds=found.thresholds,
        candidates=found.candidates,
        intervals=found.intervals,
        method=_method(found),
        regions=RegionMotion.over_shortest(
            measured.regions,
            measured.regional,
            measured.lags,
            measured.crop_size,
            _centres(measured),
        ),
        faces=(lambda frames: _faces(measured, recording, rate, frames)) if usable.any() else None,
    )
    write_page(path, review)


def _method(found: Found) -> str:
    if "model" in found.made_with:
        return f"model {Path(found.made_with['model']).stem}"
    return "training-free"


def _centres(measured: Measured) -> np.ndarray | None:
    """The middle of each region as shares of the crop's side."""
    points = measured.usual_points
    if not np.isfinite(points).all():
        return None
    middles = [points[list(REGIONS[name])].mean(axis=0) for name in measured.regions]
    return np.stack(middles) / measured.crop_size


def _faces(
    measured: Measured, recording: Recording, rate: float, wanted: np.ndarray
) -> Iterator[np.ndarray]:
    """The crops of the wanted working frames, which are in order."""
    return cut_again(
        recording,
        rate,
        measured.native_frame,
        transforms=measured.transform,
        bridged=measured.bridged,
        size=measured.crop_size,
        fault=InputError(f"{recording.path}: was changed while it was read; run again"),
        wanted=wanted,
    )
