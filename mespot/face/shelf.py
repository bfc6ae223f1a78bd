"""Detected faces, and where they lie until one of them is chosen.

A face is 6 kB, so all faces of ten hours are 6 GB: those of a long recording lie in a file.
"""

from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

N_POINTS, N_BLENDSHAPES = 478, 52
_SHAPES = ((N_POINTS, 3), (N_BLENDSHAPES,), (4, 4))
_ENDS = np.cumsum([int(np.prod(shape)) for shape in _SHAPES])
_BYTES = 4 * int(_ENDS[-1])
_AT_ONCE = 256  # faces that are written together


@dataclass(frozen=True)
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


class Shelf:
    """Faces by their number, in the order in which they were put there."""

    def __init__(self, file: BinaryIO | None) -> None:
        """file: an empty one that can be written and read; None keeps all faces in memory."""
        self._file = file
        self._written = 0  # faces in the file; those after them are still waiting
        self._waiting: list[Face] = []

    def put(self, face: Face) -> int:
        """Keep a face as float32; returns its number."""
        self._waiting.append(face)
        number = self._written + len(self._waiting) - 1
        if self._file is not None and len(self._waiting) == _AT_ONCE:
            self._file.seek(self._written * _BYTES)
            self._file.write(b"".join(_packed(one) for one in self._waiting))
            self._written += len(self._waiting)
            self._waiting = []
        return number

    def face(self, number: int) -> Face:
        """A face that was kept."""
        if self._file is None or number >= self._written:
            return self._waiting[number - self._written]
        self._file.seek(number * _BYTES)
        values = np.frombuffer(self._file.read(_BYTES), np.float32)
        parts = np.split(values, _ENDS[:-1])
        points, blendshapes, pose = (
            part.reshape(shape) for part, shape in zip(parts, _SHAPES, strict=True)
        )
        return Face(points, blendshapes, pose)


def _packed(face: Face) -> bytes:
    parts = (face.points, face.blendshapes, face.pose)
    return b"".join(np.asarray(part, np.float32).tobytes() for part in parts)
