"""Long recordings in pieces, so that memory does not grow with them; and what is spotted in frames
of another rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from mespot.expressions import CLASSES
from mespot.spotting.decode import Intervals
from mespot.spotting.spotted import Spotted

# A recording that is longer than the first number (s) is spotted in pieces of about the second.
# Each is read with what lies around it, so that its ends are like its middle.
_LONG, _PIECE, _MARGIN = 5400.0, 3600.0, 120.0


@dataclass(frozen=True)
class Piece:
    """Frames [start, stop) of a recording. first, last: the frames [first, last) that are read."""

    first: int
    start: int
    stop: int
    last: int


def pieces(frames: int, rate: float) -> list[Piece]:
    """The pieces of a recording of so many frames; one where it is not long."""
    seconds = frames / rate
    count = 1 if seconds <= _LONG else int(np.ceil(seconds / _PIECE))
    margin = round(_MARGIN * rate)
    ends = np.linspace(0, frames, count + 1).astype(int).tolist()
    return [
        Piece(max(0, start - margin), start, stop, min(frames, stop + margin))
        for start, stop in zip(ends[:-1], ends[1:], strict=True)
    ]


def in_pieces(frames: int, rate: float, spot: Callable[[slice], Spotted]) -> Spotted:
    """What is spotted in a recording of so many frames, in pieces where it is long. spot: is given
    the frames of a piece that are read, and says what is in them."""
    return joined([(piece, spot(slice(piece.first, piece.last))) for piece in pieces(frames, rate)])


def joined(parts: Sequence[tuple[Piece, Spotted]]) -> Spotted:
    """What is spotted in all pieces, in frames of the recording: of each, what has its apex in it.
    Two intervals that meet where two pieces do are one: the first."""
    if len(parts) == 1:
        return parts[0][1]
    scores = {
        name: np.concatenate(
            [s.scores[name][p.start - p.first : p.stop - p.first] for p, s in parts]
        )
        for name in CLASSES
    }
    intervals = {name: _joined([(p, s.intervals[name]) for p, s in parts])[0] for name in CLASSES}
    candidates, levels = {}, {}
    for name in CLASSES:
        candidates[name], kept = _joined([(p, s.candidates[name]) for p, s in parts])
        levels[name] = np.concatenate([s.levels[name] for _, s in parts])[kept]
    return Spotted(scores, parts[0][1].thresholds, intervals, candidates, levels)


def _joined(parts: Sequence[tuple[Piece, Intervals]]) -> tuple[Intervals, np.ndarray]:
    """The intervals that are kept, and which of all they are."""
    moved = Intervals.joined([_moved(one, partial(np.add, p.first)) for p, one in parts])
    start, stop = (
        np.repeat([getattr(p, end) for p, _ in parts], [len(one) for _, one in parts])
        for end in ("start", "stop")
    )
    inside = (start <= moved.apex) & (moved.apex < stop)
    # What of an earlier piece reaches over its end.
    reach = [moved.offset[inside & (stop <= p.start)] for p, _ in parts]
    taken = np.repeat(
        [int(ends.max()) if ends.size else -1 for ends in reach], [len(one) for _, one in parts]
    )
    kept = inside & (moved.onset > taken)
    return moved.pick(kept), kept


def at_another_rate(found: Spotted, frames: int, ratio: float) -> Spotted:
    """The same in a recording of `frames` frames, of which `ratio` stand for one here."""
    at = np.arange(frames) / ratio
    scores = {
        name: np.interp(at, np.arange(len(curve)), curve).astype(curve.dtype)
        for name, curve in found.scores.items()
    }

    def own(place: np.ndarray) -> np.ndarray:
        return np.minimum(np.rint(place * ratio), frames - 1).astype(np.int64)

    return replace(
        found,
        scores=scores,
        intervals={name: _moved(one, own) for name, one in found.intervals.items()},
        candidates={name: _moved(one, own) for name, one in found.candidates.items()},
    )


def _moved(one: Intervals, to: Callable[[np.ndarray], np.ndarray]) -> Intervals:
    return Intervals(to(one.onset), to(one.apex), to(one.offset), one.confidence)
