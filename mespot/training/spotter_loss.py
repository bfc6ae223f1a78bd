"""Losses of the temporal spotter: one for its scores, one for the distances to onset and offset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from mespot.networks.spotter import Spotter


def score_loss(logits: Tensor, target: Tensor, mask: Tensor, focus: float) -> Tensor:
    """Quality focal loss of each class, `(2,)`: cross-entropy with a soft target, weighted by
    |error| ** focus (Li et al. 2020, arXiv:2006.04388), a unit of target.

    logits, target: `(B, T, 2)`; mask: `(B, T)`.
    """
    loss = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    weight = (torch.sigmoid(logits) - target).abs().pow(focus) * mask[..., None]
    return (loss * weight).sum(dim=(0, 1)) / target.sum(dim=(0, 1)).clamp(min=1.0)


def boundary_loss(distances: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """1 - IoU of predicted and true interval around the same frame, weighted mean, `(2,)`.

    distances, target: `(B, T, 2, 2)` frames to onset and offset; weight: `(B, T, 2)`.
    """
    shared = torch.minimum(distances, target).sum(-1) + 1  # the frame itself counts
    union = torch.maximum(distances, target).sum(-1) + 1
    return ((1 - shared / union) * weight).sum(dim=(0, 1)) / weight.sum(dim=(0, 1)).clamp(min=1.0)


def batch_losses(network: Spotter, batch: Mapping[str, Any], focus: float) -> dict[str, Tensor]:
    """Losses of a batch of a WindowSampler, {score, boundary: (2,)}; features may be tensors."""
    tensors = {name: torch.from_numpy(x) for name, x in batch.items() if name != "features"}
    features = {name: torch.as_tensor(x) for name, x in batch["features"].items()}
    mask = tensors["mask"]
    logits, distances = network(tensors["motion"], features, tensors["context"], mask)
    return {
        "score": score_loss(logits, tensors["score"], mask, focus),
        "boundary": boundary_loss(distances, tensors["distances"], tensors["score"]),
    }
