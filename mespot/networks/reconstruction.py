"""The masked reconstruction network: a 3D encoder whose code is the per-frame feature.

After Wang, Guo and Xia, "3D Feature Extraction Network Based on Self-supervision for
Micro-expression Spotting" (ICIPMC 2024): two networks of this one class, with their own parameters,
reconstruct clips of optical flow and of the aligned face from partly hidden input. What differs
from a plain 3D autoencoder:

- Dense in time. No layer strides in time, so one pass over a video codes every frame.
- The code is small and local: a few channels at each place of a coarse grid, each seeing its own
  neighbourhood only. Wide global codes drown the few subjects that such corpora have.
- Hidden pixels are left out of the stem's sum, which is scaled by the share that is visible
  (normalised convolution, Knutsson and Westin, CVPR 1993). A feature taken from an unmasked video
  is then on the scale that the network has seen in training.
"""

import torch
from torch import nn


class ReconstructionNetwork(nn.Module):
    """Encoder and decoder for clips (N, in_channels, T, S, S); S a multiple of `downsample`.

    in_channels    3 for flow (u, v, strain), 1 for the grey face
    channels       width of the layers between input and code
    code_channels  channels of the code
    downsample     spatial stride of the stem; the code lies on a grid of S / downsample
    encoder_depth  3x3x3 layers before the code; layer i is dilated 2**i in time
    decoder_depth  3x3x3 layers after the code
    """

    def __init__(
        self,
        *,
        in_channels: int,
        channels: int,
        code_channels: int,
        downsample: int,
        encoder_depth: int,
        decoder_depth: int,
    ) -> None:
        super().__init__()
        self.downsample = downsample
        self.code_channels = code_channels
        patch = in_channels * downsample**2
        self.stem = nn.Conv3d(patch, channels, 1, bias=False)
        self.stem_bias = nn.Parameter(torch.zeros(1, channels, 1, 1, 1))
        self.hidden_token = nn.Parameter(torch.zeros(1, channels, 1, 1, 1))
        self.encoder = nn.ModuleList(_layer(channels, 2**i) for i in range(encoder_depth))
        self.to_code = nn.Conv3d(channels, code_channels, 1)
        self.from_code = nn.Conv3d(code_channels, channels, 1)
        self.decoder = nn.ModuleList(_layer(channels, 1) for _ in range(decoder_depth))
        self.to_patch = nn.Conv3d(channels, patch, 1)
        # oneDNN computes 3x3x3 layers about a third faster in this layout on a CPU, faster than
        # the same layer split into a spatial and a temporal one.
        self.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]

    @property
    def temporal_reach(self) -> int:
        """Frames before and after a frame that its code depends on."""
        return 2 ** len(self.encoder) - 1

    def initialise(self, generator: torch.Generator) -> None:
        """Draw all weights from `generator`.

        Biases, the hidden token and the last layer start at zero, so that the first reconstruction
        is the mean of the target.
        """
        for name, parameter in self.named_parameters():
            if name.endswith("weight") and not name.startswith("to_patch"):
                nn.init.kaiming_normal_(parameter, nonlinearity="linear", generator=generator)
            else:
                nn.init.zeros_(parameter)

    def encode(self, clip: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Code of a clip.

        `clip` (N, C, T, S, S), standardised; `mask` bool (N, 1, T, S, S), True where hidden, or
        None when all is visible. Returns (N, code_channels, T, S/downsample, S/downsample).
        """
        if mask is None:
            hidden = self.stem(_to_patches(clip, self.downsample))
        else:
            visible = clip.masked_fill(mask, 0.0)
            shown = 1.0 - _to_patches(mask.to(clip.dtype), self.downsample).mean(1, keepdim=True)
            scale = 1.0 / shown.clamp(min=1.0 / self.downsample**2)
            hidden = self.stem(_to_patches(visible, self.downsample)) * scale
            hidden = hidden + self.hidden_token * (1.0 - shown)
        hidden = hidden + self.stem_bias
        for layer in self.encoder:
            hidden = hidden + layer(hidden)
        return self.to_code(hidden)

    def decode(self, code: torch.Tensor) -> torch.Tensor:
        """Reconstruction (N, C, T, S, S) from a code, as `encode` returns it."""
        hidden = self.from_code(code)
        for layer in self.decoder:
            hidden = hidden + layer(hidden)
        return _from_patches(self.to_patch(hidden), self.downsample)

    def forward(self, clip: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        return self.decode(self.encode(clip, mask))


def _layer(channels: int, dilation: int) -> nn.Module:
    return nn.Sequential(
        nn.GELU(),
        nn.Conv3d(channels, channels, 3, padding=(dilation, 1, 1), dilation=(dilation, 1, 1)),
    )


def _to_patches(clip: torch.Tensor, size: int) -> torch.Tensor:
    """(N, C, T, S, S) -> (N, C * size**2, T, S/size, S/size)."""
    n, c, t, h, w = clip.shape
    clip = clip.reshape(n, c, t, h // size, size, w // size, size)
    patches = clip.permute(0, 1, 4, 6, 2, 3, 5).reshape(n, c * size**2, t, h // size, w // size)
    return patches.contiguous(memory_format=torch.channels_last_3d)


def _from_patches(patches: torch.Tensor, size: int) -> torch.Tensor:
    """The inverse of `_to_patches`."""
    n, c, t, h, w = patches.shape
    clip = patches.reshape(n, c // size**2, size, size, t, h, w).permute(0, 1, 4, 5, 2, 6, 3)
    return clip.reshape(n, c // size**2, t, h * size, w * size)
