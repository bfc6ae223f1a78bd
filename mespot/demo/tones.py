"""What makes a portrait another person's besides its shape: skin, surroundings, light."""

import cv2
import numpy as np

from mespot.demo import head
from mespot.demo.action_units import face_width
from mespot.demo.portraits import OVERSAMPLING
from mespot.demo.sampling import grid


def toned(
    image: np.ndarray, points: np.ndarray, variant: int, rng: np.random.Generator
) -> np.ndarray:
    """Skin tone, texture, surroundings and light of one person. Returns float32 BGR, 0..255."""
    lab = np.asarray(cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_BGR2LAB))
    skin = _skin(lab, points)
    darker = (0.4, 0.0, 0.6, 0.2)[variant % 4] * rng.uniform(0.85, 1.15) if variant else 0.0
    lightness, colour = lab[..., 0], lab[..., 1:]
    lightness = lightness * (1 - 0.36 * darker * skin)
    colour = colour + skin[..., None] * (rng.uniform(-3, 3, 2) + np.array([3.0, 6.0]) * darker)
    colour = colour + (1 - skin)[..., None] * rng.uniform(-7, 7, 2) * min(variant, 1)
    lightness = lightness * (1 + (1 - skin) * rng.uniform(-0.15, 0.10) * min(variant, 1))
    smooth = cv2.bilateralFilter(
        lightness.astype(np.float32), 0, 9, 0.012 * face_width(points) * OVERSAMPLING
    )
    lightness = lightness + (smooth - lightness) * skin * rng.uniform(-0.5, 0.8) * min(variant, 1)
    lightness = np.clip(lightness * _light(points, lightness.shape, rng), 0, 100)
    lab = np.concatenate([lightness[..., None], colour], axis=-1).astype(np.float32)
    bgr = cv2.cvtColor(lab, cv2.COLOR_LAB2BGR) * 255
    return np.clip(bgr * rng.uniform(0.96, 1.04, 3).astype(np.float32), 4, 251)


def _skin(lab: np.ndarray, points: np.ndarray) -> np.ndarray:
    """How much each pixel is skin, 0..1: its hue is that of the cheeks and it is near the face."""
    at = np.round((points[[50, 280, 101, 330, 205, 425, 151], :2] + 0.5) * OVERSAMPLING).astype(int)
    reach = max(2, round(0.02 * face_width(points) * OVERSAMPLING))
    patches = [lab[y - reach : y + reach, x - reach : x + reach].reshape(-1, 3) for x, y in at]
    tone = np.median(np.concatenate(patches), axis=0)
    away = (cv2.GaussianBlur(lab, (0, 0), 1.5) - tone) / (40, 10, 10)
    away[..., 0] = np.minimum(away[..., 0], 0.3)  # highlights on skin are skin
    alike = np.exp(-0.25 * (away**2).sum(axis=-1) ** 2)
    near = np.zeros(lab.shape[:2], np.float32)
    width = face_width(points)
    middle, chin = points[[234, 454], 0].mean(), points[:, 1].max()
    neck = [
        [middle - 0.4 * width, chin - 0.2 * width],
        [middle + 0.4 * width, chin - 0.2 * width],
        [middle + 0.4 * width, chin + 0.6 * width],
        [middle - 0.4 * width, chin + 0.6 * width],
    ]
    for outline in (points[:, :2], np.array(neck)):
        hull = cv2.convexHull(np.round(outline * OVERSAMPLING).astype(np.int32))
        cv2.fillConvexPoly(near, hull, 1.0)
    ears = 2 * round(0.1 * width * OVERSAMPLING) + 1
    wide = cv2.dilate(near, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (ears, 1)))
    soft = cv2.GaussianBlur(wide, (0, 0), 0.03 * width * OVERSAMPLING)
    return np.asarray(cv2.GaussianBlur((alike * soft).astype(np.float32), (0, 0), 2.0))


def _light(points: np.ndarray, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Factor on lightness (h, w): the face lit more from one side, or from above or below."""
    angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0.0, 0.16)
    places = grid((shape[1] // OVERSAMPLING, shape[0] // OVERSAMPLING), 4)
    normal = head.normals(head.depth(points, places), 4)
    shade = strength * (normal @ [np.cos(angle), 0.6 * np.sin(angle)])
    return np.asarray(cv2.resize((1 + shade).astype(np.float32), (shape[1], shape[0])))
