"""Which keys of a recipe have an effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mespot.provenance import plain
from mespot.training.recipes import unused_in_pretraining

# How often an interrupted training is saved changes no result: the script reads it by itself.
_WITHOUT_EFFECT = ("save_seconds",)


def of_encoder(
    pretrain: Mapping[str, Any], recipe: Mapping[str, Any], stream: str
) -> dict[str, Any]:
    """Keys of `pretrain` that decide what the network of one stream becomes, under a recipe."""
    keys = {**pretrain, **recipe["settings"]}
    # Corpora decide the inputs.
    unused = unused_in_pretraining(keys, stream=stream, weights=weights_of(recipe))
    return without(keys, (*unused, *_WITHOUT_EFFECT, "corpora"))


def weights_of(recipe: Mapping[str, Any]) -> str:
    """Whether a recipe trains its encoder: `pretrained`, or `random` as the network begins."""
    return "random" if recipe["pretraining"] == "none" else "pretrained"


def only(section: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """The keys of a section that are named."""
    return plain({key: section[key] for key in keys})


def without(section: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """The others."""
    return plain({key: value for key, value in section.items() if key not in keys})
