"""Rule track_face: one person's landmarks, blendshapes, head pose and usable spans."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2

from mespot.face import landmarks
from mespot.recording import open_recording
from mespot.spans import blocks
from mespot.store import io
from mespot.tracked import follow

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
    tracked = follow(
        recording.frames(rate),
        own_rate,
        landmarks.TrackingSettings(max_faces, confidence, max_gap, min_span),
        model,
        Path(output).parent,
    )
    track = tracked.track
    _report(video, track)
    frames = len(track.span)
    points, blendshapes, pose = (landmarks.N_POINTS, 3), (landmarks.N_BLENDSHAPES,), (4, 4)
    of_frames = {
        "found": track.found,
        "bridged": track.bridged,
        "span": track.span,
        "other_faces": track.other_faces,
        "native_frame": tracked.native_frame,
        "time": tracked.time,
    }
    shapes = {"points": points, "blendshapes": blendshapes, "head_pose": pose}
    with io.writing(
        output,
        "landmarks",
        frames,
        shapes | dict.fromkeys(of_frames, ()),
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
    ) as written:
        written.add(**of_frames)
        for start, stop in blocks(0, frames):
            part = track.part(start, stop)
            written.add(points=part.points, blendshapes=part.blendshapes, head_pose=part.pose)


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
