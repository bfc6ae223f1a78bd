"""Which keys of a recipe have an effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mespot.provenance import plain

# How often an interrupted training is saved changes no result: the script reads it by itself.
_WITHOUT_EFFECT = ("save_seconds",)
# Of `pretrain`, what only a training step uses; random weights take none.
_TRAINING_STEPS = ("epochs", "steps_per_epoch", "learning_rate", "weight_decay", "visible_weight")


def of_encoder(
    pretrain: Mapping[str, Any], recipe: Mapping[str, Any], stream: str
) -> dict[str, Any]:
    """Keys of `pretrain` that decide what the network of one stream becomes, under a recipe."""
    keys = {**pretrain, **recipe["settings"]}
    unused = [*_WITHOUT_EFFECT, "corpora"]  # corpora decide the inputs
    if keys["mask_kind"] != "patch":
        unused += ["patch_size", "patch_frames"]
    if keys["target"] != "temporal_difference":
        unused.append("target_reach")
    if stream != "face":
        unused.append("reference_seconds")
    if recipe["pretraining"] == "none":
        unused += _TRAINING_STEPS
    return without(keys, unused)


def only(section: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """The keys of a section that are named."""
    return plain({key: section[key] for key in keys})


def without(section: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """The others."""
    return plain({key: value for key, value in section.items() if key not in keys})
