"""What hides the face: a hand, a cup, hair that falls into it.

Skin that moves can be found again near its place. Each patch of an aligned face is looked for in
the crop of a moment before, and of several patches that are found nowhere something must have come
before them or gone. Eyes and mouth are left out, because lids and teeth come and go.

Something that rests before the face explains itself from frame to frame. So the last crop before it
came is kept, and the face counts as hidden until it looks as it did then, or for `_LONGEST`.
"""

from collections import deque
from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from mespot.face.align import FACE_OVAL, apply
from mespot.face.regions import REGIONS, area_weight
from mespot.face.shelf import N_POINTS
from mespot.spans import Frames

_SIDE = 96  # px: side of the crops that are compared
_PATCH, _STEP = 16, 8  # px: side of a patch, distance of their places
_SEARCH = 5  # px: how far a patch is looked for
# Squared grey levels: a patch with less contrast is flat skin, which shows nothing.
_FLOOR = 120.0
# A patch is not found if more of it than this is left over.
_NOT_FOUND = 0.4
_NEARLY = 0.01  # more than the errors of rounding
_LAG = 0.4  # s: the moment before
# The share of the face that is not found where something comes before it, and where it has not yet
# gone. On fifteen persons with nothing before the face it is 0.09 at most.
_COMES, _GOES = 0.12, 0.06
# s: so long after it has gone, its edge and the landmarks that it has misled still count.
_MARGIN = 0.25
_LOOKED_AT = 300  # frames that say where the landmarks mostly are
_LONGEST = 3.0  # s: what is still there then belongs to the face, such as glasses


class FaceWatch:
    """Finds hidden frames in the aligned crops of a face, which come in one by one.

    points: (478, 2 or 3) the usual landmarks in the crop's pixels, of `size` px a side. rate: crops
    a second. A few small crops are kept.
    """

    def __init__(self, points: np.ndarray, size: int, rate: float) -> None:
        self._places = _places(points, size)
        self._recent: deque[np.ndarray] = deque(maxlen=1 + max(1, round(_LAG * rate)))
        self._longest, self._margin = round(_LONGEST * rate), round(_MARGIN * rate)
        self._before: np.ndarray | None = None
        self._since, self._left = 0, 0
        self._hidden: list[bool] = []

    def add(self, crop: np.ndarray, usable: bool) -> None:
        """The crop (size, size) uint8 of the next frame. usable: there is a face in it."""
        self._hidden.append(False)
        if not usable or not len(self._places):
            self._recent.clear()
            self._before, self._left = None, 0
            return
        small = cv2.resize(crop, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
        self._recent.append(small)
        share = self._unexplained(small, self._recent[0])
        if self._before is None:
            if share > _COMES:
                self._before, self._since = self._recent[0], len(self._hidden)
                self._mark(len(self._recent) - 1)
            elif self._left:
                self._left -= 1
                self._mark(1)
            return
        gone = self._unexplained(small, self._before) <= _GOES
        stays = len(self._hidden) - self._since > self._longest and share <= _GOES
        if gone or stays:
            self._end()
        self._mark(1)

    @property
    def back(self) -> int:
        """How many frames before the last one may still turn out to be hidden."""
        return self._recent.maxlen or 0

    def watched(
        self, crops: Iterable[np.ndarray], span: np.ndarray, ahead: int = 0
    ) -> Iterator[np.ndarray]:
        """The crops as they are, each looked at as it passes.

        span: (T,), -1 without a face; it becomes -1 for hidden frames, too. When a crop comes out,
        it is final for this frame and for `ahead` frames after it.
        """
        waiting: deque[np.ndarray] = deque()
        for t, crop in enumerate(crops):
            self.add(crop, span[t] >= 0)
            recent = slice(max(0, t - self.back), t + 1)
            span[recent][np.array(self._hidden[recent])] = -1
            waiting.append(crop)
            if len(waiting) > self.back + ahead:
                yield waiting.popleft()
        yield from waiting

    def hidden(self) -> np.ndarray:
        """(T,) bool: the frames so far in which something hides the face."""
        return np.array(self._hidden, bool)

    def _unexplained(self, crop: np.ndarray, before: np.ndarray) -> float:
        # Most patches are where they were; only the others are looked for.
        elsewhere = self._places[changed(crop, before, self._places) > _NOT_FOUND - _NEARLY]
        return float((unexplained(crop, before, elsewhere) > _NOT_FOUND).sum() / len(self._places))

    def _mark(self, frames: int) -> None:
        self._hidden[-frames:] = [True] * frames

    def _end(self) -> None:
        # What has just left is in the crops of the moment before.
        self._before, self._left = None, self._margin
        self._recent = deque([self._recent[-1]], maxlen=self._recent.maxlen)


def changed(after: np.ndarray, before: np.ndarray, places: np.ndarray) -> np.ndarray:
    """How much of each patch of a crop is not found at its own place in another one, 0..1."""
    x, y = (places + _PATCH // 2).T

    def mean(values: np.ndarray) -> np.ndarray:
        return cv2.blur(values, (_PATCH, _PATCH))[y, x]

    own_mean, other_mean = mean(after), mean(before)
    own = mean(after * after) - own_mean * own_mean
    there = mean(before * before) - other_mean * other_mean
    common = mean(after * before) - own_mean * other_mean
    return (own + there - 2 * common) / (own + there + _FLOOR)


def unexplained(after: np.ndarray, before: np.ndarray, places: np.ndarray) -> np.ndarray:
    """How much of each patch of a crop is not found near its place in another one, 0..1."""
    area = _PATCH * _PATCH
    left = np.empty(len(places))
    mean = cv2.blur(before, (_PATCH, _PATCH))
    spread = cv2.blur(before * before, (_PATCH, _PATCH)) - mean * mean
    half = _PATCH // 2
    for k, (x, y) in enumerate(places):
        patch = after[y : y + _PATCH, x : x + _PATCH]
        first, top = max(0, x - _SEARCH), max(0, y - _SEARCH)
        right, bottom = x + _PATCH + _SEARCH, y + _PATCH + _SEARCH
        common = cv2.matchTemplate(before[top:bottom, first:right], patch, cv2.TM_CCOEFF) / area
        h, w = common.shape
        there = spread[top + half : top + half + h, first + half : first + half + w]
        own = patch.var()
        left[k] = ((own + there - 2 * common) / (own + there + _FLOOR)).min()
    return left


def usual_points(transforms: np.ndarray, points: Frames, span: np.ndarray) -> np.ndarray:
    """Where the landmarks mostly are in the crops, (478, 2), for a FaceWatch; NaN without a face.

    transforms: (T, 2, 3) from the recording's pixels to the crop's. points: (T, 478, 2 or 3), of
    which some frames are read.
    """
    usable = np.flatnonzero(span >= 0)
    if not len(usable):
        return np.full((N_POINTS, 2), np.nan)
    few = usable[:: 1 + len(usable) // _LOOKED_AT].tolist()
    places = [apply(transforms[frame], points[frame : frame + 1][0, :, :2]) for frame in few]
    return np.median(places, axis=0)


def _places(points: np.ndarray, size: int) -> np.ndarray:
    """Corners (x, y) of the patches that are compared, px of the small crop."""
    if not np.isfinite(points).all():
        return np.empty((0, 2), int)
    inside = area_weight(points, FACE_OVAL, size, _SIDE)
    for name, indices in REGIONS.items():
        if "eye" in name.split("_") or "lip" in name.split("_"):
            moving = area_weight(points, indices, size, _SIDE)
            inside[cv2.dilate(moving, np.ones((5, 5), np.uint8)) > 0.3] = 0
    ticks = range(_SEARCH, _SIDE - _PATCH - _SEARCH, _STEP)
    corners = [(x, y) for y in ticks for x in ticks]
    return np.array(
        [(x, y) for x, y in corners if inside[y : y + _PATCH, x : x + _PATCH].mean() > 0.6]
    )
