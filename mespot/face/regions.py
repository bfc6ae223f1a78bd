"""Face regions: named places of the face, by landmark, and the weights that pool a map over them.

The regions are where the facial action units show (Ekman and Friesen 1978): brows, glabella, eyes,
cheeks, nose, lips, mouth corners, chin. `left` and `right` are the person's own. Landmark numbers
are those of the 478-point mesh of MediaPipe's face landmarker.
"""

from collections.abc import Iterable

import cv2
import numpy as np

REGIONS: dict[str, tuple[int, ...]] = {
    "right_outer_brow": (46, 53, 52, 70, 63, 105, 225, 224),
    "right_inner_brow": (65, 55, 66, 107, 222, 221, 108, 69),
    "left_inner_brow": (295, 285, 296, 336, 442, 441, 337, 299),
    "left_outer_brow": (276, 283, 282, 300, 293, 334, 445, 444),
    "glabella": (9, 8, 55, 285, 193, 417, 168),
    "right_eye": (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    "left_eye": (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249),
    "right_cheek": (116, 117, 118, 119, 100, 126, 142, 36, 205, 50, 123),
    "left_cheek": (345, 346, 347, 348, 329, 355, 371, 266, 425, 280, 352),
    "right_nose_wing": (129, 49, 198, 203, 206, 165, 98, 64, 48),
    "left_nose_wing": (358, 279, 420, 423, 426, 391, 327, 294, 278),
    "right_mouth_corner": (61, 186, 92, 57, 43, 106, 91, 185, 146, 212, 216),
    "left_mouth_corner": (291, 410, 322, 287, 273, 335, 321, 409, 375, 432, 436),
    "upper_lip": (164, 167, 393, 0, 37, 267, 39, 269, 13, 82, 312, 40, 270),
    "lower_lip": (17, 84, 314, 181, 405, 14, 87, 317, 178, 402, 16),
    "chin": (18, 83, 313, 182, 406, 199, 208, 428, 175, 201, 421, 200),
}


def eye_regions(names: Iterable[str]) -> tuple[int, ...]:
    """Positions of the eyes among the regions `names`: they move most in a blink."""
    return tuple(i for i, name in enumerate(names) if "eye" in name.split("_"))


def lid_regions(names: Iterable[str]) -> tuple[int, ...]:
    """Positions of what moves in a blink among the regions `names`: the eyes and the brows."""
    near = {"eye", "brow", "glabella"}
    return tuple(i for i, name in enumerate(names) if near & set(name.split("_")))


# What moves with the skull and not with an expression: bridge and sides of the nose, temples,
# cheekbones before the ears. The forehead is left out: the frontalis pulls it up with the brows.
RIGID_AREAS: tuple[tuple[int, ...], ...] = (
    (168, 193, 122, 196, 3, 51, 5, 281, 248, 419, 351, 417),
    (127, 162, 21, 71, 139, 34),
    (356, 389, 251, 301, 368, 264),
    (227, 234, 93, 137, 123, 116),
    (447, 454, 323, 366, 352, 345),
)

# Softening of a region's edge, as a share of the crop's side: a landmark's error at the edge then
# changes a pooled value little.
_SOFT_EDGE = 0.015


def region_weights(points: np.ndarray, size: int, grid: int) -> np.ndarray:
    """Pooling weights of each region on a `grid` x `grid` map of the aligned crop.

    points: (478, 2) landmarks in the crop's pixels, averaged over time: weights that follow each
    frame's landmarks would turn their jitter into motion. size: side of the crop, px.
    Returns (R, grid, grid) float32 in the order of REGIONS, non-negative, each region's sum 1. A
    region that lies outside the crop pools the border cells nearest to it. All 0 where the points
    are NaN: without a face there is nothing to pool.
    """
    if not np.isfinite(points[:, :2]).all():
        return np.zeros((len(REGIONS), grid, grid), np.float32)
    weights = np.stack([area_weight(points, indices, size, grid) for indices in REGIONS.values()])
    return weights / weights.sum(axis=(1, 2), keepdims=True)


def area_weight(points: np.ndarray, indices: tuple[int, ...], size: int, grid: int) -> np.ndarray:
    """Share of each cell that the convex hull of some landmarks covers, softened: (grid, grid)."""
    points = np.clip(np.asarray(points, np.float32)[list(indices), :2], 0, size - 1)
    mask = np.zeros((size, size), np.float32)
    hull = cv2.convexHull(np.round(points * 16).astype(np.int32))
    cv2.fillConvexPoly(mask, hull, (1.0,), cv2.LINE_8, 4)
    soft = cv2.GaussianBlur(mask, (0, 0), max(_SOFT_EDGE * size, 0.5))
    return np.asarray(cv2.resize(soft, (grid, grid), interpolation=cv2.INTER_AREA), np.float32)
