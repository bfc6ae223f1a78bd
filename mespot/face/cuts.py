"""Cuts of a recording to another scene or person.

A cut changes the picture from one frame to the next, or over one frame between, and for good. What
lasts shorter (a flash of light, a blink) or takes longer (a turn of the head, a moving camera) is
none. Pictures are compared by their local contrast, so a light that is switched on is none either.
The whole picture is compared, and for each face the face: behind two people there may be the same
wall.
"""

from collections import deque
from typing import NamedTuple

import cv2
import numpy as np

from mespot.face import align
from mespot.face.align import placement

# Frames are compared over this long (s) before and after, and over so many at least. A flash of
# light may last as long.
_WINDOW, _FEWEST = 0.17, 5
# A cut: one minus the correlation of each frame before with each after it is larger than the first
# number, and larger than the second times that within either side. On real recordings the first is
# at most 0.25 where nothing is cut and the second is kept; across cuts it is 0.37 and more.
_LEAST, _SUDDEN = 0.3, 5.0
# Of the change, the share that one step has if no mixed frame lies between.
_HARD = 0.75
# Landmarks take this long (s) to settle on the face after a cut.
SETTLING = 0.25

_SCENE = (64, 48)  # px: width and height of the compared picture
_FACE, _FILL, _MARGIN = 60, 0.72, 6  # px: side of a face, the share that it fills, what is cut off
_SCENE_SIGMA, _FACE_SIGMA = 4.0, 3.0  # px: the width over which contrast is local
_FLOOR = 4.0  # grey levels: noise is not blown up beyond it
_DARK = 3.0  # grey levels: a picture with less contrast shows nothing


class Cut(NamedTuple):
    """The first frame after a cut, and the frame before it if that has something of both sides."""

    first: int
    mixed: int | None


class View(NamedTuple):
    """What is compared of a picture.

    values: unit vector of local contrast. small: of a face, the small upright picture that it was
    made from, with a margin, and place (2, 3), the map from the recording to it.
    """

    values: np.ndarray
    small: np.ndarray | None = None
    place: np.ndarray | None = None


class Steps:
    """Sudden and lasting changes in a series of pictures, which come in one by one and may miss."""

    def __init__(self, rate: float) -> None:
        self._side = max(_FEWEST, round(_WINDOW * rate))
        self._recent: deque[tuple[int, View]] = deque(maxlen=2 * self._side + 1)

    def add(self, index: int, view: View | None) -> Cut | None:
        """The cut that the picture of the frame `index` gives away, a few frames late."""
        if view is None:
            return None
        self._recent.append((index, view))
        return self._look() if len(self._recent) == self._recent.maxlen else None

    def _look(self) -> Cut | None:
        side = self._side
        frames, views = zip(*self._recent, strict=True)
        if 1 - views[0].values @ views[-1].values < _LEAST:
            return None
        pictures = np.stack([view.values for view in views])
        apart = 1 - pictures @ pictures.T
        before, after = slice(0, side), slice(side + 1, None)
        across = apart[before, after].min()
        within = max(apart[before, before].max(), apart[after, after].max())
        if across < _LEAST or across < _SUDDEN * within:
            return None
        # Landmarks may jump without any cut. Then the picture at one place has not changed.
        if any(_apart_in_place(a, b) < _LEAST for a in views[before] for b in views[after]):
            return None
        for later in (side, side + 1):
            if apart[later - 1, later] > _HARD * across:
                return Cut(frames[later], None)
        return Cut(frames[side + 1], frames[side])


def scene(image: np.ndarray) -> View | None:
    """A whole picture (grey, uint8); None if it shows nothing."""
    small = cv2.resize(image, _SCENE, interpolation=cv2.INTER_AREA)
    return None if small.std() < _DARK else View(_contrast(small, _SCENE_SIGMA))


def portrait(image: np.ndarray, points: np.ndarray) -> View | None:
    """The face at landmarks (478, 3), upright."""
    place = placement(points[:, :2], _FACE, _FILL)
    small = align.crop(image, place, _FACE)
    return None if small.std() < _DARK else View(_face_contrast(small), small, place)


def _apart_in_place(one: View, other: View) -> float:
    """How far two faces are apart if the second is looked at in the place of the first."""
    if one.small is None or one.place is None or other.small is None or other.place is None:
        return np.inf
    back = np.vstack([cv2.invertAffineTransform(other.place), [0, 0, 1]])
    moved = cv2.warpAffine(
        other.small, one.place @ back, (_FACE, _FACE), borderMode=cv2.BORDER_REPLICATE
    )
    return float(1 - one.values @ _face_contrast(moved))


def _face_contrast(small: np.ndarray) -> np.ndarray:
    return _contrast(small[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN], _FACE_SIGMA)


def _contrast(picture: np.ndarray, sigma: float) -> np.ndarray:
    picture = picture.astype(np.float32)
    detail = picture - cv2.GaussianBlur(picture, (0, 0), sigma)
    spread = np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), sigma))
    values = (detail / (spread + _FLOOR)).reshape(-1)
    return values / np.sqrt(values @ values + 1e-12)
