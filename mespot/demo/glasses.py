"""Glasses before a face: they go with the head and not with the skin, and they reflect."""

import cv2
import numpy as np

from mespot.demo.action_units import LOWER_LIDS, UPPER_LIDS, face_width
from mespot.demo.events import SIDES
from mespot.demo.sampling import sample

# Of each kind: how wide the rim is, in face widths, and how much of it shows.
_RIMS = {"thin": (0.010, 0.9), "thick": (0.028, 1.0), "rimless": (0.005, 0.35)}
_COLOURS = ((20, 20, 22), (30, 42, 70), (60, 66, 70), (110, 120, 130), (90, 40, 30))  # BGR
_SHIFT = 4  # bits of a fraction of a pixel in OpenCV's drawing


class Glasses:
    """One pair, before the face at rest.

    points: (478, 3) px. size: (w, h) px of the picture that `points` are in. kind: thin, thick or
    rimless. detail: pixels of what is drawn per pixel of that picture, along each axis.
    """

    def __init__(
        self,
        points: np.ndarray,
        size: tuple[int, int],
        kind: str,
        detail: int,
        rng: np.random.Generator,
    ) -> None:
        self.detail, self.width = detail, face_width(points)
        rim, shows = _RIMS[kind]
        self.colour = np.array(_COLOURS[rng.integers(len(_COLOURS))], np.float32)
        shape = (size[1] * detail, size[0] * detail)
        frame, lens = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
        thickness = max(1, round(rim * self.width * detail))
        tall, squareness = rng.uniform(0.085, 0.12), rng.uniform(2.0, 4.0)
        outlines = {side: self._outline(points, side, tall, squareness) for side in SIDES}
        for outline in outlines.values():
            whole = self._drawn(outline)
            cv2.fillPoly(lens, [whole], (255,), cv2.LINE_AA, _SHIFT)
            cv2.polylines(frame, [whole], True, (255,), thickness, cv2.LINE_AA, _SHIFT)
        for start, end in self._straight(points, outlines):
            ends = self._drawn(np.stack([start, end]))
            cv2.polylines(frame, [ends], False, (255,), thickness, cv2.LINE_AA, _SHIFT)
        self.frame = np.round(shows * frame).astype(np.uint8)
        # A window or a lamp that the lenses mirror: bright stripes across both.
        strength, slope, period = rng.uniform(0.0, 0.45), rng.uniform(-0.8, 0.8), rng.uniform(2, 4)
        y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32) / (self.width * detail)
        wave = np.sin(2 * np.pi * (period * (x + slope * y) + rng.random()))
        self.shine = np.round(255 * strength * np.clip(wave, 0, 1) ** 4).astype(np.uint8)
        self.lens = lens
        self.tint = float(rng.uniform(0.0, 0.12))

    def _outline(self, points: np.ndarray, side: str, tall: float, squareness: float) -> np.ndarray:
        """The rim around one eye, (n, 2) px: an ellipse with more or less square corners."""
        lids = points[list(UPPER_LIDS[side] + LOWER_LIDS[side]), :2]
        middle = (lids.min(axis=0) + lids.max(axis=0)) / 2 + [0, 0.02 * self.width]
        angle = np.linspace(0, 2 * np.pi, 80, endpoint=False)
        around = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        around = np.sign(around) * np.abs(around) ** (2 / squareness)
        return np.asarray(middle + around * np.array([0.155, tall]) * self.width)

    def _straight(
        self, points: np.ndarray, outlines: dict[str, np.ndarray]
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """The bridge, and the temples as far as they show."""
        one, other = sorted(outlines.values(), key=lambda outline: outline[:, 0].mean())
        up = np.array([0, -0.02 * self.width])
        inner = one[one[:, 0].argmax()] + up, other[other[:, 0].argmin()] + up
        left, right = one[one[:, 0].argmin()] + up, other[other[:, 0].argmax()] + up
        ears = sorted((points[234, :2], points[454, :2]), key=lambda ear: float(ear[0]))
        temples = zip((left, right), ears, strict=True)
        return [inner, *((end, np.array([ear[0], end[1]])) for end, ear in temples)]

    def _drawn(self, places: np.ndarray) -> np.ndarray:
        fine = (places + 0.5) * self.detail - 0.5
        return np.round(fine * 2**_SHIFT).astype(np.int32)

    def put_on(self, image: np.ndarray, look: np.ndarray, pose: np.ndarray) -> None:
        """Before the face of a frame (h, w, 3). look: (h, w, 2) px, where each pixel is in the
        picture at rest if the head alone moves. pose: as in `Motion`; reflections go with it."""
        lens = sample(self.lens, look, 1 / self.detail).astype(np.float32)[..., None] / 255
        frame = sample(self.frame, look, 1 / self.detail).astype(np.float32)[..., None] / 255
        slid = look + (np.array([pose[0], pose[1]]) * 0.012 * self.width).astype(np.float32)
        shine = sample(self.shine, slid, 1 / self.detail).astype(np.float32)[..., None] / 255
        behind = image.astype(np.float32) * (1 - self.tint * lens)
        behind += lens * shine * (245 - behind)
        image[:] = np.rint(behind + frame * (self.colour - behind))
