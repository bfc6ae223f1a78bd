"""Hand-made faces for the tests of tracking, alignment and flow."""

import cv2
import numpy as np
from scipy.ndimage import map_coordinates

from mespot.face.align import FACE_OVAL
from mespot.face.shelf import Face


def mesh(rng, width=180.0, centre=(112.0, 112.0)):
    """Plausible landmarks (478, 3) of a frontal face `width` px high and wide, in px.

    All points lie inside an ellipse, those of the oval on it and the eyes at eye height; depth is
    that of an ellipsoid. Faces of different generators differ.
    """
    angle = rng.uniform(0, 2 * np.pi, 478)
    radius = np.sqrt(rng.uniform(0, 0.9, 478))
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    around = np.linspace(0, 2 * np.pi, len(FACE_OVAL), endpoint=False)
    x[list(FACE_OVAL)], y[list(FACE_OVAL)] = np.sin(around), -np.cos(around)
    for index, place in {33: -0.6, 133: -0.2, 362: 0.2, 263: 0.6}.items():
        x[index], y[index] = place, -0.25
    z = -np.sqrt(np.clip(1 - x**2 - y**2, 0, None))
    points = np.stack([x, y, z], axis=1) * width / 2
    points[:, :2] += centre
    return points.astype(np.float32)


def face(centre=(112.0, 112.0), width=180.0, blink=0.0, turn=0.0):
    """One detection; `turn` (degrees) is the yaw of its pose."""
    c, s = np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))
    pose = np.array([[c, 0, s, 0], [0, 1, 0, 0], [-s, 0, c, -50], [0, 0, 0, 1]], np.float32)
    return Face(mesh(np.random.default_rng(0), width, centre), np.full(52, blink, np.float32), pose)


def texture(rng, size, scale=3.0):
    """A random picture (size, size) float32 with detail of about `scale` px, mean 128, sd 30."""
    noise = cv2.GaussianBlur(rng.normal(size=(size, size)).astype(np.float32), (0, 0), scale)
    return 128 + 30 * noise / noise.std()


def warped(picture, flow, rng, noise=0.0):
    """The picture (uint8) after a motion `flow` (S, S, 2), px, small against its own changes."""
    y, x = np.mgrid[: len(picture), : len(picture)]
    # A spline: OpenCV's cubic sampling is off by up to a twentieth of a pixel.
    places = [y - flow[..., 1], x - flow[..., 0]]
    moved = map_coordinates(picture, places, order=3, mode="nearest")
    return np.clip(np.rint(moved + rng.normal(0, noise or 1e-9, moved.shape)), 0, 255).astype(
        np.uint8
    )
