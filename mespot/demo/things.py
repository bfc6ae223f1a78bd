"""Things that are held before the face: a cup, a telephone, a sheet of paper."""

import cv2
import numpy as np

_SIZES = {"cup": (0.36, 0.42), "telephone": (0.34, 0.66), "sheet": (0.8, 1.0)}  # face widths


class Thing:
    """One thing, of a size that goes with a face `width` px wide."""

    def __init__(self, width: float, rng: np.random.Generator) -> None:
        self.kind = list(_SIZES)[rng.integers(len(_SIZES))]
        self.width = width
        self.colour = rng.uniform(25, 225, 3)
        if self.kind == "sheet":
            self.colour = np.full(3, rng.uniform(190, 240))
        self.tilt = float(rng.uniform(-25, 25))
        self.half = np.array(_SIZES[self.kind]) * width / 2

    def hold(self, image: np.ndarray, at: np.ndarray) -> None:
        """Before a frame (h, w, 3) uint8. at: (2,) px of its middle."""
        if at[1] - 1.5 * self.half[1] > image.shape[0]:
            return
        shape = self._filled(image, at, 1.0, 1.0)
        inner = self._filled(image, at, 0.86, 0.9)
        edge = 0.7 * self.colour
        picture = image.astype(np.float32)
        picture += shape * (edge - picture)
        picture += inner * (self.colour - picture)
        if self.kind == "sheet":
            for line in np.linspace(-0.7, 0.7, 9):
                ends = self._placed(np.array([[-0.7, line], [0.6, line]]), at)
                start, end = np.round(ends).astype(int).tolist()
                cv2.line(picture, start, end, (90.0, 80.0, 80.0), 1)
        image[:] = np.rint(picture.clip(0, 255))

    def _filled(self, image: np.ndarray, at: np.ndarray, wide: float, tall: float) -> np.ndarray:
        corners = np.array([[-wide, -tall], [wide, -tall], [wide, tall], [-wide, tall]])
        if self.kind == "cup":  # narrower at the foot
            corners[2:, 0] *= 0.75
        area = np.zeros(image.shape[:2], np.uint8)
        placed = np.round(self._placed(corners, at) * 16).astype(np.int32)
        cv2.fillPoly(area, [placed], (255,), cv2.LINE_AA, 4)
        return cv2.GaussianBlur(area, (0, 0), 0.8).astype(np.float32)[..., None] / 255

    def _placed(self, places: np.ndarray, at: np.ndarray) -> np.ndarray:
        angle = np.deg2rad(self.tilt)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return np.asarray((places * self.half) @ turn.T + at)
