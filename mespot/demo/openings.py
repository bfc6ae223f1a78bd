"""Eye openings and mouth: the edges at which skin motion stops and something else shows.

All maps are backward: for places in the moved face they give where to look in the portrait. Each
opening has its own frame: `a` runs from one corner (0) to the other (1), `b` is px below the line
of the corners.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from mespot.demo.action_units import LOWER_LIDS, UPPER_LIDS, face_width
from mespot.demo.sampling import smoothstep

INNER_UPPER_LIP = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
_INNER_LOWER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
_IRIS = {"right": (468, 469, 470, 471, 472), "left": (473, 474, 475, 476, 477)}
_MEETING = 0.88  # closing lids meet at this share of the opening, from above
_CHIN = 152

_A = np.linspace(0, 1, 65)


@dataclass(frozen=True)
class _Frame:
    """Corner of `a` = 0, unit vectors along `a` and `b`, distance of the corners; px."""

    origin: np.ndarray
    along: np.ndarray
    down: np.ndarray
    length: float

    @classmethod
    def between(cls, first: np.ndarray, second: np.ndarray) -> "_Frame":
        left, right = (first, second) if first[0] < second[0] else (second, first)
        length = float(np.hypot(*(right - left)))
        along = ((right - left) / length).astype(np.float32)
        down = np.array([-along[1], along[0]])
        return cls(left.astype(np.float32), along, down, length)

    def to(self, where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, y = where[..., 0] - self.origin[0], where[..., 1] - self.origin[1]
        a = (x * self.along[0] + y * self.along[1]) / self.length
        return a, x * self.down[0] + y * self.down[1]

    def back(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a = a * self.length
        x = a * self.along[0] + b * self.down[0] + self.origin[0]
        y = a * self.along[1] + b * self.down[1] + self.origin[1]
        return np.stack([x, y], axis=-1)

    def contour(self, points: np.ndarray) -> np.ndarray:
        """b of a contour at `_A`."""
        a, b = self.to(points)
        order = np.argsort(a)
        a, b = a[order], b[order]
        keep = np.concatenate([[True], np.diff(a) > 1e-3])
        return PchipInterpolator(a[keep], b[keep])(np.clip(_A, a[0], a[-1]))


def _interpolate(a: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A contour's values at places along its opening, in the type of `a`."""
    return np.interp(a, _A, values).astype(a.dtype)


def _coverage(b: np.ndarray, top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Share of a pixel at b (its height 1) between top and bottom; 0 where bottom <= top."""
    return np.clip(np.clip(b - top + 0.5, 0, 1) + np.clip(bottom - b + 0.5, 0, 1) - 1, 0, 1)


class Eye:
    """One eye of an upright face. points: (478, 2) px; side: the person's own."""

    def __init__(self, points: np.ndarray, side: str) -> None:
        upper, lower = points[list(UPPER_LIDS[side])], points[list(LOWER_LIDS[side])]
        self.frame = _Frame.between(upper[0], upper[-1])
        self.upper = self.frame.contour(upper)
        self.lower = np.maximum(self.frame.contour(lower), self.upper)
        # The landmarks run along the inner edge of the lower lid; its wet rim moves with the lid.
        self.lower += 0.006 * face_width(points) * np.clip(4 * _A * (1 - _A), 0, 1)
        self.opening = float((self.lower - self.upper).max())
        iris = points[list(_IRIS[side])]
        self.iris = iris[0]
        self.iris_radius = float(np.hypot(*(iris[1:] - iris[0]).T).mean())
        self.least_reach = 0.045 * face_width(points)
        middle = points[list(UPPER_LIDS[side] + LOWER_LIDS[side])].mean(axis=0)
        reach = np.array([0.55 * self.frame.length, 2 * self.opening + self.least_reach])
        self.box = np.stack([middle - reach, middle + reach])

    def lid_profile(self, where: np.ndarray) -> np.ndarray:
        """Share of the lid's motion at places on its edge: 1 in the middle, 0 at the corners."""
        a, _ = self.frame.to(where)
        return _interpolate(a, (self.lower - self.upper) / self.opening)

    def lids(self, a: np.ndarray, closing: float, upper_up: float, lower_up: float):
        """b of the upper and the lower lid at rest, and as they are."""
        upper, lower = _interpolate(a, self.upper), _interpolate(a, self.lower)
        span = lower - upper
        profile = span / self.opening
        top = upper + closing * _MEETING * span - upper_up * profile
        bottom = lower - closing * (1 - _MEETING) * span - lower_up * profile
        crossed = top > bottom
        meeting = (top + bottom) / 2
        return upper, lower, np.where(crossed, meeting, top), np.where(crossed, meeting, bottom)

    def _reach(self, moved: np.ndarray) -> float:
        """Height over which skin is stretched by a lid's motion; less than 1.5 of it would fold."""
        return max(1.7 * float(np.abs(moved).max()), self.least_reach)

    def look_up(
        self,
        where: np.ndarray,
        closing: float,
        upper_up: float,
        lower_up: float,
        gaze: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Where to look in the portrait for places in the moved face.

        where: (h, w, 2) px, float32. closing: 0 open .. 1 shut. upper_up, lower_up: px that the
        middle of a lid is raised. gaze: (2,) px that the iris has moved.
        Returns the places of the skin and of the eyeball, both (h, w, 2), how much eyeball shows
        and how much of the line of lashes where closing lids meet, both (h, w), 0..1.
        """
        a, b = self.frame.to(where)
        upper, lower, top, bottom = self.lids(a, closing, upper_up, lower_up)
        # Pixels that an edge cuts see skin and eyeball: each edge's skin goes on inside.
        upwards = b <= (top + bottom) / 2
        above = smoothstep(1 - (top - b) / self._reach(top - upper)) * upwards
        below = smoothstep(1 - (b - bottom) / self._reach(bottom - lower)) * ~upwards
        skin = self.frame.back(a, b - (top - upper) * above - (bottom - lower) * below)
        # A lid that opens further than in the portrait shows eyeball that the portrait lacks: the
        # rim of what there is is stretched.
        share = np.clip((b - top) / np.maximum(bottom - top, 1e-3), 0, 1)
        missing = np.maximum(upper - top, 0) * (1 - share) - np.maximum(bottom - lower, 0) * share
        ball = self.frame.back(a, b + missing)
        x, y = self.iris + gaze
        away = np.hypot(ball[..., 0] - x, ball[..., 1] - y) / self.iris_radius
        follows = smoothstep((2.6 - away) / 1.6)
        ball[..., 0] -= follows * gaze[0]
        ball[..., 1] -= follows * gaze[1]
        gap = bottom - top
        lashes = _coverage(b, top - 0.6, bottom + 0.6) * np.clip(1.5 - gap, 0, 1) * closing
        lashes *= np.clip((lower - upper) / 2, 0, 1)  # none beyond the corners
        return skin, ball, _coverage(b, top, bottom), lashes


class Mouth:
    """The mouth and the lower jaw of an upright face. points: (478, 2) px."""

    def __init__(self, points: np.ndarray) -> None:
        width = face_width(points)
        self.width = width
        self.frame = _Frame.between(points[61], points[291])
        self.upper = self.frame.contour(points[list(INNER_UPPER_LIP)])
        self.lower = np.maximum(self.frame.contour(points[list(_INNER_LOWER)]), self.upper)
        self.shut = float((self.lower - self.upper).max()) < 0.012 * width
        _, chin = self.frame.to(points[_CHIN])
        self.height = float(chin - self.lower.max())
        self.middle = float(points[[61, 291], 0].mean())
        middle = points[[61, 291]].mean(axis=0)
        self.box = np.stack(
            [middle - [0.75 * self.frame.length, 0.1 * width],
             middle + [0.75 * self.frame.length, self.height + 0.1 * width]]
        )  # fmt: skip

    def lens(self, a: np.ndarray) -> np.ndarray:
        """How far the lips part, as a share of the middle."""
        return np.clip(1 - (2 * a - 1) ** 2, 0, 1) ** 0.8

    def jaw(self, where: np.ndarray) -> np.ndarray:
        """Share of the jaw's motion that skin follows smoothly: none at the lips, all at the chin.

        where: (..., 2) px. Below the chin and towards the jaw's angles it fades.
        """
        a, b = self.frame.to(where)
        lip = _interpolate(a, self.lower)
        share = smoothstep((b - lip) / self.height)
        neck = 1 - smoothstep((b - lip - 1.1 * self.height) / (0.45 * self.width))
        side = 1 - smoothstep((np.abs(where[..., 0] - self.middle) / self.width - 0.12) / 0.38)
        return share * neck * side

    def drop(self, where: np.ndarray) -> np.ndarray:
        """Share of the jaw's motion that stops abruptly at the lips; all of it at the lower lip."""
        a, b = self.frame.to(where)
        below = b - _interpolate(a, self.lower)
        return self.lens(a) * (1 - smoothstep(below / self.height)) * (below >= -0.5)

    def look_up(
        self, where: np.ndarray, jaw: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Where to look in the portrait for places in the moved face.

        where: (h, w, 2) px. jaw: px that the lower jaw is down. Returns the places (h, w, 2), how
        much of the inside of the mouth shows, how many px a place is below the upper edge of the
        inside, and how many px the inside is high there; the last three (h, w).
        """
        a, b = self.frame.to(where)
        edge = _interpolate(a, self.lower)
        gap = jaw * self.lens(a)
        below = b - edge - gap
        moved = gap * (1 - smoothstep(below / self.height)) * (below >= -gap / 2)
        return self.frame.back(a, b - moved), _coverage(b, edge, edge + gap), b - edge, gap
