"""Face landmarks of a recording, by MediaPipe's face landmarker, and the usable spans.

Three decisions are made here: which of several faces is the recorded person, over which gaps the
landmarks are interpolated, and which parts of a recording have a usable face.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from mespot.errors import InputError

N_POINTS, N_BLENDSHAPES = 478, 52
BLINK = (9, 10)  # eyeBlinkLeft, eyeBlinkRight among the blendshapes

# Two detections are one face when their centres are less than this share of its width apart for
# each working frame between them, but at most the second number.
_STEP, _REACH = 0.25, 0.75
# A face found elsewhere later is still the same person when its width is within this factor.
_SAME_WIDTH = 1.5


class ModelError(InputError):
    """The bytes are no model of MediaPipe's face landmarker."""


@dataclass(frozen=True)
class TrackingSettings:
    """How one person is followed.

    max_faces: the most faces to tell apart, of which one is followed; 2 or more, see `detect`.
    confidence: MediaPipe's thresholds, 0..1. max_gap: gaps shorter than this (s) are bridged.
    min_span: shorter spans (s) are unusable.
    """

    max_faces: int
    confidence: float
    max_gap: float
    min_span: float


@dataclass(frozen=True, slots=True)
class Face:
    """One detected face. points (478, 3) px; blendshapes (52,); pose (4, 4)."""

    points: np.ndarray
    blendshapes: np.ndarray
    pose: np.ndarray

    @property
    def centre(self) -> np.ndarray:
        return (self.points[:, :2].min(axis=0) + self.points[:, :2].max(axis=0)) / 2

    @property
    def width(self) -> float:
        return float(np.ptp(self.points[:, :2], axis=0).max())


@dataclass
class Track:
    """One person over all T working frames of a recording.

    found (T,) bool: a face was found. bridged (T,) bool: none was, the landmarks are interpolated
    over a short gap. span (T,) int16: the usable span that the frame belongs to, -1 where there is
    no usable face. other_faces (T,) int16: lasting faces beside the one that is followed, see
    `other_faces`. chosen: the face found in each frame, or None; `part` makes arrays of them.
    """

    found: np.ndarray
    bridged: np.ndarray
    span: np.ndarray
    other_faces: np.ndarray
    chosen: list[Face | None]

    def part(self, start: int, stop: int) -> Landmarks:
        """Landmarks of the frames [start, stop), without making those of the others."""
        n = stop - start
        part = Landmarks(
            np.full((n, N_POINTS, 3), np.nan, np.float32),
            np.full((n, N_BLENDSHAPES), np.nan, np.float32),
            np.full((n, 4, 4), np.nan, np.float32),
        )
        for index, face in enumerate(self.chosen[start:stop]):
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
    keep: Callable[[Face], Face] = lambda face: face,
) -> Track:
    """Follow one person through a recording: `detect`, `choose_face` and `assemble` in a row.

    frames and model: as for `detect`. rate: frames a second. broken: as for `assemble`; it may
    fill up as `frames` are read. keep: what is held of each face until the end, a KeptFace of
    mespot.face.kept where memory is short. Raises ModelError.
    """
    detected = detect(frames, model, faces=settings.max_faces, confidence=settings.confidence)
    detections = [[keep(face) for face in faces] for faces in detected]
    max_gap = max(1, round(settings.max_gap * rate))
    min_span = max(1, round(settings.min_span * rate))
    chosen = choose_face(detections, max_gap)
    track = assemble(chosen, max_gap=max_gap, min_span=min_span, broken=broken)
    track.other_faces = other_faces(detections, chosen, max_gap=max_gap, min_span=min_span)
    return track


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


def choose_face(detections: list[list[Face]], max_gap: int) -> list[Face | None]:
    """Follow one person: the face that is larger and seen for longer.

    Detections are joined to tracks by place, over gaps of up to `max_gap` frames. The track with
    the largest sum of face widths is the person; tracks of about the same width at other times
    (after the person left and came back) are added.
    """
    tracks = _tracks(detections, max_gap)
    chosen: list[Face | None] = [None] * len(detections)
    if not tracks:
        return chosen
    # sorted() is stable: of two equal tracks the one that began first is taken.
    tracks = sorted(tracks, key=lambda track: -sum(face.width for face in track.values()))
    width = np.median([face.width for face in tracks[0].values()])
    taken = np.zeros(len(detections), bool)
    for track in tracks:
        ratio = np.median([face.width for face in track.values()]) / width
        inside = slice(min(track), max(track) + 1)
        if taken[inside].any() or not 1 / _SAME_WIDTH <= ratio <= _SAME_WIDTH:
            continue
        taken[inside] = True
        for index, face in track.items():
            chosen[index] = face
    return chosen


def other_faces(
    detections: list[list[Face]], chosen: list[Face | None], *, max_gap: int, min_span: int
) -> np.ndarray:
    """How many lasting faces each frame has beside the one that is followed, (T,) int16.

    A face lasts if it is found in `min_span` frames, with gaps of up to `max_gap`. A second
    detection on the followed face does not count.
    """
    rest = []
    for faces, own in zip(detections, chosen, strict=True):
        rest.append([face for face in faces if own is None or _apart(face, own)])
    counts = np.zeros(len(detections), np.int16)
    for track in _tracks(rest, max_gap):
        if len(track) >= min_span:
            counts[min(track) : max(track) + 1] += 1
    return counts


def _apart(face: Face, own: Face) -> bool:
    """Whether two detections are two faces: the centre of neither is inside the other."""
    return bool(np.hypot(*(face.centre - own.centre)) > max(face.width, own.width) / 2)


def _tracks(detections: list[list[Face]], max_gap: int) -> list[dict[int, Face]]:
    tracks: list[dict[int, Face]] = []
    last: list[int] = []
    live: list[int] = []  # tracks that a face can still be joined to
    for index, faces in enumerate(detections):
        live = [j for j in live if index - last[j] <= max_gap + 1]
        pairs = []
        for i, face in enumerate(faces):
            for j in live:
                old, steps = tracks[j][last[j]], index - last[j]
                apart = np.hypot(*(face.centre - old.centre)) / old.width
                if apart <= min(_STEP * steps, _REACH):
                    pairs.append((float(apart), i, j))
        joined: dict[int, int] = {}
        for _, i, j in sorted(pairs):
            if i not in joined and j not in joined.values():
                joined[i] = j
        for i, face in enumerate(faces):
            if i not in joined:
                joined[i] = len(tracks)
                live.append(len(tracks))
                tracks.append({})
                last.append(index)
            tracks[joined[i]][index] = face
            last[joined[i]] = index
    return tracks


def assemble(
    chosen: list[Face | None], *, max_gap: int, min_span: int, broken: Collection[int] = ()
) -> Track:
    """Arrays over time from one face (or None) a frame, gaps bridged, spans numbered.

    max_gap: gaps of fewer frames are interpolated, longer ones (and both ends of the recording)
    are left without a face. min_span: spans of fewer frames are unusable (span -1).
    broken: numbers of frames that are lost because the file is damaged; no gap with one of them is
    bridged.
    """
    n = len(chosen)
    found = np.array([face is not None for face in chosen], bool)
    track = Track(found, np.zeros(n, bool), np.full(n, -1, np.int16), np.zeros(n, np.int16), chosen)
    seen = np.flatnonzero(found)
    for before, after in zip(seen[:-1], seen[1:], strict=True):
        if 1 < after - before <= max_gap and not any(before < lost < after for lost in broken):
            track.bridged[before + 1 : after] = True
    usable = found | track.bridged
    edges = np.flatnonzero(np.diff(np.concatenate([[0], usable.astype(np.int8), [0]])))
    spans = [(a, b) for a, b in edges.reshape(-1, 2) if b - a >= min_span]
    for index, (start, end) in enumerate(spans):
        track.span[start:end] = index
    return track


def _bridge(
    part: Landmarks,
    inside: np.ndarray,
    before: int,
    after: int,
    chosen: list[Face | None],
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
