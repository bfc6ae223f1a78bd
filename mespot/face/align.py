"""Aligned face crops: one smooth similarity transform a frame, so that alignment makes no motion.

The transform of a frame comes from the landmarks that the skull carries (nose bridge, eye corners,
temples), as the least-squares similarity between the frame and the video's median face (Umeyama
1991). A landmark jitters by about as much as a micro-expression moves, so the transform's four
parameters are smoothed over time by a zero-phase Gaussian. The rigid motion that this leaves in the
crops is removed from their optical flow (mespot.face.motion).
"""

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

from mespot.spans import Frames, blocks, usable_spans

# Nose bridge, inner and outer eye corners, temples and cheekbones before the ears. The brows, the
# glabella, the nose tip and everything below it move with expressions or stand out of the plane.
RIGID_POINTS = (
    168, 6, 197, 195, 122, 351, 133, 362, 33, 263, 130, 359, 127, 356, 162, 389, 234, 454, 227, 447
)  # fmt: skip
FACE_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
    152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109
)  # fmt: skip
_RIGHT_EYE, _LEFT_EYE = (33, 133), (362, 263)
# The median face is that of at most so many frames (200 seconds at 30 a second).
_MEDIAN_FRAMES = 6_000


def smooth(values: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian low pass along axis 0, `sigma` in frames; trends run on straight at both ends."""
    if sigma <= 0 or len(values) < 3:
        return np.array(values, dtype=np.float64)
    pad = min(int(np.ceil(4 * sigma)), len(values) - 1)
    width = [(pad, pad)] + [(0, 0)] * (values.ndim - 1)
    padded = np.pad(values.astype(np.float64), width, mode="reflect", reflect_type="odd")
    return gaussian_filter1d(padded, sigma, axis=0, mode="nearest")[pad : pad + len(values)]


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Least-squares similarities from `source` (T, N, 2) to `target` (N, 2).

    Returns (T, 4): a, b, x, y of the map (px, py) -> (a px - b py + x, b px + a py + y).
    """
    source = np.asarray(source, np.float64)
    centre, goal = source.mean(axis=1, keepdims=True), target.mean(axis=0)
    p, q = source - centre, target - goal
    norm = (p**2).sum(axis=(1, 2))
    a = (p * q).sum(axis=(1, 2)) / norm
    b = (p[..., 0] * q[:, 1] - p[..., 1] * q[:, 0]).sum(axis=1) / norm
    cx, cy = centre[:, 0, 0], centre[:, 0, 1]
    return np.stack([a, b, goal[0] - a * cx + b * cy, goal[1] - b * cx - a * cy], axis=1)


def placement(face: np.ndarray, size: int, fill: float) -> np.ndarray:
    """2x3 similarity that puts one face (478, 2) upright in the middle of a `size` px crop.

    The line between the eyes becomes level; the larger side of the face oval's box becomes
    `fill` of the crop's side.
    """
    eyes = face[list(_LEFT_EYE)].mean(axis=0) - face[list(_RIGHT_EYE)].mean(axis=0)
    c, s = eyes / np.hypot(*eyes)
    turn = np.array([[c, s], [-s, c]])
    oval = face[list(FACE_OVAL)] @ turn.T
    low, high = oval.min(axis=0), oval.max(axis=0)
    scale = fill * size / (high - low).max()
    shift = (size - 1) / 2 - scale * (low + high) / 2
    return np.hstack([scale * turn, shift[:, None]])


def median_face(points: Frames, frames: np.ndarray) -> np.ndarray:
    """The median place (478, 2) of each landmark over the frames with these numbers, increasing.

    Of very many frames, some that are spread evenly count: more would not place the crop better.
    """
    frames = frames[:: -(-len(frames) // _MEDIAN_FRAMES)]
    taken, done = np.empty(0), 0
    for first, last in blocks(0, int(frames[-1]) + 1):
        here = frames[np.searchsorted(frames, first) : np.searchsorted(frames, last)]
        if len(here):
            part = points[first:last][here - first, :, :2]
            if not done:
                taken = np.empty((len(frames), *part.shape[1:]), part.dtype)
            taken[done : done + len(part)] = part
            done += len(part)
    return np.median(taken, axis=0, overwrite_input=True)


def crop_transforms(
    points: Frames,
    span: np.ndarray,
    *,
    size: int,
    fill: float,
    sigma: float,
) -> np.ndarray:
    """Transforms from the recording's pixels to the crop's, one a frame.

    points: (T, 478, >=2) px, or anything that gives frames of it by `points[first:last]`; it is
    read twice, a block at a time. span: (T,), -1 where there is no usable face. size, fill: as for
    `placement`. sigma: standard deviation of the smoothing, frames.
    Returns (T, 2, 3) float64; NaN where span is -1.
    """
    transforms = np.full((len(span), 2, 3), np.nan)
    usable = span >= 0
    if not usable.any():
        return transforms
    median = median_face(points, np.flatnonzero(usable)).astype(np.float64)
    place = placement(median, size, fill)
    target = apply(place, median[list(RIGID_POINTS)])
    middle = (size - 1) / 2
    for start, stop in usable_spans(span):
        frames = slice(start, stop)
        moves = np.concatenate(
            [
                similarity(points[first:last][:, list(RIGID_POINTS), :2], target)
                for first, last in blocks(start, stop)
            ]
        )
        # The place in the recording that comes to the crop's middle, the angle and the log scale
        # vary independently of each other; a, b, x, y do not.
        a, b, x, y = moves.T
        norm = a**2 + b**2
        dx, dy = middle - x, middle - y
        path = np.stack(
            [
                (a * dx + b * dy) / norm,
                (a * dy - b * dx) / norm,
                np.unwrap(np.arctan2(b, a)),
                0.5 * np.log(norm),
            ],
            axis=1,
        )
        cx, cy, angle, log_scale = smooth(path, sigma).T
        a, b = np.exp(log_scale) * np.cos(angle), np.exp(log_scale) * np.sin(angle)
        rows = [a, -b, middle - a * cx + b * cy, b, a, middle - b * cx - a * cy]
        transforms[frames] = np.stack(rows, axis=1).reshape(-1, 2, 3)
    return transforms


def apply(transform: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (..., N, 2) through 2x3 transforms (..., 2, 3)."""
    transform = np.asarray(transform)
    return points @ np.swapaxes(transform[..., :2], -1, -2) + transform[..., None, :, 2]


def apply_in_depth(transforms: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (T, N, 3) through 2x3 similarities (T, 2, 3); depth grows with the scale."""
    scale = np.hypot(transforms[:, 0, 0], transforms[:, 1, 0])
    depth = points[..., 2] * scale[:, None]
    return np.concatenate([apply(transforms, points[..., :2]), depth[..., None]], axis=-1)


def crop(image: np.ndarray, transform: np.ndarray, size: int) -> np.ndarray:
    """Aligned grey crop (size, size) uint8 of a BGR or grey image, without aliasing."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) if image.ndim == 3 else image
    scale = float(np.hypot(transform[0, 0], transform[1, 0]))
    if scale < 0.7:
        # warpAffine samples single pixels: a clearly larger face is low-passed first, over the
        # part of the image that the crop shows.
        grey, transform = _around(grey, transform, size)
        grey = cv2.GaussianBlur(grey, (0, 0), 0.45 * np.sqrt(1 / scale**2 - 1))
    # Bilinear sampling would blur by the sub-pixel phase, which head motion changes all the time.
    return cv2.warpAffine(
        grey,
        transform,
        (size, size),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _around(grey: np.ndarray, transform: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The part of an image that a crop shows, with a margin, and the transform from that part."""
    inverse = cv2.invertAffineTransform(np.asarray(transform, np.float64))
    corners = apply(inverse, np.array([[0, 0], [size, 0], [0, size], [size, size]], np.float64))
    margin = 8 / np.hypot(transform[0, 0], transform[1, 0])
    limit = [grey.shape[1], grey.shape[0]]
    low = np.clip(np.floor(corners.min(axis=0) - margin), 0, np.subtract(limit, 2)).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0) + margin), low + 2, limit).astype(int)
    moved = np.array(transform, np.float64)
    moved[:, 2] += moved[:, :2] @ low
    return grey[low[1] : high[1], low[0] : high[0]], moved
