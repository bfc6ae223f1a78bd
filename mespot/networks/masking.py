"""Random masks that hide part of a clip from the encoder.

Convention: True hides, False shows. A mask is a set of hidden blocks on a regular grid of blocks;
the kinds differ in nothing but the block's size (frames, rows, columns):

| kind | block | what can still be read off the neighbours |
|---|---|---|
| `pixel` | 1 x 1 x 1 | the same pixel in other frames, and the pixels around it |
| `tube` | whole clip x 1 x 1 | the pixels around it (VideoMAE, Tong et al., NeurIPS 2022) |
| `patch` | `patch_frames` x `patch_size` x `patch_size` | little, when the block is large |

`pixel` is the masking of Wang, Guo and Xia (ICIPMC 2024).
"""

import numpy as np
import torch

KINDS = ("pixel", "tube", "patch")


def random_mask(
    shape: tuple[int, int, int, int],
    *,
    kind: str,
    ratio: float,
    generator: torch.Generator,
    patch_size: int = 8,
    patch_frames: int = 0,
) -> torch.Tensor:
    """Draw one mask for each clip of a batch.

    `shape` is (N, T, H, W); `ratio` is the share of hidden blocks, exact to one block in every
    clip; `patch_frames` 0 means the whole clip. Returns bool (N, 1, T, H, W), True where hidden.
    The axis of length 1 stands for the channels, which are hidden together.

    Raises ValueError for an unknown kind or a ratio outside 0..1.
    """
    clips, frames, height, width = shape
    if not 0 <= ratio <= 1:
        raise ValueError(f"mask ratio {ratio} is not between 0 and 1")
    blocks = {
        "pixel": (1, 1, 1),
        "tube": (frames, 1, 1),
        "patch": (min(patch_frames or frames, frames), patch_size, patch_size),
    }
    if kind not in blocks:
        raise ValueError(f"mask kind {kind!r} is none of {', '.join(KINDS)}")
    block = blocks[kind]
    grid = [-(-size // step) for size, step in zip((frames, height, width), block, strict=True)]
    count = grid[0] * grid[1] * grid[2]
    hidden = round(ratio * count)
    # Doubles, because among a clip's 50,000 pixels two equal floats are likely.
    noise = torch.rand(clips, count, generator=generator, dtype=torch.float64)
    if hidden == 0:
        mask = torch.zeros(clips, count, dtype=torch.bool)
    else:
        # As torch's kthvalue, in a fifth of its time.
        threshold = np.partition(noise.numpy(), hidden - 1, axis=1)[:, hidden - 1, None]
        mask = noise <= torch.from_numpy(threshold)
    mask = mask.view(clips, 1, *grid)
    for axis, step in zip((2, 3, 4), block, strict=True):
        if step > 1:
            mask = mask.repeat_interleave(step, dim=axis)
    return mask[:, :, :frames, :height, :width]
