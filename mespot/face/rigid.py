"""Rigid head motion in the optical flow of an aligned face, estimated and removed.

A rigid head under weak perspective that moves a little moves its image by a field that is linear in
six numbers once the depth Z of the face is known (Longuet-Higgins and Prazdny 1980),

    u = x_shift + zoom X - roll Y + yaw Z,      v = y_shift + zoom Y + roll X + pitch Z,

so turning and nodding are removed too, which a plane similarity cannot do. Z comes from the
landmarks. The fit is made where the skin lies on the skull, and is robust (Tukey's biweight): an
expression that reaches there counts as an outlier.
"""

import numpy as np
from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator

from mespot.face.regions import RIGID_AREAS, area_weight

PARAMETERS = ("x_shift", "y_shift", "zoom", "roll", "yaw", "pitch")

_ITERATIONS = 4
_TUKEY = 4.685  # 95 % efficiency on Gaussian residuals
# Share of the data's weight that pulls parameters to 0 which a hidden face does not determine.
_PRIOR = 1e-3


class RigidMotion:
    """Rigid motion model of a face at one place in the crop.

    points: (478, 3) landmarks in the crop's pixels, with depth in the same unit, averaged over a
    short time. Parameters are in px: `zoom`, `roll`, `yaw` and `pitch` are the motion at X, Y or Z
    of a quarter of the crop's side.
    """

    def __init__(self, points: np.ndarray, size: int, grid: int) -> None:
        step, unit = size / grid, size / 4
        centres = (np.arange(grid) + 0.5) * step - 0.5
        px, py = np.meshgrid(centres, centres)
        x, y = (px - (size - 1) / 2) / unit, (py - (size - 1) / 2) / unit
        z = depth_map(points, px, py) / unit
        one, zero = np.ones_like(x), np.zeros_like(x)
        u = np.stack([one, zero, x, -y, z, zero], axis=-1)
        v = np.stack([zero, one, y, x, zero, z], axis=-1)
        self._grid = grid
        # (G * G * 2, 6)
        self._basis = np.stack([u, v], axis=2).reshape(-1, len(PARAMETERS)).astype(np.float32)
        weight = np.max([area_weight(points, area, size, grid) for area in RIGID_AREAS], axis=0)
        self._cells = np.flatnonzero(weight > 0.05)
        self._weight = weight.reshape(-1)[self._cells]
        rows = np.stack([2 * self._cells, 2 * self._cells + 1], axis=1).reshape(-1)
        self._fit = self._basis[rows]

    def estimate(self, flow: np.ndarray) -> np.ndarray:
        """The six PARAMETERS (6,) float32 of the rigid part of a (G, G, 2) flow."""
        observed = flow.reshape(-1, 2)[self._cells].reshape(-1)
        weight = self._weight
        parameters = np.zeros(len(PARAMETERS), np.float32)
        prior = _PRIOR * weight.sum() * np.eye(len(PARAMETERS), dtype=np.float32)
        for _ in range(_ITERATIONS):
            weighted = (self._fit * np.repeat(weight, 2)[:, None]).T
            parameters = np.linalg.solve(weighted @ self._fit + prior, weighted @ observed)
            residual = observed - self._fit @ parameters
            squared = residual[::2] ** 2 + residual[1::2] ** 2
            middle = np.partition(squared, len(squared) // 2)[len(squared) // 2]
            scale = (_TUKEY * 1.4826) ** 2 * middle + 1e-12
            weight = self._weight * np.clip(1 - squared / scale, 0, None) ** 2
        return parameters

    def rigid_part(self, flow: np.ndarray) -> np.ndarray:
        """The rigid motion in a (G, G, 2) flow, as such a flow."""
        return self.field(self.estimate(flow))

    def field(self, parameters: np.ndarray) -> np.ndarray:
        """The (G, G, 2) flow of a rigid motion."""
        return (self._basis @ parameters).reshape(self._grid, self._grid, 2)


def depth_map(points: np.ndarray, px: np.ndarray, py: np.ndarray) -> np.ndarray:
    """Depth of a face (478, 3) at places (px, py), linear between landmarks, whose mean is 0."""
    places, depth = points[:, :2], points[:, 2] - points[:, 2].mean()
    inside = LinearNDInterpolator(places, depth)(px, py)
    return np.where(np.isnan(inside), NearestNDInterpolator(places, depth)(px, py), inside)
