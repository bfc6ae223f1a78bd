"""What can be seen of a candidate as a whole: how the face moved in it, and what is around it.

A network scores frames. These features describe an interval: the motion of each face region from
its onset to its apex and back against the noise of the video, what does not come back, movement
before and after it, the scores inside and around it, and the other candidates of the video and of
the subject. Nothing here reads a label, and no motion is read across the border of a span.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mespot.expressions import CLASSES
from mespot.spotting import neighbours, region_groups
from mespot.spotting.decode import Intervals
from mespot.spotting.recordings import Predicted
from mespot.spotting.region_groups import Regions
from mespot.spotting.segments import Segments, Sums

Columns = dict[str, np.ndarray]

_LAG = 1 / 3  # s, over which the noise of displacements is measured
_LEAST_AROUND = 8 / 30  # s before and after a candidate that are compared with it, at least
_FAR = 3.0  # s, how far "before" and "after" reach at most
_NEAR = 0.5  # s around a candidate in which the highest score is looked for
_TINY = 1e-3  # keeps ratios of noise-free recordings finite
_BLOCK = 4096  # frames


@dataclass(frozen=True)
class Table:
    """Features of N candidates, of each recording and in it of each class one after the other.

    values: `(N, F)` float32, NaN where there is nothing to measure. names: of the F columns.
    recording, expression: `(N,)` number of the recording, and of the class in CLASSES.
    """

    values: np.ndarray
    names: list[str]
    recording: np.ndarray
    expression: np.ndarray


def table(
    recordings: Sequence[Predicted],
    candidates: Sequence[Mapping[str, Intervals]],
    regions: Sequence[str],
    rate: float,
) -> Table:
    """Features of all candidates. regions: names of the R regions of the paths. rate: working
    frames a second.

    The recordings of a subject must be given together: its candidates are compared.
    """
    how = region_groups.of(regions)
    subjects = neighbours.by_subject(recordings, candidates, rate)
    parts: list[Columns] = []
    numbers, kinds = [np.zeros(0, int)], [np.zeros(0, int)]
    for number, (one, own) in enumerate(zip(recordings, candidates, strict=True)):
        lengths = [len(own[name]) for name in CLASSES]
        if not sum(lengths):
            continue
        kind = np.repeat(np.arange(len(CLASSES)), lengths)
        both = Intervals.joined([own[name] for name in CLASSES])
        place = _Place.of(one.span, both, rate)
        columns: Columns = {
            "along": np.full(len(both), float(bool(one.corpus))),
            "class": kind.astype(float),
        }
        if one.paths.shape[2]:
            columns |= _motion(one, place, how, rate)
        columns |= _scores(one, both, place, rate)
        columns |= neighbours.columns(one, both, kind, subjects[one.person], rate)
        parts.append(columns)
        numbers.append(np.full(len(both), number))
        kinds.append(kind)
    names = list(parts[0]) if parts else []
    values = [np.stack([part[name] for name in names], axis=1) for part in parts]
    return Table(
        np.concatenate(values).astype(np.float32) if parts else np.zeros((0, 0), np.float32),
        names,
        np.concatenate(numbers),
        np.concatenate(kinds),
    )


@dataclass(frozen=True)
class _Place:
    """Where N candidates lie, `(N,)` each: first and last frame, the span's first frame and its
    end, how many frames around them are compared with them."""

    first: np.ndarray
    last: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    around: np.ndarray

    @classmethod
    def of(cls, span: np.ndarray, candidates: Intervals, rate: float) -> _Place:
        start, stop = neighbours.span_of(span, candidates.apex)
        around = np.maximum(candidates.duration, round(_LEAST_AROUND * rate))
        return cls(candidates.onset, candidates.offset, start, stop, around)

    @property
    def before(self) -> tuple[np.ndarray, np.ndarray]:
        return np.maximum(self.first - self.around, self.start), self.first

    @property
    def inside(self) -> tuple[np.ndarray, np.ndarray]:
        return self.first, self.last + 1

    @property
    def after(self) -> tuple[np.ndarray, np.ndarray]:
        return self.last + 1, np.minimum(self.last + 1 + self.around, self.stop)

    def far(self, frames: int) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """What lies beyond `before` and `after`, up to `frames` away."""
        return (
            (np.maximum(self.first - frames, self.start), self.before[0]),
            (self.after[1], np.minimum(self.last + 1 + frames, self.stop)),
        )


def _motion(one: Predicted, place: _Place, how: Regions, rate: float) -> Columns:
    fast, path = (np.asarray(one.paths[..., k : k + 2], np.float32) for k in (0, 2))
    usable = np.asarray(one.span) >= 0
    speed = np.zeros(path.shape[:2], np.float32)  # (T, R); nothing moves into a span
    same = usable[1:] & (one.span[1:] == one.span[:-1])
    speed[1:] = _moved(path, 1) * same[:, None]
    noise = _median(speed[1:][same])
    lag = max(1, round(_LAG * rate))
    still = usable[lag:] & (one.span[lag:] == one.span[: max(0, len(path) - lag)])
    unit = _median(_moved(path, lag)[still])
    n = len(place.first)
    columns = {
        "noise": np.full(n, noise),
        "noise_of_displacement": np.full(n, unit),
        "noise_of_path": np.full(n, _median(_moved(fast)[usable])),
    }

    # From onset to apex and back. At the apex the regions are farthest from a straight course.
    segments = Segments(place.first, place.last)
    arc, apex = segments.arcs(path)
    duration = place.last - place.first + 1
    at_first, at_apex, at_last = path[place.first], path[apex], path[place.last]
    moved = (at_apex - at_first) / unit
    rise, fall, rest = (
        np.linalg.norm(x, axis=2)
        for x in (moved, (at_last - at_apex) / unit, (at_last - at_first) / unit)
    )
    columns["apex"] = (apex - place.first) / duration
    columns |= how.all("arc", arc / unit)
    columns |= how.overall("arc_size", arc)
    columns |= how.all("rise", rise)
    columns |= how.overall("fall", fall)
    columns |= how.all("rest", rest)
    columns |= how.overall("rest_share", rest / (rise + fall + 0.1))
    head = np.linalg.norm(moved.mean(axis=1), axis=1)  # what all regions share
    columns["head"] = head
    columns["head_share"] = head / (rise.mean(axis=1) + _TINY)
    columns |= how.directions("moved", moved)

    # Movement inside, before and after.
    sums = Sums(speed)
    before, inside, after = (sums.mean(*x) for x in (place.before, place.inside, place.after))
    columns |= how.overall("speed_before", before / noise)
    columns |= how.overall("speed_after", after / noise)
    columns |= how.all("speed", inside / noise)
    columns |= how.typical("speed_to_before", inside / (before + _TINY))
    columns |= how.typical("speed_to_after", inside / (after + _TINY))
    for name, frames in zip(("before", "after"), place.far(round(_FAR * rate)), strict=True):
        columns |= how.typical(f"speed_far_{name}", sums.mean(*frames) / noise)
    columns["fastest"] = segments.highest(speed.max(axis=1)) / noise
    earlier, later = path[place.before[0]], path[place.after[1] - 1]
    columns |= how.overall("drift_before", np.linalg.norm(at_first - earlier, axis=2) / unit)
    columns |= how.overall("drift_after", np.linalg.norm(later - at_last, axis=2) / unit)
    return columns


def _moved(path: np.ndarray, lag: int = 0) -> np.ndarray:
    """How far paths `(T, R, 2)` lead in `lag` frames, `(T - lag, R)`; without one, from zero. In
    blocks: what is as long as a recording is only the result."""
    away = np.empty((max(0, len(path) - lag), path.shape[1]), np.float32)
    for start in range(0, len(away), _BLOCK):
        stop = min(start + _BLOCK, len(away))
        to = path[start + lag : stop + lag]
        away[start:stop] = np.linalg.norm(to - path[start:stop] if lag else to, axis=2)
    return away


def _scores(one: Predicted, candidates: Intervals, place: _Place, rate: float) -> Columns:
    """Of the network: inside, around, and how long it thinks that the expression lasts."""
    score = np.asarray(one.prediction.score, np.float64)  # (T, K)
    lasting = np.asarray(one.prediction.distances, np.float64).sum(axis=2)  # (T, K) frames
    duration = candidates.duration
    own = np.clip(candidates.confidence, 1e-6, 1 - 1e-6)
    sums, segments = Sums(score), Segments(place.first, place.last)
    near = round(_NEAR * rate)
    wide = Segments(
        np.maximum(place.first - near, place.start), np.minimum(place.last + near, place.stop - 1)
    )
    columns = {
        "seconds": duration / rate,
        "log_frames": np.log(duration / rate),
        "confidence": candidates.confidence,
        "logit": np.log(own / (1 - own)),
        "surest_frame": (candidates.apex - candidates.onset) / duration,
        "position": candidates.onset / len(score),
    }
    for name, values in (
        ("at_onset", score[place.first]),
        ("at_surest", score[candidates.apex]),
        ("at_offset", score[place.last]),
        ("mean", sums.mean(*place.inside)),
        ("mean_before", sums.mean(*place.before)),
        ("mean_after", sums.mean(*place.after)),
        ("highest", segments.highest(score)),
        ("highest_around", wide.highest(score)),
        ("lasting", lasting[candidates.apex] / duration[:, None]),
    ):
        columns |= {f"score_{name}_{k}": values[:, k] for k in range(score.shape[1])}
    usable = score[np.asarray(one.span) >= 0]
    for share in (0.5, 0.9, 0.99):
        values = np.quantile(usable, share, axis=0)
        columns |= {
            f"score_quantile_{share:g}_{k}": np.full(len(own), value)
            for k, value in enumerate(values)
        }
    return columns


def _median(values: np.ndarray) -> float:
    """A median that can divide."""
    return (float(np.median(values)) if values.size else 0.0) + _TINY
