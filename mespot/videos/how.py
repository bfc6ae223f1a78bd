"""How videos are spotted in: with a model, or without training by the defaults of config.yaml.

Planning loads no torch: it needs the identity alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any

from mespot import landmarker
from mespot.errors import InputError
from mespot.limits import CHECKPOINT_BYTES
from mespot.provenance import code_digest
from mespot.store.files import regular

_PACKAGE = Path(__file__).parents[1]
MODEL = _PACKAGE / "models" / "default.pt"
DEFAULTS = _PACKAGE / "defaults.yaml"  # config.yaml, as it comes along with the package

FACES = ("auto", "left", "right", "largest")

NO_MODEL = (
    "this installation has no model of its own; name one (--model FILE, in Python model=), make "
    "one by `snakemake --cores 8 results/model.pt` or, in Python, by mespot.train, or spot without "
    "one (--training-free, in Python training_free=True)"
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
                raise InputError(
                    "model and training_free (--model and --training-free) exclude each other; "
                    "leave one out"
                )
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
        return {"model": self.model_digest(), **shared}

    def model_digest(self) -> str:
        """SHA-256 of the file of the model. Raises InputError when it cannot be read."""
        assert self.model is not None
        try:
            return _digest(regular(self.model, CHECKPOINT_BYTES).read_bytes())
        except (OSError, InputError) as error:
            reason = getattr(error, "strerror", None) or f"{error}".removeprefix(f"{self.model}: ")
            raise InputError(
                f"{self.model}: cannot be read: {reason}; name another file (--model FILE, in "
                "Python model=), or spot without one (--training-free, in Python "
                "training_free=True)"
            ) from None

    def fetch_landmarker(self, tell: Callable[[str], None]) -> None:
        """Fetch MediaPipe's model, if it is not here yet, before several processes want it. tell:
        is given a line then. Raises InputError when it cannot be had or the model cannot be used.
        """
        section = defaults()["landmarker"]
        # Most models want the same one. What another wants is known when it is read, with torch.
        if landmarker.is_here(section):
            return
        if self.model is not None:
            from mespot.training.model import Model

            section = Model.load(self.model).landmarker
        if not landmarker.is_here(section):
            where = landmarker.place(section)
            tell(f"fetching MediaPipe's face landmark model, this once: {where}")
            landmarker.kept(section)


def defaults() -> Mapping[str, Any]:
    """Of the defaults of config.yaml, what the training-free method needs."""
    from mespot import config

    whole = config.load(DEFAULTS)
    settings = {name: whole[name] for name in ("tracking", "crop", "flow", "landmarker")}
    return {**settings, "training_free": whole["spotting"]["training_free"]}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
