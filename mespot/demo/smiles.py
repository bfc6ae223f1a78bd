"""A real smile: from a person's neutral portrait to their smiling one.

What changes between the two is a smile of that face, in shape and in texture: creases, cheeks,
teeth. Shape is a displacement of the skin that follows the landmarks of both pictures. Texture is
the smiling picture, which fades in as the smile grows.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator

from mespot.demo import head
from mespot.demo.action_units import eye_guard, face_width
from mespot.demo.events import SIDES
from mespot.demo.portraits import OVERSAMPLING, Portrait
from mespot.demo.sampling import grid, remap, smoothstep
from mespot.face.align import FACE_OVAL
from mespot.face.regions import RIGID_AREAS

_N_SKIN = 468  # landmarks of the skin; the other ten are the irises
_STEP = 4  # px of a frame between the places at which the displacement is computed
_RIGID = sorted({number for area in RIGID_AREAS for number in area})


@dataclass(frozen=True)
class Smile:
    """The whole smile of one face, in px of a frame as `Identity` has them.

    mesh: (478, 2) displacement of the landmarks. skin: (h, w, 2) the same of the skin, with 4 px a
    cell. image: the smiling face in its own shape and in the light of the neutral one, as that of
    Identity. shows: (h, w), 0..1, how much of it may show: not in the eyes, not beside the face.
    """

    mesh: np.ndarray
    skin: np.ndarray
    image: np.ndarray
    shows: np.ndarray


@dataclass(frozen=True)
class Reshaped:
    """How a face got its proportions. points: (478, 3) landmarks before that, px of a frame.
    to: where it takes places (..., 2). before: (h, w, 2) where the places of the new face's grid
    were, with 4 px a cell.
    """

    points: np.ndarray
    to: Callable[[np.ndarray], np.ndarray]
    before: np.ndarray


def smile(
    smiling: Portrait,
    landmarks: np.ndarray,
    points: np.ndarray,
    image: np.ndarray,
    shape: Reshaped,
    mirror: bool,
) -> Smile:
    """What a neutral face becomes when it smiles.

    landmarks: (478, 3) of the smiling portrait, px. points, image: of the neutral Identity.
    mirror: whether that is mirrored.
    """
    picture, seen = smiling.image, landmarks.copy()
    if mirror:
        seen[:, 0] = picture.shape[1] - 1 - seen[:, 0]
        picture = np.ascontiguousarray(picture[:, ::-1])
    size = (image.shape[1], image.shape[0])
    matrix = _similarity(seen[_RIGID, :2], shape.points[_RIGID, :2])
    placed = seen[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    # The head was turned a little otherwise. What the rigid parts show of that is taken off.
    turn = _turn(shape.points, placed)
    mesh = shape.to(placed - _terms(shape.points) @ turn) - points[:, :2]
    places = grid((size[0] // OVERSAMPLING, size[1] // OVERSAMPLING), _STEP)
    skin = _spread(points, mesh, places)
    # Where the smiling portrait shows what is at a place of the face that has not turned.
    depth = head.depth(shape.points, places)[..., None]
    turned = shape.before + _terms(np.concatenate([shape.before, depth], axis=-1)) @ turn
    back = cv2.invertAffineTransform(matrix)
    found = (turned @ back[:, :2].T + back[:, 2]).astype(np.float32)
    look = np.asarray(cv2.resize(found, size, interpolation=cv2.INTER_LINEAR))
    looked = remap(picture, look, cv2.INTER_CUBIC, cv2.BORDER_REFLECT_101).astype(np.float32)
    # In the light and the tone of the neutral picture.
    sigma = 0.2 * face_width(points) * OVERSAMPLING
    soft, own = (cv2.GaussianBlur(x, (0, 0), sigma) + 1 for x in (image, looked))
    return Smile(mesh, skin, np.clip(looked * (soft / own), 0, 255), _shows(points, places))


def sides(points: np.ndarray, where: np.ndarray) -> dict[str, np.ndarray]:
    """Share of each side of the person at places (..., 2): 0, 1, and in between at the midline."""
    width = face_width(points)
    middle = points[[168, 6, 4, 152], 0].mean()
    left = smoothstep((where[..., 0] - middle) / (0.16 * width) + 0.5)
    right = 1 - left
    mirrored = points[33, 0] > points[263, 0]
    return dict(zip(SIDES, (left, right) if mirrored else (right, left), strict=True))


def _similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """(2, 3) turn, scale and shift from places to places, least squares."""
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    scale = (a**2).sum()
    c, s = (a * b).sum() / scale, (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / scale
    turn = np.array([[c, -s], [s, c]])
    return np.column_stack([turn, target.mean(axis=0) - turn @ source.mean(axis=0)])


def _terms(places: np.ndarray) -> np.ndarray:
    """What a small turn of the head depends on: (..., 4) of (..., 3) places with depth."""
    return np.concatenate([np.ones((*places.shape[:-1], 1)), places], axis=-1)


def _turn(points: np.ndarray, placed: np.ndarray) -> np.ndarray:
    """(4, 2) weights of `_terms` that make the displacement of the rigid parts."""
    terms = _terms(points)[_RIGID]
    return np.asarray(np.linalg.lstsq(terms, (placed - points[:, :2])[_RIGID], rcond=None)[0])


def _spread(points: np.ndarray, mesh: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The displacement of the landmarks, everywhere in the picture; none off the face."""
    width, oval = face_width(points), points[list(FACE_OVAL), :2]
    centre = oval.mean(axis=0)
    rings = np.concatenate([centre + (oval - centre) * out for out in (1.35, 1.7, 2.4)])
    known = np.concatenate([points[:_N_SKIN, :2], rings]) / width
    values = np.concatenate([mesh[:_N_SKIN], np.zeros_like(rings)])
    fit = RBFInterpolator(known, values, smoothing=1e-3, kernel="linear")
    flat = fit(places.reshape(-1, 2) / width).reshape(places.shape)
    return np.asarray(cv2.GaussianBlur(flat, (0, 0), 0.012 * width / _STEP))


def _shows(points: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(h, w) 1 in the face, 0 in the eyes and off it, in the shape of the neutral face."""
    width = face_width(points)
    cells = (points[list(FACE_OVAL), :2] + 0.5) / _STEP - 0.5
    inside = np.zeros(places.shape[:2], np.float32)
    cv2.fillConvexPoly(inside, cv2.convexHull(np.round(cells).astype(np.int32)), 1.0)
    within = cv2.erode(inside, np.ones((3, 3)))
    soft = cv2.GaussianBlur(within, (0, 0), 0.05 * width / _STEP)
    guard = eye_guard(points[:, :2], places, glasses=False)
    return np.asarray(soft * guard, np.float32)
