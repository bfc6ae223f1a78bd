"""Rule plot_reconstruction: what one pretrained network makes of an expression it has not seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from mespot.device import deterministic, generator
from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.face.regions import REGIONS, eye_regions, region_weights
from mespot.networks.reconstruction import ReconstructionNetwork
from mespot.plots import style
from mespot.plots.measures import explained, hidden_mean
from mespot.plots.reconstruction import Clip, Shares, reconstruction
from mespot.spans import usable_spans
from mespot.spotting.signals import course
from mespot.store import io, tables
from mespot.training import checkpoint
from mespot.training.clips import Standardisation, video_values
from mespot.training.pretrain import PretrainingRecipe, reconstruct

MASKS = 8  # of the clip that is shown; the noise of a single mask would hide small motion
MASKS_TO_CHOOSE = 1  # of every expression, to choose among them
DRIFT_SECONDS = 8.0  # motion slower than this is no expression
# Where the motion of an expression is looked for: eyes move most when they blink.
_NO_EYES = tuple(sorted(set(range(len(REGIONS))) - set(eye_regions(REGIONS))))


@dataclass(frozen=True)
class Candidate:
    """A clip that could be shown: its first frame, the label (frames and type; `kind` is empty
    without one), how much the region that moves most moves; `whole`: the label fits in."""

    video: int
    start: int
    onset: int
    apex: int
    offset: int
    kind: str
    strength: float
    whole: bool


def run(
    *,
    encoder: str | Path,
    flow: Sequence[str | Path],
    frames: Sequence[str | Path],
    labels: str | Path | None,
    png: str | Path,
    pdf: str | Path,
    provenance: Mapping[str, Any],
) -> None:
    """Draw one clip of the videos at `flow` and `frames`, those of subjects that were held out.

    It lies around the labelled expression with the median reconstructed share of those that fit
    into a clip, or, if none fits, of all; without labels where the most motion is. Raises
    InputError when no usable stretch of the videos is as long as a clip.
    """
    deterministic()
    found = checkpoint.load(encoder, "encoder")
    settings = found["settings"]
    stream, length = settings["stream"], settings["clip_length"]
    flows = [io.read(path, "flow") for path in flow]
    crops = [io.read(path, "frames") for path in frames]
    truth = None if labels is None else tables.read(labels, "labels")
    candidates = [
        one
        for number, record in enumerate(flows)
        for one in candidates_of(number, record, truth, length)
    ]
    if not candidates:
        candidates = [
            one for n, record in enumerate(flows) for one in candidates_of(n, record, None, length)
        ]
    if not candidates:
        raise InputError(
            f"{flow[0]}: no usable stretch of {length} frames; a shorter pretrain.clip_length or"
            " another video is needed for this figure"
        )
    network = ReconstructionNetwork(**found["network"])
    network.load_state_dict(found["state"])
    network.eval()
    recipe = PretrainingRecipe(**settings["recipe"])
    random = generator(recipe.seed)
    scale = Standardisation(**found["standardisation"])

    def reconstructed(
        clip: np.ndarray, weight: np.ndarray, masks: int
    ) -> tuple[dict[str, np.ndarray], Shares]:
        return mean_over_masks(network, clip, scale, recipe, random, weight, masks)

    clips, regions, singles = [], [], []
    for video in sorted({one.video for one in candidates}):
        values = video_values((flows if stream == "flow" else crops)[video], **settings["values"])
        weights = _weights(crops[video], values.shape[-1])
        for one in (c for c in candidates if c.video == video):
            # Copied, or a clip would keep the whole video in memory.
            clips.append(values[one.start : one.start + length].copy())
            region = moving_region(clips[-1][:, : network.in_channels], weights)
            regions.append((list(REGIONS)[region], weights[region]))
            singles.append(reconstructed(clips[-1], weights[region], MASKS_TO_CHOOSE)[1].single)
    index = typical(candidates, singles)
    chosen, place = candidates[index], regions[index]
    shown, of_shown = reconstructed(clips[index], place[1], MASKS)
    record = crops[chosen.video]
    part = slice(chosen.start, chosen.start + length)
    figure = reconstruction(
        _title(stream, record, chosen, found["subjects"], candidates, singles),
        stream,
        Clip(
            record["time"][part],
            record.part("image", part),
            *place,
            _marks(chosen, length),
        ),
        shown,
        of_shown,
    )
    style.save(figure, provenance, png, pdf)


def typical(candidates: Sequence[Candidate], shares: Sequence[float]) -> int:
    """Which candidate to show: of labelled expressions the one with the median of the reconstructed
    shares, among those that fit into a clip if any does; without labels the one that moves most."""
    known = [i for i, one in enumerate(candidates) if one.kind and np.isfinite(shares[i])]
    known = [i for i in known if candidates[i].whole] or known
    if known:
        return sorted(known, key=lambda i: shares[i])[(len(known) - 1) // 2]
    return max(range(len(candidates)), key=lambda i: candidates[i].strength)


def mean_over_masks(
    network: ReconstructionNetwork,
    values: np.ndarray,
    scale: Standardisation,
    recipe: PretrainingRecipe,
    random: torch.Generator,
    weight: np.ndarray,
    masks: int,
) -> tuple[dict[str, np.ndarray], Shares]:
    """`reconstruct` under several masks: `output` is the mean of what the network gives where a
    pixel was hidden from it; input, target and the first mask as they are."""
    draws = [reconstruct(network, values, scale, recipe, random) for _ in range(masks)]
    hidden = np.stack([np.isnan(draw["masked"][:, :1]) for draw in draws])
    outputs, first = np.stack([draw["output"] for draw in draws]), draws[0]
    output = hidden_mean(outputs, hidden)
    defined = np.isfinite(first["target"]).all(axis=(1, 2, 3))
    target = first["target"][defined]
    once = np.isfinite(output[defined][:, :1])
    mean = np.where(once, output[defined], 0.0)
    shares = Shares(
        averaged=explained(target, mean[None], once[None], weight),
        single=explained(target, outputs[:, defined], hidden[:, defined], weight),
        masks=masks,
    )
    arrays = {name: first[name] for name in ("input", "masked", "target")}
    return {**arrays, "output": output}, shares


def candidates_of(
    number: int, flow: Any, labels: pd.DataFrame | None, length: int
) -> list[Candidate]:
    """Clips of one video around its labels or, without a table, the one with the most motion.

    An expression that is longer than the clip is shown where its strongest region moves most. Eyes
    are left out, because they blink.
    """
    span, lags = flow["span"], list(flow.attrs["lags"])
    runs = [np.arange(a, b - length + 1) for a, b in usable_spans(span)]
    starts = np.concatenate([np.zeros(0, int), *runs])
    if not len(starts):
        return []
    regional = flow["regional"]
    chosen = list(_NO_EYES)
    speed = np.square(regional[:, lags.index(1)]).sum(axis=-1)  # (T, R)
    sums = np.concatenate([np.zeros((1, speed.shape[1])), np.cumsum(speed, axis=0)])
    moved = sums[starts + length] - sums[starts]  # (starts, R)
    if labels is None:
        strongest = moved[:, chosen].max(axis=1)
        start, strength = int(starts[np.argmax(strongest)]), float(strongest.max())
        place = start + length // 2
        return [Candidate(number, start, place, place, place, "", strength, False)]
    path = course(regional, lags, span, DRIFT_SECONDS * flow.attrs["rate"])
    found = []
    rows = labels[labels["video"] == flow.attrs["video"]]
    for _, row in rows.iterrows():
        onset, offset = int(row["onset_w"]), int(row["offset_w"])
        apex = (onset + offset) // 2 if pd.isna(row["apex_w"]) else int(row["apex_w"])
        way = np.linalg.norm(path[apex] - path[onset], axis=-1)
        region = max(chosen, key=lambda i: float(way[i]))
        if offset - onset + 1 <= length - 2:
            near = np.abs(starts + (length - 1) / 2 - (onset + offset) / 2)
        else:
            near = np.where(
                (starts >= onset - 1) & (starts + length <= offset + 2), -moved[:, region], np.inf
            )
        best = int(np.argmin(near))
        start = int(starts[best])
        if not (np.isfinite(near[best]) and start <= offset and onset < start + length):
            continue
        strength = float(moved[best, region])
        whole = start < onset and offset < start + length - 1
        kind = str(row["type"])
        found.append(Candidate(number, start, onset, apex, offset, kind, strength, whole))
    return found


def moving_region(clip: np.ndarray, weights: np.ndarray) -> int:
    """The region that changes most over a clip `(T, C, S, S)`, as its stream sees it, no eye.

    weights: `(R, S, S)`.
    """
    change = np.square(clip - clip.mean(axis=0, dtype=np.float32)).sum(axis=1).mean(axis=0)
    size = (weights * change).sum(axis=(1, 2))
    return max(_NO_EYES, key=lambda region: float(size[region]))


def _weights(record: io.Record, size: int) -> np.ndarray:
    """Each region on the clip's pixels, (R, size, size), at the video's mean landmarks."""
    usable = record["span"] >= 0
    side = record.part("image", slice(0, 1)).shape[1]
    return region_weights(record["points"][usable].mean(axis=0), side, size)


def _marks(one: Candidate, length: int) -> dict[str, int]:
    """Onset, apex and offset in frames of the clip, those that lie inside."""
    if not one.kind:
        return {}
    frames = {"onset": one.onset, "apex": one.apex, "offset": one.offset}
    return {
        name: frame - one.start for name, frame in frames.items() if 0 <= frame - one.start < length
    }


def _title(
    stream: str,
    record: io.Record,
    one: Candidate,
    subjects: Sequence[str],
    candidates: Sequence[Candidate],
    singles: Sequence[float],
) -> str:
    subject = str(record.attrs["subject"])
    seen = "seen in training" if subject in subjects else "held out"
    what = f"a labelled {one.kind}-expression" if one.kind else "the most motion"
    title = f"{stream}: {record.attrs['video']} (subject {subject}, {seen}), {what}"
    medians = []
    for kind in CLASSES:
        shares = [s for c, s in zip(candidates, singles, strict=True) if c.kind == kind]
        shares = [share for share in shares if np.isfinite(share)]
        if shares:
            medians.append(f"{kind} {100 * float(np.median(shares)):.0f} % ({len(shares)})")
    if medians:
        title += "\nvariance over time reconstructed from one mask, median: " + ", ".join(medians)
    return title
