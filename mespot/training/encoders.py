"""Encoders: the part of a pretrained network that makes features, and how it codes a video."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mespot.device import autocast, device
from mespot.errors import InputError
from mespot.face.regions import REGIONS, region_weights
from mespot.networks.reconstruction import ReconstructionNetwork
from mespot.spans import Frames, usable_spans
from mespot.store import io
from mespot.store.files import remake
from mespot.training import checkpoint
from mespot.training.clips import Standardisation
from mespot.training.origin import Origin, encoder_digest
from mespot.training.video_values import StoredVideo, VideoValues

_CHUNK = 256  # frames coded at once; bounds the memory, does not change the result


@dataclass(frozen=True)
class EncoderInput:
    """A video as an encoder reads it: values `(T, C, S, S)` float16, an array or made of a file as
    they are asked for, and the weights `(R, g, g)` with which its code, on a grid of side g, is
    pooled over R face regions."""

    values: Frames
    weights: np.ndarray


@dataclass(frozen=True)
class Encoder:
    """The encoder of one stream: keyword arguments and weights of its ReconstructionNetwork, the
    scale of its input, the keyword arguments with which clips.video_values makes that input, and
    whom it was pretrained on."""

    network: Mapping[str, Any]
    state: Mapping[str, Tensor]
    standardisation: Standardisation
    values: Mapping[str, Any]
    origin: Origin

    @classmethod
    def load(cls, path: str | Path) -> Encoder:
        """From a checkpoint of `pretrain`. Raises InputError when it cannot be read."""
        trained = checkpoint.load(path, "encoder")
        with checkpoint.understood(path):
            scale = Standardisation(**trained["standardisation"])
            made = {"encoder_digest": encoder_digest(trained["state"], scale)}
            return cls(
                trained["network"],
                trained["state"],
                scale,
                trained["settings"]["values"],
                Origin.of({**trained, **made}),
            )

    def check(
        self,
        path: str | Path,
        stream: str,
        unseen: Collection[Sequence[str]],
        *,
        transductive: bool,
    ) -> None:
        """Raises InputError when the encoder at `path` is of another stream, or one that is not
        `transductive` has seen somebody of `unseen`, corpus and subject each."""
        if self.stream != stream:
            raise InputError(
                f"{path}: encoder of {self.stream!r}, not of {stream!r}; {remake(path)}"
            )
        self.origin.check(path, unseen, transductive=transductive)

    @property
    def stream(self) -> str:
        return str(self.values["stream"])

    @property
    def scales(self) -> bool:
        """Whether values grow in proportion to motion: all but a face with its looks left in."""
        return self.stream == "flow" or self.values["reference_seconds"] > 0

    def build(self, state: Mapping[str, Tensor] | None = None) -> ReconstructionNetwork:
        """The network on the device, with its own weights or with `state`."""
        with torch.random.fork_rng(devices=[]):  # building one draws weights; leave no trace
            network = ReconstructionNetwork(**self.network)
        network.load_state_dict(self.state if state is None else state)
        return network.to(device())

    def read(self, source: StoredVideo, frames: StoredVideo) -> EncoderInput:
        """A video, held in memory. source: the artefact that the stream reads
        (mespot.streams.SOURCES); frames: that of kind `frames`, for the landmarks that say where
        each face region lies."""
        video = self.open(source, frames)
        return EncoderInput(video.values[0 : len(source["span"])], video.weights)

    def open(self, source: StoredVideo, frames: StoredVideo) -> EncoderInput:
        """As `read`, but every frame is read when it is asked for."""
        grid = self.values["input_size"] // self.network["downsample"]
        return EncoderInput(VideoValues(source, **self.values), pooling_weights(frames, grid))


def frames_by_video(
    frames: Sequence[io.Record], sources: Sequence[io.Record]
) -> dict[str, io.Record]:
    """{video: frames record}. Raises InputError for a video of `sources` without one."""
    crops = {str(record.attrs["video"]): record for record in frames}
    for source in sources:
        video = str(source.attrs["video"])
        if video not in crops:
            raise InputError(f"{source.path}: no frames file of video {video!r} was given")
    return crops


def pooling_weights(frames: StoredVideo, grid: int) -> np.ndarray:
    """Pooling weights (R, grid, grid) at a video's mean landmarks over its usable frames."""
    points = np.array(frames.attrs["mean_points"], np.float32).reshape(-1, 2)
    if not len(points):
        return np.zeros((len(REGIONS), grid, grid), np.float32)
    return region_weights(points, frames.attrs["crop_size"], grid)


def coded(
    network: ReconstructionNetwork,
    encoder: Encoder,
    video: EncoderInput,
    frames: tuple[int, int],
    span: tuple[int, int],
    amplitude: float = 1.0,
) -> Tensor:
    """The code of frames [first, last) of a video, pooled over regions, `(last - first, R, C)`.

    network: `encoder` built, with any weights; gradients go through it. span: the usable span
    [start, stop) that the frames lie in; what a frame's code depends on is read too, so it is the
    code of the whole span. amplitude: what motion is multiplied by before it is coded.
    """
    (first, last), (start, stop), reach = frames, span, network.temporal_reach
    low, high = max(start, first - reach), min(stop, last + reach)
    where = next(network.parameters()).device
    clip = torch.from_numpy(video.values[low:high]).to(where).float().transpose(0, 1)[None]
    if amplitude != 1 and encoder.scales:
        moving, rest = clip[:, : network.in_channels], clip[:, network.in_channels :]
        clip = torch.cat([moving * amplitude, rest], dim=1)
    with autocast(where):
        code = network.encode(encoder.standardisation.inputs(clip))
    code = code[0, :, first - low : last - low].float().flatten(2)
    weights = torch.from_numpy(video.weights).to(where).flatten(1)
    return torch.einsum("ctg,rg->trc", code, weights)


def features(
    network: ReconstructionNetwork,
    encoder: Encoder,
    video: EncoderInput,
    span: np.ndarray,
    *,
    chunk: int = _CHUNK,
) -> np.ndarray:
    """Code of each frame, pooled over regions: (T, R, C) float16, 0 outside the spans.

    span: `(T,)`. Each span is coded for itself, `chunk` frames at once.
    """
    result = np.zeros(shape_of_features(network, video, span), np.float16)
    start = 0
    for part in feature_parts(network, encoder, video, span, chunk=chunk):
        result[start : start + len(part)] = part
        start += len(part)
    return result


def feature_parts(
    network: ReconstructionNetwork,
    encoder: Encoder,
    video: EncoderInput,
    span: np.ndarray,
    *,
    chunk: int = _CHUNK,
) -> Iterator[np.ndarray]:
    """As `features`, in parts of at most `chunk` frames, in time order."""
    shape = shape_of_features(network, video, span)[1:]
    done = 0
    for start, stop in [*usable_spans(span), (len(span), len(span))]:
        for first in range(done, start, chunk):
            yield np.zeros((min(first + chunk, start) - first, *shape), np.float16)
        for first in range(start, stop, chunk):
            frames = first, min(first + chunk, stop)
            with torch.no_grad():
                code = coded(network, encoder, video, frames, (start, stop))
            yield code.cpu().numpy().astype(np.float16)
        done = stop


def shape_of_features(
    network: ReconstructionNetwork, video: EncoderInput, span: np.ndarray
) -> tuple[int, int, int]:
    """T frames, R regions, C channels."""
    return len(span), len(video.weights), network.code_channels
