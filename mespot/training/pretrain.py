"""Self-supervised pretraining: reconstruct what a mask hides (Wang, Guo and Xia, ICIPMC 2024).

The loss is the mean squared error over hidden pixels plus `visible_weight` times that over visible
ones; both are logged apart, for the training clips and for held-out clips of the same subjects.
"""

import logging
import math
import time

import numpy as np
import torch

from mespot.device import autocast, generator
from mespot.networks.masking import random_mask
from mespot.networks.reconstruction import ReconstructionNetwork
from mespot.training.clips import ClipPool, Standardisation
from mespot.training.interrupted import Interrupted
from mespot.training.recipes import PretrainingRecipe

log = logging.getLogger(__name__)

_WARM_UP = 0.1  # share of the steps in which the learning rate rises
_VALIDATION_CLIPS = 32
_GRADIENT_NORM = 1.0


def learning_rate(recipe: PretrainingRecipe, step: int) -> float:
    """Of step 0, 1, ...: a linear rise to the recipe's, then half a cosine down to zero."""
    rise = max(1, round(_WARM_UP * recipe.steps))
    if step < rise:
        return recipe.learning_rate * (step + 1) / rise
    done = (step - rise) / max(1, recipe.steps - rise)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


def fit(
    network: ReconstructionNetwork,
    training: ClipPool,
    validation: ClipPool,
    standardisation: Standardisation,
    recipe: PretrainingRecipe,
    *,
    where: torch.device,
    kept: Interrupted | None = None,
    save_seconds: float = 60.0,
) -> list[dict[str, float]]:
    """Train `network` in place and return its history, one row an epoch, row 0 before training.

    kept: where the whole state of the run is saved about every `save_seconds`. A run goes on from
    the state there, to exactly the result that the undisturbed run would have had.

    A row holds epoch, step, learning_rate; {training,validation}_{masked,visible}, mean squared
    errors of the standardised target; and validation_explained_{masked,visible,motion}: the share
    of the variance that is reconstructed, against predicting the training mean, and on masked
    pixels against predicting each pixel's mean over the clip (a static face scores 0 there).
    """
    network.to(where)
    random = generator(recipe.seed)
    held_out = validation.grid(_VALIDATION_CLIPS)
    step, history = 0, []
    resume = kept.load() if kept is not None else None
    if resume is None:
        measured = evaluate(network, held_out, standardisation, recipe, where)
        history.append(_row(recipe, 0, {}, measured))
    if not recipe.steps:
        return history
    optimizer = torch.optim.AdamW(
        network.parameters(),
        lr=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        fused=True,
    )
    sums = {"masked": 0.0, "visible": 0.0}
    if resume is not None:
        network.load_state_dict(resume["network"])
        optimizer.load_state_dict(resume["optimizer"])
        random.set_state(resume["random"])
        step, history, sums = resume["step"], list(resume["history"]), dict(resume["sums"])
        log.info("continuing from step %d", step)
    saved = time.monotonic()
    while step < recipe.steps:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(recipe, step)
        clips = training.sample(recipe.batch_size, random)
        losses = _losses(network, clips, standardisation, recipe, random, where)
        optimizer.zero_grad()
        (losses["masked"] + recipe.visible_weight * losses["visible"]).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), _GRADIENT_NORM)
        optimizer.step()
        step += 1
        for name in sums:
            sums[name] += losses[name].item()
        if step % recipe.steps_per_epoch == 0:
            means = {name: value / recipe.steps_per_epoch for name, value in sums.items()}
            measured = evaluate(network, held_out, standardisation, recipe, where)
            history.append(_row(recipe, step, means, measured))
            sums = dict.fromkeys(sums, 0.0)
            log.info(
                "epoch %d of %d: masked %.3f training, %.3f held out; visible %.3f, %.3f",
                *(step // recipe.steps_per_epoch, recipe.epochs),
                *(means["masked"], measured["validation_masked"]),
                *(means["visible"], measured["validation_visible"]),
            )
        if kept is not None and step < recipe.steps and time.monotonic() - saved >= save_seconds:
            kept.save(
                {
                    "network": network.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "random": random.get_state(),
                    "step": step,
                    "history": history,
                    "sums": sums,
                }
            )
            saved = time.monotonic()
    return history


@torch.no_grad()
def evaluate(
    network: ReconstructionNetwork,
    clips: torch.Tensor,
    standardisation: Standardisation,
    recipe: PretrainingRecipe,
    where: torch.device,
) -> dict[str, float]:
    """Errors and explained variance on clips (N, C, T, S, S), under the same masks at each call."""
    random = generator(recipe.seed + 1)
    names = ("masked", "visible", "motion")
    totals = {f"{kind}_{name}": 0.0 for kind in ("error", "variance") for name in names}
    counts = {"masked": 0.0, "visible": 0.0}
    for batch in clips.split(recipe.batch_size):
        output, target, mask = _reconstructed(
            network, batch, standardisation, recipe, random, where
        )
        shares = {"masked": mask.float(), "visible": (~mask).float()}
        error = (output - target).square().sum(1, keepdim=True)
        variance = target.square().sum(1, keepdim=True)
        motion = (target - target.mean(2, keepdim=True)).square().sum(1, keepdim=True)
        for name, share in shares.items():
            totals[f"error_{name}"] += (error * share).sum().item()
            totals[f"variance_{name}"] += (variance * share).sum().item()
            counts[name] += share.sum().item() * target.shape[1]
        totals["error_motion"] += (error * shares["masked"]).sum().item()
        totals["variance_motion"] += (motion * shares["masked"]).sum().item()
    result = {
        f"validation_{name}": totals[f"error_{name}"] / max(counts[name], 1.0) for name in counts
    }
    for name in names:
        explained = 1 - totals[f"error_{name}"] / max(totals[f"variance_{name}"], 1e-12)
        result[f"validation_explained_{name}"] = explained
    return result


def reconstruct(
    network: ReconstructionNetwork,
    values: np.ndarray,
    standardisation: Standardisation,
    recipe: PretrainingRecipe,
    random: torch.Generator,
) -> dict[str, np.ndarray]:
    """What the network makes of one clip under a fresh mask, for a figure.

    `values` (T, C, S, S) as clips.video_values gives them. Returns arrays of that shape but for the
    reference, all standardised: `input`, `masked` (input, NaN where hidden), `target`, `output`,
    `error` (output minus target); frames in which the target is not defined are NaN in the last
    three.
    """
    where = next(network.parameters()).device
    clip = torch.from_numpy(np.asarray(values, np.float32)).transpose(0, 1)[None].to(where)
    inputs = standardisation.inputs(clip)
    mask = _mask(inputs, recipe, random)
    with torch.no_grad():
        output = network(inputs, mask)
    target, defined = standardisation.targets(inputs)
    undefined = torch.ones(inputs.shape[2], dtype=torch.bool)
    undefined[defined] = False
    for array in (output, target):
        array[:, :, undefined] = torch.nan
    moving = inputs[:, : network.in_channels]
    arrays = {
        "input": moving,
        "masked": moving.masked_fill(mask, torch.nan),
        "target": target,
        "output": output,
        "error": output - target,
    }
    return {name: array[0].transpose(0, 1).cpu().numpy() for name, array in arrays.items()}


def _row(
    recipe: PretrainingRecipe, step: int, training: dict[str, float], measured: dict[str, float]
) -> dict[str, float]:
    return {
        "epoch": step // recipe.steps_per_epoch,
        "step": step,
        "learning_rate": learning_rate(recipe, max(step - 1, 0)),
        **{f"training_{name}": training.get(name, math.nan) for name in ("masked", "visible")},
        **measured,
    }


def _losses(
    network: ReconstructionNetwork,
    clips: torch.Tensor,
    standardisation: Standardisation,
    recipe: PretrainingRecipe,
    random: torch.Generator,
    where: torch.device,
) -> dict[str, torch.Tensor]:
    """Mean squared error over hidden and over visible pixels."""
    output, target, mask = _reconstructed(network, clips, standardisation, recipe, random, where)
    squared = (output - target).square().mean(1, keepdim=True)
    hidden = mask.to(squared.dtype)
    return {
        "masked": (squared * hidden).sum() / hidden.sum().clamp(min=1),
        "visible": (squared * (1 - hidden)).sum() / (1 - hidden).sum().clamp(min=1),
    }


def _reconstructed(
    network: ReconstructionNetwork,
    clips: torch.Tensor,
    standardisation: Standardisation,
    recipe: PretrainingRecipe,
    random: torch.Generator,
    where: torch.device,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Output and target (N, C, T', S, S) and mask (N, 1, T', S, S), frames with a target only."""
    inputs = standardisation.inputs(clips.to(where))
    mask = _mask(inputs, recipe, random)
    target, defined = standardisation.targets(inputs)
    with autocast(where):
        output = network(inputs, mask)
    return output.float()[:, :, defined], target[:, :, defined], mask[:, :, defined]


def _mask(inputs: torch.Tensor, recipe: PretrainingRecipe, random: torch.Generator) -> torch.Tensor:
    n, _, t, h, w = inputs.shape
    mask = random_mask(
        (n, t, h, w),
        kind=recipe.mask_kind,
        ratio=recipe.mask_ratio,
        generator=random,
        patch_size=recipe.patch_size,
        patch_frames=recipe.patch_frames,
    )
    return mask.to(inputs.device)
