"""Augmented windows of recordings: what the temporal spotter is trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mespot.expressions import CLASSES
from mespot.spans import usable_spans
from mespot.training.recipes import SpotterRecipe
from mespot.training.spotter_input import SpotterInput


@dataclass(frozen=True)
class WindowRecipe:
    """How windows are placed and varied; each variation makes another expression, or another
    recording of one.

    frames: length of a window, working frames. lags: the lags that motion is measured over.
    expression_share: share of the windows that are drawn around a labelled expression. streams:
    those that the spotter reads. stretch: longest time scale, its inverse is the shortest (1:
    none). amplitude: the same for the size of motion. mirror: for each region its mirror image, or
    None. region_dropout, stream_dropout: share of a window's regions and of its streams that are
    left out. whole_frames: windows start on whole frames.
    """

    frames: int
    lags: Sequence[int]
    expression_share: float
    streams: Sequence[str] = ()
    stretch: float = 1.0
    amplitude: float = 1.0
    mirror: Sequence[int] | None = None
    region_dropout: float = 0.0
    stream_dropout: float = 0.0
    whole_frames: bool = False


def window_recipe(
    recipe: SpotterRecipe, *, streams: Sequence[str], rate: float, regions: Sequence[str]
) -> WindowRecipe:
    """The windows of a spotter's recipe. rate: working frames a second; regions: their names."""
    return WindowRecipe(
        frames=round(recipe.window_seconds * rate),
        lags=recipe.lags,
        expression_share=recipe.expression_share,
        streams=streams,
        stretch=recipe.stretch,
        amplitude=recipe.amplitude,
        mirror=mirrored(regions) if recipe.mirror else None,
        region_dropout=recipe.region_dropout,
        stream_dropout=recipe.stream_dropout,
    )


@dataclass(frozen=True)
class Window:
    """A window as it was drawn, before anything of the recording is read.

    recording: its place in the list. span: the usable span `[start, stop)` that it lies in. first:
    source frame of its first frame; frame t of it shows source frame first + t / stretch.
    amplitude: what motion is multiplied by. mirror: the order of the regions if it shows the
    mirrored face, else None. regions: whether each region is kept, `(R,)`, in that order. streams:
    those that are kept.
    """

    recording: int
    span: tuple[int, int]
    first: float
    stretch: float
    amplitude: float
    mirror: Sequence[int] | None
    regions: tuple[bool, ...]
    streams: frozenset[str]

    def times(self, frames: int) -> np.ndarray:
        """The source frame of each of the window's frames, `(frames,)`; not whole if stretched."""
        return self.first + np.arange(frames) / self.stretch

    def kept(self, stream: str | None = None) -> np.ndarray:
        """1 for each region that is shown, else 0, `(R,)` float32: of the motion, or of a stream.
        Of a stream that is left out no region is shown."""
        shown = stream is None or stream in self.streams
        return np.asarray(self.regions, np.float32) * np.float32(shown)


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
    """Draws windows from recordings and cuts them out.

    A share of the windows is drawn around an expression (first its class, then which), the others
    anywhere; both from one span. All randomness comes from `rng`.
    """

    def __init__(
        self, recordings: Sequence[SpotterInput], recipe: WindowRecipe, rng: np.random.Generator
    ) -> None:
        self.recordings, self.recipe, self.rng = list(recordings), recipe, rng
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

    def batch(self, size: int) -> dict[str, Any]:
        """`size` windows as `stacked` gives them."""
        return self.stacked([self.draw() for _ in range(size)])

    def draw(self) -> Window:
        """A window, drawn."""
        rng, recipe = self.rng, self.recipe
        stretch = _scale(rng, recipe.stretch)
        number, span, first = self._place(recipe.frames / stretch)
        _, regions, channels = self.recordings[number].motion.shape
        amplitude = _scale(rng, recipe.amplitude) if channels else 1.0
        mirrored = recipe.mirror is not None and rng.random() < 0.5
        kept = tuple(bool(x >= recipe.region_dropout) for x in rng.random((regions,)))
        streams = [s for s in recipe.streams if rng.random() >= recipe.stream_dropout]
        mirror = recipe.mirror if mirrored else None
        return Window(number, span, first, stretch, amplitude, mirror, kept, frozenset(streams))

    def stacked(self, windows: Sequence[Window]) -> dict[str, Any]:
        """What `cut` gives of each of B windows, as arrays with an axis B in front."""
        cut = [self.cut(window) for window in windows]
        batch: dict[str, Any] = {
            name: np.stack([one[name] for one in cut]) for name in cut[0] if name != "features"
        }
        streams = cut[0]["features"]
        batch["features"] = {s: np.stack([one["features"][s] for one in cut]) for s in streams}
        return batch

    def cut(self, window: Window) -> dict[str, Any]:
        """A window out of its recording: motion (T, R, K), features {stream: (T, R, C)}, context
        (T, E), mask (T,), score (T, 2), distances (T, 2, 2), all float32. Of a recording without
        features there are none."""
        recording = self.recordings[window.recording]
        at = window.times(self.recipe.frames)
        start, stop = window.span
        mask = (at <= stop - 1).astype(np.float32)
        low = np.clip(np.floor(at).astype(int), start, stop - 1)
        high, share = np.minimum(low + 1, stop - 1), np.clip(at - low, 0, 1).astype(np.float32)

        def resampled(x: np.ndarray) -> np.ndarray:
            """Linear between frames, zero beyond the span."""
            w = (share * mask).reshape(-1, *[1] * (x.ndim - 1))
            v = ((1 - share) * mask).reshape(-1, *[1] * (x.ndim - 1))
            return x[low] * v + x[high] * w

        motion = resampled(recording.motion)
        if motion.shape[2]:
            motion = self._moved(motion, window)
        features = {name: resampled(x) for name, x in recording.features.items()}
        if window.mirror is not None:
            order = list(window.mirror)
            motion = motion[:, order].copy()
            motion[:, :, 0::2] *= -1  # u
            features = {name: x[:, order] for name, x in features.items()}
        score, distances = targets(recording.labels, at, window.stretch)
        return {
            "motion": motion * window.kept()[None, :, None],
            "features": {n: x * window.kept(n)[None, :, None] for n, x in features.items()},
            "context": resampled(recording.context),
            "mask": mask,
            "score": score * mask[:, None],
            "distances": distances,
        }

    def _place(self, source: float) -> tuple[int, tuple[int, int], float]:
        """Recording, span and first source frame of a window of `source` source frames."""
        rng = self.rng
        some = [c for c in CLASSES if self.labels[c]]
        if some and rng.random() < self.recipe.expression_share:
            of = self.labels[some[rng.integers(len(some))]]
            r, on, off = of[rng.integers(len(of))]
            a, b = next((a, b) for q, a, b in self.spans if q == r and a <= on < b)
            # Around the expression; inside of it where it is longer than the window.
            first = rng.uniform(min(off - source, on), max(off - source, on))
        else:
            r, a, b = self.spans[rng.choice(len(self.spans), p=self.span_share)]
            first = rng.uniform(a, max(a, b - source))
        first = float(min(max(first, a), max(a, b - source)))
        return r, (a, b), float(round(first)) if self.recipe.whole_frames else first

    def _moved(self, motion: np.ndarray, window: Window) -> np.ndarray:
        """Motion (T, R, K) in a window's time scale and size."""
        # u and v alike: one matrix over the interleaved channels, (K, K).
        lags = stretch_lags(self.recipe.lags, window.stretch)
        mix = np.kron(lags, np.eye(2)) * window.amplitude
        # One product of matrices; numpy would make one a frame of it.
        flat = motion.reshape(-1, motion.shape[2]) @ mix.T.astype(np.float32)
        return flat.reshape(motion.shape)


def _scale(rng: np.random.Generator, most: float) -> float:
    """A factor between 1 / most and most; it and its inverse are equally likely."""
    return float(np.exp(rng.uniform(-1, 1) * np.log(most)))


def targets(
    labels: Mapping[str, np.ndarray], at: np.ndarray, stretch: float
) -> tuple[np.ndarray, np.ndarray]:
    """What the network should give at source times `at` (T,), slowed down by `stretch`.

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
