"""What is usual for a person: candidates in a restless face count less than those in a calm one.

Nothing of this reads a label of the person. The level of a person in a class is the mean log-odds
of all candidates there, and most of these are no expressions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mespot.expressions import CLASSES
from mespot.spotting import decode
from mespot.spotting.decode import Intervals
from mespot.spotting.recordings import Predicted
from mespot.spotting.thresholds import from_logit, logit

Candidates = Mapping[str, Intervals]
_SECONDS = 60.0


@dataclass(frozen=True)
class Usual:
    """What candidates are compared with. levels: by class, the mean level of training persons, in
    log-odds. rate: working frames a second, by which the minutes of a person are counted."""

    levels: Mapping[str, float]
    rate: float

    @classmethod
    def of(
        cls, recordings: Sequence[Predicted], candidates: Sequence[Candidates], rate: float
    ) -> Usual:
        """From the candidates of training recordings. Without any candidate, a level is 0."""
        levels = {}
        for name in CLASSES:
            own = [np.mean(odds) for odds in _odds(recordings, candidates, name).values()]
            levels[name] = float(np.mean(own)) if own else 0.0
        return cls(levels, rate)

    def excess(
        self,
        recordings: Sequence[Predicted],
        candidates: Sequence[Candidates],
        shares: Mapping[str, float],
        minutes: float,
    ) -> list[dict[str, float]]:
        """By recording and class, how much is to be subtracted from the log-odds of candidates.

        It is a share of what the level of the person lies above the usual one. It is drawn towards
        zero where little is recorded: with `minutes` minutes of usable frames, by half. The
        recordings of a person must be given together.
        """
        recorded: dict[tuple[str, str], float] = {}
        for one in recordings:
            usable = float(np.count_nonzero(one.span >= 0))
            recorded[one.person] = recorded.get(one.person, 0.0) + usable / self.rate / _SECONDS
        found: list[dict[str, float]] = [dict.fromkeys(CLASSES, 0.0) for _ in recordings]
        for name in CLASSES:
            odds = _odds(recordings, candidates, name)
            for one, excess in zip(recordings, found, strict=True):
                if shares[name] and one.person in odds:
                    known = recorded[one.person]
                    weight = shares[name] * known / (known + minutes)
                    excess[name] = weight * float(np.mean(odds[one.person]) - self.levels[name])
        return found


def compared(candidates: Candidates, excess: Mapping[str, float]) -> dict[str, Intervals]:
    """The candidates of a recording, with the excess of its person taken off their log-odds."""
    return {name: _lowered(candidates[name], excess[name]) for name in CLASSES}


def _lowered(rows: Intervals, excess: float) -> Intervals:
    if not excess:
        return rows
    sure = from_logit(logit(rows.confidence) - excess)
    return decode.intervals(rows.onset, rows.apex, rows.offset, sure)


def _odds(
    recordings: Sequence[Predicted], candidates: Sequence[Candidates], name: str
) -> dict[tuple[str, str], np.ndarray]:
    """Log-odds of all candidates of a class, by person; who has none is left out."""
    found: dict[tuple[str, str], list[np.ndarray]] = {}
    for one, rows in zip(recordings, candidates, strict=True):
        if len(rows[name]):
            found.setdefault(one.person, []).append(logit(rows[name].confidence))
    return {person: np.concatenate(parts) for person, parts in found.items()}
