"""From the keys of config.yaml to dataclasses with fields of the same names, and which keys belong
together where planning and steps must agree. Nothing heavy is imported."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any

from mespot.errors import InputError

# The decoders that a method may name. Of `spotting.learned`, what turns predictions into intervals,
# and what of it has no effect for `peaks`.
BOUNDARIES, PEAKS = "boundaries", "peaks"
DECODING = ("duration_slack", "class_iou")
BOUNDARIES_ONLY = ("floor", "nms_iou", "vote_iou", "second_look", "person_share", "person_minutes")


def decoding_of(method: Mapping[str, Any], learned: Mapping[str, Any]) -> dict[str, Any]:
    """How a method decodes: its decoder, and the keys of `spotting.learned` that have an effect."""
    decoder = method.get("decoder", BOUNDARIES)
    keys = (*DECODING, *(() if decoder == PEAKS else BOUNDARIES_ONLY))
    decoding = {"decoder": decoder, **{key: learned[key] for key in keys}}
    look = decoding.get("second_look")
    if look is not None and not look["weight"]:
        decoding["second_look"] = {"weight": look["weight"]}
    return decoding


def flow_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """How motion is measured: the keys of `flow` that have an effect."""
    flow = dict(config["flow"])
    if flow["algorithm"] != "dis":
        del flow["preset"]
    return flow


def preprocessing_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """How recordings become the motion that a model reads."""
    return {
        # Who is followed is said of each video.
        "tracking": {key: x for key, x in config["tracking"].items() if key != "face"},
        "crop": {key: x for key, x in config["crop"].items() if key != "kept"},  # of files only
        "flow": flow_of(config),
    }


def fill(
    where: str, settings: Mapping[str, Any], *kinds: Any, without_effect: Collection[str] = ()
) -> tuple[Any, ...]:
    """An instance of each dataclass in `kinds`, filled from one flat mapping of settings.

    without_effect: keys that change nothing here. They may be missing and are not read; their
    fields keep their defaults. Raises InputError, which begins with `where`, for keys that are
    missing or that no dataclass has.
    """
    names = {kind: [field.name for field in fields(kind)] for kind in kinds}
    known = [name for own in names.values() for name in own]
    missing = [n for n in known if n not in settings and n not in without_effect]
    unknown = [n for n in settings if n not in known]
    mistakes = []
    if missing:
        mistakes.append(f"lacks {', '.join(missing)}")
    if unknown:
        mistakes.append(f"knows no {', '.join(unknown)}")
    if mistakes:
        raise InputError(f"{where}: {'; '.join(mistakes)}")
    return tuple(
        kind(**{name: settings[name] for name in own if name not in without_effect})
        for kind, own in names.items()
    )
