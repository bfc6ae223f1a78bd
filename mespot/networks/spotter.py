"""Temporal spotter: from per-frame motion and features of face regions to scores and boundaries.

One small code for each region and stream, made by a linear map that all regions share, keeps wide
features from drowning the few motion channels. A stack of residual convolutions with growing
dilation (Lea et al. 2017, doi:10.1109/CVPR.2017.113; van den Oord et al. 2016, arXiv:1609.03499)
reads them; the heads see the sum of what every depth adds, so short and long expressions each find
their scale. For each class a frame gets a score (is it near the middle of an expression?) and
distances to onset and offset (anchor-free heads: Tian et al. 2019, doi:10.1109/ICCV.2019.00972;
Zhang et al. 2022, doi:10.1007/978-3-031-19772-7_29).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mespot.expressions import CLASSES

_LONGEST = 4.0  # distances stay within exp(+-4) of the class's usual length


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


class Spotter(nn.Module):
    """The network; all keyword arguments are builtins, so a checkpoint can rebuild it.

    regions: R. motion: motion channels of a region, K (0 for none). context: channels of the whole
    face, E. streams: feature channels of each stream, {name: C}. code: numbers a region keeps of a
    stream. lengths: usual half length of each class in frames, the unit of its distances.
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
        self.heads = nn.Linear(width, 3 * len(CLASSES))
        self.lengths: Tensor
        self.register_buffer("lengths", torch.tensor([float(x) for x in lengths]))
        with torch.no_grad():
            self.heads.weight.mul_(0.1)
            # Expressions are rare: start from a score of about 0.05 and the usual length.
            bias = torch.zeros(3 * len(CLASSES))
            bias[: len(CLASSES)] = -3.0
            self.heads.bias = nn.Parameter(bias)

    def forward(
        self, motion: Tensor, features: Mapping[str, Tensor], context: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """motion (B, T, R, K) in units of its noise; features {stream: (B, T, R, C)} standardised;
        context (B, T, E); mask (B, T), 1 inside the sequence and 0 in its padding.

        Returns score logits (B, T, 2) and distances to onset and offset (B, T, 2, 2) in frames,
        classes in the order of CLASSES.
        """
        batch, frames = mask.shape
        # Motion spans two orders of magnitude: a signed root that is linear at the small end.
        parts = [(motion * torch.rsqrt(1 + motion.abs())).flatten(2)]
        parts += [self.codes[name](features[name]).flatten(2) for name in self.streams]
        keep = mask[..., None]
        x = self.input(torch.cat([*parts, context], dim=2))  # (B, T, W)
        for block in self.blocks:
            x = block(x, keep)
        heads = self.heads(F.gelu(x))  # (B, T, 6)
        logits = heads[..., : len(CLASSES)]
        raw = heads[..., len(CLASSES) :].reshape(batch, frames, len(CLASSES), 2)
        distances = torch.exp(raw.clamp(-_LONGEST, _LONGEST)) * self.lengths[:, None]
        return logits, distances
