"""Motion of a face in its aligned crops: flow, strain and the displacement of its regions.

What the alignment left of the head's rigid motion is estimated in every flow and removed
(mespot.face.rigid). Nothing is measured across the border of a usable span.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mespot.face.regions import REGIONS, region_weights
from mespot.face.rigid import PARAMETERS, RigidMotion
from mespot.flow import flow_algorithm, quantised, strain
from mespot.spans import usable_spans

SCALE, STRAIN_SCALE = 1e-3, 1e-5  # px/frame and 1/frame of one unit of `flow` and `strain`

# Landmarks give the places and depths of face parts, as their mean over this long (s): the head
# turns slowly, and a landmark's own jitter must not show in the flow.
_ANCHOR_STEP = 1.0


@dataclass(frozen=True)
class MotionSettings:
    """How motion is measured.

    algorithm: one of mespot.flow.ALGORITHMS. grid: side G of the flow map, cells. lags: time lags
    (working frames, 1 among them) of the regional displacements. preset: of "dis" only.
    """

    algorithm: str
    grid: int
    lags: tuple[int, ...]
    preset: str | None = None


@dataclass(frozen=True)
class FaceMotion:
    """Motion in one frame, or in T of them with a first axis more.

    flow: `(G, G, 2)` int16, displacement since the frame before in units of SCALE crop px.
    strain: `(G, G)` int16, magnitude of its strain in units of STRAIN_SCALE. regional:
    `(L, R, 2)` float32, mean displacement of each of REGIONS over each lag, crop px. rigid:
    `(L, 6)` float32, the rigid motion that was removed, in the PARAMETERS of mespot.face.rigid.
    All are 0 where the frame `lag` frames earlier is not of the same span.
    """

    flow: np.ndarray
    strain: np.ndarray
    regional: np.ndarray
    rigid: np.ndarray


def face_motion(
    crops: Iterable[np.ndarray],
    points: np.ndarray,
    span: np.ndarray,
    *,
    rate: float,
    size: int,
    settings: MotionSettings,
) -> FaceMotion:
    """`frame_motions` of all T frames as arrays."""
    motion = _still(settings, len(span))
    frames = frame_motions(crops, points, span, rate=rate, size=size, settings=settings)
    for t, frame in enumerate(frames):
        motion.flow[t], motion.strain[t] = frame.flow, frame.strain
        motion.regional[t], motion.rigid[t] = frame.regional, frame.rigid
    return motion


def frame_motions(
    crops: Iterable[np.ndarray],
    points: np.ndarray,
    span: np.ndarray,
    *,
    rate: float,
    size: int,
    settings: MotionSettings,
) -> Iterator[FaceMotion]:
    """The motion in each of T frames; no more crops are held than the largest lag is long.

    crops: T aligned crops `(size, size)` uint8. points: `(T, 478, 3)` landmarks in the crops'
    pixels, depth in the same unit. span: `(T,)` int, -1 where there is no usable face. rate:
    working frames a second.
    """
    flows = flow_algorithm(settings.algorithm, settings.preset, size, settings.grid)
    recent: deque[Any] = deque(maxlen=max(settings.lags) + 1)
    every = max(1, round(_ANCHOR_STEP * rate))
    stops = dict(usable_spans(span))
    start, anchors = 0, []
    for t, crop in enumerate(crops):
        motion = _still(settings)
        if t in stops:
            start = t
            anchors = _anchors(points[t : stops[t]], every, size, settings.grid)
            recent.clear()
        if span[t] >= 0:
            recent.append(flows.prepare(crop))
            weights, head = anchors[(t - start) // every]
            for k, lag in enumerate(settings.lags):
                if t - lag < start:
                    continue
                field = flows.between(recent[-1 - lag], recent[-1], head.rigid_part)
                motion.rigid[k] = head.estimate(field)
                field -= head.field(motion.rigid[k])
                motion.regional[k] = weights @ field.reshape(-1, 2)
                if lag == 1:
                    motion.flow[:] = quantised(field, SCALE)
                    spacing = size / settings.grid
                    motion.strain[:] = quantised(strain(field, spacing), STRAIN_SCALE)
        yield motion


def _still(settings: MotionSettings, *frames: int) -> FaceMotion:
    """No motion: of one frame or, with their number, of several."""
    grid, lags = settings.grid, len(settings.lags)
    return FaceMotion(
        flow=np.zeros((*frames, grid, grid, 2), np.int16),
        strain=np.zeros((*frames, grid, grid), np.int16),
        regional=np.zeros((*frames, lags, len(REGIONS), 2), np.float32),
        rigid=np.zeros((*frames, lags, len(PARAMETERS)), np.float32),
    )


def _anchors(
    points: np.ndarray, every: int, size: int, grid: int
) -> list[tuple[np.ndarray, RigidMotion]]:
    """Region weights `(R, G * G)` and rigid motion model of each stretch of `every` frames."""
    anchors = []
    for start in range(0, len(points), every):
        # The last stretch may be short: it takes its mean over the whole last `every` frames.
        mean = points[max(0, min(start, len(points) - every)) : start + every].mean(axis=0)
        weights = region_weights(mean, size, grid)
        anchors.append((weights.reshape(len(weights), -1), RigidMotion(mean, size, grid)))
    return anchors
