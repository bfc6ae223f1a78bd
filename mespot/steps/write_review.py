"""Rule write_review: the page on which an expert reviews what was spotted in a video."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.face.regions import REGIONS
from mespot.recut import faces_of
from mespot.review.page import RegionMotion, Review, write_page
from mespot.store import io, tables
from mespot.store.io import Record


def run(
    *,
    video: str,
    method: str,
    scores: str | Path,
    intervals: str | Path,
    candidates: str | Path,
    flow: str | Path,
    frames: str | Path | None,
    source: Mapping[str, Any] | None = None,
    page: str | Path,
) -> None:
    """Write the page of one video.

    method: its name, for the head of the page. scores, intervals, candidates: its files for the
    fold in which the video is tested. flow: the motion. frames, source: where the face is, and the
    recording (as for mespot.recut.faces_of); None where there is only motion. Raises InputError for
    scores of other frames.
    """
    motion = io.read(flow, "flow")
    curves = io.read_videos(scores, "scores", [video])[video]
    if len(curves["span"]) != len(motion["span"]):
        raise InputError(f"{curves.path}: {curves.group}: not of the frames of {motion.path}")
    faces = None if frames is None else io.read(frames, "frames")
    first = int(motion.attrs["first_native_frame"])
    # Numbers of images may have gaps, so the last one can be higher than the count says.
    last = max(first + int(motion.attrs["n_native_frames"]) - 1, int(motion["native_frame"][-1]))
    spotted, weaker = (
        table[table["video"] == video]
        for table in (tables.read(intervals, "intervals"), tables.read(candidates, "candidates"))
    )
    review = Review(
        subject=str(motion.attrs["subject"]),
        video=video,
        fps=float(motion.attrs["native_fps"]),
        first_frame=first,
        last_frame=last,
        time=motion["time"],
        native_frame=motion["native_frame"],
        usable=motion["span"] >= 0,
        scores={kind: curves[kind] for kind in CLASSES},
        thresholds={kind: float(curves.attrs[f"threshold_{kind}"]) for kind in CLASSES},
        candidates=weaker,
        intervals=spotted,
        method=method,
        regions=_regions(motion, faces),
        faces=None
        if faces is None or source is None
        else lambda wanted: faces_of(source, faces, wanted),
    )
    write_page(page, review)


def _regions(motion: Record, faces: Record | None) -> RegionMotion:
    """Motion over the shortest lag, as steps of one frame, and the places of the regions."""
    lags = [int(lag) for lag in motion.attrs["lags"]]
    names = [str(name) for name in motion.attrs["regions"]]
    centres = None
    if faces is not None and set(names) <= set(REGIONS):
        points = np.reshape(faces.attrs["mean_points"], (-1, 2))
        if len(points):
            size = float(motion.attrs["crop_size"])
            centres = np.stack([points[list(REGIONS[name])].mean(axis=0) for name in names]) / size
    crop_size = float(motion.attrs["crop_size"])
    return RegionMotion.over_shortest(names, motion["regional"], lags, crop_size, centres)
