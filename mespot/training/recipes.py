"""What can be configured of the trainings: frozen dataclasses whose fields are keys of config.yaml.

config.yaml explains each key. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mespot.errors import InputError
from mespot.settings import fill


@dataclass(frozen=True)
class JointRecipe:
    """`spotting.learned.joint`: how encoders go on learning together with a spotter."""

    steps: int
    batch_size: int
    learning_rate: float
    encoder_learning_rate: float


@dataclass(frozen=True)
class MaskedMotionRecipe:
    """`spotting.learned.masked_motion`: how networks first learn to reconstruct hidden motion."""

    steps: int
    mask_ratio: float
    mask_seconds: float
    learning_rate: float


@dataclass(frozen=True)
class SpotterRecipe:
    """`spotting.seed` and, of `spotting.learned`, what the networks of a spotter are trained with.

    code and stream_dropout have no effect where no stream is read. masked_motion: None where the
    networks are not pretrained. joint: None where the encoders do not learn.
    """

    seed: int
    lags: Sequence[int]
    drift_seconds: float
    slow_drift_seconds: float
    width: int
    dilations: Sequence[int]
    dropout: float
    window_seconds: float
    stretch: float
    amplitude: float
    mirror: bool
    region_dropout: float
    expression_share: float
    epochs: float
    max_steps: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    weight_average: float
    boundary_weight: float
    ends_weight: float
    focus: float
    inner_groups: int
    repeats: int
    code: int = 1
    stream_dropout: float = 0.0
    masked_motion: MaskedMotionRecipe | None = None
    joint: JointRecipe | None = None

    @classmethod
    def of(
        cls,
        settings: Mapping[str, Any],
        *,
        streams: Sequence[str],
        masked: bool = False,
        jointly: bool = False,
    ) -> SpotterRecipe:
        """From a flat mapping of config keys, in which `masked_motion` and `joint` are mappings of
        their own.

        streams: those that the spotter reads. masked: whether its networks are pretrained on masked
        motion. jointly: whether encoders learn. Keys that have no effect may be missing. Raises
        InputError for a key that is missing or unknown.
        """
        without_effect = [] if streams else ["code", "stream_dropout"]
        parts: dict[str, type] = {}
        if masked:
            parts["masked_motion"] = MaskedMotionRecipe
        if jointly:
            parts["joint"] = JointRecipe
        without_effect += [name for name in ("masked_motion", "joint") if name not in parts]
        (recipe,) = fill("spotting.learned", settings, cls, without_effect=without_effect)
        filled = {
            name: fill(f"spotting.learned.{name}", getattr(recipe, name), kind)[0]
            for name, kind in parts.items()
        }
        return replace(recipe, **filled)


@dataclass(frozen=True)
class ClipRecipe:
    """Of `pretrain`: which clips a network learns from, and what of them it reconstructs."""

    input_size: int
    clip_length: int
    memory_frames: int
    validation_fraction: float
    target: str
    reference_seconds: float = 0.0
    target_reach: int = 0


@dataclass(frozen=True)
class NetworkRecipe:
    """Of `pretrain`: the size of the network."""

    channels: int
    code_channels: int
    downsample: int
    encoder_depth: int
    decoder_depth: int


@dataclass(frozen=True)
class PretrainingRecipe:
    """Of `pretrain`: what is hidden, and how the network is trained to reconstruct it."""

    seed: int
    mask_kind: str
    mask_ratio: float
    batch_size: int
    patch_size: int = 1
    patch_frames: int = 0
    visible_weight: float = 0.0
    epochs: int = 0
    steps_per_epoch: int = 1
    learning_rate: float = 0.0
    weight_decay: float = 0.0

    @property
    def steps(self) -> int:
        return self.epochs * self.steps_per_epoch


# Keys that have no effect where nothing is trained.
_OF_STEPS = ("visible_weight", "epochs", "steps_per_epoch", "learning_rate", "weight_decay")


def unused_in_pretraining(
    settings: Mapping[str, Any], *, stream: str, weights: str
) -> tuple[str, ...]:
    """Keys of `pretrain` without an effect on the network of a stream: of patches, of the reach of
    a target, of the reference of a face, and of training steps where none is taken."""
    unused: list[str] = []
    if settings.get("mask_kind") != "patch":
        unused += ["patch_size", "patch_frames"]
    if settings.get("target") != "temporal_difference":
        unused.append("target_reach")
    if stream != "face":
        unused.append("reference_seconds")
    if weights == "random":
        unused += _OF_STEPS
    return tuple(unused)


def pretraining(
    settings: Mapping[str, Any], *, stream: str, weights: str
) -> tuple[ClipRecipe, NetworkRecipe, PretrainingRecipe]:
    """From a flat mapping of keys of `pretrain`.

    weights: `pretrained`, or `random`, which takes no training step. Keys that have no effect may
    be missing. Raises InputError for a key that is missing or unknown, and for an input that does
    not divide into cells.
    """
    without_effect = unused_in_pretraining(settings, stream=stream, weights=weights)
    kinds = (ClipRecipe, NetworkRecipe, PretrainingRecipe)
    clips, network, training = fill("pretrain", settings, *kinds, without_effect=without_effect)
    if clips.input_size % network.downsample:
        raise InputError(
            f"pretrain.input_size: {clips.input_size} is not a multiple of pretrain.downsample "
            f"{network.downsample}"
        )
    return clips, network, training
