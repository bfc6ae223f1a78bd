"""Recordings with what networks predict of them, as decoding reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mespot.spotting.predictions import Prediction


@dataclass(frozen=True, kw_only=True)
class Predicted:
    """A recording of T frames and R face regions, and what networks predict of it.

    subject: in its corpus. corpus: of a recording that trained along; empty for the corpus that is
    spotted in. span: `(T,)`, the usable span of each frame or -1. paths: `(T, R, 4)` float32, u and
    v of the path of each region without drift, then u and v without slow drift only, in units of
    the corpus's noise; `(T, R, 0)` where no motion is read.
    """

    subject: str
    prediction: Prediction
    paths: np.ndarray
    span: np.ndarray
    corpus: str = ""

    @property
    def person(self) -> tuple[str, str]:
        """Corpus and subject: the same name in another corpus is another person."""
        return self.corpus, self.subject


@dataclass(frozen=True, kw_only=True)
class HeldOut(Predicted):
    """A training recording, as networks predict it that never saw its subject.

    group: the number of the group of subjects that those networks did not see. labels: {class:
    `(M, 2)` int} inclusive onset and offset, working frames. known: `(T,)` bool, the frames of
    which it is known whether there is an expression; None: all.
    """

    video: str
    group: int
    labels: Mapping[str, np.ndarray]
    known: np.ndarray | None = None

    @property
    def place(self) -> tuple[str, str]:
        """Corpus and video."""
        return self.corpus, self.video
