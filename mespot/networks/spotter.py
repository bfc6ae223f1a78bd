"""Temporal spotter: from per-frame motion and features of face regions to scores and boundaries.

One small code for each region and stream, made by a linear map that all regions share, keeps wide
features from drowning the few motion channels. A stack of residual convolutions with growing
dilation (Lea et al. 2017, doi:10.1109/CVPR.2017.113; van den Oord et al. 2016, arXiv:1609.03499)
reads them; the heads see the sum of what every depth adds, so short and long expressions each find
their scale. For each class a frame gets a score (is it near the middle of an expression?) and
distances to onset and offset (anchor-free heads: Tian et al. 2019, doi:10.1109/ICCV.2019.00972;
Zhang et al. 2022, doi:10.1007/978-3-031-19772-7_29). The same is asked of expressions of either
class, of which there are more to learn from.

In training, each distance is also to be told as a distribution over steps of its logarithm (Li et
al. 2020, arXiv:2006.04388): one number cannot say that an end may be here or there. Only the
distances are used to spot.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mespot.expressions import CLASSES

# What the network tells apart: the two classes, and expressions of either.
EITHER = "either"
HEADS = (*CLASSES, EITHER)

_LONGEST = 4.0  # distances stay within exp(+-4) of the class's usual length
# Of the distributions: distances from half a frame to 160 frames.
_STEPS, _FIRST, _LAST = 20, math.log(1.5), math.log(161.0)


def compressed(motion: Tensor) -> Tensor:
    """Motion as the network reads it. It spans two orders of magnitude: a signed root that is
    linear at the small end."""
    return motion * torch.rsqrt(1 + motion.abs())


class Block(nn.Module):
    """Residual dilated convolution over time: `(B, T, W)` -> the same shape."""

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.dilation = dilation
        # A convolution of three taps as a matrix product over the frame before, itself, the frame
        # after: with so few channels a fifth faster on a CPU than a dilated convolution.
        self.taps = nn.Linear(3 * width, width)
        self.out = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        # Zeroed outside the sequence, a padded batch sees what a sequence alone would see.
        frames, d = x.shape[1], self.dilation
        padded = F.pad(x * mask, (0, 0, d, d))
        near = torch.cat([padded[:, i * d : i * d + frames] for i in range(3)], dim=2)
        y = F.gelu(self.taps(near))
        # A channel is dropped for the whole sequence: its neighbours in time would fill it in.
        y = self.out(y * self.dropout(torch.ones_like(y[:, :1])))
        return x + y


class Output(NamedTuple):
    """What a spotter gives for B sequences of T frames, heads in the order of HEADS.

    logits `(B, T, H)` of scores. distances `(B, T, H, 2)` to onset and offset, frames. ends
    `(B, T, H, 2, S)`: logits of the same distances as distributions, only in training.
    """

    logits: Tensor
    distances: Tensor
    ends: Tensor | None


def distance_steps(distances: Tensor) -> tuple[Tensor, Tensor]:
    """Distances in frames as steps of the distributions: the lower step, and how far, 0..1, it is
    to the next one."""
    logs = (distances.clamp(min=0.5) + 1).log()
    at = (logs - _FIRST) / (_LAST - _FIRST) * (_STEPS - 1)
    at = at.clamp(0, _STEPS - 1 - 1e-4)
    low = at.floor()
    return low.long(), at - low


class Spotter(nn.Module):
    """The network; all keyword arguments are builtins, so a checkpoint can rebuild it.

    regions: R. motion: motion channels of a region, K (0 for none). context: channels of the whole
    face, E. streams: feature channels of each stream, {name: C}. code: numbers a region keeps of a
    stream. lengths: usual half length of each head in frames, the unit of its distances.
    """

    def __init__(
        self,
        *,
        regions: int,
        motion: int,
        context: int,
        streams: Mapping[str, int],
        code: int,
        width: int,
        dilations: Sequence[int],
        dropout: float,
        lengths: Sequence[float],
    ) -> None:
        super().__init__()
        self.streams = sorted(streams)
        self.codes = nn.ModuleDict({name: nn.Linear(streams[name], code) for name in self.streams})
        channels = regions * (motion + code * len(self.streams)) + context
        self.input = nn.Linear(channels, width)
        self.blocks = nn.ModuleList([Block(width, d, dropout) for d in dilations])
        self.heads = nn.Linear(width, 3 * len(HEADS))
        self.ends = nn.Linear(width, 2 * _STEPS * len(HEADS))
        self.lengths: Tensor
        self.register_buffer("lengths", torch.tensor([float(x) for x in lengths]))
        with torch.no_grad():
            self.heads.weight.mul_(0.1)
            self.ends.weight.mul_(0.1)
            # Expressions are rare: start from a score of about 0.05 and the usual length.
            bias = torch.zeros(3 * len(HEADS))
            bias[: len(HEADS)] = -3.0
            self.heads.bias = nn.Parameter(bias)

    def forward(
        self, motion: Tensor, features: Mapping[str, Tensor], context: Tensor, mask: Tensor
    ) -> Output:
        """motion (B, T, R, K) in units of the corpus's noise; features {stream: (B, T, R, C)}
        standardised; context (B, T, E); mask (B, T), 1 inside the sequence and 0 in its padding."""
        batch, frames = mask.shape
        hidden = self.body(motion, features, context, mask)
        heads = self.heads(hidden)  # (B, T, 3 H)
        raw = heads[..., len(HEADS) :].reshape(batch, frames, len(HEADS), 2)
        distances = torch.exp(raw.clamp(-_LONGEST, _LONGEST)) * self.lengths[:, None]
        ends = None
        if self.training:
            ends = self.ends(hidden).reshape(batch, frames, len(HEADS), 2, _STEPS)
        return Output(heads[..., : len(HEADS)], distances, ends)

    def body(
        self, motion: Tensor, features: Mapping[str, Tensor], context: Tensor, mask: Tensor
    ) -> Tensor:
        """What the heads read of the same inputs, (B, T, W)."""
        parts = [compressed(motion).flatten(2)]
        parts += [self.codes[name](features[name]).flatten(2) for name in self.streams]
        keep = mask[..., None]
        x = self.input(torch.cat([*parts, context], dim=2))
        for block in self.blocks:
            x = block(x, keep)
        return F.gelu(x)

    def body_weights(self) -> dict[str, Tensor]:
        """The weights of `body`, by their names in the state of the whole network."""
        outside = ("heads.", "ends.", "lengths")
        return {n: x for n, x in self.state_dict().items() if not n.startswith(outside)}
