"""The rig of one face: what each action unit does to its mesh, its skin and its openings."""

import numpy as np

from mespot.demo.action_units import (
    CHANNELS,
    JAW,
    LIDS,
    LOWER_LIDS,
    UPPER_LIDS,
    activation,
    face_width,
    pushes,
)
from mespot.demo.events import SIDES
from mespot.demo.openings import INNER_UPPER_LIP, Eye, Mouth


class Rig:
    """Displacements of an upright face by action units, linear in their activations.

    Activations are vectors over CHANNELS in % of the face width: 1 moves the landmark that this
    unit moves most by 1 %.

    points: (478, 2) landmarks, px. grid: (h, w, 2) px where the skin's motion is wanted. glasses:
    whether the face wears some.
    """

    def __init__(self, points: np.ndarray, grid: np.ndarray, glasses: bool = False) -> None:
        self.points = points
        self.percent = face_width(points) / 100
        self.eyes = {side: Eye(points, side) for side in SIDES}
        self.mouth = Mouth(points)
        n = len(CHANNELS)
        mesh = np.zeros((n, len(points), 2))
        skin = np.zeros((n, *grid.shape))
        self.lids = {side: np.zeros((n, 2)) for side in SIDES}  # px up: upper, lower
        self.jaw = np.zeros(n)  # px down
        for index, (unit, side) in enumerate(CHANNELS):
            mesh[index] = pushes(points, unit, side, points, glasses)
            skin[index] = pushes(points, unit, side, grid, glasses)
            self.lids[side][index] = np.array(LIDS.get(unit, (0, 0))) * face_width(points)
            # Either side's channel drops the whole jaw by half.
            self.jaw[index] = JAW.get(unit, 0.0) / 2 * face_width(points)
        mesh += self._edges(points)
        skin[..., 1] += self.jaw[:, None, None] * self.mouth.jaw(grid)
        scale = self.percent / np.hypot(mesh[..., 0], mesh[..., 1]).max(axis=1)
        self.mesh = mesh * scale[:, None, None]
        self.skin = (skin * scale[:, None, None, None]).astype(np.float32)
        self.lids = {side: lids * scale[:, None] for side, lids in self.lids.items()}
        self.jaw = self.jaw * scale

    def _edges(self, points: np.ndarray) -> np.ndarray:
        """What lids and jaw add to the mesh's motion: (C, 478, 2) px."""
        result = np.zeros((len(CHANNELS), len(points), 2))
        for side, eye in self.eyes.items():
            for column, numbers in enumerate((UPPER_LIDS[side], LOWER_LIDS[side])):
                profile = eye.lid_profile(points[list(numbers)])
                result[:, numbers, 1] -= self.lids[side][:, column, None] * profile
        jaw = self.mouth.jaw(points) + self.mouth.drop(points)
        jaw[list(INNER_UPPER_LIP)] = 0  # in a shut mouth they lie on the lower lip
        result[..., 1] += self.jaw[:, None] * jaw
        return result

    def displacement(self, activations: np.ndarray) -> np.ndarray:
        """Displacement of the mesh (478, 2), px."""
        return np.tensordot(activations, self.mesh, 1)

    def activations(self, units: dict[tuple[str, str], float], amplitude: float) -> np.ndarray:
        """`units` scaled so that the landmark moved most moves by `amplitude` % of the width."""
        relative = activation(units)
        largest = np.hypot(*self.displacement(relative).T).max()
        return relative * amplitude * self.percent / largest
