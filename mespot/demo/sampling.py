"""Small helpers of the renderer: grids of places, values between them, smooth steps.

A pixel's centre has whole coordinates. A picture or field with `step` px a cell has the centre of
its first cell at (step - 1) / 2.
"""

import cv2
import numpy as np


def grid(size: tuple[int, int], step: float) -> np.ndarray:
    """Centres (h / step, w / step, 2) px of the cells of a picture of size (w, h)."""
    x, y = ((np.arange(round(n / step)) + 0.5) * step - 0.5 for n in size)
    return np.stack(np.meshgrid(x, y), axis=-1)


def cell(places: np.ndarray, step: float) -> np.ndarray:
    """Row and column numbers of places, px, the other way round: (column, row), not rounded."""
    return (places + 0.5) / step - 0.5


def sample(
    values: np.ndarray, places: np.ndarray, step: float, *, into: np.ndarray | None = None
) -> np.ndarray:
    """A field (h, w, n) with `step` px a cell, at places (..., 2) px, float32.

    Its rim goes on outside. into: an array to take for the result.
    """
    at = places * np.float32(1 / step)
    at += np.float32(0.5 / step - 0.5)
    return remap(values, at, cv2.INTER_LINEAR, cv2.BORDER_REPLICATE, into)


def remap(
    picture: np.ndarray, at: np.ndarray, method: int, border: int, into: np.ndarray | None = None
) -> np.ndarray:
    """A picture at places (..., 2), column and row numbers, float32, by OpenCV."""
    # The second map must be None: an empty array, as OpenCV's type hints want it, is read from.
    values = cv2.remap(picture, at, None, method, dst=into, borderMode=border)  # type: ignore[call-overload]
    return np.asarray(values)


def smoothstep(share: np.ndarray) -> np.ndarray:
    """From 0 to 1 where `share` does so, without a kink."""
    share = np.clip(share, 0, 1)
    return share**2 * (3 - 2 * share)
