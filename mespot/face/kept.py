"""Detected faces whose landmarks lie outside memory: an hour of them is 600 MB."""

from typing import Protocol

import numpy as np

from mespot.face.landmarks import N_BLENDSHAPES, N_POINTS, Face

# Numbers of a face: points, blendshapes, pose.
FACE_NUMBERS = N_POINTS * 3 + N_BLENDSHAPES + 16
_PARTS = N_POINTS * 3, N_POINTS * 3 + N_BLENDSHAPES


class Rows(Protocol):
    """Where faces are put aside, FACE_NUMBERS a row; mespot.store.scratch has one."""

    def append(self, row: np.ndarray) -> int: ...

    def __getitem__(self, number: int) -> np.ndarray: ...


class KeptFace(Face):
    """A face of which place and width are in memory; the rest is read when it is asked for."""

    __slots__ = ("_number", "_rows", "_width", "_x", "_y")
    _rows: Rows
    _number: int
    _x: float
    _y: float
    _width: float

    def __init__(self, face: Face, rows: Rows) -> None:
        x, y = face.centre.tolist()
        parts = [face.points.ravel(), face.blendshapes, face.pose.ravel()]
        values = dict(_rows=rows, _number=rows.append(np.concatenate(parts)), _x=x, _y=y)
        for name, value in (values | {"_width": face.width}).items():
            object.__setattr__(self, name, value)

    @property
    def points(self) -> np.ndarray:
        return self._rows[self._number][: _PARTS[0]].reshape(N_POINTS, 3)

    @property
    def blendshapes(self) -> np.ndarray:
        return self._rows[self._number][slice(*_PARTS)]

    @property
    def pose(self) -> np.ndarray:
        return self._rows[self._number][_PARTS[1] :].reshape(4, 4)

    @property
    def centre(self) -> np.ndarray:
        return np.array([self._x, self._y], np.float32)

    @property
    def width(self) -> float:
        return self._width
