"""Optical flow and strain between the aligned crops of a recording, rigid motion removed."""

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mespot import flow as motion
from mespot.face.regions import REGIONS, region_weights
from mespot.face.rigid import PARAMETERS, RigidMotion
from mespot.spans import usable_spans
from mespot.store import io
from mespot.store.schema import RECORDING

log = logging.getLogger(__name__)

SCALE, STRAIN_SCALE = 1e-3, 1e-5  # px/frame and 1/frame of one stored unit

# Landmarks give the places and depths of face parts, as their mean over this long (s): the head
# turns slowly, and a landmark's own jitter must not show in the flow.
_ANCHOR_STEP = 1.0


def run(
    *,
    frames: str | Path,
    output: str | Path,
    algorithm: str,
    preset: str,
    grid: int,
    lags: Sequence[int],
    provenance: Mapping[str, Any],
) -> None:
    """Write the `flow` of one recording.

    algorithm: one of mespot.flow.ALGORITHMS; preset: of "dis". grid: side of the flow map, cells.
    lags: time lags (working frames, 1 among them) of the regional displacements.
    Nothing is computed across spans: flow is 0 in the first frame of each, and regional
    displacements are 0 until `lag` frames later.
    """
    cv2.setNumThreads(1)
    crops = io.read(frames, "frames")
    image, points, span = crops["image"], crops["points"], crops["span"]
    n, size = image.shape[:2]
    flow = np.zeros((n, grid, grid, 2), np.int16)
    strain = np.zeros((n, grid, grid), np.int16)
    regional = np.zeros((n, len(lags), len(REGIONS), 2), np.float32)
    rigid = np.zeros((n, len(lags), len(PARAMETERS)), np.float32)
    flows = motion.flow_algorithm(algorithm, preset, size, grid)
    every = max(1, round(_ANCHOR_STEP * crops.attrs["rate"]))
    for start, stop in usable_spans(span):
        anchors = _anchors(points[start:stop], every, size, grid)
        recent: deque[Any] = deque(maxlen=max(lags) + 1)
        for t in range(start, stop):
            recent.append(flows.prepare(image[t]))
            weights, head = anchors[(t - start) // every]
            for k, lag in enumerate(lags):
                if t - lag < start:
                    continue
                field = flows.between(recent[-1 - lag], recent[-1], head.rigid_part)
                rigid[t, k] = head.estimate(field)
                field -= head.field(rigid[t, k])
                regional[t, k] = weights @ field.reshape(-1, 2)
                if lag == 1:
                    flow[t] = motion.quantised(field, SCALE)
                    strain[t] = motion.quantised(motion.strain(field, size / grid), STRAIN_SCALE)
    log.info("%s: flow at lags %s", crops.attrs["video"], list(lags))
    io.write(
        output,
        "flow",
        {
            "flow": flow,
            "strain": strain,
            "regional": regional,
            "rigid": rigid,
            "blink": crops["blink"],
            "span": span,
            "native_frame": crops["native_frame"],
            "time": crops["time"],
        },
        attrs={
            **{name: crops.attrs[name] for name in RECORDING},
            "scale": SCALE,
            "strain_scale": STRAIN_SCALE,
            "lags": list(lags),
            "regions": list(REGIONS),
            "rigid_parameters": list(PARAMETERS),
            "crop_size": size,
        },
        provenance=provenance,
    )


def _anchors(
    points: np.ndarray, every: int, size: int, grid: int
) -> list[tuple[np.ndarray, RigidMotion]]:
    """Region weights (R, G * G) and rigid motion model of each stretch of `every` frames."""
    anchors = []
    for start in range(0, len(points), every):
        # The last stretch may be short: it takes its mean over the whole last `every` frames.
        mean = points[max(0, min(start, len(points) - every)) : start + every].mean(axis=0)
        weights = region_weights(mean, size, grid)
        anchors.append((weights.reshape(len(weights), -1), RigidMotion(mean, size, grid)))
    return anchors
