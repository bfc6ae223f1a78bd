"""Losses of the temporal spotter: of its scores, of distances to onset and offset, and of these as
distributions. Heads in the order of networks.spotter.HEADS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from mespot.networks.spotter import Spotter, distance_steps


def score_loss(logits: Tensor, target: Tensor, mask: Tensor, focus: float) -> Tensor:
    """Quality focal loss of each head, `(H,)`: cross-entropy with a soft target, weighted by
    |error| ** focus (Li et al. 2020, arXiv:2006.04388), a unit of target.

    logits, target: `(B, T, H)`; mask: `(B, T)`.
    """
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    weight = (torch.sigmoid(logits) - target).abs().pow(focus) * mask[..., None]
    return (loss * weight).sum(dim=(0, 1)) / target.sum(dim=(0, 1)).clamp(min=1.0)


def boundary_loss(distances: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """1 - IoU of predicted and true interval around the same frame, weighted mean, `(H,)`.

    distances, target: `(B, T, H, 2)` frames to onset and offset; weight: `(B, T, H)`.
    """
    shared = torch.minimum(distances, target).sum(-1) + 1  # the frame itself counts
    union = torch.maximum(distances, target).sum(-1) + 1
    return ((1 - shared / union) * weight).sum(dim=(0, 1)) / weight.sum(dim=(0, 1)).clamp(min=1.0)


def ends_loss(ends: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Cross-entropy of distances as distributions, of both ends, weighted mean, `(H,)`.

    A distance between two steps is shared between them (Li et al. 2020, arXiv:2006.04388). ends:
    `(B, T, H, 2, S)` logits; target: `(B, T, H, 2)` frames; weight: `(B, T, H)`, zero at most
    frames, which are left out.
    """
    at = weight.nonzero(as_tuple=True)
    logs = ends[at].log_softmax(dim=-1)  # (N, 2, S)
    low, share = distance_steps(target[at])
    lower = logs.gather(-1, low[..., None])[..., 0]
    upper = logs.gather(-1, low[..., None] + 1)[..., 0]
    errors = -(lower * (1 - share) + upper * share).sum(dim=-1) * weight[at]
    total = torch.zeros(weight.shape[2], dtype=errors.dtype).index_add(0, at[2], errors)
    return total / weight.sum(dim=(0, 1)).clamp(min=1.0)


def batch_losses(network: Spotter, batch: Mapping[str, Any], focus: float) -> dict[str, Tensor]:
    """Losses of a batch of a WindowSampler, {score, boundary, ends: (H,)}; features may be
    tensors. Frames that are not known are read, but cost nothing. network: in training mode."""
    tensors = {name: torch.from_numpy(x) for name, x in batch.items() if name != "features"}
    features = {name: torch.as_tensor(x) for name, x in batch["features"].items()}
    mask, score, distances = tensors["mask"], tensors["score"], tensors["distances"]
    output = network(tensors["motion"], features, tensors["context"], mask)
    return {
        "score": score_loss(output.logits, score, tensors["known"], focus),
        "boundary": boundary_loss(output.distances, distances, score),
        "ends": ends_loss(output.ends, distances, score),
    }
