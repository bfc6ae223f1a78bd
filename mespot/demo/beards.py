"""Beards: hair on the skin of the lower face, which moves with it."""

from dataclasses import replace

import cv2
import numpy as np

from mespot.demo.action_units import face_width
from mespot.demo.identities import Identity
from mespot.demo.portraits import OVERSAMPLING
from mespot.demo.sampling import grid, remap

# Outlines by landmarks, the person's right side; the left is its mirror image.
_MOUSTACHE = (2, 98, 165, 92, 186, 61, 40, 37, 0)
_CHEEK_AND_CHIN = (61, 186, 207, 187, 147, 177, 215, 58, 172, 136, 150, 149, 176, 148, 152)
_CHIN_TO_MOUTH = (17, 84, 181, 91, 146)
_LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
_MIRRORED = {
    98: 327, 165: 391, 92: 322, 186: 410, 61: 291, 40: 270, 37: 267, 207: 427, 187: 411, 147: 376,
    177: 401, 215: 435, 58: 288, 172: 397, 136: 365, 150: 379, 149: 378, 176: 400, 148: 377,
    84: 314, 181: 405, 91: 321, 146: 375,
}  # fmt: skip
# Hairs a square face width, their length in face widths, and how much of each shows.
_KINDS = {
    "stubble": (9000, (0.004, 0.012), 0.4),
    "moustache": (7000, (0.02, 0.05), 0.8),
    "full": (5000, (0.02, 0.06), 0.8),
}
_BROWS = (105, 66, 107, 334, 296, 336)
_SHIFT = 4  # bits of a fraction of a pixel in OpenCV's drawing


def beard(
    points: np.ndarray, shape: tuple[int, ...], kind: str, rng: np.random.Generator
) -> np.ndarray:
    """The hair of one person: how much of it shows (h, w, 1), 0..1.

    points: (478, 3) px of a frame. shape: (h, w, ...) of the face's picture, with OVERSAMPLING
    pixels per pixel of a frame. kind: stubble, moustache or full.
    """
    width = face_width(points) * OVERSAMPLING
    within = _area(points, shape, kind, width)
    number, lengths, strength = _KINDS[kind]
    rows, columns = np.nonzero(within > 0.05)
    hairs = np.zeros(shape[:2], np.uint8)
    if len(rows):
        count = round(number * len(rows) / width**2 * rng.uniform(0.6, 1.2))
        chosen = rng.integers(len(rows), size=count)
        root = np.stack([columns[chosen], rows[chosen]], axis=-1) + rng.random((count, 2))
        middle = points[[234, 454], 0].mean() * OVERSAMPLING
        # Down, and away from the midline.
        lean = 0.8 * (root[:, 0] - middle) / width + rng.normal(0, 0.35, count)
        length = rng.uniform(*lengths, count) * width
        tip = root + length[:, None] * np.stack([np.sin(lean), np.cos(lean)], axis=-1)
        lines = np.round(np.stack([root, tip], axis=1) * 2**_SHIFT).astype(np.int32)
        thick = max(1, round(0.004 * width))
        for line, tone in zip(lines, rng.integers(30, 256, count).tolist(), strict=True):
            cv2.polylines(hairs, [line], False, (tone,), thick, cv2.LINE_AA, _SHIFT)
    soft = cv2.GaussianBlur(hairs, (0, 0), 0.6).astype(np.float32) / 255
    # Between the hairs the skin is darker, too.
    shows = within * strength * np.clip(0.3 + 0.7 * soft, 0, 0.95)
    return shows[..., None].astype(np.float32)


def grown(image: np.ndarray, shows: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """A face (h, w, 3) float32 with the hair on it."""
    return np.asarray(image + shows * (colour - image), np.float32)


def _area(points: np.ndarray, shape: tuple[int, ...], kind: str, width: float) -> np.ndarray:
    """Where hair grows (h, w), 0..1, with soft edges."""
    area = np.zeros(shape[:2], np.uint8)
    outlines = (
        [_MOUSTACHE] if kind == "moustache" else [_MOUSTACHE, _CHEEK_AND_CHIN + _CHIN_TO_MOUTH]
    )
    for outline in outlines:
        for numbers in (outline, [_MIRRORED.get(number, number) for number in outline]):
            cv2.fillPoly(area, [_drawn(points, numbers)], (255,))
    soft = cv2.GaussianBlur(area, (0, 0), 0.018 * width).astype(np.float32) / 255
    lips = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(lips, [_drawn(points, _LIPS)], (255,))
    free = 1 - cv2.GaussianBlur(lips, (0, 0), 0.006 * width).astype(np.float32) / 255
    return soft * free


def _drawn(points: np.ndarray, numbers: tuple[int, ...] | list[int]) -> np.ndarray:
    return np.round((points[list(numbers), :2] + 0.5) * OVERSAMPLING).astype(np.int32)


def bearded(identity: Identity, kind: str, rng: np.random.Generator) -> Identity:
    """The same person with a beard, also while they smile."""
    shows = beard(identity.points, identity.image.shape, kind, rng)
    at = np.round((identity.points[list(_BROWS), :2] + 0.5) * OVERSAMPLING).astype(int)
    patches = [identity.image[y - 6 : y + 6, x - 6 : x + 6].reshape(-1, 3) for x, y in at]
    colour = np.percentile(np.concatenate(patches), 15, axis=0).astype(np.float32)
    smile = identity.smile
    if smile is not None:
        size = (shows.shape[1], shows.shape[0])
        moved = cv2.resize(smile.skin.astype(np.float32), size) * OVERSAMPLING
        places = grid(size, 1).astype(np.float32)
        look = places
        for _ in range(4):  # where the smile has brought what is at each place
            look = places - remap(moved, look, cv2.INTER_LINEAR, cv2.BORDER_REPLICATE)
        there = remap(shows[..., 0], look, cv2.INTER_LINEAR, cv2.BORDER_REPLICATE)[..., None]
        smile = replace(smile, image=grown(smile.image, there, colour))
    return replace(identity, image=grown(identity.image, shows, colour), smile=smile)
