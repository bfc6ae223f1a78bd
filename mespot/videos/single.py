"""One video: from the file to what is found in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mespot.device import deterministic
from mespot.errors import InputError
from mespot.face.landmarks import TrackingSettings
from mespot.face.persons import NoSuchFaceError
from mespot.face.regions import REGIONS, eye_regions, lid_regions
from mespot.landmarker import kept
from mespot.measured import Measured, measure
from mespot.recording import Recording, ahead
from mespot.runtime import give_back_freed_memory
from mespot.spotting import training_free
from mespot.spotting.pieces import in_pieces
from mespot.spotting.spotted import Spotted
from mespot.tracked import Tracked, follow
from mespot.training.model import CURE, Model
from mespot.videos.found import Found, found
from mespot.videos.how import How, defaults

# Frames a second. The shortest expressions last a sixth of a second: slower, they are one frame.
LEAST_RATE = 12.0


@dataclass(frozen=True)
class Spotter:
    """All that spotting in videos needs, read and ready.

    model: None for the training-free method, whose settings are `recipe`. settings: the sections
    `tracking`, `crop`, `flow` and `landmarker` of config.yaml. landmarker: the file of MediaPipe's
    model. made_with: what spots, without a path: a folder may name a person.
    """

    model: Model | None
    recipe: training_free.TrainingFreeRecipe | None
    settings: Mapping[str, Mapping[str, Any]]
    landmarker: Path
    made_with: Mapping[str, Any]

    @classmethod
    def of(cls, how: How) -> Spotter:
        """Read what it needs; MediaPipe's model is fetched the first time. Raises InputError for a
        model that cannot be used, and where MediaPipe's cannot be had."""
        deterministic()
        if how.model is None:
            settings = defaults()
            recipe = training_free.TrainingFreeRecipe.of(settings["training_free"])
            free = {"training_free": dict(settings["training_free"])}
            sections = _sections(settings, how.face)
            return cls(None, recipe, sections, kept(sections["landmarker"]), free)
        model = Model.load(how.model)
        if list(model.regions) != list(REGIONS):
            raise InputError(
                f"{how.model}: reads other face regions than this version measures; {CURE}"
            )
        made_with = {
            "model": how.model.name,
            "sha256": how.model_digest(),
            "provenance": dict(model.provenance),
        }
        sections = _sections({**model.preprocessing, "landmarker": model.landmarker}, how.face)
        return cls(model, None, sections, kept(model.landmarker), made_with)

    def spot(
        self,
        recording: Recording,
        video: str,
        scratch: str | Path,
        progress: Callable[[int, int], None] | None = None,
    ) -> Found:
        """What is found in one recording.

        video: the name in the tables. scratch, progress: as for mespot.measured.measure. Raises
        InputError for a recording that cannot be read to its end or is too slow.
        """
        check_rate(recording)
        measured = measure(recording, self.settings, self.landmarker, scratch, progress)
        give_back_freed_memory()  # of pictures and of MediaPipe
        return found(video, measured, self._spotted(measured, video), self.made_with)

    @property
    def followed_by(self) -> dict[str, Any]:
        """What `followed_again` needs to follow the same face."""
        return {name: dict(self.settings[name]) for name in ("tracking", "landmarker")}

    def _spotted(self, measured: Measured, video: str) -> Spotted:
        if self.model is not None:
            return self.model.spot(_motion(measured), video)
        recipe = self.recipe
        assert recipe is not None

        def spotted(near: slice) -> Spotted:
            motion = training_free.RegionMotion(
                measured.regional[near],
                measured.lags,
                measured.blink[near],
                measured.span[near],
                measured.rate,
                measured.crop_size,
                eye_regions(measured.regions),
                lid_regions(measured.regions),
            )
            return training_free.spot(motion, recipe)

        return in_pieces(len(measured.span), measured.rate, spotted)


def followed_again(
    recording: Recording, followed_by: Mapping[str, Mapping[str, Any]], scratch: str | Path
) -> Tracked:
    """The landmarks on which results of a Spotter rest, followed once more.

    followed_by: as the Spotter has it. scratch: as for mespot.measured.measure. Raises InputError
    for a recording that cannot be read to its end.
    """
    tracking = dict(followed_by["tracking"])
    wanted = tracking.pop("rate")
    rate, how = recording.working_rate(wanted), TrackingSettings(**tracking)
    model = kept(followed_by["landmarker"])
    with closing(ahead(recording.frames(wanted))) as frames:
        try:
            return follow(frames, rate, how, model, scratch)
        except NoSuchFaceError as error:
            raise InputError(f"{recording.path}: {error}; choose another") from error


def check_rate(recording: Recording) -> None:
    """Raises InputError for a recording that is too slow for expressions."""
    if recording.steady_fps < LEAST_RATE:
        raise InputError(
            f"{recording.path}: has {recording.steady_fps:.3g} frames a second, in which an "
            f"expression of a sixth of a second is not seen. Record with {LEAST_RATE:g} at least, "
            "better with 30 and more. If the file states a wrong rate, name it and the right one: "
            "--fps N, in Python fps=N"
        )


def _sections(settings: Mapping[str, Any], face: str | int) -> dict[str, Any]:
    names = ("tracking", "crop", "flow", "landmarker")
    sections = {name: dict(settings[name]) for name in names}
    return {**sections, "tracking": {**sections["tracking"], "face": face}}


def _motion(measured: Measured) -> dict[str, Any]:
    names = ("regional", "span", "blink", "lags", "rate", "regions")
    values = {name: getattr(measured, name) for name in names}
    return {**values, "lags": list(measured.lags), "regions": list(measured.regions)}
