"""What can be set about the demo corpus: the section `demo` of the configuration.

How many subjects and videos there are is no part of it: a video does not depend on the others.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np

from mespot.errors import InputError

NONE = "none"  # of glasses and beards
LARGEST_AMPLITUDE = 8.5  # % of the face width: a lip corner in a broad smile
_NAMES = ("people",)  # lists that are no ranges
_VARIETY = 4  # of the random numbers of a video; the others are in mespot.demo.corpus


@dataclass(frozen=True)
class ScriptSettings:
    """What decides when who moves and how far.

    Amplitudes are in % of the face width, ranges are (least, most).
    """

    seed: int
    seconds: float
    fps: float
    micro_per_video: float
    micro_seconds: tuple[float, float]
    micro_amplitude: tuple[float, float]
    macro_per_video: float
    macro_seconds: tuple[float, float]
    macro_amplitude: tuple[float, float]
    gap_seconds: float
    repertoire: str
    smile_share: float
    stay_share: float

    @property
    def n_frames(self) -> int:
        return round(self.seconds * self.fps)

    @classmethod
    def from_config(cls, section: dict[str, Any]) -> Self:
        """Settings from the section's keys.

        The schema has checked the types. Raises InputError for a key that is missing or unknown,
        and for values that do not go together.
        """
        known = {field.name for field in fields(cls)}
        for name in sorted(known ^ section.keys()):
            what = "is missing" if name in known else "is not known"
            raise InputError(f"config: demo.{name}: {what}; see the commented config.yaml")
        lists = [name for name in known if isinstance(section[name], (list, tuple))]
        settings = cls(**section | {name: tuple(section[name]) for name in lists})
        for name in lists:
            if name in _NAMES:
                continue
            least, most = getattr(settings, name)
            if not 0 < least <= most:
                raise InputError(
                    f"config: demo.{name}: {[least, most]} is not a range; write [least, most]"
                )
            if name.endswith("_amplitude") and most > LARGEST_AMPLITUDE:
                raise InputError(
                    f"config: demo.{name}: {most} % of the face width is more than any face does;"
                    f" write at most {LARGEST_AMPLITUDE}"
                )
        if settings.micro_seconds[0] * settings.fps < 3:
            raise InputError(
                f"config: demo.fps: {settings.fps} is too low for an expression of"
                f" {settings.micro_seconds[0]} s; it needs 3 frames"
            )
        return settings


@dataclass(frozen=True)
class VideoSettings(ScriptSettings):
    """All that decides what a video looks like; see config.yaml for each value."""

    portraits: str | None
    people: tuple[str, ...] | None
    smiles: str | None
    width: int
    height: int
    face_width: int
    blinks_per_minute: float
    glances_per_minute: float
    speech_per_minute: float
    speech_seconds: tuple[float, float]
    gestures_per_minute: float
    shifts_per_minute: float
    hands_per_minute: float
    objects_per_minute: float
    cuts_per_minute: float
    head_drift: float
    light: float
    noise: float
    crf: float | None
    glasses: str
    beard: str
    mixed: float
    scale: float
    interlaced: bool

    @classmethod
    def from_config(cls, section: dict[str, Any]) -> Self:
        """As that of ScriptSettings; checks the size of the picture too, and applies `scale`."""
        settings = super().from_config(section)
        if settings.width % 4 or settings.height % 4:
            raise InputError("config: demo.width, demo.height: must be multiples of 4")
        if settings.face_width > 0.6 * min(settings.width, settings.height):
            raise InputError(
                f"config: demo.face_width: {settings.face_width} px leaves no room for the head in"
                f" {settings.width}x{settings.height}; take at most 0.6 of the smaller side"
            )
        scaled = replace(
            settings,
            width=4 * round(settings.width * settings.scale / 4),
            height=4 * round(settings.height * settings.scale / 4),
            face_width=round(settings.face_width * settings.scale),
        )
        if scaled.face_width < 16:
            raise InputError(
                f"config: demo.face_width, demo.scale: leave a face of {scaled.face_width} px, "
                "which nobody would find; raise them"
            )
        return scaled


def of_video(section: Mapping[str, Any], subject: int, number: int) -> dict[str, Any]:
    """The section as it holds for one video: with a value of its own for each key of `varied`.

    subject, number: 0-based, of the video. A key's value depends on the seed, the video and the
    key alone, so that whoever reads a part of the section finds the same.
    """
    own = dict(section)
    for key, values in own.pop("varied").items():
        seed = [section["seed"], subject, number + 1, _VARIETY, zlib.crc32(key.encode())]
        rng = np.random.default_rng(np.random.SeedSequence(seed))
        own[key] = values[rng.integers(len(values))]
    return own
