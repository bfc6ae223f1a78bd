"""Optical flow between aligned face crops, on a grid.

Four algorithms: iterative Lucas-Kanade (Lucas and Kanade 1981; inverse compositional, Baker and
Matthews 2004), made here for small motion and for many time lags of one video, and OpenCV's dense
inverse search (Kroeger et al. 2016), TV-L1 (Zach et al. 2007) and Farneback (2003).

The flow between two crops is the expression and the head motion that the alignment left;
mespot.face.rigid separates them. Optical strain is that of Shreve et al. (2011).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np

ALGORITHMS = ("lucas_kanade", "dis", "tvl1", "farneback")
PRESETS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}

# Lucas-Kanade. Lengths are shares of the crop's side. A smaller window follows smaller parts of the
# face and lets more sensor noise through.
_WINDOW = 0.036
_LEVELS = 3
# The coarse levels see other motion than the rigid one. It is believed where it is larger than this
# (px of the crop). Below, it is mostly their noise, and full resolution finds it by itself.
_BELIEVED = 0.5
# Local mean and contrast are divided out over this width, so that light changes are not motion.
_CONTRAST_WINDOW = 0.036
_CONTRAST_FLOOR = 4.0  # grey levels: about the noise; flat skin is not blown up beyond it
# Pulls the flow to 0 where the window has no texture, in units of squared normalised gradient.
_DAMPING = 0.004


class Flow(Protocol):
    """A flow algorithm: frames are prepared once and then paired at any number of lags."""

    def prepare(self, image: np.ndarray) -> Any:
        """What `between` needs of one (S, S) uint8 crop."""

    def between(
        self, before: Any, after: Any, rigid_part: Callable[[np.ndarray], np.ndarray]
    ) -> np.ndarray:
        """(G, G, 2) float32 displacement in px of the crop, at the places of `before`.

        rigid_part: gives the rigid motion in a flow (mespot.face.rigid), from which an algorithm
        may set out to find the rest.
        """


def flow_algorithm(algorithm: str, preset: str | None, size: int, grid: int) -> Flow:
    """A flow algorithm by its name in ALGORITHMS, for crops of `size` px and maps of `grid` cells.

    preset: one of PRESETS, needed for "dis" only. Raises KeyError for a name that there is not.
    """
    if algorithm == "lucas_kanade":
        return LucasKanade(size, grid)
    return OpenCVFlow(algorithm, preset, grid)


class OpenCVFlow:
    """An algorithm of OpenCV, at full resolution, area-averaged to the grid."""

    def __init__(self, algorithm: str, preset: str | None, grid: int) -> None:
        methods: dict[str, Any] = {
            "dis": lambda: cv2.DISOpticalFlow.create(PRESETS[str(preset)]).calc,
            "tvl1": lambda: cv2.optflow.DualTVL1OpticalFlow_create().calc,  # type: ignore[attr-defined]
            "farneback": lambda: _farneback,
        }
        self._dense = methods[algorithm]()
        self._grid = grid

    def prepare(self, image: np.ndarray) -> np.ndarray:
        return image

    def between(
        self,
        before: np.ndarray,
        after: np.ndarray,
        rigid_part: Callable[[np.ndarray], np.ndarray],
    ) -> np.ndarray:
        return _averaged(self._dense(before, after, None), self._grid)


def _farneback(before: Any, after: Any, flow: Any) -> Any:
    return cv2.calcOpticalFlowFarneback(before, after, flow, 0.5, 3, 15, 3, 5, 1.2, 0)


@dataclass
class _Level:
    """One resolution of one frame: image and gradients (n, n), structure tensor on the grid."""

    image: np.ndarray
    ix: np.ndarray
    iy: np.ndarray
    xx: np.ndarray
    xy: np.ndarray
    yy: np.ndarray
    determinant: np.ndarray


class LucasKanade:
    """Lucas-Kanade with a Gaussian window, solved at the cells of the grid, coarse to fine.

    The gradients and the structure tensor belong to the earlier frame and are computed once for
    all its pairs. Images are normalised to local mean 0 and contrast 1 first. The coarse levels
    find the rigid motion of the head; the finer ones set out from it, so that the flow of flat skin
    is damped towards the head's motion and not towards 0.
    """

    def __init__(self, size: int, grid: int) -> None:
        self._grid = grid
        self._sizes = [max(8, size >> level) for level in range(_LEVELS)]
        self._places = [
            np.stack(np.meshgrid(np.arange(n), np.arange(n)), axis=-1).astype(np.float32)
            for n in self._sizes
        ]

    def prepare(self, image: np.ndarray) -> list[_Level]:
        levels = []
        image = self._normalised(image)
        for n in self._sizes:
            if len(image) != n:
                image = cv2.resize(image, (n, n), interpolation=cv2.INTER_AREA)
            ix = cv2.Scharr(image, cv2.CV_32F, 1, 0, scale=1 / 32)
            iy = cv2.Scharr(image, cv2.CV_32F, 0, 1, scale=1 / 32)
            tensor = self._windowed(cv2.merge([ix * ix, ix * iy, iy * iy]))
            xx, xy, yy = tensor[..., 0] + _DAMPING, tensor[..., 1], tensor[..., 2] + _DAMPING
            levels.append(_Level(image, ix, iy, xx, xy, yy, xx * yy - xy * xy))
        return levels

    def between(
        self,
        before: list[_Level],
        after: list[_Level],
        rigid_part: Callable[[np.ndarray], np.ndarray],
    ) -> np.ndarray:
        flow = np.zeros((self._grid, self._grid, 2), np.float32)
        flow = self._step(before, after, flow, 2)
        flow = self._step(before, after, flow, 2)
        flow = rigid_part(flow)
        flow = self._step(before, after, flow, 2)
        flow = self._step(before, after, flow, 1)
        rigid = rigid_part(flow)
        other = flow - rigid
        squared = (other * other).sum(axis=-1, keepdims=True)
        flow = rigid + other * (squared / (squared + _BELIEVED**2))
        return self._step(before, after, flow, 0)

    def _step(
        self, before: list[_Level], after: list[_Level], flow: np.ndarray, level: int
    ) -> np.ndarray:
        """One iteration at one level: flow (G, G, 2) in, improved flow out, px of the crop."""
        n, first = self._sizes[level], before[level]
        scale = n / self._sizes[0]
        places = self._places[level] + cv2.resize(scale * flow, (n, n))
        warped = cv2.remap(  # type: ignore[call-overload]
            after[level].image, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        difference = first.image - warped
        products = cv2.merge([first.ix * difference, first.iy * difference])
        right = self._windowed(products) / (scale * first.determinant[..., None])
        u = first.yy * right[..., 0] - first.xy * right[..., 1]
        v = first.xx * right[..., 1] - first.xy * right[..., 0]
        return flow + cv2.merge([u, v])

    def _windowed(self, values: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(_averaged(values, self._grid), (0, 0), _WINDOW * self._grid)

    def _normalised(self, image: np.ndarray) -> np.ndarray:
        values = image.astype(np.float32)
        moments = _averaged(cv2.merge([values, values * values]), self._grid)
        moments = cv2.GaussianBlur(moments, (0, 0), _CONTRAST_WINDOW * self._grid)
        mean = moments[..., 0]
        contrast = np.sqrt(np.maximum(moments[..., 1] - mean * mean, 0)) + _CONTRAST_FLOOR
        shape = image.shape[::-1]
        return (values - cv2.resize(mean, shape)) * cv2.resize(1 / contrast, shape)


def _averaged(values: np.ndarray, grid: int) -> np.ndarray:
    return cv2.resize(values, (grid, grid), interpolation=cv2.INTER_AREA)


def strain(flow: np.ndarray, spacing: float) -> np.ndarray:
    """Magnitude (..., G, G) of the strain tensor of a (..., G, G, 2) flow in px, cells `spacing` px
    apart."""
    uy, ux = np.gradient(flow[..., 0], spacing, axis=(-2, -1))
    vy, vx = np.gradient(flow[..., 1], spacing, axis=(-2, -1))
    return np.sqrt(ux**2 + vy**2 + 0.5 * (uy + vx) ** 2)


def quantised(values: np.ndarray, scale: float) -> np.ndarray:
    """Values as int16 in units of `scale`; what does not fit is clipped."""
    limit = np.iinfo(np.int16).max
    return np.clip(np.rint(values / scale), -limit, limit).astype(np.int16)
