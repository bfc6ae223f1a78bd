"""Spotting without training: regions that leave rest and come back within an expression's length.

For a window of 2 h + 1 frames around t, the displacement from its start to its middle, a, and from
its middle to its end, b, of each face region are compared: an expression whose apex lies at t moves
a region by a and brings it back by b = -a, while a head turn, a gaze shift or drift goes on
(b = a) or stays (b = 0). The motion that returns is (a - b) / 2 and what does not is (a + b) / 2;
the score of a region is |a - b| / 2 - |a + b| / 2, not below zero. Main directional motion between
the ends and the middle of a window of the expression's length is the idea of Moilanen et al. 2014
(doi:10.1109/ICPR.2014.303) and He et al. 2020 (doi:10.1109/FG47880.2020.00029).

An expression begins and ends at rest. So the motion of a region just before and after the window
counts against it, which is what tells an expression from speech; and a region must be farther from
its usual place in the middle of the window than at both ends, which is what tells an expression
from the pause between two. What the lids move does not count while they blink.

Scores are in units of a floor, which is a share of the face's size or a multiple of the
recording's own noise, whichever is more. It does not depend on the largest motion of a recording.

No labels are read and nothing is fitted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import uniform_filter1d

from mespot.expressions import CLASSES
from mespot.settings import fill
from mespot.spans import usable_spans
from mespot.spotting import decode
from mespot.spotting.signals import course, eyes_shut, path_noise, usual_place
from mespot.spotting.spotted import Spotted

# A place is averaged over this share of half a window: long windows then hardly see the noise.
_SMOOTHED = 0.3
# The motion before and after a window is looked at for this long (s).
_SURROUNDINGS = 1.0
# The lids move regions this long (s) before and after the blink score shows it.
_BLINK_MARGIN = 0.1
# Noise (px) that any measured motion has. It counts where a recording seems to have none.
_LEAST_NOISE = 0.01
# Peaks lower than this share of the floor are not even candidates.
_FAINT = 0.1
# Of a high-pass filter that takes nothing away, frames.
_NO_DRIFT = 1e5


@dataclass(frozen=True)
class RegionMotion:
    """The motion of one video of T frames: regional `(T, L, R, 2)`, px of the crop, over L `lags`
    of working frames, 1 among them; blink `(T,)` in 0..1; span `(T,)`, the usable span of a frame
    or -1; rate in working frames a second; crop_size: side of the crop, px, 0 where it is not
    known; eye_regions: which of the R regions are eyes; lid_regions: which move when the eyes
    blink, the eyes among them."""

    regional: np.ndarray
    lags: Sequence[int]
    blink: np.ndarray
    span: np.ndarray
    rate: float
    crop_size: int
    eye_regions: Sequence[int]
    lid_regions: Sequence[int]


@dataclass(frozen=True)
class TrainingFreeRecipe:
    """`spotting.training_free` of config.yaml, which explains each key."""

    seconds: Mapping[str, tuple[float, float]]
    length_ratio: float
    length_exponent: float
    strongest_regions: int
    restlessness: Mapping[str, float]
    rest_seconds: float
    least_motion: Mapping[str, float]
    least_noise: float
    class_iou: float

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> TrainingFreeRecipe:
        """Raises InputError for a key that is missing or unknown."""
        (recipe,) = fill("spotting.training_free", settings, cls)
        return recipe


def half_lengths(shortest_s: float, longest_s: float, rate: float, ratio: float) -> list[int]:
    """Half window lengths in frames that cover expressions of these lengths (s), each about
    `ratio` times the one before; windows have 2 h + 1 frames."""
    low = max(1, int(np.ceil((shortest_s * rate - 1) / 2)))
    high = max(low, int((longest_s * rate - 1) // 2))
    steps = 1 + int(np.ceil(np.log(high / low) / np.log(ratio))) if high > low else 1
    return sorted({int(round(h)) for h in np.geomspace(low, high, steps)})


def returning_motion(path: np.ndarray, half: int) -> np.ndarray:
    """Motion of each region that has come back `half` frames after t, `(T, R)` px, not negative.

    path: `(T, R, 2)` px, the places of the regions in one span. Zero where the window leaves it.
    """
    gone, come = _legs(path, half)
    returned = _size(gone - come) - _size(gone + come)
    return _whole(np.maximum(returned / 2, 0.0), half)


def motion_around(path: np.ndarray, half: int, reach: int, swings: float) -> np.ndarray:
    """How much each region moves before and after the window around t, `(T, R)` px: on the side
    where it moves more, because an expression begins and ends at rest.

    path: as for `returning_motion`. A side counts how far a region gets in the `half` frames beside
    the window, and `swings` times how far it swings on average in the `reach` frames beyond these.
    A swing is |a - b| / 2, of every frame whose own window is in the span.
    """
    frames, t = len(path), np.arange(len(path))
    gone, come = _legs(path, half)
    swing = _whole(_size(gone - come) / 2, half)
    sums = np.concatenate([np.zeros((1, swing.shape[1])), np.cumsum(swing, axis=0)])
    known = np.r_[0, np.cumsum(_whole(np.ones(frames), half))]
    around = np.zeros_like(swing)
    for side, first in ((-1, t - 2 * half - reach), (1, t + 2 * half + 1)):
        low, high = np.clip(first, 0, frames), np.clip(first + reach, 0, frames)
        usual = (sums[high] - sums[low]) / np.maximum(known[high] - known[low], 1)[:, None]
        beside = _size(_at(path, 2 * side * half) - _at(path, side * half))
        around = np.maximum(around, beside + swings * usual)
    return around


def leaves_rest(path: np.ndarray, usual: np.ndarray, half: int) -> np.ndarray:
    """Whether each region is farther from its usual place at t than at both ends of the window
    around t, `(T, R)` bool. path, usual: `(T, R, 2)` px."""
    far, *ends = (_size(_at(path, k) - usual) for k in (0, -half, half))
    return np.asarray(far > np.maximum(*ends))


def pool_regions(motion: np.ndarray, strongest: int) -> np.ndarray:
    """Mean of the `strongest` regions at each frame: `(T, R)` -> `(T,)`.

    An action unit moves a few neighbouring regions; a mean over the face would bury it and the
    maximum alone is the jitter of one region.
    """
    k = min(strongest, motion.shape[1])
    return np.partition(motion, motion.shape[1] - k, axis=1)[:, -k:].mean(axis=1)


def floors(motion: RegionMotion, path: np.ndarray, recipe: TrainingFreeRecipe) -> dict[str, float]:
    """The least motion of an expression of each class, px. path: `(T, R, 2)` px."""
    noise = max(path_noise(path, motion.span), _LEAST_NOISE)
    return {
        c: max(recipe.least_motion[c] / 100 * motion.crop_size, recipe.least_noise * noise)
        for c in CLASSES
    }


def spot(motion: RegionMotion, recipe: TrainingFreeRecipe) -> Spotted:
    """Score curves and intervals of one video.

    The motion within a window grows with its length (drift and tracking noise do too), so windows
    are compared by motion / seconds ** length_exponent. The window that is best for t gives the
    length of the interval around t and its class: a frame scores in a class only as far as that
    class's best window beats the other's. Scores are in units of the floor of their class, so an
    interval is predicted from 1 on. Where intervals of both classes overlap by an IoU of more than
    class_iou, the one that scores higher stays.
    """
    lengths = {
        c: half_lengths(*recipe.seconds[c], motion.rate, recipe.length_ratio)
        for c in CLASSES  # not in the order of the config: in a tie the first class stays
    }
    if 1 not in motion.lags:
        raise ValueError(f"the places of regions cannot be told from lags {motion.lags} without 1")
    path = course(motion.regional, motion.lags, motion.span, _NO_DRIFT)
    floor = floors(motion, path, recipe)
    scored = _windows(motion, path, recipe, lengths)
    best, half = {}, {}
    for c, options in lengths.items():
        half[c] = np.array(options)[scored[c].argmax(axis=0)]
        best[c] = scored[c].max(axis=0)
    scores, candidates = {}, {}
    for c in lengths:
        rival = np.max([best[o] for o in lengths if o != c], axis=0)
        scores[c] = np.maximum(0.0, 2 * best[c] - np.maximum(best[c], rival)) / floor[c]
        # From far below the floor on: a lower peak is never in the way of a higher one.
        around_peaks = decode.from_peaks(
            scores[c], half[c], motion.span, threshold=_FAINT, distance=min(lengths[c])
        )
        candidates[c] = decode.merge(around_peaks, iou=0.0, agree=2.0).in_time_order()
    thresholds = dict.fromkeys(lengths, 1.0)
    sure = {c: candidates[c].confidence for c in candidates}
    kept = decode.unbeaten(candidates, thresholds, sure, recipe.class_iou)
    return Spotted(
        scores,
        thresholds,
        {c: kept[c].above(thresholds[c]) for c in kept},
        kept,
        {c: kept[c].confidence for c in kept},
    )


def _windows(
    motion: RegionMotion,
    path: np.ndarray,
    recipe: TrainingFreeRecipe,
    lengths: Mapping[str, Sequence[int]],
) -> dict[str, np.ndarray]:
    """For each class the scores of its windows, `(lengths, T)`, px at a window of one second."""
    scores = {c: np.zeros((len(lengths[c]), len(motion.span))) for c in lengths}
    second, reach = motion.rate, round(_SURROUNDINGS * motion.rate)
    shut = eyes_shut(motion.blink, motion.span, second, _BLINK_MARGIN)
    usual = usual_place(path, motion.span, second, recipe.rest_seconds)
    windows = [(c, row, half) for c in lengths for row, half in enumerate(lengths[c])]
    for start, stop in usable_spans(motion.span):
        here = slice(start, stop)
        for c, row, half in windows:
            wide = int(_SMOOTHED * half) // 2
            places = uniform_filter1d(path[here], 2 * wide + 1, axis=0, mode="nearest")
            returned = returning_motion(places, half)
            returned -= motion_around(places, half, reach, recipe.restlessness[c])
            returned[~leaves_rest(places, usual[here], half)] = 0.0
            if shut is None:  # a blink looks like an expression of the eyes
                returned[:, list(motion.eye_regions)] = 0.0
            else:
                moved = np.any([_at(shut[here], k) for k in (-half, 0, half)], axis=0)
                returned[np.ix_(moved, list(motion.lid_regions))] = 0.0
            pooled = pool_regions(np.maximum(returned, 0.0), recipe.strongest_regions)
            scores[c][row, here] = pooled / ((2 * half + 1) / second) ** recipe.length_exponent
    return scores


def _at(values: np.ndarray, later: int) -> np.ndarray:
    """`values` `(T, ...)` so many frames later; beyond the ends, those at the end."""
    return values[np.clip(np.arange(len(values)) + later, 0, len(values) - 1)]


def _size(motion: np.ndarray) -> np.ndarray:
    """Lengths of vectors `(..., 2)`."""
    return np.asarray(np.hypot(motion[..., 0], motion[..., 1]))


def _legs(path: np.ndarray, half: int) -> tuple[np.ndarray, np.ndarray]:
    """Displacements from t - half to t and from t to t + half, `(T, R, 2)` each."""
    return path - _at(path, -half), _at(path, half) - path


def _whole(values: np.ndarray, half: int) -> np.ndarray:
    """`values` `(T, ...)`, zero where the window around t leaves the span."""
    kept = np.zeros_like(values)
    kept[half : max(half, len(values) - half)] = values[half : max(half, len(values) - half)]
    return kept
