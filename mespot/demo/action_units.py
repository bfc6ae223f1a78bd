"""Facial action units as displacements of the 478-point face mesh of MediaPipe.

Each unit (Ekman and Friesen 1978) is a sum of smooth pushes: skin about a landmark moves by a
vector, skin around it by less, as a Gaussian of the distance. Lids and the lower jaw have an edge
at which the motion stops abruptly. They are given apart and moved by mespot.demo.openings.
Directions are in the face's own frame: `out` is away from the midline, `up` towards the forehead;
lengths are in face widths.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mespot.demo.events import SIDES
from mespot.demo.sampling import smoothstep


@dataclass(frozen=True)
class Push:
    """Skin about the mean of `landmarks` (of the person's right) moves by (out, up).

    radius: standard deviations of the Gaussian along and across the face, in face widths.
    """

    landmarks: tuple[int, ...]
    out: float
    up: float
    radius: tuple[float, float]


_BROW_INNER, _BROW_MIDDLE, _BROW_OUTER = (107, 55, 66, 65), (105, 52, 66, 65), (63, 53, 70, 46)
_CORNER = (61,)

PUSHES: dict[str, tuple[Push, ...]] = {
    "1": (
        Push(_BROW_INNER, -0.1, 1.0, (0.070, 0.085)),
        Push((108, 69), 0.0, 0.5, (0.080, 0.070)),
    ),
    "2": (
        Push(_BROW_OUTER, 0.05, 1.0, (0.075, 0.085)),
        Push((104, 68), 0.0, 0.45, (0.080, 0.070)),
    ),
    "4": (
        Push(_BROW_INNER, -0.55, -0.75, (0.060, 0.050)),
        Push(_BROW_MIDDLE, -0.30, -0.45, (0.065, 0.050)),
        Push((9, 8), 0.0, -0.20, (0.050, 0.060)),
    ),
    "5": (),
    "6": (
        Push((117, 118, 101, 50), -0.05, 1.0, (0.080, 0.060)),
        Push((116, 111), -0.45, 0.15, (0.060, 0.060)),
    ),
    "7": (Push((119, 118, 230), 0.0, 0.35, (0.070, 0.040)),),
    "9": (
        Push((129, 98, 49), 0.10, 0.85, (0.050, 0.050)),
        Push((196, 174, 236), 0.0, 0.60, (0.045, 0.055)),
        Push(_BROW_INNER, -0.30, -0.45, (0.055, 0.050)),
        Push((39, 165), 0.0, 0.45, (0.060, 0.045)),
    ),
    "10": (
        Push((37, 39, 167), 0.0, 0.75, (0.060, 0.045)),
        Push((206, 203, 92), 0.10, 0.65, (0.060, 0.060)),
    ),
    "12": (
        Push(_CORNER, 0.75, 0.70, (0.085, 0.075)),
        Push((205, 50), 0.15, 0.40, (0.090, 0.080)),
    ),
    "14": (
        Push(_CORNER, 0.75, 0.10, (0.055, 0.050)),
        Push((214, 212), -0.30, 0.10, (0.050, 0.060)),
    ),
    "15": (
        Push(_CORNER, 0.15, -1.0, (0.060, 0.055)),
        Push((204, 194), 0.05, -0.35, (0.065, 0.060)),
    ),
    "17": (
        Push((199, 175, 200), 0.0, 0.55, (0.090, 0.065)),
        Push((17, 18, 84), 0.0, 0.45, (0.080, 0.045)),
    ),
    "18": (
        Push(_CORNER, -1.0, 0.0, (0.075, 0.060)),
        Push((39, 181), -0.35, 0.0, (0.050, 0.060)),
    ),
    "20": (
        Push(_CORNER, 1.0, -0.20, (0.085, 0.060)),
        Push((204, 212), 0.35, -0.20, (0.070, 0.070)),
    ),
    "23": (
        Push((37, 0, 39), 0.0, -0.45, (0.070, 0.035)),
        Push((84, 17, 181), 0.0, 0.45, (0.070, 0.035)),
        Push(_CORNER, -0.60, 0.0, (0.050, 0.040)),
    ),
    "24": (
        Push((37, 0, 39), 0.0, -0.50, (0.090, 0.035)),
        Push((84, 17, 181), 0.0, 0.60, (0.090, 0.040)),
    ),
    "26": (),
}
# (upper lid up, lower lid up), in the unit's own measure; a lid's middle moves most.
LIDS = {"5": (1.0, 0.0), "6": (-0.10, 0.30), "7": (-0.45, 0.80), "9": (0.0, 0.25)}
JAW = {"26": 1.0}  # lower jaw down

_MIRRORED = {
    107: 336, 55: 285, 66: 296, 65: 295, 105: 334, 52: 282, 63: 293, 53: 283, 70: 300, 46: 276,
    108: 337, 69: 299, 104: 333, 68: 298, 117: 346, 118: 347, 101: 330, 50: 280, 116: 345,
    111: 340, 119: 348, 230: 450, 129: 358, 98: 327, 49: 279, 196: 419, 174: 399, 236: 456,
    39: 269, 165: 391, 37: 267, 167: 393, 206: 426, 203: 423, 92: 322, 61: 291, 205: 425,
    214: 434, 212: 432, 204: 424, 194: 418, 84: 314, 181: 405,
}  # fmt: skip

CHANNELS = tuple((unit, side) for unit in PUSHES for side in SIDES)
UPPER_LIDS = {
    "right": (33, 246, 161, 160, 159, 158, 157, 173, 133),
    "left": (263, 466, 388, 387, 386, 385, 384, 398, 362),
}
LOWER_LIDS = {
    "right": (33, 7, 163, 144, 145, 153, 154, 155, 133),
    "left": (263, 249, 390, 373, 374, 380, 381, 382, 362),
}


def face_width(points: np.ndarray) -> float:
    """Distance between the cheekbones before the ears, px. points: (478, 2 or 3)."""
    return float(np.hypot(*(points[454, :2] - points[234, :2])))


def outward(points: np.ndarray, side: str) -> float:
    """Sign of x that leads away from the midline on a side of the person, in this picture."""
    right_is_left = points[33, 0] < points[263, 0]
    return -1.0 if (side == "right") == right_is_left else 1.0


def pushes(
    points: np.ndarray, unit: str, side: str, where: np.ndarray, glasses: bool
) -> np.ndarray:
    """Displacement by the pushes of one unit on one side, per unit of activation.

    points: (478, 2) landmarks of an upright face, px. where: (..., 2) px. glasses: see `eye_guard`.
    Returns (..., 2) px: 1 pushes by one face width.
    """
    width = face_width(points)
    result = np.zeros(where.shape, np.float64)
    for push in PUSHES[unit]:
        numbers = [_MIRRORED.get(i, i) if side == "left" else i for i in push.landmarks]
        away = (where - points[numbers].mean(axis=0)) / (np.array(push.radius) * width)
        vector = np.array([push.out * outward(points, side), -push.up]) * width
        result += np.exp(-0.5 * (away**2).sum(axis=-1))[..., None] * vector
    return result * eye_guard(points, where, glasses)[..., None]


def eye_guard(points: np.ndarray, where: np.ndarray, glasses: bool) -> np.ndarray:
    """0 within the eye openings, 1 away from them: the eyeball does not move with the skin.

    glasses: 0 within the rims of glasses too, which do not bend with the brows.
    """
    width = face_width(points)
    guard = np.ones(where.shape[:-1])
    for side in SIDES:
        lids = points[list(UPPER_LIDS[side] + LOWER_LIDS[side])]
        low, high = lids.min(axis=0), lids.max(axis=0)
        if glasses:
            low, high = low - np.array([0.10, 0.06]) * width, high + np.array([0.10, 0.17]) * width
        outside = np.maximum(np.maximum(low - where, where - high), 0)
        fade = (0.17 if glasses else 0.13) * width
        guard *= smoothstep(np.hypot(outside[..., 0], outside[..., 1]) / fade)
    return guard


def activation(
    units: dict[tuple[str, str], float], channels: Sequence[tuple[str, str]] = CHANNELS
) -> np.ndarray:
    """Strengths of `units` as a vector over channels."""
    return np.array([units.get(channel, 0.0) for channel in channels])
