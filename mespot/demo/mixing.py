"""A person who does not exist: the shape and the skin of two portraits, mixed.

Both pictures are brought into the mean shape of their landmarks and blended there, inside the face.
Hair, ears and surroundings are those of the first.
"""

import cv2
import numpy as np
from scipy.interpolate import RBFInterpolator

from mespot.demo.action_units import face_width
from mespot.demo.portraits import Portrait
from mespot.demo.sampling import grid, remap
from mespot.face.align import FACE_OVAL

_N_SKIN = 468  # landmarks of the skin; the other ten are the irises
_STEP = 8  # px between the places at which a map is computed


def mixed(
    one: Portrait, points: np.ndarray, other: Portrait, others: np.ndarray, share: float
) -> tuple[Portrait, np.ndarray]:
    """The first portrait with a share of the second, and its landmarks (478, 3) px.

    points, others: (478, 3) landmarks of both, px. share: 0 the first, 1 the second.
    """
    matrix, scale = _onto(others, points)
    placed = others.copy()
    placed[:, :2] = others[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    placed[:, 2] *= scale
    mean = (1 - share) * points + share * placed
    size = (one.image.shape[1], one.image.shape[0])
    back = cv2.invertAffineTransform(matrix)
    own = _look(mean, points, size)
    second = _look(mean, placed, size) @ back[:, :2].T.astype(np.float32)
    first = remap(one.image, own, cv2.INTER_CUBIC, cv2.BORDER_REFLECT_101).astype(np.float32)
    there = (second + back[:, 2]).astype(np.float32)
    skin = remap(other.image, there, cv2.INTER_CUBIC, cv2.BORDER_REFLECT_101).astype(np.float32)
    # In the light and the tone of the first.
    sigma = 0.15 * face_width(points)
    soft, of_other = (cv2.GaussianBlur(x, (0, 0), sigma) + 1 for x in (first, skin))
    weight = share * _inside(mean, size)[..., None]
    image = first + weight * (np.clip(skin * (soft / of_other), 0, 255) - first)
    whole = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    return Portrait(one.name, whole, one.glasses or other.glasses), mean


def _onto(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, float]:
    """(2, 3) turn, scale and shift that brings landmarks onto others, and the scale."""
    a, b = (points[:_N_SKIN, :2] for points in (source, target))
    middle, centre = a.mean(axis=0), b.mean(axis=0)
    a, b = a - middle, b - centre
    total = (a**2).sum()
    c, s = (a * b).sum() / total, (a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / total
    turn = np.array([[c, -s], [s, c]])
    return np.column_stack([turn, centre - turn @ middle]), float(np.hypot(c, s))


def _look(mean: np.ndarray, points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Where places of the mean face are in the face with landmarks `points`, (h, w, 2) float32."""
    width, oval = face_width(mean), mean[list(FACE_OVAL), :2]
    centre = oval.mean(axis=0)
    rings = np.concatenate([centre + (oval - centre) * out for out in (1.5, 2.0, 3.0)])
    known = np.concatenate([mean[:_N_SKIN, :2], rings])
    moved = np.concatenate([(points - mean)[:_N_SKIN, :2], np.zeros_like(rings)])
    fit = RBFInterpolator(known / width, moved, smoothing=1e-3, kernel="linear")
    padded = (-(-size[0] // _STEP) * _STEP, -(-size[1] // _STEP) * _STEP)
    places = grid(padded, _STEP)
    shift = fit(places.reshape(-1, 2) / width).reshape(places.shape).astype(np.float32)
    whole = cv2.resize(shift, padded, interpolation=cv2.INTER_LINEAR)[: size[1], : size[0]]
    return np.asarray(grid(size, 1).astype(np.float32) + whole)


def _inside(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(h, w) 1 in the face, 0 off it."""
    area = np.zeros((size[1], size[0]), np.float32)
    cv2.fillConvexPoly(area, cv2.convexHull(np.round(points[list(FACE_OVAL), :2]).astype(int)), 1.0)
    reach = 0.05 * face_width(points)
    inner = cv2.erode(area, np.ones((2 * round(reach) + 1,) * 2))
    return np.asarray(cv2.GaussianBlur(inner, (0, 0), reach))
