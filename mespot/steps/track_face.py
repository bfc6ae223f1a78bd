"""Rule track_face: one person's landmarks, blendshapes, head pose and usable spans."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mespot.errors import InputError
from mespot.face import landmarks
from mespot.face.persons import AUTO, NoSuchFaceError, Person
from mespot.recording import open_recording
from mespot.spans import blocks
from mespot.store import io
from mespot.store.sheet_errors import Errors
from mespot.store.sheet_rows import written
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
    face: str | int = AUTO,
    sheet: str | Path | None = None,
    provenance: Mapping[str, Any],
) -> None:
    """Write the `landmarks` of one recording.

    source: video file or folder of numbered images. fps: needed for a folder. first_frame: number
    of a video file's first frame, 0 if None. model: MediaPipe's face landmarker. rate: working
    frames a second. sheet: the sheet of recordings, for messages. The other settings are those of
    mespot.face.landmarks.TrackingSettings.

    A recording without any face is written with every span -1, and a warning. Raises InputError
    when the recording cannot be read to its end, the model is none, or the face that is wanted is
    not there.
    """
    cv2.setNumThreads(1)
    recording = open_recording(source, fps, first_frame)
    own_rate = recording.working_rate(rate)
    settings = landmarks.TrackingSettings(max_faces, confidence, max_gap, min_span, face)
    try:
        tracked = follow(recording.frames(rate), own_rate, settings, model, Path(output).parent)
    except NoSuchFaceError as error:
        raise InputError(f"{_wanted(video, sheet, face)}: {error}; choose another") from error
    track = tracked.track
    _report(video, track, own_rate)
    frames = len(track.span)
    points, blendshapes, pose = (landmarks.N_POINTS, 3), (landmarks.N_BLENDSHAPES,), (4, 4)
    of_frames = {
        "found": track.found,
        "bridged": track.bridged,
        "cut": track.cut,
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
            "face_seconds": [person.frames / own_rate for person in track.persons],
            "face_sizes": [person.size for person in track.persons],
            "face_followed": 0 if track.followed is None else track.followed + 1,
            "blendshape_names": list(landmarks.blendshape_names()),
        },
        provenance=provenance,
    ) as written_to:
        written_to.add(**of_frames)
        for start, stop in blocks(0, frames):
            part = track.part(start, stop)
            written_to.add(points=part.points, blendshapes=part.blendshapes, head_pose=part.pose)


def _wanted(video: str, sheet: str | Path | None, face: str | int) -> str:
    """Where somebody has asked for a face: the row of the sheet, or the key of config.yaml."""
    for line, row in (
        [] if sheet is None else written(Errors(Path(sheet)), ["video"], ["face"]).rows
    ):
        if row["video"] == video and row.get("face"):
            return f"{sheet}: row {line}: face: {video}"
    return f"config: tracking.face: {video}"


def _report(video: str, track: landmarks.Track, rate: float) -> None:
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
    if track.cut.any():
        at = ", ".join(f"{index / rate:.1f} s" for index in np.flatnonzero(track.cut)[:5])
        log.warning("%s: %d cut(s) to another scene or person, at %s", video, track.cut.sum(), at)
    others = int((track.other_faces > 0).sum())
    if others:
        log.warning("%s: another face in %d of %d frames", video, others, frames)
    if len(track.persons) > 1:
        faces = [_described(one, rate) for one in track.persons]
        told = "; ".join(f"{number} {text}" for number, text in enumerate(faces, start=1))
        number = 1 + (track.followed or 0)
        log.warning(
            "%s: %d lasting faces, from left to right: %s. Number %d is followed; the key"
            " tracking.face or the column face of the sheet chooses another",
            video,
            len(faces),
            told,
            number,
        )


def _described(person: Person, rate: float) -> str:
    still = ", without any motion of its own" if person.still else ""
    return f"for {person.frames / rate:.1f} s, {person.size:.0f} px wide{still}"
