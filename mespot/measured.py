"""From a recording to the motion of its face regions, without any file in between.

The same functions as in the steps track_face, crop_frames and optical_flow, so the numbers are the
same. What a frame weighs most, its picture, landmarks, crop and flow map, is never kept: memory
grows by about 700 bytes a frame. The recording is decoded twice, because who is followed, and how
large that face is, is known at its end only. That costs 1 to 2 ms for each frame of 640x480.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from mespot.errors import InputError
from mespot.face.crops import CropPoints, CropSettings, align_crops, cut_crops
from mespot.face.landmarks import Track, TrackingSettings, blink
from mespot.face.motion import MotionSettings, frame_motions, in_blocks, stretch
from mespot.face.occlusion import FaceWatch, usual_points
from mespot.face.persons import NoSuchFaceError
from mespot.face.regions import REGIONS
from mespot.recording import Recording, ahead, images_of, waiting
from mespot.spans import blocks, without
from mespot.tracked import follow

_BLOCK = 128  # frames of motion that are held with their maps


@dataclass(frozen=True)
class Measured:
    """The motion of a face over T working frames, as the kind `flow` of mespot.store has it.

    regional: `(T, L, R, 2)` float32, mean displacement of each region over each lag, px of the
    crop. rigid: `(T, L, 6)` float32, the rigid motion that was removed. span: `(T,)` int16, the
    usable span of each frame, -1 where there is no usable face. native_frame: `(T,)` int32. time:
    `(T,)` float64, s. blink: `(T,)` float32, 0..1. occluded: `(T,)` bool, something hides the
    face; such a frame is in no span. cut, found, bridged, other_faces: `(T,)`, see
    mespot.face.landmarks.Track. head_rotation: `(T, 3)` float32, yaw, pitch and roll of the head,
    degrees. face_box: `(T, 4)` float32, left, top, right and bottom of the face in the recording,
    px. Both are NaN where there is no face. transform: `(T, 2, 3)` float64, from the recording's
    pixels to those of the aligned crop, NaN without a usable face. usual_points: `(478, 2)`, where
    the landmarks mostly are in the crops, px; NaN where no frame has a usable face.

    rate: working frames a second. lags: working frames. regions: their names. crop_size: side of
    the aligned crop, px. native_fps, n_native_frames, first_native_frame, width, height: of the
    recording.
    """

    regional: np.ndarray
    rigid: np.ndarray
    span: np.ndarray
    native_frame: np.ndarray
    time: np.ndarray
    blink: np.ndarray
    occluded: np.ndarray
    cut: np.ndarray
    found: np.ndarray
    bridged: np.ndarray
    other_faces: np.ndarray
    head_rotation: np.ndarray
    face_box: np.ndarray
    transform: np.ndarray
    usual_points: np.ndarray
    rate: float
    lags: tuple[int, ...]
    regions: tuple[str, ...]
    crop_size: int
    native_fps: float
    n_native_frames: int
    first_native_frame: int
    width: int
    height: int


def measure(
    recording: Recording,
    settings: Mapping[str, Mapping[str, Any]],
    landmarker: str | Path,
    scratch: str | Path,
    progress: Callable[[int, int], None] | None = None,
) -> Measured:
    """Follow the person of a recording and measure how the regions of the face move.

    recording: as mespot.recording opens it. settings: the sections `tracking`, `crop` and `flow` of
    config.yaml. landmarker: MediaPipe's face landmarker. scratch: an existing folder for the
    landmarks, 6 kB a frame; they are gone from it when this ends. progress: called with the frames
    that are done and about how many there are; each frame counts twice.

    Raises InputError when the recording cannot be read to its end, the model is none or the folder
    is full.
    """
    cv2.setNumThreads(1)
    tracking, crop, flow = (dict(settings[name]) for name in ("tracking", "crop", "flow"))
    crop.pop("kept", None)  # of files only
    wanted = tracking.pop("rate")
    rate = recording.working_rate(wanted)
    count = _Counter(progress, 2 * round(recording.n_frames / recording.steady_fps * rate))
    held = waiting(recording.width, recording.height)
    with closing(ahead(recording.frames(wanted), held)) as frames:
        of_face = TrackingSettings(**tracking)
        try:
            tracked = follow(count.passing(frames), rate, of_face, landmarker, scratch)
        except NoSuchFaceError as error:
            raise InputError(f"{recording.path}: {error}; choose another") from error
    track, size = tracked.track, crop["size"]
    count.total = 2 * len(track.span)
    transforms = align_crops(_Points(track), track.span, rate, CropSettings(**crop))
    fault = InputError(f"{recording.path}: was changed while it was read; run again")
    images = images_of(recording.frames(wanted), tracked.native_frame, fault)
    motion = MotionSettings(**{**flow, "lags": tuple(flow["lags"])})
    regional, rigid = (
        np.zeros((len(track.span), *motion.shapes[name]), np.float32)
        for name in ("regional", "rigid")
    )
    done = 0
    usual = usual_points(transforms, _Points(track), track.span)
    watch = FaceWatch(usual, size, rate)
    usable = track.span.copy()
    cut = cut_crops(images, transforms, track.bridged, size)
    with closing(ahead(watch.watched(cut, usable, stretch(rate)))) as crops:
        motions = frame_motions(
            count.passing(crops),
            CropPoints(transforms, _Points(track)),
            usable,
            rate=rate,
            size=size,
            settings=motion,
        )
        for block in in_blocks(motions, _BLOCK):
            part = slice(done, done + len(block.regional))
            regional[part], rigid[part] = block.regional, block.rigid
            done = part.stop
    return Measured(
        regional=regional,
        rigid=rigid,
        span=without(track.span, watch.hidden()),
        occluded=watch.hidden(),
        cut=track.cut,
        native_frame=tracked.native_frame,
        time=tracked.time,
        found=track.found,
        bridged=track.bridged,
        other_faces=track.other_faces,
        **_of_head(track),
        transform=transforms,
        usual_points=usual,
        rate=float(rate),
        lags=motion.lags,
        regions=tuple(REGIONS),
        crop_size=size,
        native_fps=float(recording.fps),
        n_native_frames=recording.n_frames,
        first_native_frame=recording.first_frame,
        width=recording.width,
        height=recording.height,
    )


@dataclass(frozen=True)
class _Points:
    """Landmarks of a track, in the recording's pixels; each is read when it is asked for."""

    track: Track

    def __getitem__(self, frames: slice) -> np.ndarray:
        return self.track.part(frames.start, frames.stop).points


def _of_head(track: Track) -> dict[str, np.ndarray]:
    """Blink, head rotation and face box of every frame."""
    values: dict[str, list[np.ndarray]] = {"blink": [], "head_rotation": [], "face_box": []}
    for first, last in blocks(0, len(track.span)):
        part = track.part(first, last)
        values["blink"].append(blink(part.blendshapes))
        values["head_rotation"].append(head_rotation(part.pose))
        places = part.points[..., :2]
        values["face_box"].append(np.concatenate([places.min(axis=1), places.max(axis=1)], axis=1))
    return {name: np.concatenate(parts) for name, parts in values.items()}


def head_rotation(pose: np.ndarray) -> np.ndarray:
    """Yaw, pitch and roll `(T, 3)` float32, degrees, of facial transformation matrices (T, 4, 4);
    NaN where there is none."""
    rotation = np.full((len(pose), 3), np.nan, np.float32)
    there = np.isfinite(pose).all(axis=(1, 2))
    if there.any():
        turned = Rotation.from_matrix(pose[there, :3, :3])
        rotation[there] = turned.as_euler("yxz", degrees=True)
    return rotation


class _Counter:
    """Counts what passes, and tells how many have passed of how many there will be."""

    def __init__(self, progress: Callable[[int, int], None] | None, total: int) -> None:
        self._progress, self._done = progress, 0
        self.total = total

    def passing(self, items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            yield item
            self._done += 1
            if self._progress is not None:
                self._progress(min(self._done, self.total), self.total)
