"""The head in three dimensions: its depth, and where a turn of it takes every place.

The face's depth is that of its mesh. Around the face it falls back to the depth of the turning
axis, so that a turned head leaves its outline in place. What surrounds the head follows its motion
less and less with the distance.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator

from mespot.demo.action_units import face_width
from mespot.demo.sampling import smoothstep
from mespot.face.align import FACE_OVAL

_N_SKIN = 468  # landmarks of the skin; the other ten are the irises
_AXIS = 0.45  # of the face width behind the middle of the face: depth of the turning axis
_CAMERA = 6.0  # distance of the camera, in face widths


def depth(points: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Depth (h, w) px behind the landmarks' own zero, everywhere in the picture.

    points: (478, 3) px. places: (h, w, 2) px.
    """
    width = face_width(points)
    oval = points[list(FACE_OVAL)]
    centre = oval[:, :2].mean(axis=0)
    ring = [
        np.column_stack([centre + (oval[:, :2] - centre) * out, np.full(len(oval), _AXIS * width)])
        for out in (1.45, 1.9, 2.6)
    ]
    known = np.concatenate([points[:_N_SKIN], *ring])
    fit = RBFInterpolator(known[:, :2] / width, known[:, 2], smoothing=1e-3, kernel="linear")
    flat = fit(places.reshape(-1, 2) / width).reshape(places.shape[:-1])
    step = places[0, 1, 0] - places[0, 0, 0]
    return cv2.GaussianBlur(flat, (0, 0), 0.04 * width / step)


def normals(depth: np.ndarray, step: float) -> np.ndarray:
    """x and y of the surface's unit normal towards the camera, (h, w, 2). step: px of a cell."""
    down, across = np.gradient(depth, step)
    return np.stack([across, down], axis=-1) / np.sqrt(1 + across**2 + down**2)[..., None]


@dataclass(frozen=True)
class Pose:
    """yaw, pitch, roll in degrees (positive: nose to the right of the picture, nose down, top of
    the head to the right); x, y, z shift in px (right, down, towards the camera)."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    x: float = 0.0
    y: float = 0.0
    z: float = 0.0

    def matrix(self) -> np.ndarray:
        (sy, cy), (sp, cp), (sr, cr) = (
            (np.sin(a), np.cos(a)) for a in np.deg2rad([self.yaw, self.pitch, self.roll])
        )
        # x right, y down, z away from the camera.
        yaw = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
        pitch = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        roll = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
        return roll @ pitch @ yaw


class Head:
    """Moves places of the picture with the head. points: (478, 3) px; places: (h, w, 2) px."""

    def __init__(self, points: np.ndarray, places: np.ndarray) -> None:
        width = face_width(points)
        self.depth = depth(points, places).astype(np.float32)
        oval = points[list(FACE_OVAL), :2]
        low, high = oval.min(axis=0), oval.max(axis=0)
        middle = (low + high) / 2
        # The head turns about the top of the neck.
        self.pivot = np.array([middle[0], middle[1] + 0.3 * (high[1] - low[1]), _AXIS * width])
        self.camera = _CAMERA * width
        self.follows = _follows(places, middle, high[1], width).astype(np.float32)

    def move(self, places: np.ndarray, pose: Pose) -> np.ndarray:
        """Displacement (h, w, 2) px of the grid's places, which skin motion has put at `places`."""
        matrix = pose.matrix().astype(np.float32)
        pivot, camera = self.pivot.astype(np.float32), np.float32(self.camera)
        z = self.depth - pivot[2]
        # A place's true position: what is further away is larger than it looks.
        nearness = 1 + z / camera
        x, y = (places[..., 0] - pivot[0]) * nearness, (places[..., 1] - pivot[1]) * nearness
        moved = [row[0] * x + row[1] * y + row[2] * z for row in matrix]
        shrink = 1 / (1 + (moved[2] - float(pose.z)) / camera)
        dx = (moved[0] + float(pose.x)) * shrink + pivot[0] - places[..., 0]
        dy = (moved[1] + float(pose.y)) * shrink + pivot[1] - places[..., 1]
        return np.stack([dx * self.follows, dy * self.follows], axis=-1)


def _follows(places: np.ndarray, middle: np.ndarray, chin: float, width: float) -> np.ndarray:
    """Share of the head's motion that each place makes: 1 in the head, 0 far off and in the trunk.

    Hair reaches further than the face; the neck bends between chin and shoulders.
    """
    away = (places - (middle - [0, 0.15 * width])) / (np.array([0.95, 1.15]) * width)
    radius = np.hypot(away[..., 0], away[..., 1])
    around = 1 - smoothstep((radius - 0.7) / 0.75)
    neck = 1 - smoothstep((places[..., 1] - chin + 0.08 * width) / (0.6 * width))
    return around * neck
