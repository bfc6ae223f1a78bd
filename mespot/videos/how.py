"""How videos are spotted in: with a model, or without training by the defaults of config.yaml.

Nothing here loads torch: whoever only plans the work needs the identity alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any

from mespot.errors import InputError
from mespot.limits import CHECKPOINT_BYTES
from mespot.provenance import code_digest
from mespot.store.files import regular

_PACKAGE = Path(__file__).parents[1]
MODEL = _PACKAGE / "models" / "default.pt"
DEFAULTS = _PACKAGE / "defaults.yaml"  # config.yaml, as it comes along with the package

FACES = ("auto", "left", "right", "largest")

NO_MODEL = (
    "this installation has no model of its own; name one with --model, make one with `snakemake "
    "--cores 8 results/model.pt`, or spot without one: --training-free"
)


@dataclass(frozen=True)
class How:
    """model: the file of a model; None: the training-free method. face: who is followed where
    several faces last, as `tracking.face` of config.yaml."""

    model: Path | None
    face: str | int = "auto"

    @classmethod
    def of(
        cls,
        model: str | Path | None = None,
        *,
        training_free: bool = False,
        face: str | int = "auto",
    ) -> How:
        """model: a file; None: the one that comes along. Raises InputError where there is none."""
        if isinstance(face, Integral) and not isinstance(face, bool):
            face = int(face)  # of whatever kind
        if face not in FACES and not (type(face) is int and face >= 1):
            raise InputError(f"face: {face!r} must be {', '.join(FACES)} or a number from 1")
        if training_free:
            if model is not None:
                raise InputError("--model and --training-free exclude each other; leave one out")
            return cls(None, face)
        path = MODEL if model is None else Path(model)
        if model is None and not path.is_file():
            raise InputError(f"{path}: {NO_MODEL}")
        return cls(path.absolute(), face)

    def identity(self) -> dict[str, str]:
        """What a result depends on beside the video: digests of the model or the settings, and of
        the code. Raises InputError for a model that cannot be read."""
        shared = {"face": str(self.face), "code": code_digest("mespot.videos.single")}
        if self.model is None:
            content = json.dumps(defaults(), sort_keys=True).encode()
            return {"training_free": _digest(content), **shared}
        try:
            content = regular(self.model, CHECKPOINT_BYTES).read_bytes()
        except (OSError, InputError) as error:
            reason = getattr(error, "strerror", None) or f"{error}".removeprefix(f"{self.model}: ")
            raise InputError(
                f"{self.model}: cannot be read: {reason}; name another file with --model, or spot "
                "without one: --training-free"
            ) from None
        return {"model": _digest(content), **shared}


def defaults() -> Mapping[str, Any]:
    """Of the defaults of config.yaml, what the training-free method needs."""
    from mespot import config

    whole = config.load(DEFAULTS)
    settings = {name: whole[name] for name in ("tracking", "crop", "flow", "landmarker")}
    return {**settings, "training_free": whole["spotting"]["training_free"]}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
