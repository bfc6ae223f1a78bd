"""Measurements of the single face regions as a few numbers, by the regions' names.

How many numbers there are follows from the parts of the face that regions are named after, not from
how many regions there are. `left` and `right` are the two sides of one place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

# Parts of the face, and the words in the names of their regions.
_PARTS = {
    "brow": {"brow", "eyebrow", "glabella", "forehead"},
    "eye": {"eye", "eyelid", "lid"},
    "nose": {"nose", "nostril"},
    "cheek": {"cheek"},
    "mouth": {"mouth", "lip", "chin", "jaw"},
}
_SIDES = ("left", "right")


@dataclass(frozen=True)
class Regions:
    """Positions of R regions. parts: those of each part of the face that has any. places: those of
    one place, on the left and the right side of the face. pairs: left and right of a place."""

    parts: Mapping[str, list[int]]
    places: Mapping[str, list[int]]
    pairs: Mapping[str, tuple[int, int]]

    def overall(self, name: str, values: np.ndarray) -> dict[str, np.ndarray]:
        """Of values `(N, R)`: the largest, the second, the fourth, and the mean, `(N,)` each."""
        ordered = -np.sort(-values, axis=1)
        last = values.shape[1] - 1
        return {
            f"{name}_1": ordered[:, 0],
            f"{name}_2": ordered[:, min(1, last)],
            **self.typical(name, values, ordered),
        }

    def typical(
        self, name: str, values: np.ndarray, ordered: np.ndarray | None = None
    ) -> dict[str, np.ndarray]:
        """The fourth largest and the mean. ordered: the values from the largest on, if known."""
        if ordered is None:
            ordered = -np.sort(-values, axis=1)
        return {
            f"{name}_4": ordered[:, min(3, values.shape[1] - 1)],
            f"{name}_mean": values.mean(axis=1),
        }

    def all(self, name: str, values: np.ndarray) -> dict[str, np.ndarray]:
        """`overall`, and of each part of the face the largest and the mean."""
        columns = self.overall(name, values)
        for part, which in self.parts.items():
            columns[f"{name}_{part}_1"] = values[:, which].max(axis=1)
            columns[f"{name}_{part}_mean"] = values[:, which].mean(axis=1)
        return columns

    def directions(self, name: str, moved: np.ndarray) -> dict[str, np.ndarray]:
        """Of displacements `(N, R, 2)`: how far each place moves sideways, and how far down, and
        how different its two sides move down."""
        columns = {}
        for place, which in self.places.items():
            columns[f"{name}_{place}_sideways"] = np.abs(moved[:, which, 0]).mean(axis=1)
            columns[f"{name}_{place}_down"] = moved[:, which, 1].mean(axis=1)
        for place, (left, right) in self.pairs.items():
            columns[f"{name}_{place}_askew"] = np.abs(moved[:, left, 1] - moved[:, right, 1])
        return columns


def of(names: Sequence[str]) -> Regions:
    """How the regions of these names are grouped. A region without a known word is in no part."""
    words = [name.lower().split("_") for name in names]
    parts = {
        part: [i for i, own in enumerate(words) if known & set(own)]
        for part, known in _PARTS.items()
    }
    places: dict[str, list[int]] = {}
    for i, own in enumerate(words):
        places.setdefault("_".join(w for w in own if w not in _SIDES), []).append(i)
    pairs = {}
    for place, which in places.items():
        sides = [next((s for s in _SIDES if s in words[i]), "") for i in which]
        if sorted(sides) == list(_SIDES):
            pairs[place] = (which[sides.index("left")], which[sides.index("right")])
    return Regions({part: which for part, which in parts.items() if which}, places, pairs)
