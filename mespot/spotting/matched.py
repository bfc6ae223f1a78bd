"""Scores of the final networks on the scale of those that thresholds were chosen for.

Thresholds and trees are learned from single networks that saw some of the training subjects. The
final networks saw all of them, and are averaged: they are right more often, but give fewer high
scores. On the recordings to spot in, where no label is needed, both kinds of networks can be asked.
So the final scores are given the distribution of the others; their order stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mespot.spotting.predictions import Prediction


def matched(
    predictions: Sequence[Prediction],
    references: Sequence[Sequence[Prediction]],
    spans: Sequence[np.ndarray],
) -> list[Prediction]:
    """The predictions of recordings, with scores distributed as in `references`.

    references: of each recording, what each of the other networks predicts. spans: `(T,)` of each;
    only usable frames count. The n-th highest score of all these recordings becomes the n-th
    highest of the others' (of as many frames), for each head by itself.
    """
    usable = [np.asarray(span) >= 0 for span in spans]
    if not sum(int(frames.sum()) for frames in usable):
        return list(predictions)
    own = np.concatenate([p.score[frames] for p, frames in zip(predictions, usable, strict=True)])
    others = np.concatenate(
        [
            one.score[frames]
            for several, frames in zip(references, usable, strict=True)
            for one in several
        ]
    )
    share = (np.arange(len(own)) + 0.5) / len(own)
    scaled = np.empty_like(own)
    for head in range(own.shape[1]):
        order = np.argsort(own[:, head], kind="stable")
        scaled[order, head] = np.quantile(others[:, head], share)
    stops = np.cumsum([int(frames.sum()) for frames in usable])[:-1]
    out = []
    for one, frames, scores in zip(predictions, usable, np.split(scaled, stops), strict=True):
        score = np.zeros_like(one.score)
        score[frames] = scores
        out.append(replace(one, score=score))
    return out
