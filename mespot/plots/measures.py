"""The numbers in figures, computed from arrays."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Shares:
    """Reconstructed share of a region's variance over time, on hidden pixels.

    averaged: of the mean over `masks` masks, which is what is shown. single: of one mask.
    """

    averaged: float
    single: float
    masks: int


def mean_over_masks(
    reconstruct: Callable[[np.ndarray], Mapping[str, np.ndarray]],
    values: np.ndarray,
    weight: np.ndarray,
    masks: int,
) -> tuple[dict[str, np.ndarray], Shares]:
    """What a network makes of one clip under several masks, and how much of a region that is.

    reconstruct: gives `input`, `masked`, `target` and `output` `(T, C, S, S)` of the clip `values`
    under a new random mask; `masked` is NaN where the mask hides, `target` where it is not defined.
    weight: `(S, S)` of the region. The `output` that is returned is the mean of what the network
    gives where a pixel was hidden from it; the rest is that of the first mask.
    """
    draws = [reconstruct(values) for _ in range(masks)]
    hidden = np.stack([np.isnan(draw["masked"][:, :1]) for draw in draws])
    outputs, first = np.stack([draw["output"] for draw in draws]), draws[0]
    output = hidden_mean(outputs, hidden)
    defined = np.isfinite(first["target"]).all(axis=(1, 2, 3))
    target = first["target"][defined]
    once = np.isfinite(output[defined][:, :1])
    mean = np.where(once, output[defined], 0.0)
    shares = Shares(
        averaged=explained(target, mean[None], once[None], weight),
        single=explained(target, outputs[:, defined], hidden[:, defined], weight),
        masks=masks,
    )
    arrays = {name: first[name] for name in ("input", "masked", "target")}
    return {**arrays, "output": output}, shares


def hidden_mean(outputs: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Mean of several reconstructions of a clip at each pixel, of those that did not see it.

    outputs `(M, T, C, S, S)`, one a mask; hidden `(M, T, 1, S, S)`, True where the mask hides.
    Returns `(T, C, S, S)`, NaN where no mask hides.
    """
    times = hidden.sum(axis=0)
    total = np.where(hidden, outputs, 0.0).sum(axis=0)
    return np.where(times > 0, total / np.maximum(times, 1), np.nan)


def explained(
    target: np.ndarray, outputs: np.ndarray, hidden: np.ndarray, weight: np.ndarray
) -> float:
    """Share of the variance over time of a region that is reconstructed where it was hidden.

    1 - squared error / squared deviation of the target from each pixel's mean over the clip, both
    summed over hidden pixels and masks: 0 is what a still picture, each pixel's mean, would get.
    target `(T, C, S, S)`; outputs and hidden as in `hidden_mean`; weight `(S, S)` of the region.
    NaN when the target does not change or nothing is hidden.
    """
    share = hidden * weight
    error = (share * np.square(outputs - target)).sum()
    change = (share * np.square(target - target.mean(axis=0))).sum()
    return float(1 - error / change) if change > 0 else float("nan")


def main_pattern(target: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The pattern in which a region changes most over a clip, `(C, S, S)`.

    The first principal component over time of target `(T, C, S, S)` with pixels weighted by
    `weight` `(S, S)`; its sign is such that the largest change is positive. `along` measures how
    far a frame has gone in it.
    """
    root = np.sqrt(weight)
    change = (root * (target - target.mean(axis=0))).reshape(len(target), -1)
    _, _, patterns = np.linalg.svd(change, full_matrices=False)
    way = change @ patterns[0]
    sign = 1.0 if way[np.argmax(np.abs(way))] >= 0 else -1.0
    return (sign * patterns[0]).reshape(target.shape[1:]) * root


def along(values: np.ndarray, still: np.ndarray, pattern: np.ndarray) -> np.ndarray:
    """Projection of the deviation of `values` `(T, C, S, S)` from `still` `(C, S, S)`, `(T,)`."""
    return np.asarray(np.einsum("tcyx,cyx->t", values - still, pattern))


def responses(feature: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """How far the feature of each region is from rest, in units of how far it usually is: `(T, R)`.

    feature: `(T, R, C)`, its slow moving average taken off. usable: `(T,)` bool. Each channel is
    divided by its root mean square over the usable frames; the result is the root mean square over
    channels. Its mean square over the usable frames is 1. NaN in frames that are not usable and in
    regions that never change.
    """
    size = np.sqrt(np.square(feature[usable]).mean(axis=0)) if usable.any() else feature[:0].sum(0)
    changing = size > 0
    squares = np.square(feature / np.where(changing, size, 1.0)).sum(axis=2)
    channels = changing.sum(axis=1)
    relative = np.sqrt(squares / np.where(channels > 0, channels, np.nan))
    return np.where(usable[:, None], relative, np.nan)


def around(values: np.ndarray, frames: Sequence[int] | np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Rows of `values` `(T, R)` at `reach` `(K,)` frames from each frame, `(N, K, R)`.

    NaN beyond the recording's ends.
    """
    at = np.asarray(frames, dtype=np.int64).reshape(-1, 1) + reach
    inside = (at >= 0) & (at < len(values))
    return np.where(inside[..., None], values[np.clip(at, 0, len(values) - 1)], np.nan)
