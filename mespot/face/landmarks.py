"""Face landmarks of a recording, by MediaPipe's face landmarker, and the usable spans.

Three decisions are made here and in mespot.face.tracks and persons: which of several faces is the
recorded person, over which gaps the landmarks are interpolated, and which parts of a recording have
a usable face.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import BinaryIO

import cv2
import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from mespot.errors import InputError
from mespot.face.cuts import SETTLING
from mespot.face.persons import AUTO, Person, choose, followed, persons
from mespot.face.shelf import N_BLENDSHAPES, N_POINTS, Face, Shelf
from mespot.face.tracks import Track as FaceTrack
from mespot.face.tracks import Tracks

BLINK = (9, 10)  # eyeBlinkLeft, eyeBlinkRight among the blendshapes


class ModelError(InputError):
    """The bytes are no model of MediaPipe's face landmarker."""


@dataclass(frozen=True)
class TrackingSettings:
    """How one person is followed.

    max_faces: the most faces to tell apart, of which one is followed; 2 or more, see `detect`.
    confidence: MediaPipe's thresholds, 0..1. max_gap: gaps shorter than this (s) are bridged.
    min_span: shorter spans (s) are unusable. face: who is followed, see mespot.face.persons.choose.
    """

    max_faces: int
    confidence: float
    max_gap: float
    min_span: float
    face: str | int = AUTO


@dataclass
class Track:
    """One person over all T working frames of a recording.

    found (T,) bool: a face was found. bridged (T,) bool: none was, the landmarks are interpolated
    over a short gap. cut (T,) bool: the first frame after a cut to another scene or person. span
    (T,) int16: the usable span that the frame belongs to, -1 where there is no usable face.
    other_faces (T,) int16: lasting faces beside the one that is followed. chosen: the face found in
    each frame, or None; `part` makes arrays of them. persons: all lasting faces from left to right;
    followed: which of them is followed, None without a face.
    """

    found: np.ndarray
    bridged: np.ndarray
    cut: np.ndarray
    span: np.ndarray
    other_faces: np.ndarray
    chosen: Sequence[Face | None]
    persons: list[Person] = field(default_factory=list)
    followed: int | None = None

    def part(self, start: int, stop: int) -> Landmarks:
        """Landmarks of the frames [start, stop), without making those of the others."""
        n = stop - start
        part = Landmarks(
            np.full((n, N_POINTS, 3), np.nan, np.float32),
            np.full((n, N_BLENDSHAPES), np.nan, np.float32),
            np.full((n, 4, 4), np.nan, np.float32),
        )
        for index in range(n):
            face = self.chosen[start + index]
            if face is not None:
                part.points[index], part.blendshapes[index] = face.points, face.blendshapes
                part.pose[index] = face.pose
        seen = np.flatnonzero(self.found)
        inside = start + np.flatnonzero(self.bridged[start:stop])
        after = np.searchsorted(seen, inside)
        for gap in np.unique(after).tolist():
            before, end = int(seen[gap - 1]), int(seen[gap])
            _bridge(part, inside[after == gap], before, end, self.chosen, start)
        return part

    @property
    def points(self) -> np.ndarray:
        return self.part(0, len(self.chosen)).points

    @property
    def blendshapes(self) -> np.ndarray:
        return self.part(0, len(self.chosen)).blendshapes

    @property
    def pose(self) -> np.ndarray:
        return self.part(0, len(self.chosen)).pose


@dataclass(frozen=True)
class Landmarks:
    """Of N frames: points (N, 478, 3) px, blendshapes (N, 52), pose (N, 4, 4), float32; NaN where
    there is no face."""

    points: np.ndarray
    blendshapes: np.ndarray
    pose: np.ndarray


def blendshape_names() -> tuple[str, ...]:
    """MediaPipe's names of the 52 blendshapes, in the order of its output."""
    from mediapipe.tasks.python.vision.face_landmarker import Blendshapes

    names = {
        member.value: "_neutral" if name == "NEUTRAL" else _camel(name)
        for name, member in Blendshapes.__members__.items()
    }
    return tuple(names[index] for index in range(N_BLENDSHAPES))


def _camel(name: str) -> str:
    first, *rest = name.lower().split("_")
    return first + "".join(word.capitalize() for word in rest)


def track_face(
    frames: Iterable[tuple[float, np.ndarray | None]],
    model: bytes,
    rate: float,
    settings: TrackingSettings,
    broken: Collection[int] = (),
    temporary: Callable[[], BinaryIO] | None = None,
) -> Track:
    """Follow one person through a recording.

    frames and model: as for `detect`. rate: frames a second. broken: as for `assemble`; it may
    grow while `frames` are read. temporary: gives an empty file for what does not fit into
    memory; None keeps all there. Raises ModelError, and NoSuchFaceError (mespot.face.persons) where
    the settings want a face that is not there.
    """
    max_gap = max(1, round(settings.max_gap * rate))
    min_span = max(1, round(settings.min_span * rate))
    shelf = Shelf(temporary() if temporary else None)
    tracks = Tracks(rate, max_gap, shelf)
    pictures: deque[np.ndarray | None] = deque()
    seen = detect(
        _noting(frames, pictures), model, faces=settings.max_faces, confidence=settings.confidence
    )
    shape, n = (1, 1), 0
    for n, faces in enumerate(seen, start=1):
        image = pictures.popleft()
        grey = None if image is None else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        shape = shape if grey is None else grey.shape
        tracks.add(n - 1, faces, grey)
    everybody = persons(tracks.tracks, min_span)
    if not everybody:
        return assemble([None] * n, max_gap=max_gap, min_span=min_span, broken=broken)
    person = choose(everybody, settings.face, shape)
    others = [one for one in everybody if one is not person]
    own = followed(tracks.tracks, person, others)
    # A face that is elsewhere from one frame to the next has been cut, too.
    ends = {track.frame[-1] + 1 for track in own}
    cuts = {one.frame[0] for one in own if one.after_cut or one.frame[0] in ends}
    cuts |= {
        scene
        for scene in tracks.scenes
        if not any(track.frame[0] < scene <= track.frame[-1] for track in own)
    }
    track = assemble(
        _Chosen(n, own, shelf),
        max_gap=max_gap,
        min_span=min_span,
        broken=broken,
        cuts=cuts,
        # Where somebody else is cut, an inset or a mirror, this face is as whole as ever.
        mixed=tracks.mixed & {track.frame[-1] for track in own},
        settling=round(SETTLING * rate),
    )
    track.persons, track.followed = everybody, everybody.index(person)
    for one in others:
        for part in one.tracks:
            if len(part) >= min_span:
                track.other_faces[part.frame[0] : part.frame[-1] + 1] += 1
    return track


def _noting(
    frames: Iterable[tuple[float, np.ndarray | None]], pictures: deque[np.ndarray | None]
) -> Iterator[tuple[float, np.ndarray | None]]:
    """The frames; their pictures stay in `pictures` until they are taken out."""
    for time, image in frames:
        pictures.append(image)
        yield time, image


class _Chosen(Sequence[Face | None]):
    """The face of the followed person in each frame, taken from the shelf when asked for."""

    def __init__(self, n: int, tracks: Iterable[FaceTrack], shelf: Shelf) -> None:
        self._numbers = np.full(n, -1, np.int32)
        for track in tracks:
            self._numbers[track.frame] = track.number
        self._shelf = shelf

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index):
        number = int(self._numbers[index])
        return None if number < 0 else self._shelf.face(number)


def detect(
    frames: Iterable[tuple[float, np.ndarray | None]],
    model: bytes,
    *,
    faces: int,
    confidence: float,
) -> Iterator[list[Face]]:
    """Faces of each frame, in time order.

    frames: time (s) and BGR image of each; None where there is no image. model: the content of
    MediaPipe's model file. faces: the most faces to look for, 2 or more; with 1 MediaPipe filters
    the landmarks over time, and they lag behind a moving head by half a pixel. confidence: of
    detection, presence and tracking, 0..1. Raises ModelError.
    """
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_buffer=model),
        running_mode=vision.RunningMode.VIDEO,
        num_faces=faces,
        min_face_detection_confidence=confidence,
        min_face_presence_confidence=confidence,
        min_tracking_confidence=confidence,
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    try:
        landmarker = vision.FaceLandmarker.create_from_options(options)
    except (RuntimeError, ValueError, OSError) as error:
        raise ModelError(f"cannot be loaded as a face landmarker model ({error})") from error
    with landmarker:
        for time, image in frames:
            if image is None:
                yield []
                continue
            picture = mp.Image(
                image_format=mp.ImageFormat.SRGB, data=cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
            )
            result = landmarker.detect_for_video(picture, round(time * 1000))
            yield _faces(result, image.shape[1], image.shape[0])


def _faces(result, width: int, height: int) -> list[Face]:
    scale = np.array([width, height, width], np.float32)  # z is in units of the width
    return [
        Face(
            np.array([[p.x, p.y, p.z] for p in points], np.float32) * scale,
            np.array([shape.score for shape in shapes], np.float32),
            np.asarray(pose, np.float32),
        )
        for points, shapes, pose in zip(
            result.face_landmarks,
            result.face_blendshapes,
            result.facial_transformation_matrixes,
            strict=True,
        )
    ]


def assemble(
    chosen: Sequence[Face | None],
    *,
    max_gap: int,
    min_span: int,
    broken: Collection[int] = (),
    cuts: Collection[int] = (),
    mixed: Collection[int] = (),
    settling: int = 0,
) -> Track:
    """Arrays over time from one face (or None) a frame, gaps bridged, spans numbered.

    max_gap: gaps of fewer frames are interpolated, longer ones (and both ends of the recording)
    are left without a face. min_span: spans of fewer frames are unusable (span -1).
    broken: numbers of frames that are lost because the file is damaged; no gap with one of them is
    bridged. cuts: first frames of other scenes or persons; spans end there. mixed: frames with
    something of both sides of a cut. These are not usable, nor are the `settling` frames after a
    cut.
    """
    n = len(chosen)
    track = Track(
        np.array([face is not None for face in chosen], bool),
        np.zeros(n, bool),
        np.isin(np.arange(n), list(cuts)),
        np.full(n, -1, np.int16),
        np.zeros(n, np.int16),
        chosen,
    )
    seen = np.flatnonzero(track.found)
    for before, after in pairwise(seen.tolist()):
        if 1 < after - before <= max_gap:
            whole = not any(before < index < after for index in broken)
            if whole and not track.cut[before + 1 : after + 1].any():
                track.bridged[before + 1 : after] = True
    usable = track.found | track.bridged
    usable[list(mixed)] = False
    for cut in cuts:
        usable[cut : cut + settling] = False
    edges = np.flatnonzero(np.diff(np.concatenate([[0], usable.astype(np.int8), [0]])))
    spans = []
    for start, end in edges.reshape(-1, 2):
        inside = start + 1 + np.flatnonzero(track.cut[start + 1 : end])
        spans += [(a, b) for a, b in pairwise([start, *inside, end]) if b - a >= min_span]
    for index, (start, end) in enumerate(spans):
        track.span[start:end] = index
    return track


def _bridge(
    part: Landmarks,
    inside: np.ndarray,
    before: int,
    after: int,
    chosen: Sequence[Face | None],
    start: int,
) -> None:
    """Fill the frames `inside` of a gap between two faces; `start`: the frame that `part` starts
    with."""
    share = ((inside - before) / (after - before)).astype(np.float32)
    first, last = chosen[before], chosen[after]
    assert first is not None and last is not None
    for name in ("points", "blendshapes", "pose"):
        values = getattr(part, name)
        weight = share.reshape(-1, *[1] * (values.ndim - 1))
        low, high = getattr(first, name), getattr(last, name)
        values[inside - start] = (1 - weight) * low + weight * high
    # A mean of rotation matrices is not a rotation.
    ends = Rotation.from_matrix(np.stack([first.pose, last.pose])[:, :3, :3])
    part.pose[inside - start, :3, :3] = Slerp([0, 1], ends)(share).as_matrix()


def blink(blendshapes: np.ndarray) -> np.ndarray:
    """The larger of the two eyeBlink blendshapes (T,); 0 where there is no face."""
    return np.nan_to_num(blendshapes[:, BLINK].max(axis=1)).astype(np.float32)
