"""Where to cut a confidence: from labels of training subjects, or from a curve alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mespot.metrics import paired_iou
from mespot.spotting.decode import Intervals

_LEAST = 1e-4  # shares are kept this far from 0 and 1
_NEWTON_STEPS = 50
_SMALLEST_STEP = 1e-9


def relative_threshold(score: np.ndarray, span: np.ndarray, p: float) -> float:
    """Threshold of one video from its own scores: mean + p (max - mean) over usable frames.

    The rule of training-free and of most learned spotters (SOFTNet, Liong et al. 2021,
    doi:10.1109/ICIP42928.2021.9506372); p = 0 cuts at the mean, p = 1 leaves the highest peak.
    Infinite for a video without a usable frame or motion: nothing can be spotted there.
    """
    values = np.asarray(score, dtype=np.float64)[np.asarray(span) >= 0]
    if values.size == 0 or values.max() <= values.mean():
        return float("inf")
    return float(values.mean() + p * (values.max() - values.mean()))


def relative_level(confidence: np.ndarray, score: np.ndarray, span: np.ndarray) -> np.ndarray:
    """Where confidences lie between the mean, 0, and the maximum, 1, of a video's scores: the
    largest p of `relative_threshold` that they reach, `(N,)`. The scores must not be flat."""
    values = np.asarray(score, dtype=np.float64)[np.asarray(span) >= 0]
    return (confidence - values.mean()) / (values.max() - values.mean())


def logit(share: np.ndarray) -> np.ndarray:
    """Log of the odds of shares in 0..1, `(N,)`; those of almost 0 and almost 1 are the same."""
    inside = np.clip(np.asarray(share, dtype=np.float64), _LEAST, 1 - _LEAST)
    return np.log(inside / (1 - inside))


def from_logit(odds: np.ndarray) -> np.ndarray:
    """The shares whose log-odds these are, `(N,)`."""
    return 1 / (1 + np.exp(-odds))


def hits(candidates: Intervals, labels: np.ndarray, iou: float = 0.5) -> np.ndarray:
    """Which of N candidates of a video would be true positives, `(N,)` bool.

    labels: `(M, 2)` int of inclusive onset and offset. From the surest candidate on, each takes the
    label that fits it best of those that are left, if their IoU is at least `iou`.
    """
    found = np.zeros(len(candidates), dtype=bool)
    fit = paired_iou(candidates.bounds[:, None], np.asarray(labels).reshape(-1, 2)[None])
    fit[fit < iou] = 0
    able = np.flatnonzero(fit.any(axis=1))
    for row in able[np.argsort(-candidates.confidence[able], kind="stable")]:
        label = int(fit[row].argmax())
        if fit[row, label] > 0:
            found[row] = True
            fit[:, label] = 0
    return found


def chance_of_hit(evidence: np.ndarray, hit: np.ndarray) -> np.ndarray:
    """How probable a hit is for each of N candidates, `(N,)`, by a logistic curve of two numbers
    (Platt 1999) that is fitted to `hit`, `(N,)` bool.

    A slope of one for each standard deviation of the evidence is expected beforehand, with a weight
    of one: few hits, or hits that the evidence parts from all misses, make no step of the curve.
    """
    x = (evidence - evidence.mean()) / (evidence.std() + 1e-9)
    columns = np.stack([np.ones_like(x), x], axis=1)
    prior, weight = np.array([0.0, 1.0]), np.diag([1e-6, 1.0])
    wanted = hit.astype(np.float64)

    def loss(numbers: np.ndarray) -> float:
        z, away = columns @ numbers, numbers - prior
        return float((np.logaddexp(0, z) - wanted * z).sum() + away @ weight @ away / 2)

    numbers = np.array([float(logit(wanted.mean())), 1.0])
    for _ in range(_NEWTON_STEPS):
        chance = from_logit(columns @ numbers)
        slope = columns.T @ (chance - wanted) + weight @ (numbers - prior)
        bend = (columns * (chance * (1 - chance))[:, None]).T @ columns + weight
        step = np.linalg.solve(bend, slope)
        while loss(numbers - step) > loss(numbers) and np.abs(step).max() > _SMALLEST_STEP:
            step = step / 2
        numbers = numbers - step
        if np.abs(step).max() <= _SMALLEST_STEP:
            break
    return from_logit(columns @ numbers)


def best_threshold(
    candidates: Sequence[Intervals],
    labels: Sequence[np.ndarray],
    *,
    shares: bool = True,
    iou: float = 0.5,
) -> tuple[float, float]:
    """Threshold on confidence for the highest expected F1, and the F1 that it gives here.

    candidates, labels: of each video, as in `hits`. shares: whether confidences are shares in 0..1,
    whose log-odds a fit needs; otherwise they are taken as they are.

    With few labels, F1 over thresholds is a ragged curve whose top is luck. So each candidate
    counts as its chance of being a hit, by `chance_of_hit`, and not as what it happened to be: the
    hits that are expected above a threshold grow smoothly. Infinite (nothing is predicted), with F1
    zero, when no candidate matches any label.
    """
    confidence = np.concatenate([one.confidence for one in candidates] or [np.zeros(0)])
    found = [hits(one, known, iou) for one, known in zip(candidates, labels, strict=True)]
    hit = np.concatenate(found or [np.zeros(0, bool)])
    if not hit.any():
        return float("inf"), 0.0
    chance = chance_of_hit(logit(confidence) if shares else confidence, hit)
    order = np.argsort(-confidence, kind="stable")
    level = confidence[order]
    possible = np.r_[level[1:] != level[:-1], True]  # equal confidences are kept or cut together
    kept = np.arange(1, len(order) + 1)
    known = sum(len(one) for one in labels)
    expected, actual = (2 * np.cumsum(counted[order]) / (kept + known) for counted in (chance, hit))
    best = int(np.argmax(np.where(possible, expected, -1)))
    return float(level[best]), float(actual[best])
