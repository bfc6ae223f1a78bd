"""Rule track_face: one person's landmarks, blendshapes, head pose and usable spans."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mespot.errors import InputError
from mespot.face import landmarks
from mespot.recording import Frame, open_recording
from mespot.store import io

log = logging.getLogger(__name__)


def run(
    *,
    corpus: str,
    video: str,
    subject: str,
    source: str | Path,
    fps: float | None,
    first_frame: int | None = None,
    model: str | Path,
    output: str | Path,
    rate: float,
    max_faces: int,
    confidence: float,
    max_gap: float,
    min_span: float,
    provenance: Mapping[str, Any],
) -> None:
    """Write the `landmarks` of one recording.

    source: video file or folder of numbered images. fps: needed for a folder. first_frame: number
    of a video file's first frame, 0 if None. model: MediaPipe's face landmarker. rate: working
    frames a second. The other settings are those of mespot.face.landmarks.TrackingSettings.

    A recording without any face is written with every span -1, and a warning. Raises InputError
    when the recording cannot be read to its end or the model is none.
    """
    cv2.setNumThreads(1)
    recording = open_recording(source, fps, first_frame)
    own_rate = recording.working_rate(rate)
    clock: list[tuple[int, float]] = []
    broken: set[int] = set()
    try:
        track = landmarks.track_face(
            _noting(recording.frames(rate), clock, broken),
            Path(model).read_bytes(),
            own_rate,
            landmarks.TrackingSettings(max_faces, confidence, max_gap, min_span),
            broken,
        )
    except landmarks.ModelError as error:
        raise InputError(f"{model}: {error}; delete it, run again") from error
    _report(video, track)
    io.write(
        output,
        "landmarks",
        {
            "points": track.points,
            "blendshapes": track.blendshapes,
            "head_pose": track.pose,
            "found": track.found,
            "bridged": track.bridged,
            "span": track.span,
            "other_faces": track.other_faces,
            "native_frame": np.array([native for native, _ in clock], np.int32),
            "time": np.array([time for _, time in clock], np.float64),
        },
        attrs={
            "corpus": corpus,
            "video": video,
            "subject": subject,
            "native_fps": float(recording.fps),
            "n_native_frames": recording.n_frames,
            "first_native_frame": recording.first_frame,
            "rate": float(own_rate),
            "width": recording.width,
            "height": recording.height,
            "blendshape_names": list(landmarks.blendshape_names()),
        },
        provenance=provenance,
    )


def _noting(
    frames: Iterator[Frame], clock: list[tuple[int, float]], broken: set[int]
) -> Iterator[tuple[float, np.ndarray | None]]:
    """Times and images. What has passed is noted: numbers and times in `clock`, and in `broken` the
    indices of those that are lost through damage of the file."""
    for frame in frames:
        if frame.broken:
            broken.add(len(clock))
        clock.append((frame.native, frame.time))
        yield frame.time, frame.image


def _report(video: str, track: landmarks.Track) -> None:
    frames = len(track.span)
    if not track.found.any():
        log.warning("%s: no face found in any of %d frames", video, frames)
        return
    usable = int((track.span >= 0).sum())
    log.info(
        "%s: a face in %d of %d frames, %d bridged; %d usable in %d span(s)",
        video,
        track.found.sum(),
        frames,
        track.bridged.sum(),
        usable,
        track.span.max() + 1,
    )
    if usable < frames:
        log.warning("%s: %d of %d frames without a usable face", video, frames - usable, frames)
    others = int((track.other_faces > 0).sum())
    if others:
        log.warning("%s: another face in %d of %d frames", video, others, frames)
