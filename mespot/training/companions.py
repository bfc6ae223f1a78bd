"""Recordings of other corpora that train along with those of the corpus that is spotted in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mespot.training.spotter_input import SpotterInput

_BLOCK = 4096  # frames that are interpolated at once


def at_rate(recording: SpotterInput, own: float, rate: float) -> SpotterInput:
    """The recording in `rate` frames a second instead of `own`, linear between its frames.

    A spotter learns in frames, so an expression must last as many of them in every corpus. A new
    frame between two spans belongs to none. Labels move to the nearest frames.
    """
    if own == rate or not len(recording.span):
        return recording
    last = len(recording.span) - 1
    at = np.minimum(np.arange(int(np.floor(last * rate / own)) + 1) * own / rate, last)
    low = np.floor(at).astype(int)
    high = np.minimum(low + 1, last)
    share = (at - low).astype(np.float32)
    high = np.where(share > 0, high, low)

    def between(x: np.ndarray) -> np.ndarray:
        part = share.reshape(-1, *[1] * (x.ndim - 1))
        found = np.empty((len(at), *x.shape[1:]), np.result_type(x, part))
        for start in range(0, len(at), _BLOCK):
            near = slice(start, start + _BLOCK)
            found[near] = x[low[near]] * (1 - part[near]) + x[high[near]] * part[near]
        return found

    span = np.where(recording.span[low] == recording.span[high], recording.span[low], -1)
    return replace(
        recording,
        paths=between(recording.paths),
        features={name: between(x) for name, x in recording.features.items()},
        context=between(recording.context),
        span=span,
        known=None if recording.known is None else recording.known[np.rint(at).astype(int)],
        labels={
            name: np.clip(np.rint(known * rate / own), 0, len(at) - 1).astype(np.int64)
            for name, known in recording.labels.items()
        },
    )


def told_apart(recordings: Sequence[SpotterInput], corpora: Sequence[str]) -> list[SpotterInput]:
    """The recordings with a channel of context for each companion: 1 in its recordings, else 0.

    Corpora differ in what was labelled and in how motion was measured. The network may learn this
    from their names, and reads zeros where it spots.
    """
    return [
        replace(
            one,
            context=np.concatenate(
                [
                    one.context,
                    np.full((len(one.context), len(corpora)), [one.corpus == c for c in corpora]),
                ],
                axis=1,
                dtype=np.float32,
            ),
        )
        for one in recordings
    ]
