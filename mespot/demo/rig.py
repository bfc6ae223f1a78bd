"""The rig of one face: what each action unit does to its mesh, its skin and its openings."""

from collections.abc import Mapping

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
from mespot.demo.events import SIDES, SMILE, STRENGTH
from mespot.demo.openings import INNER_UPPER_LIP, Eye, Mouth
from mespot.demo.smiles import Smile, sides

_BROADEST = 1.3  # of the smile in the portrait: a face is not made to smile more broadly


class Rig:
    """Displacements of an upright face by action units, linear in their activations.

    Activations are vectors over `channels` in % of the face width: 1 moves the landmark that this
    unit moves most by 1 %.

    points: (478, 2) landmarks, px. grid: (h, w, 2) px where the skin's motion is wanted. glasses:
    whether the face wears some. smile: its own; without one, it smiles by action units.
    """

    def __init__(
        self,
        points: np.ndarray,
        grid: np.ndarray,
        glasses: bool = False,
        smile: Smile | None = None,
    ) -> None:
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
        self.channels: tuple[tuple[str, str], ...] = CHANNELS
        self.whole_smile = 0.0  # % of the face width
        if smile is not None:
            self._add(smile, grid)

    def _add(self, smile: Smile, grid: np.ndarray) -> None:
        """A channel of each side for the face's own smile."""
        whole = np.hypot(*smile.mesh.T).max()
        of_mesh, of_skin = sides(self.points, self.points), sides(self.points, grid)
        scale = self.percent / whole
        mesh = [smile.mesh * of_mesh[side][:, None] * scale for side in SIDES]
        skin = [smile.skin * of_skin[side][..., None] * scale for side in SIDES]
        self.mesh = np.concatenate([self.mesh, mesh])
        self.skin = np.concatenate([self.skin, np.array(skin, np.float32)])
        self.lids = {side: np.pad(lids, ((0, 2), (0, 0))) for side, lids in self.lids.items()}
        self.jaw = np.pad(self.jaw, (0, 2))
        self.channels += tuple((SMILE, side) for side in SIDES)
        self.whole_smile = float(whole / self.percent)

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
        relative = activation(self._able(units, amplitude), self.channels)
        largest = np.hypot(*self.displacement(relative).T).max()
        return relative * amplitude * self.percent / largest

    def _able(
        self, units: Mapping[tuple[str, str], float], amplitude: float
    ) -> dict[tuple[str, str], float]:
        """`units`; those of a smile where the face has none of its own that is as large."""
        able: dict[tuple[str, str], float] = {}
        for (unit, side), strength in units.items():
            if unit == SMILE and amplitude > _BROADEST * self.whole_smile:
                able |= {(part, side): strength * STRENGTH[part] for part in ("6", "12")}
            else:
                able[unit, side] = strength
        return able
