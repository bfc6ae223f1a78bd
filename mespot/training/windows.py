"""Augmented windows of recordings: what the temporal spotter is trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mespot.expressions import CLASSES
from mespot.spans import usable_spans
from mespot.training.spotter_input import SpotterInput


@dataclass(frozen=True)
class Augmentation:
    """How windows are varied; each in turn makes another expression or another recording of one.

    stretch: longest and shortest time scale are this and its inverse (1 for none). amplitude: the
    same for the size of motion. mirror: region order of the mirrored face, or None. regions,
    streams: share of windows' regions and of their streams that is dropped.
    """

    stretch: float
    amplitude: float
    mirror: list[int] | None
    regions: float
    streams: float


def mirrored(regions: Sequence[str]) -> list[int]:
    """For each region the index of its mirror image: left and right in the name change places."""
    swap = {"left": "right", "right": "left"}
    names = ["_".join(swap.get(word, word) for word in name.split("_")) for name in regions]
    index = {name: i for i, name in enumerate(regions)}
    return [index.get(name, i) for i, name in enumerate(names)]


def stretch_lags(use_lags: Sequence[int], stretch: float) -> np.ndarray:
    """`(K, K)`: displacement over each lag of a motion slowed down by `stretch`, from those known.

    Slowed down, the motion over `lag` frames is what it was over lag / stretch frames: linear
    between the lags (and zero at lag 0). The last row and column is the path, which stays itself.
    """
    known = [0, *use_lags]
    matrix = np.zeros((len(known), len(known)), dtype=np.float32)
    for i, lag in enumerate(use_lags):
        want = lag / stretch
        j = min(int(np.searchsorted(known, want, side="right")), len(known) - 1)
        share = (want - known[j - 1]) / (known[j] - known[j - 1])
        matrix[i, j - 1] = share
        if j >= 2:
            matrix[i, j - 2] = 1 - share
    matrix[-1, -1] = 1.0
    return matrix


class WindowSampler:
    """Draws batches of windows of `frames` working frames from recordings.

    A share of the windows is drawn around an expression (first its class, then which), the others
    anywhere; both from one span. All randomness comes from `rng`.
    """

    def __init__(
        self,
        recordings: Sequence[SpotterInput],
        frames: int,
        use_lags: Sequence[int],
        augmentation: Augmentation,
        expression_share: float,
        rng: np.random.Generator,
    ) -> None:
        self.recordings, self.frames, self.use_lags = list(recordings), frames, list(use_lags)
        self.augmentation, self.share, self.rng = augmentation, expression_share, rng
        self.spans = [
            (r, a, b) for r, rec in enumerate(self.recordings) for a, b in usable_spans(rec.span)
        ]
        lengths = np.array([b - a for _, a, b in self.spans], dtype=np.float64)
        self.span_share = lengths / lengths.sum()
        self.labels = {
            c: [
                (r, int(on), int(off))
                for r, rec in enumerate(self.recordings)
                for on, off in rec.labels[c]
                if rec.span[on] >= 0
            ]
            for c in CLASSES
        }

    def batch(self, size: int) -> dict[str, np.ndarray | dict[str, np.ndarray]]:
        """`size` windows: motion (B, T, R, K), features {stream: (B, T, R, C)}, context (B, T, E),
        mask (B, T), score (B, T, 2), distances (B, T, 2, 2)."""
        windows = [self._window() for _ in range(size)]
        out: dict = {k: np.stack([w[k] for w in windows]) for k in windows[0] if k != "features"}
        out["features"] = {
            s: np.stack([w["features"][s] for w in windows]) for s in windows[0]["features"]
        }
        return out

    def _place(self, source: float) -> tuple[SpotterInput, int, int, float]:
        """Recording, its span and the first source frame of a window of `source` frames."""
        rng = self.rng
        some = [c for c in CLASSES if self.labels[c]]
        if some and rng.random() < self.share:
            of = self.labels[some[rng.integers(len(some))]]
            r, on, off = of[rng.integers(len(of))]
            a, b = next((a, b) for q, a, b in self.spans if q == r and a <= on < b)
            first = rng.uniform(off - source, on)
        else:
            r, a, b = self.spans[rng.choice(len(self.spans), p=self.span_share)]
            first = rng.uniform(a, max(a, b - source))
        first = min(max(first, a), max(a, b - source))
        return self.recordings[r], a, b, float(first)

    def _window(self) -> dict:
        rng, aug = self.rng, self.augmentation
        stretch = float(np.exp(rng.uniform(-1, 1) * np.log(aug.stretch)))
        rec, a, b, first = self._place(self.frames / stretch)
        at = first + np.arange(self.frames) / stretch
        mask = (at <= b - 1).astype(np.float32)
        low = np.clip(np.floor(at).astype(int), a, b - 1)
        high, share = np.minimum(low + 1, b - 1), np.clip(at - low, 0, 1).astype(np.float32)

        def resample(x: np.ndarray) -> np.ndarray:
            w = (share * mask).reshape(-1, *[1] * (x.ndim - 1))
            v = ((1 - share) * mask).reshape(-1, *[1] * (x.ndim - 1))
            return x[low] * v + x[high] * w

        motion = resample(rec.motion)
        if motion.shape[2]:
            motion = self._vary_motion(motion, stretch)
        features = {name: resample(x) for name, x in rec.features.items()}
        regions = motion.shape[1]
        if aug.mirror is not None and rng.random() < 0.5:
            motion = motion[:, aug.mirror].copy()
            motion[:, :, 0::2] *= -1
            features = {name: x[:, aug.mirror] for name, x in features.items()}
        keep = np.asarray(rng.random(regions) >= aug.regions, dtype=np.float32)
        motion = motion * keep[None, :, None]
        features = {
            name: x * (keep * np.float32(rng.random() >= aug.streams))[None, :, None]
            for name, x in features.items()
        }
        score, distances = targets(rec.labels, at, stretch)
        return {
            "motion": motion,
            "features": features,
            "context": resample(rec.context),
            "mask": mask,
            "score": score * mask[:, None],
            "distances": distances,
        }

    def _vary_motion(self, motion: np.ndarray, stretch: float) -> np.ndarray:
        size = np.exp(self.rng.uniform(-1, 1) * np.log(self.augmentation.amplitude))
        # u and v alike: one matrix over the interleaved channels, (K, K).
        mix = np.kron(stretch_lags(self.use_lags, stretch), np.eye(2)) * size
        # One product of matrices; numpy would make one a frame of it.
        flat = motion.reshape(-1, motion.shape[2]) @ mix.T.astype(np.float32)
        return flat.reshape(motion.shape)


def targets(
    labels: Mapping[str, np.ndarray], at: np.ndarray, stretch: float
) -> tuple[np.ndarray, np.ndarray]:
    """What the network should say at source times `at` (T,), slowed down by `stretch`.

    score `(T, 2)`: exp(-8 x^2) where x is the distance from the middle of the expression over its
    length (0.14 at its ends), zero outside; distances `(T, 2, 2)`: frames to onset and to offset,
    one outside.
    """
    n = len(at)
    score = np.zeros((n, 2), np.float32)
    distances = np.ones((n, 2, 2), np.float32)
    for c, name in enumerate(CLASSES):
        known = labels[name]
        for on, off in known[(known[:, 1] >= at[0]) & (known[:, 0] <= at[-1])]:
            within = (at >= on) & (at <= off)
            x = (at - (on + off) / 2) / (off - on + 1)
            value = np.where(within, np.exp(-8 * x**2), 0.0)
            better = value > score[:, c]  # where labels overlap, the nearer middle
            score[better, c] = value[better]
            distances[better, c, 0] = ((at - on) * stretch)[better]
            distances[better, c, 1] = ((off - at) * stretch)[better]
    return score, distances
