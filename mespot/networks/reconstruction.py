"""The masked reconstruction network: a 3D encoder whose code is the per-frame feature.

After Wang, Guo and Xia, "3D Feature Extraction Network Based on Self-supervision for
Micro-expression Spotting" (ICIPMC 2024): two networks of this one class, with their own parameters,
reconstruct clips of optical flow and of the aligned face from partly hidden input. What differs
from a plain 3D autoencoder:

- Dense in time. No layer strides in time, so one pass over a video codes every frame.
- The code is small and local: a few channels at each place of a coarse grid, each seeing its own
  neighbourhood only. Wide global codes drown the few subjects that such corpora have.
- Cells are read and written through bases (normalised convolution, Knutsson and Westin, CVPR 1993):
  what the encoder reads of a cell are the amounts of each base that fit its visible pixels best, so
  a feature taken from an unmasked video is on the scale that the network has seen in training; what
  the decoder gives are amounts of each base.
- Where a hidden pixel of a moving face is bright or dark follows from the face and from where it
  moves, and the second is what the code is to hold. So the face comes with its reference, what it
  looks like without the motion, and the bases are what makes a known face change: motion along x
  and y (brightness constancy, Horn and Schunck 1981, doi:10.1016/0004-3702(81)90024-2), light and
  contrast.
"""

import torch
from torch import nn

# Added to what a base explains of a cell: amounts are drawn to 0 where the face is flat.
_RIDGE = 0.1


class ReconstructionNetwork(nn.Module):
    """Encoder and decoder for clips (N, C, T, S, S); S a multiple of `downsample`.

    in_channels    channels that are hidden and reconstructed: 3 for flow (u, v, strain), 1 for the
                   grey face; C is this and, with `reference`, one more
    reference      whether the last channel is the reference of the frames, which is never hidden
    channels       width of the layers between input and code
    code_channels  channels of the code
    downsample     side of a cell, px; the code lies on a grid of S / downsample
    encoder_depth  3x3x3 layers before the code; layer i is dilated 2**i in time
    decoder_depth  3x3x3 layers after the code
    """

    def __init__(
        self,
        *,
        in_channels: int,
        reference: bool,
        channels: int,
        code_channels: int,
        downsample: int,
        encoder_depth: int,
        decoder_depth: int,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.reference = reference
        self.downsample = downsample
        self.code_channels = code_channels
        bases = 4 if reference else 1
        self.stem = nn.Conv3d(2 * bases * in_channels + bases + 1, channels, 1)
        self.encoder = nn.ModuleList(_layer(channels, 2**i) for i in range(encoder_depth))
        self.to_code = nn.Conv3d(channels, code_channels, 1)
        self.from_code = nn.Conv3d(code_channels, channels, 1)
        self.decoder = nn.ModuleList(_layer(channels, 1) for _ in range(decoder_depth))
        self.to_amounts = nn.Conv3d(channels, bases * in_channels, 1)
        # oneDNN computes 3x3x3 layers about a third faster in this layout on a CPU, faster than
        # the same layer split into a spatial and a temporal one.
        self.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]

    @property
    def temporal_reach(self) -> int:
        """Frames before and after a frame that its code depends on."""
        return 2 ** len(self.encoder) - 1

    def initialise(self, generator: torch.Generator) -> None:
        """Draw all weights from `generator`.

        Biases and the last layer start at zero, so that the first reconstruction is the mean of the
        target.
        """
        for name, parameter in self.named_parameters():
            if name.endswith("weight") and not name.startswith("to_amounts"):
                nn.init.kaiming_normal_(parameter, nonlinearity="linear", generator=generator)
            else:
                nn.init.zeros_(parameter)

    def bases(self, clip: torch.Tensor) -> torch.Tensor:
        """What the pixels of a cell are made of, (N, T, K, S, S): 1 and, of the reference, its
        derivatives along x and y (per side of a cell) and itself. Raises ValueError when the clip
        has another number of channels than the network reads."""
        if clip.shape[1] != self.in_channels + self.reference:
            raise ValueError(
                f"clip of {clip.shape[1]} channels; this network reads {self.in_channels}"
                + " and a reference" * self.reference
            )
        even = torch.ones_like(clip[:, :1])
        if not self.reference:
            return even.transpose(1, 2)
        face = clip[:, self.in_channels :]
        along_x, along_y = torch.zeros_like(face), torch.zeros_like(face)
        along_x[..., 1:-1] = (face[..., 2:] - face[..., :-2]) * (self.downsample / 2)
        along_y[..., 1:-1, :] = (face[..., 2:, :] - face[..., :-2, :]) * (self.downsample / 2)
        return torch.cat([even, along_x, along_y, face], 1).transpose(1, 2)

    def encode(self, clip: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Code of a clip.

        `clip` (N, C, T, S, S), standardised; `mask` bool (N, 1, T, S, S), True where hidden, or
        None when all is visible. Returns (N, code_channels, T, S/downsample, S/downsample).
        """
        return self._code(clip, self.bases(clip), mask)

    def decode(self, code: torch.Tensor, bases: torch.Tensor) -> torch.Tensor:
        """Reconstruction (N, in_channels, T, S, S) from a code, as `encode` returns it, and
        `bases` (N, T, K, S, S)."""
        hidden = self.from_code(code)
        for layer in self.decoder:
            hidden = hidden + layer(hidden)
        amounts = self.to_amounts(hidden).transpose(1, 2)  # (N, T, K * in_channels, g, g)
        # Bilinear between the middles of the cells. As a product with a matrix: the gradient of
        # torch's own interpolation is not deterministic on a GPU.
        between = bilinear(amounts.shape[-1], self.downsample).to(amounts)
        amounts = between @ amounts @ between.T
        amounts = amounts.unflatten(2, (self.in_channels, -1))
        return torch.einsum("ntckyx,ntkyx->nctyx", amounts, bases.to(amounts))

    def forward(self, clip: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Reconstruction (N, in_channels, T, S, S) of a clip, arguments as of `encode`."""
        bases = self.bases(clip)
        return self.decode(self._code(clip, bases, mask), bases)

    def _code(
        self, clip: torch.Tensor, bases: torch.Tensor, mask: torch.Tensor | None
    ) -> torch.Tensor:
        hidden = self.stem(self.read(clip, bases, mask))
        for layer in self.encoder:
            hidden = hidden + layer(hidden)
        return self.to_code(hidden)

    @torch.no_grad()  # there is nothing to learn in it
    def read(
        self, clip: torch.Tensor, bases: torch.Tensor, mask: torch.Tensor | None
    ) -> torch.Tensor:
        """What the visible pixels show of each cell, (N, channels, T, g, g).

        The amounts of the bases that fit them best, by ridge regression; their products with the
        bases, which neighbouring cells can add up; how much of each base is visible, and how many
        pixels.
        """
        size = self.downsample
        with torch.autocast(clip.device.type, enabled=False):  # solving needs full precision
            moving = clip[:, : self.in_channels].transpose(1, 2)
            shown = torch.ones_like(bases[:, :, :1])
            if mask is not None:
                shown = 1.0 - mask.transpose(1, 2).to(clip.dtype)
            within = _within(clip.shape[-1], size).to(clip)

            # Two products with a matrix take a third of the time of pooling.
            def means(maps: torch.Tensor) -> torch.Tensor:
                return within @ (maps @ within.T)

            share = means(shown)
            visible = share.clamp(min=1 / size**2)  # of a cell where all is hidden all sums are 0
            n, t, _, g, _ = share.shape
            count = bases.shape[2]
            gram = share.new_empty(n, t, g, g, count, count)
            products = share.new_empty(n, t, g, g, count, self.in_channels)
            # A map at a time stays in the processor's cache.
            for i in range(count):
                weighted = shown * bases[:, :, i, None]
                for j in range(i + 1):
                    mean = means(weighted * bases[:, :, j, None]) / visible
                    gram[..., i, j] = gram[..., j, i] = mean[:, :, 0]
                mean = means(weighted * moving) / visible
                products[..., i, :] = mean.permute(0, 1, 3, 4, 2)
            ridge = _RIDGE * torch.eye(count, device=gram.device)
            amounts = torch.linalg.solve(gram + ridge, products)
            known = torch.diagonal(gram, dim1=-2, dim2=-1)
            parts = [amounts.flatten(-2), products.flatten(-2), known, share.movedim(2, -1)]
            read = torch.cat(parts, -1).permute(0, 4, 1, 2, 3)
        return read.contiguous(memory_format=torch.channels_last_3d)


def _layer(channels: int, dilation: int) -> nn.Module:
    return nn.Sequential(
        nn.GELU(),
        nn.Conv3d(channels, channels, 3, padding=(dilation, 1, 1), dilation=(dilation, 1, 1)),
    )


def _within(side: int, size: int) -> torch.Tensor:
    """Weights (side / size, side) with which a row of pixels is averaged cell by cell."""
    cells = torch.arange(side // size)[:, None]
    return (torch.arange(side) // size == cells) / size


def bilinear(cells: int, size: int) -> torch.Tensor:
    """Weights (cells * size, cells) of the middles of cells at each pixel; rows sum to 1."""
    place = ((torch.arange(cells * size) + 0.5) / size - 0.5).clamp(0, cells - 1)
    return (1 - (place[:, None] - torch.arange(cells)).abs()).clamp(min=0)
