"""Different people from one portrait: facial proportions, skin, tones and light.

The first person of a portrait keeps its proportions. The others differ in the main components of
face shape (length, jaw, eyes, nose, mouth), in skin tone, in how marked the skin's texture is, in
the background and in the light's direction.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from mespot.demo.action_units import face_width
from mespot.demo.portraits import OVERSAMPLING, Portrait, upright
from mespot.demo.sampling import grid, remap
from mespot.demo.smiles import Reshaped, Smile, smile
from mespot.demo.tones import toned

MARGIN = 32  # px of a frame around it, so that a moving head brings in real surroundings


@dataclass(frozen=True)
class Stretch:
    """Proportions about the mean of `landmarks` change by (x, y), fading over `radius`.

    x, y: scale at the strength 1; shift: (out, down) in face widths; radius in face widths.
    """

    landmarks: tuple[int, ...]
    scale: tuple[float, float]
    radius: tuple[float, float]
    shift: tuple[float, float] = (0.0, 0.0)


# Each proportion is a set of stretches that act together; strengths are about -1..1.
PROPORTIONS: dict[str, tuple[Stretch, ...]] = {
    "face length": (Stretch((4,), (0.0, 0.11), (0.60, 0.55)),),
    "jaw": (Stretch((17, 18), (0.16, 0.0), (0.45, 0.30)),),
    "eyes": (
        Stretch((33, 133), (0.14, 0.16), (0.13, 0.10)),
        Stretch((263, 362), (0.14, 0.16), (0.13, 0.10)),
    ),
    "eye distance": (Stretch((168,), (0.12, 0.0), (0.28, 0.16)),),
    "nose width": (Stretch((4,), (0.28, 0.0), (0.13, 0.12)),),
    "nose length": (Stretch((4,), (0.0, 0.0), (0.20, 0.13), (0.0, 0.040)),),
    "mouth width": (Stretch((13, 14), (0.20, 0.0), (0.22, 0.12)),),
    "lips": (Stretch((13, 14), (0.0, 0.30), (0.20, 0.085)),),
    "chin": (Stretch((152,), (0.0, 0.0), (0.28, 0.18), (0.0, 0.055)),),
    "brows": (
        Stretch((105, 107), (0.0, 0.0), (0.20, 0.09), (0.0, -0.024)),
        Stretch((334, 336), (0.0, 0.0), (0.20, 0.09), (0.0, -0.024)),
    ),
}


@dataclass(frozen=True)
class Identity:
    """A face ready to be moved. Sizes are px of a frame, its corner at (-MARGIN, -MARGIN).

    image: (OVERSAMPLING * H, OVERSAMPLING * W, 3) float32 BGR 0..255. points: (478, 3).
    glasses: whether the face wears some. smile: its own, where there is a portrait with one.
    """

    image: np.ndarray
    points: np.ndarray
    glasses: bool = False
    smile: Smile | None = None


def portrait_of(subject: int, n_portraits: int) -> tuple[int, int]:
    """Number of the portrait that a subject is made of, and of its variant; all count from 0."""
    return subject % n_portraits, subject // n_portraits


def identity(
    portrait: Portrait,
    points: np.ndarray,
    variant: int,
    size: tuple[int, int],
    width: int,
    rng: np.random.Generator,
    smiling: tuple[Portrait, np.ndarray] | None = None,
) -> Identity:
    """One person from a portrait.

    points: (478, 3) landmarks of the portrait. variant: 0 keeps its proportions. size: (w, h) of a
    frame, width: of the face, px. smiling: a portrait of the same person with a smile, and its
    landmarks (478, 3).
    """
    centre = (size[0] / 2 + MARGIN, 0.53 * size[1] + MARGIN)
    even = upright(portrait, points, centre, width * rng.uniform(0.95, 1.05), variant % 2 == 1)
    shape = _strengths(variant, rng)
    places = grid((size[0] + 2 * MARGIN, size[1] + 2 * MARGIN), 4)
    # Where each place of the new face was in the old one: the stretch, inverted by iteration.
    before = places
    for _ in range(10):
        before = places - _stretch(before, even.points, shape)
    to_portrait = cv2.invertAffineTransform(even.matrix)
    coarse = (before @ to_portrait[:, :2].T + to_portrait[:, 2]).astype(np.float32)
    look = cv2.resize(coarse, None, fx=4 * OVERSAMPLING, fy=4 * OVERSAMPLING)
    image = remap(even.image, np.asarray(look), cv2.INTER_CUBIC, cv2.BORDER_REFLECT_101)
    moved = even.points.copy()
    moved[:, :2] += _stretch(moved[:, :2], even.points, shape)
    made = Identity(toned(image, moved, variant, rng), moved, portrait.glasses)
    if smiling is None:
        return made
    reshaped = Reshaped(even.points, lambda at: at + _stretch(at, even.points, shape), before)
    return replace(made, smile=smile(*smiling, moved, made.image, reshaped, variant % 2 == 1))


def _strengths(variant: int, rng: np.random.Generator) -> dict[str, float]:
    """Strength of each proportion; the signs of any two variants differ in half of them."""
    strengths = {}
    for index, name in enumerate(PROPORTIONS):
        # Rows of a Hadamard matrix; column 0 has equal signs and is left out.
        sign = -1 if ((variant % 16) & (index + 1)).bit_count() % 2 else 1
        strengths[name] = sign * rng.uniform(0.35, 0.65) if variant else 0.0
    return strengths


def _stretch(where: np.ndarray, points: np.ndarray, shape: dict[str, float]) -> np.ndarray:
    """Displacement (..., 2) px of `where` (..., 2) px by the proportions."""
    width = face_width(points)
    result = np.zeros_like(where)
    for name, strength in shape.items():
        for stretch in PROPORTIONS[name] if strength else ():
            away = where - points[list(stretch.landmarks), :2].mean(axis=0)
            near = np.exp(-0.5 * ((away / (np.array(stretch.radius) * width)) ** 2).sum(axis=-1))
            push = away * stretch.scale + np.array(stretch.shift) * width
            result += strength * near[..., None] * push
    return result
