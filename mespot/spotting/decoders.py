"""The decoders that a learned method may name: from its curves to the candidates of a class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from mespot.expressions import CLASSES
from mespot.settings import BOUNDARIES_ONLY, PEAKS, fill
from mespot.spotting import decode
from mespot.spotting.decode import Intervals
from mespot.spotting.lengths import Lengths
from mespot.spotting.second_look import SecondLook
from mespot.spotting.smoothed import peaks, smoothed
from mespot.spotting.thresholds import relative_threshold

# Keys without effect where the second look has no weight.
LOOKING_ONLY = tuple(one.name for one in fields(SecondLook) if one.name != "weight")


@dataclass(frozen=True)
class Decoding:
    """How predictions become intervals: the `decoder` of a method, and keys of `spotting.learned`
    that config.yaml explains. The defaults are for keys that only `boundaries` reads."""

    decoder: str
    duration_slack: float
    class_iou: float
    floor: float = 0.0
    nms_iou: float = 0.0
    vote_iou: float = 1.0
    second_look: SecondLook = SecondLook()
    person_share: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(CLASSES, 0.0))
    person_minutes: float = 0.0

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Decoding:
        """From a flat mapping. Raises InputError for a key that is missing or unknown."""
        without_effect = BOUNDARIES_ONLY if settings.get("decoder") == PEAKS else ()
        (decoding,) = fill("spotting.learned", settings, cls, without_effect=without_effect)
        if decoding.decoder == PEAKS:
            return decoding
        section = settings["second_look"]
        unused = () if section.get("weight") else LOOKING_ONLY
        (look,) = fill("spotting.learned.second_look", section, SecondLook, without_effect=unused)
        return replace(decoding, second_look=look)

    @property
    def looks_twice(self) -> bool:
        return self.second_look.weight > 0

    @property
    def compares_persons(self) -> bool:
        return any(self.person_share.values())


def candidates(
    score: np.ndarray, distances: np.ndarray, span: np.ndarray, lengths: Lengths, how: Decoding
) -> Intervals:
    """All candidates of one class in a video, for thresholds to be chosen from.

    `boundaries`: the network's own distances to onset and offset (`decode.from_network`).
    Confidences are scores. `peaks`: intervals of one length around the peaks of the smoothed
    score, distances are not read; confidences are on the scale of its p. score `(T,)`, distances
    `(T, 2)` frames, span `(T,)`. A class without labels has no candidate.
    """
    if lengths.longest < lengths.shortest:
        return decode.intervals([], [], [], [])
    if how.decoder == PEAKS:
        return peaks(score, lengths.half, 0.0, span)
    return decode.from_network(
        score,
        distances,
        span,
        durations=(lengths.shortest, lengths.longest),
        floor=how.floor,
        nms_iou=how.nms_iou,
        vote_iou=how.vote_iou,
    )


def on_scores(
    threshold: float, score: np.ndarray, span: np.ndarray, lengths: Lengths, how: Decoding
) -> float:
    """A threshold on confidences as one on the scores of a video, to be drawn with them."""
    if how.decoder == PEAKS:
        return relative_threshold(*smoothed(score, lengths.half, span), threshold)
    return threshold
