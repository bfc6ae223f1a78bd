"""Motion of face regions as the temporal spotter reads it: paths, and displacements along them.

A region's path is where it is, and displacements over any lag are differences of it. So a window
can be slowed down by slowing down the path, and displacements of the slower motion are exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mespot.spotting.signals import course, noise_scale, without_drift

PATH_CHANNELS = 4  # u, v without drift; u, v without slow drift only
# The path is put together from all lags with motion this many times slower than the slow drift
# still at half its size: what is slower is drift anyway, and errors would add up to it.
_STEADY = 6.0
# Long recordings are done in blocks, so that memory does not grow with them, in units of the slow
# drift. What lies farther away than the margin changes a path by a millionth.
_BLOCK, _MARGIN = 20, 12
# In units of the corpus's noise (`typical_noise`): where the signed root of the network turns from
# linear to compressed. Displacements grow with the lag, but slower than in proportion to it.
_LAG, _LAG_EXPONENT = 0.8, 0.7
_PATH, _SLOW_PATH = 5.0, 10.0
# The same motion in units of the recording's own noise is read closer to where it is compressed.
_OWN = 0.6


def region_paths(
    regional: np.ndarray,
    lags: Sequence[int],
    span: np.ndarray,
    *,
    drift_frames: int,
    slow_drift_frames: int,
) -> np.ndarray:
    """The path of each region, `(T, R, 4)` float32 px: u, v without what is slower than
    `drift_frames`, then u, v without what is slower than `slow_drift_frames`.

    regional: `(T, L, R, 2)` displacements over `lags` frames. span: `(T,)`.
    """
    paths = np.zeros((len(regional), regional.shape[2], PATH_CHANNELS), np.float32)
    block, margin = (max(1, k * slow_drift_frames) for k in (_BLOCK, _MARGIN))
    for start in range(0, len(regional), block):
        stop = start + block
        first = max(0, start - margin)
        near = slice(first, stop + margin)
        path = course(regional[near], lags, span[near], _STEADY * slow_drift_frames)
        for k, frames in ((0, drift_frames), (2, slow_drift_frames)):
            part = without_drift(path, span[near], frames)
            paths[start:stop, :, k : k + 2] = part[start - first : stop - first]
    return paths


def own_noise(paths: np.ndarray, span: np.ndarray) -> float:
    """The noise of a recording's paths without drift, in their unit; one without motion."""
    return noise_scale(paths[..., :2], span)


def typical_noise(paths: Sequence[np.ndarray], spans: Sequence[np.ndarray]) -> float:
    """The unit of motion of a corpus, px: the median over recordings of their own noise.

    Cameras, sizes of faces and ways to measure flow differ between corpora. Within one, a noisier
    recording is not one with larger expressions, so all of them share a unit. Recordings without a
    usable face or any motion have no say; one where none is left.
    """
    pairs = zip(paths, spans, strict=True)
    own = [own_noise(path, span) for path, span in pairs if path[np.asarray(span) >= 0].any()]
    return float(np.median(own)) if own else 1.0


def motion_channels(
    paths: np.ndarray, noise: float, lags: Sequence[int], before: int
) -> np.ndarray:
    """What the network reads of `paths` `(before + T, R, 4)` in units of the corpus's noise.

    `(T, R, 2 * (2 * len(lags) + 3))`: u, v of the displacement over each lag and of the path, the
    same in units of the recording's own `noise`, and u, v of the path with slow motion. By the one
    unit a large motion is large in every recording, by the other it stands out in its own. before:
    frames that only displacements look back at, at least the longest lag. Without any channel of
    paths there is none of motion.
    """
    if not paths.shape[2]:
        return paths[before:]
    frames, regions = len(paths) - before, paths.shape[1]
    # As one run of numbers a frame: numpy is slow with innermost axes of two.
    path = np.ascontiguousarray(paths[..., :2]).reshape(len(paths), -1)
    parts = [
        (path[before:] - path[before - lag : before - lag + frames])
        * np.float32(1 / (_LAG * lag**_LAG_EXPONENT))
        for lag in lags
    ]
    parts.append(path[before:] * np.float32(1 / _PATH))
    parts += [part * np.float32(1 / (_OWN * noise)) for part in parts]
    channels = [part.reshape(frames, regions, 2) for part in parts]
    channels.append(paths[before:, :, 2:] * np.float32(1 / _SLOW_PATH))
    return np.concatenate(channels, axis=2)


def frames_back(lags: Sequence[int]) -> list[int]:
    """For each of the K channels of `motion_channels`: a value at frame t is told by where the
    region is at t and this many frames before. 0 for a path."""
    both_units = [*lags, 0] * 2
    return [back for back in (*both_units, 0) for _ in "uv"]


def span_channels(paths: np.ndarray, noise: float, lags: Sequence[int]) -> np.ndarray:
    """The same of all frames of one span, `(T, R, 4)`: before its start nothing moves."""
    before = max(lags)
    still = np.repeat(paths[:1], before, axis=0)
    return motion_channels(np.concatenate([still, paths]), noise, lags, before)
