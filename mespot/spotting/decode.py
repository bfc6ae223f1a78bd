"""From score curves and boundaries to intervals.

Intervals are inclusive at both ends, in working frames, with a confidence on the scale of the score
they come from. None crosses the border of a span.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mespot.metrics import paired_iou
from mespot.spans import usable_spans

_TINY = 1e-12  # lets candidates of confidence zero be averaged


@dataclass(frozen=True)
class Intervals:
    """N intervals of one video and class, as columns of equal length.

    onset, apex, offset: int64 working frames, onset <= apex <= offset, ends inclusive.
    confidence: float64, larger is surer.
    """

    onset: np.ndarray
    apex: np.ndarray
    offset: np.ndarray
    confidence: np.ndarray

    def __len__(self) -> int:
        return len(self.onset)

    @property
    def bounds(self) -> np.ndarray:
        """`(N, 2)` int64 of onset and offset."""
        return np.stack([self.onset, self.offset], axis=1)

    @property
    def duration(self) -> np.ndarray:
        """Frames from onset to offset, both counted, `(N,)`."""
        return self.offset - self.onset + 1

    def pick(self, which: np.ndarray | Sequence[int]) -> Intervals:
        """Rows chosen by a mask or by indices."""
        w = np.asarray(which)
        w = w if w.dtype == bool else w.astype(np.int64)
        return Intervals(self.onset[w], self.apex[w], self.offset[w], self.confidence[w])

    @classmethod
    def joined(cls, parts: Sequence[Intervals]) -> Intervals:
        """Those of all parts, one part after the other."""
        columns = ("onset", "apex", "offset", "confidence")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))

    def above(self, threshold: float) -> Intervals:
        """Those with a confidence of at least `threshold`."""
        return self.pick(self.confidence >= threshold)

    def in_time_order(self) -> Intervals:
        return self.pick(np.lexsort((self.offset, self.onset)))


def intervals(onset, apex, offset, confidence) -> Intervals:
    """Intervals of any sequences, typed."""
    return Intervals(
        np.asarray(onset, dtype=np.int64).reshape(-1),
        np.asarray(apex, dtype=np.int64).reshape(-1),
        np.asarray(offset, dtype=np.int64).reshape(-1),
        np.asarray(confidence, dtype=np.float64).reshape(-1),
    )


def from_peaks(
    score: np.ndarray,
    half_length: int | np.ndarray,
    span: np.ndarray,
    *,
    threshold: float,
    distance: int,
    ends: bool = True,
) -> Intervals:
    """An interval around each peak of a curve: `[t - half_length[t], t + half_length[t]]`.

    score: `(T,)`. half_length: frames, one for all or `(T,)`. Peaks are strict local maxima (the
    middle of a plateau) of at least `threshold`, the highest first, at least `distance` frames
    apart; this is the usual decoder of spotting curves (SOFTNet, Liong et al. 2021,
    doi:10.1109/ICIP42928.2021.9506372). Each span is decoded alone and cuts its intervals. `ends`:
    whether the first and the last frame of a span can be peaks.
    """
    # Here, because only this decoder needs scipy.signal, which takes a second to import.
    from scipy.signal import find_peaks

    half = np.broadcast_to(np.asarray(half_length, dtype=np.int64), np.shape(score))
    rows: list[tuple[int, int, int, float]] = []
    for start, stop in usable_spans(span):
        # A peak needs lower neighbours: -inf on both sides makes those at the ends count.
        beyond = -np.inf if ends else np.inf
        padded = np.r_[beyond, np.asarray(score[start:stop], dtype=np.float64), beyond]
        peaks, _ = find_peaks(padded, height=threshold, distance=max(1, distance))
        for t in peaks - 1 + start:
            first, last = max(start, t - half[t]), min(stop - 1, t + half[t])
            rows.append((int(first), int(t), int(last), float(score[t])))
    return intervals(*zip(*rows, strict=True)) if rows else intervals([], [], [], [])


def from_boundaries(
    score: np.ndarray, to_onset: np.ndarray, to_offset: np.ndarray, span: np.ndarray, floor: float
) -> Intervals:
    """A candidate from each frame that scores at least `floor`: it, and its distances to both ends.

    score, to_onset, to_offset: `(T,)`, distances in frames and not negative. Ends are rounded to
    whole frames and kept inside the span; the frame itself stands for the apex.
    """
    parts = []
    for start, stop in usable_spans(span):
        t = start + np.flatnonzero(score[start:stop] >= floor)
        onset = np.rint(t - np.maximum(to_onset[t], 0))
        offset = np.rint(t + np.maximum(to_offset[t], 0))
        parts.append((np.maximum(onset, start), t, np.minimum(offset, stop - 1), score[t]))
    if not parts:
        return intervals([], [], [], [])
    return intervals(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def limit_duration(candidates: Intervals, shortest: int, longest: int) -> Intervals:
    """Those that last from `shortest` to `longest` frames, both included."""
    duration = candidates.duration
    return candidates.pick((duration >= shortest) & (duration <= longest))


def overlap(one: Intervals, many: Intervals) -> np.ndarray:
    """IoU of each interval of `one` with each of `many`, `(N, M)`, frames inclusive."""
    return paired_iou(one.bounds[:, None], many.bounds[None])


def merge(candidates: Intervals, *, iou: float, agree: float) -> Intervals:
    """Non-maximum suppression in which those that agree with a winner vote on its ends.

    The surest candidate wins, those that overlap it with an IoU above `iou` go, and so on. The ends
    of a winner are the mean of the ends of all candidates with an IoU of at least `agree` with it,
    weighted by confidence x IoU (box voting, Gidaris and Komodakis 2015,
    doi:10.1109/ICCV.2015.135): neighbouring frames regress the same ends with independent errors.
    `agree` above 1 leaves the winner's own ends. Returned surest first.
    """
    pool = candidates.pick(np.lexsort((candidates.onset, -candidates.confidence)))
    near = _Neighbours(pool)
    rows = []
    left = np.ones(len(pool), dtype=bool)
    for best in range(len(pool)):
        if not left[best]:
            continue
        others = near.of(best)
        others = others[left[others]]
        fit = paired_iou(near.bounds[best], near.bounds[others])
        voters = (fit >= agree) | (others == best)
        which = others[voters]
        weight = np.maximum(pool.confidence[which], _TINY) * fit[voters]
        onset = int(np.rint(np.average(pool.onset[which], weights=weight)))
        offset = int(np.rint(np.average(pool.offset[which], weights=weight)))
        apex = min(max(int(pool.apex[best]), onset), offset)
        rows.append((onset, apex, offset, float(pool.confidence[best])))
        left[others[fit > iou]] = False
        left[best] = False
    return intervals(*zip(*rows, strict=True)) if rows else candidates


class _Neighbours:
    """Which of many intervals may touch one of them, found without comparing it with all."""

    def __init__(self, pool: Intervals) -> None:
        self.bounds = pool.bounds
        self._order = np.argsort(pool.onset, kind="stable")
        self._onset = pool.onset[self._order]
        self._end = np.maximum.accumulate(pool.offset[self._order])

    def of(self, which: int) -> np.ndarray:
        """Positions of all intervals that touch the one at `which`, and of few others, rising."""
        onset, offset = self.bounds[which]
        first = np.searchsorted(self._end, onset, side="left")
        stop = np.searchsorted(self._onset, offset, side="right")
        return np.sort(self._order[first:stop])


def one_class_each(
    first: Intervals, second: Intervals, first_sure: np.ndarray, second_sure: np.ndarray, iou: float
) -> tuple[Intervals, Intervals]:
    """Where intervals of two classes overlap by more than `iou`, keep the one that is surer.

    first_sure, second_sure: how sure each is on a scale that both classes share, `(N,)`, `(M,)`
    (for example confidence over the class's threshold). A tie keeps the first class's.
    """
    clash = np.asarray(overlap(first, second) > iou)
    surer = first_sure[:, None] >= second_sure[None]  # (N, M)
    keep_first = ~np.any(clash & ~surer, axis=1)
    keep_second = ~np.any(clash & surer, axis=0)
    return first.pick(np.flatnonzero(keep_first)), second.pick(np.flatnonzero(keep_second))


def unbeaten(
    candidates: Mapping[str, Intervals],
    thresholds: Mapping[str, float],
    sure: Mapping[str, np.ndarray],
    iou: float,
) -> dict[str, Intervals]:
    """The candidates of two classes that no interval of the other one takes the place of.

    candidates: of each class, below its threshold on confidence too. sure: `(N,)` as in
    `one_class_each`; only what reaches its threshold competes. Those that reach it are what is
    predicted, the others what would be at a lower threshold of their own class.
    """
    first, second = candidates
    one, two = candidates[first], candidates[second]
    at = {c: candidates[c].confidence >= thresholds[c] for c in candidates}
    rivals = {c: (candidates[c].pick(at[c]), sure[c][at[c]]) for c in candidates}
    kept_one, _ = one_class_each(one, rivals[second][0], sure[first], rivals[second][1], iou)
    _, kept_two = one_class_each(rivals[first][0], two, rivals[first][1], sure[second], iou)
    return {first: kept_one, second: kept_two}


def from_network(
    score: np.ndarray,
    distances: np.ndarray,
    span: np.ndarray,
    *,
    durations: tuple[int, int],
    floor: float,
    nms_iou: float,
    vote_iou: float,
) -> Intervals:
    """Candidates of one class: score `(T,)`, distances `(T, 2)` to onset and offset in frames.

    Candidates of frames that score at least `floor` vote on each other's ends (`merge`). Those that
    last fewer or more frames than `durations`, shortest and longest, are left out. In time order.
    """
    candidates = from_boundaries(score, distances[:, 0], distances[:, 1], span, floor)
    merged = merge(candidates, iou=nms_iou, agree=vote_iou)
    return limit_duration(merged, *durations).in_time_order()
