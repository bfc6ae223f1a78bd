"""Motion of a face in its aligned crops: flow and the displacement of its regions.

What the alignment left of the head's rigid motion is estimated in every flow and removed
(mespot.face.rigid). Nothing is measured across the border of a usable span.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any

import numpy as np

from mespot.face.flow import flow_algorithm
from mespot.face.regions import REGIONS, region_weights
from mespot.face.rigid import PARAMETERS, RigidMotion
from mespot.spans import BLOCK, Frames

# Landmarks give the places and depths of face parts, as their mean over this long (s): the head
# turns slowly, and a landmark's own jitter must not show in the flow.
_ANCHOR_STEP = 1.0


@dataclass(frozen=True)
class MotionSettings:
    """How motion is measured.

    algorithm: one of mespot.face.flow.ALGORITHMS. grid: side G of the flow map, cells. lags: time
    lags (working frames, 1 among them) of the regional displacements. preset: of "dis" only.
    """

    algorithm: str
    grid: int
    lags: tuple[int, ...]
    preset: str | None = None

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each part of a FaceMotion in one frame."""
        grid, lags = self.grid, len(self.lags)
        return {
            "flow": (grid, grid, 2),
            "regional": (lags, len(REGIONS), 2),
            "rigid": (lags, len(PARAMETERS)),
        }


@dataclass(frozen=True)
class FaceMotion:
    """Motion in one frame, or in T of them with a first axis more.

    All are float32, and 0 where the frame `lag` frames earlier is not of the same span. flow:
    `(G, G, 2)`, displacement since the frame before, crop px. regional: `(L, R, 2)`, mean
    displacement of each of REGIONS over each lag, crop px. rigid: `(L, 6)`, the rigid motion that
    was removed, in the PARAMETERS of mespot.face.rigid.
    """

    flow: np.ndarray
    regional: np.ndarray
    rigid: np.ndarray


def frame_motions(
    crops: Iterable[np.ndarray],
    points: Frames,
    span: np.ndarray,
    *,
    rate: float,
    size: int,
    settings: MotionSettings,
) -> Iterator[FaceMotion]:
    """The motion in each of T frames; no more crops are held than the largest lag is long.

    crops: T aligned crops `(size, size)` uint8. points: `(T, 478, 3)` landmarks in the crops'
    pixels, depth in the same unit, or anything that gives frames of them by `points[first:last]`;
    about a second of them is taken at once. span: `(T,)` int, -1 where there is no usable face. It
    is read up to `stretch(rate)` frames beyond a crop and may be filled while crops come. rate:
    working frames a second.
    """
    flows = flow_algorithm(settings.algorithm, settings.preset, size, settings.grid)
    recent: deque[Any] = deque(maxlen=max(settings.lags) + 1)
    every = stretch(rate)
    start = 0
    for t, crop in enumerate(crops):
        motion = _still(settings)
        if span[t] >= 0:
            if t == 0 or span[t] != span[t - 1]:
                start = t
                recent.clear()
            if (t - start) % every == 0:
                # The last stretch may be short: it takes its mean over the whole last seconds.
                stop = t + _run(span[t : t + every])
                mean = points[max(start, min(t, stop - every)) : stop].mean(axis=0)
                weights = region_weights(mean, size, settings.grid).reshape(len(REGIONS), -1)
                head = RigidMotion(mean, size, settings.grid)
            recent.append(flows.prepare(crop))
            for k, lag in enumerate(settings.lags):
                if t - lag < start:
                    continue
                field = flows.between(recent[-1 - lag], recent[-1], head.rigid_part)
                motion.rigid[k] = head.estimate(field)
                field -= head.field(motion.rigid[k])
                motion.regional[k] = weights @ field.reshape(-1, 2)
                if lag == 1:
                    motion.flow[:] = field
        yield motion


def stretch(rate: float) -> int:
    """How many frames share one place of the face parts, at `rate` frames a second."""
    return max(1, round(_ANCHOR_STEP * rate))


def _run(span: np.ndarray) -> int:
    """How many frames from the first on belong to its span."""
    return int(np.argmax(np.append(span != span[0], True)))


def in_blocks(motions: Iterable[FaceMotion], size: int = BLOCK) -> Iterator[FaceMotion]:
    """The motion in single frames as arrays of up to `size` of them."""
    motions = iter(motions)
    while held := list(islice(motions, size)):
        arrays = {
            one.name: np.stack([getattr(motion, one.name) for motion in held])
            for one in fields(FaceMotion)
        }
        yield FaceMotion(**arrays)


def _still(settings: MotionSettings) -> FaceMotion:
    """No motion in a frame."""
    shapes = settings.shapes.items()
    return FaceMotion(**{name: np.zeros(shape, np.float32) for name, shape in shapes})
