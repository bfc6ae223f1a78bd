"""Pretraining of a spotter's temporal network without labels: it tells hidden motion from the rest.

For stretches of time, the motion of some face regions is hidden. The network is trained to
reconstruct it from other regions and other times: masked autoencoding (He et al. 2022,
doi:10.1109/CVPR52688.2022.01553), which Wang, Guo and Xia (ICIPMC 2024) do with clips of the face.
Its weights are then the start of the training with labels.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mespot.expressions import CLASSES
from mespot.networks.spotter import Spotter, compressed
from mespot.training.region_motion import frames_back
from mespot.training.spotter_training import SpotterTask, descend, rise_and_fall
from mespot.training.windows import WindowSampler

log = logging.getLogger(__name__)


def pretrain_network(
    task: SpotterTask, seed: Sequence[int]
) -> tuple[dict[str, Tensor], list[dict[str, float]]]:
    """Weights for the start of `train_network`, without those of the heads, and the history of the
    loss `hidden`: the share of the hidden variance that is left.

    Windows are drawn anywhere, and no label is read. Raises ValueError for a task without such a
    pretraining, or without motion.
    """
    recipe = task.recipe.masked_motion
    if recipe is None or not task.shape["motion"]:
        raise ValueError("this task has no pretraining on masked motion, or no motion")
    rng = np.random.default_rng([*seed, 2])
    no_labels = {name: np.zeros((0, 2), np.int64) for name in CLASSES}
    sampler = WindowSampler(
        [replace(one, labels=no_labels) for one in task.recordings],
        # A region that is left out of a window would be one that never moves.
        replace(task.windows, expression_share=0.0, region_dropout=0.0),
        rng,
    )
    rate = task.windows.frames / task.recipe.window_seconds
    stretch = max(1, round(recipe.mask_seconds * rate))
    # Initial weights draw from torch's global generator: seeded here, given back after.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(rng.integers(2**62)))
        # Without dropout: what is hidden is enough to keep the network from remembering.
        network = Spotter(**{**task.shape, "dropout": 0.0})
        told = nn.Linear(task.shape["width"], task.shape["regions"] * task.shape["motion"])
        optimizer = torch.optim.AdamW(
            [*network.parameters(), *told.parameters()],
            lr=recipe.learning_rate,
            weight_decay=task.recipe.weight_decay,
            fused=True,
        )

        def loss() -> dict[str, Tensor]:
            batch = sampler.batch(task.recipe.batch_size)
            places = hidden_places(rng, batch["motion"].shape[:3], stretch, recipe.mask_ratio)
            return {"hidden": hidden_loss(network, told, batch, places, task.recipe.lags)}

        average, history = descend(
            {"spotter": network, "told": told},
            optimizer,
            rise_and_fall(optimizer, [recipe.learning_rate], recipe.steps),
            loss,
            {"hidden": 1.0},
            task.recipe.weight_average,
            recipe.steps,
        )
        network.load_state_dict(average["spotter"])
    log.info("pretraining: %.3f of the hidden variance is left", history[-1]["hidden"])
    return network.body_weights(), history


def hidden_places(
    rng: np.random.Generator, shape: tuple[int, int, int], stretch: int, ratio: float
) -> np.ndarray:
    """Where each region is hidden, bool `shape` (B, T, R): in about `ratio` of the stretches of
    `stretch` frames, drawn for each region alone."""
    windows, frames, regions = shape
    drawn = rng.random((windows, -(-frames // stretch), regions)) < ratio
    return drawn.repeat(stretch, axis=1)[:, :frames]


def hidden_channels(places: np.ndarray, lags: Sequence[int]) -> np.ndarray:
    """Which channels of motion are hidden, bool (B, T, R, K): those that tell where a region is at
    a hidden place. A displacement does, at either of its ends."""
    windows, frames, regions = places.shape
    before = np.zeros((windows, max(lags), regions), bool)
    known = np.concatenate([before, places], axis=1)
    starts = [max(lags) - back for back in frames_back(lags)]
    return np.stack([places | known[:, at : at + frames] for at in starts], axis=3)


def hidden_loss(
    network: Spotter,
    told: nn.Module,
    batch: Mapping[str, Any],
    places: np.ndarray,
    lags: Sequence[int],
) -> Tensor:
    """Squared error of the hidden motion of a batch of a WindowSampler over its own square: the
    share of its variance that is left.

    told: from what the heads of the network read to motion, (B, T, W) -> (B, T, R K). places:
    (B, T, R), where regions are hidden, with their learned features.
    """
    motion = torch.from_numpy(batch["motion"])
    mask = torch.from_numpy(batch["mask"])
    hidden = torch.from_numpy(hidden_channels(places, lags))
    covered = torch.from_numpy(places)[..., None]
    features = {
        name: torch.as_tensor(x).masked_fill(covered, 0.0) for name, x in batch["features"].items()
    }
    context = torch.from_numpy(batch["context"])
    read = network.body(motion.masked_fill(hidden, 0.0), features, context, mask)
    counted = hidden * mask[..., None, None]
    truth = compressed(motion)
    error = (told(read).reshape(truth.shape) - truth).square() * counted
    return error.sum() / (truth.square() * counted).sum().clamp(min=1.0)
