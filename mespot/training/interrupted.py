"""The state of a training, kept in a file until it ends, so that a killed run goes on."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mespot.errors import InputError
from mespot.training import checkpoint

log = logging.getLogger(__name__)


class Interrupted:
    """A training's state at `path`, which belongs to settings, data and code.

    settings: anything that JSON or `str` can write. arrays: the data.
    """

    def __init__(
        self, path: str | Path, settings: Sequence[Any], arrays: Iterable[np.ndarray]
    ) -> None:
        self.path = Path(path)
        digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode())
        for array in arrays:
            digest.update(np.ascontiguousarray(array).data)
        digest.update(torch.__version__.encode())
        self._digest = digest.hexdigest()

    def load(self) -> Any | None:
        """What an interrupted run of the same settings, data and code has saved last, or None."""
        if not self.path.exists():
            return None
        try:
            stored = checkpoint.load(self.path, "training")
        except InputError as error:
            log.warning("starting anew: %s", error)
            return None
        if stored["digest"] != self._digest:
            log.warning("starting anew: %s is of other settings, data or code", self.path)
            return None
        return stored["state"]

    def save(self, state: Any) -> None:
        """Keep a state of builtins and tensors, in place of the one before."""
        checkpoint.save(self.path, "training", {"digest": self._digest, "state": state})

    def remove(self) -> None:
        """At the end, when the output is written."""
        self.path.unlink(missing_ok=True)
