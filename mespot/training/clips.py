"""From the values of videos to training clips: standardisation, held-out parts, targets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch

from mespot.errors import InputError
from mespot.spans import usable_spans
from mespot.training.recipes import NetworkRecipe
from mespot.training.video_values import form

# Videos are held out in pieces of this many clips, so that few of the clips that are trained on
# border on one that is held out.
_CLIPS_A_SEGMENT = 4
# A clip without motion is not blown up to unit contrast: this share of the usual contrast is added.
_CONTRAST_FLOOR = 0.25


def network_shape(stream: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments of a stream's ReconstructionNetwork.

    settings: the keys of NetworkRecipe, and any others.
    """
    return {**form(stream), **{key.name: settings[key.name] for key in fields(NetworkRecipe)}}


@dataclass(frozen=True)
class Segment:
    """Frames [first, last) of one video, inside one span."""

    video: int
    first: int
    last: int


def split(
    span_of_videos: list[np.ndarray],
    *,
    clip_length: int,
    validation_fraction: float,
    memory_frames: int,
    generator: torch.Generator,
) -> tuple[list[Segment], list[Segment]]:
    """Cut the usable spans into segments and hold some out: (training, validation).

    Each segment has at least `clip_length` frames; shorter spans are left out. Of a corpus with
    more than `memory_frames` frames a random part is taken. At least one segment is held out.
    Raises InputError when there are not two segments to split.
    """
    segments: list[Segment] = []
    for clips in (_CLIPS_A_SEGMENT, 1):
        segments = [
            Segment(video, first, last)
            for video, span in enumerate(span_of_videos)
            for first, last in _pieces(span, clip_length, clips * clip_length)
        ]
        if len(segments) >= 2:
            break
    else:
        raise InputError(
            f"pretrain.clip_length: {clip_length}: the training videos have fewer than two usable "
            "stretches of as many frames; choose a shorter clip or add recordings"
        )
    order = torch.randperm(len(segments), generator=generator).tolist()
    kept: list[Segment] = []
    frames = 0
    for segment in (segments[index] for index in order):
        if len(kept) >= 2 and frames + segment.last - segment.first > memory_frames:
            break
        kept.append(segment)
        frames += segment.last - segment.first
    held_out = min(max(1, round(validation_fraction * len(kept))), len(kept) - 1)
    return sorted(kept[held_out:], key=_place), sorted(kept[:held_out], key=_place)


@dataclass(frozen=True)
class ClipPool:
    """Stretches of video (T_i, C, S, S) of which clips of `clip_length` frames are cut."""

    stretches: list[np.ndarray]
    clip_length: int

    def sample(self, count: int, generator: torch.Generator) -> torch.Tensor:
        """`count` clips (count, C, clip_length, S, S) float32, every start equally likely."""
        starts = np.array([len(stretch) - self.clip_length + 1 for stretch in self.stretches])
        ends = np.cumsum(starts)
        drawn = torch.randint(int(ends[-1]), (count,), generator=generator).numpy()
        which = np.searchsorted(ends, drawn, side="right")
        return self._clips(which, drawn - (ends - starts)[which])

    def grid(self, limit: int) -> torch.Tensor:
        """Clips that follow each other without overlap, at most `limit`, spread evenly."""
        places = [
            (index, start)
            for index, stretch in enumerate(self.stretches)
            for start in range(0, len(stretch) - self.clip_length + 1, self.clip_length)
        ]
        chosen = np.unique(np.linspace(0, len(places) - 1, min(limit, len(places))).round())
        which, starts = np.array(places)[chosen.astype(int)].T
        return self._clips(which, starts)

    def _clips(self, which: np.ndarray, starts: np.ndarray) -> torch.Tensor:
        clips = [
            self.stretches[index][start : start + self.clip_length]
            for index, start in zip(which, starts, strict=True)
        ]
        return torch.from_numpy(np.stack(clips)).transpose(1, 2).float()


def _raw(clip: torch.Tensor, reach: int) -> torch.Tensor:
    return clip


def _without_mean(clip: torch.Tensor, reach: int) -> torch.Tensor:
    return clip - clip.mean(2, keepdim=True)


def _difference(clip: torch.Tensor, reach: int) -> torch.Tensor:
    change = torch.zeros_like(clip)
    change[:, :, reach:-reach] = clip[:, :, 2 * reach :] - clip[:, :, : -2 * reach]
    return change


# What is reconstructed, from the first channels of a standardised clip (N, C, T, S, S):
# raw                  the clip itself, as in the paper
# clip_normalised      its deviation from each pixel's mean over the clip, at unit contrast
# temporal_difference  frame t + reach minus frame t - reach
TARGETS: dict[str, Callable[[torch.Tensor, int], torch.Tensor]] = {
    "raw": _raw,
    "clip_normalised": _without_mean,
    "temporal_difference": _difference,
}


@dataclass(frozen=True)
class Standardisation:
    """Scale of input and target, by channel, from training subjects only.

    mean and std are lists of as many numbers as a clip has channels, target_mean and target_std of
    as many as are reconstructed, which come first.
    """

    mean: list[float]
    std: list[float]
    target: str
    target_reach: int
    target_mean: list[float]
    target_std: list[float]

    def inputs(self, clip: torch.Tensor) -> torch.Tensor:
        """A clip (N, C, T, S, S) in its own units, standardised."""
        return (clip - _column(self.mean, clip)) / _column(self.std, clip)

    def targets(self, inputs: torch.Tensor) -> tuple[torch.Tensor, slice]:
        """What to reconstruct from a standardised clip, and the frames in which it is defined."""
        moving = inputs[:, : len(self.target_mean)]
        target = TARGETS[self.target](moving, self.target_reach)
        scale = _column(self.target_std, target)
        if self.target == "clip_normalised":
            contrast = target.square().mean((2, 3, 4), keepdim=True)
            return target / (contrast + (_CONTRAST_FLOOR * scale) ** 2).sqrt(), slice(None)
        return (target - _column(self.target_mean, target)) / scale, self._defined()

    def _defined(self) -> slice:
        if self.target == "temporal_difference":
            return slice(self.target_reach, -self.target_reach)
        return slice(None)


def standardise(
    clips: torch.Tensor, *, reconstructed: int, target: str, target_reach: int
) -> Standardisation:
    """Measure the scale of input and target on training clips (N, C, T, S, S).

    reconstructed: how many of the channels, from the first, are the target's. Raises InputError
    when the target is unknown or reaches beyond the clip.
    """
    if target not in TARGETS:
        raise InputError(f"pretrain.target: {target!r} is none of {', '.join(TARGETS)}")
    reaches = target_reach >= 1 and 2 * target_reach < clips.shape[2]
    if target == "temporal_difference" and not reaches:
        raise InputError(
            f"pretrain.target_reach: {target_reach} is not between 1 and half of "
            f"pretrain.clip_length {clips.shape[2]}"
        )
    mean, std = _moments(clips)
    plain = Standardisation(mean, std, target, target_reach, [], [])
    moving = plain.inputs(clips)[:, :reconstructed]
    targets = TARGETS[target](moving, target_reach)[:, :, plain._defined()]
    target_mean, target_std = _moments(targets)
    return replace(plain, target_mean=target_mean, target_std=target_std)


def as_builtins(standardisation: Standardisation) -> Mapping[str, Any]:
    """For a checkpoint; `Standardisation(**result)` gives it back."""
    return dict(vars(standardisation))


def _moments(clips: torch.Tensor) -> tuple[list[float], list[float]]:
    axes = (0, 2, 3, 4)
    std = clips.double().std(axes)
    return clips.double().mean(axes).tolist(), std.clamp(min=1e-6).tolist()


def _column(values: list[float], like: torch.Tensor) -> torch.Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device).view(1, -1, 1, 1, 1)


def _pieces(span: np.ndarray, shortest: int, longest: int) -> list[tuple[int, int]]:
    """Spans cut into stretches of `longest` frames; a rest shorter than `shortest` is left out."""
    return [
        (start, min(start + longest, last))
        for first, last in usable_spans(span)
        for start in range(first, last - shortest + 1, longest)
    ]


def _place(segment: Segment) -> tuple[int, int]:
    return segment.video, segment.first
