"""Augmented windows of recordings: what the temporal spotter is trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mespot.expressions import CLASSES
from mespot.networks.spotter import EITHER, HEADS
from mespot.spans import usable_spans
from mespot.training.recipes import SpotterRecipe
from mespot.training.region_motion import motion_channels
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


class WindowSampler:
    """Draws windows from recordings and cuts them out.

    Corpora take turns in proportion to their labels, or, where nothing is labelled, to their
    frames. A share of the windows is drawn around an expression (first its class, then which), the
    others anywhere; both from one span. Of a recording that is known in parts, the others are
    drawn around a known frame. All randomness comes from `rng`.
    """

    def __init__(
        self, recordings: Sequence[SpotterInput], recipe: WindowRecipe, rng: np.random.Generator
    ) -> None:
        self.recordings, self.recipe, self.rng = list(recordings), recipe, rng
        usable = [one for one in self.recordings if (one.span >= 0).any()]
        corpora = dict.fromkeys(one.corpus for one in usable)
        self.parts = [_Part.of(corpus, self.recordings) for corpus in corpora]
        labels = np.array([sum(map(len, part.labels)) for part in self.parts], dtype=np.float64)
        frames = np.array([part.frames for part in self.parts], dtype=np.float64)
        turns = np.maximum(labels if labels.any() else frames, 1)
        self.part_share = turns / turns.sum()

    def batch(self, size: int) -> dict[str, Any]:
        """`size` windows as `stacked` gives them."""
        return self.stacked([self.draw() for _ in range(size)])

    def draw(self) -> Window:
        """A window, drawn."""
        rng, recipe = self.rng, self.recipe
        stretch = _scale(rng, recipe.stretch)
        number, span, first = self._place(recipe.frames / stretch)
        _, regions, channels = self.recordings[number].paths.shape
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
        (T, E), mask (T,), known (T,), score (T, H), distances (T, H, 2), all float32, heads in the
        order of HEADS. mask: 1 where the window shows the recording. known: 1 where it is known,
        too, whether there is an expression. Of a recording without features there are none."""
        recording, recipe = self.recordings[window.recording], self.recipe
        at = window.times(recipe.frames)
        start, stop = window.span
        mask = (at <= stop - 1).astype(np.float32)
        low = np.clip(np.floor(at).astype(int), start, stop - 1)
        high, share = np.minimum(low + 1, stop - 1), np.clip(at - low, 0, 1).astype(np.float32)

        def resampled(x: np.ndarray) -> np.ndarray:
            """Linear between frames, zero beyond the span."""
            w = (share * mask).reshape(-1, *[1] * (x.ndim - 1))
            v = ((1 - share) * mask).reshape(-1, *[1] * (x.ndim - 1))
            return x[low] * v + x[high] * w

        motion = self._motion(recording, window) * mask[:, None, None]
        features = {name: resampled(x) for name, x in recording.features.items()}
        if window.mirror is not None:
            order = list(window.mirror)
            motion = motion[:, order].copy()
            motion[:, :, 0::2] *= -1  # u
            features = {name: x[:, order] for name, x in features.items()}
        score, distances = targets(recording.labels, at, window.stretch)
        known = mask if recording.known is None else mask * recording.known[low]
        return {
            "motion": motion * window.kept()[None, :, None],
            "features": {n: x * window.kept(n)[None, :, None] for n, x in features.items()},
            "context": resampled(recording.context),
            "mask": mask,
            "known": known,
            "score": score * known[:, None],
            "distances": distances,
        }

    def _motion(self, recording: SpotterInput, window: Window) -> np.ndarray:
        """Motion (T, R, K) in a window's time scale and size, also beyond the end of the span."""
        paths, before = recording.paths, max(self.recipe.lags)
        start, stop = window.span
        at = window.first + np.arange(-before, self.recipe.frames) / window.stretch
        at = np.clip(at, start, stop - 1)
        low = np.floor(at).astype(int)
        high = np.minimum(low + 1, stop - 1)
        share = ((at - low) * window.amplitude).astype(np.float32)[:, None, None]
        moved = paths[low] * (np.float32(window.amplitude) - share) + paths[high] * share
        return motion_channels(moved, recording.noise, self.recipe.lags, before)

    def _place(self, source: float) -> tuple[int, tuple[int, int], float]:
        """Recording, span and first source frame of a window of `source` source frames."""
        rng = self.rng
        part = self.parts[rng.choice(len(self.parts), p=self.part_share)]
        some = [known for known in part.labels if known]
        if some and rng.random() < self.recipe.expression_share:
            of = some[rng.integers(len(some))]
            r, on, off = of[rng.integers(len(of))]
            a, b = next((a, b) for q, a, b in part.spans if q == r and a <= on < b)
            # Around the expression; inside of it where it is longer than the window.
            first = rng.uniform(min(off - source, on), max(off - source, on))
        else:
            r, a, b = part.spans[rng.choice(len(part.spans), p=part.span_share)]
            known = self.recordings[r].known
            if known is None:
                first = rng.uniform(a, max(a, b - source))
            else:
                frame = rng.choice(a + np.flatnonzero(known[a:b]))
                first = rng.uniform(frame - source + 1, frame)
        first = float(min(max(first, a), max(a, b - source)))
        return r, (a, b), float(round(first)) if self.recipe.whole_frames else first


@dataclass(frozen=True)
class _Part:
    """The recordings of one corpus: usable spans (recording, start, stop) in which a frame is
    known, how many frames are, their share of these, and for each class the labels in them
    (recording, onset, offset).
    """

    spans: list[tuple[int, int, int]]
    frames: int
    span_share: np.ndarray
    labels: list[list[tuple[int, int, int]]]

    @classmethod
    def of(cls, corpus: str, recordings: Sequence[SpotterInput]) -> _Part:
        own = [(r, one) for r, one in enumerate(recordings) if one.corpus == corpus]
        found = {
            (r, a, b): b - a if one.known is None else int(one.known[a:b].sum())
            for r, one in own
            for a, b in usable_spans(one.span)
        }
        spans = [place for place, count in found.items() if count]
        lengths = np.array([found[place] for place in spans], dtype=np.float64)
        labels = [
            [
                (r, int(on), int(off))
                for r, one in own
                for on, off in one.labels[c]
                if one.span[on] >= 0 and (one.known is None or one.known[on])
            ]
            for c in CLASSES
        ]
        return cls(spans, int(lengths.sum()), lengths / lengths.sum(), labels)


def _scale(rng: np.random.Generator, most: float) -> float:
    """A factor between 1 / most and most; it and its inverse are equally likely."""
    return float(np.exp(rng.uniform(-1, 1) * np.log(most)))


def targets(
    labels: Mapping[str, np.ndarray], at: np.ndarray, stretch: float
) -> tuple[np.ndarray, np.ndarray]:
    """What the network should give at source times `at` (T,), slowed down by `stretch`.

    score `(T, H)`: exp(-8 x^2) where x is the distance from the middle of the expression over its
    length (0.14 at its ends), zero outside; distances `(T, H, 2)`: frames to onset and to offset,
    one outside. Heads in the order of HEADS: each class, then expressions of either.
    """
    n = len(at)
    score = np.zeros((n, len(HEADS)), np.float32)
    distances = np.ones((n, len(HEADS), 2), np.float32)
    for c, name in enumerate(CLASSES):
        known = labels[name]
        for on, off in known[(known[:, 1] >= at[0]) & (known[:, 0] <= at[-1])]:
            within = (at >= on) & (at <= off)
            x = (at - (on + off) / 2) / (off - on + 1)
            value = np.where(within, np.exp(-8 * x**2), 0.0)
            for head in (c, HEADS.index(EITHER)):
                better = value > score[:, head]  # where labels overlap, the nearer middle
                score[better, head] = value[better]
                distances[better, head, 0] = ((at - on) * stretch)[better]
                distances[better, head, 1] = ((off - at) * stretch)[better]
    return score, distances
