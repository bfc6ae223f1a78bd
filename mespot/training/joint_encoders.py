"""Encoders that learn together with a spotter; each of its networks has its own weights of them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from mespot.errors import InputError
from mespot.spotting.predictions import Prediction, average_predictions
from mespot.store import io
from mespot.streams import SOURCES
from mespot.training.encoders import Encoder, EncoderInput, features, frames_by_video
from mespot.training.ensemble import Member, predict
from mespot.training.spotter_input import SpotterInput, feature_channels, in_units


@dataclass(frozen=True)
class JointEncoders:
    """Encoders and the videos that they read.

    encoders: {stream: encoder}. inputs: {stream: {(corpus, video): what its encoder reads}}.
    drift_frames: {(corpus, video): over how many frames drift is averaged}. scale: the units of
    features, {stream: (C,)}. The corpus is that of SpotterInput.
    """

    encoders: Mapping[str, Encoder]
    inputs: Mapping[str, Mapping[tuple[str, str], EncoderInput]]
    drift_frames: Mapping[tuple[str, str], int]
    scale: Mapping[str, np.ndarray]

    def digest(self) -> str:
        """Of weights and values, so that an interrupted training of others is not taken up."""
        digest = hashlib.sha256()
        for name, encoder in sorted(self.encoders.items()):
            digest.update(repr((name, encoder.network, encoder.standardisation)).encode())
            for tensor in encoder.state.values():
                digest.update(np.ascontiguousarray(tensor.numpy()).data)
            for video in self.inputs[name].values():
                for array in (video.values, video.weights):
                    digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def predict(
        self,
        shape: Mapping[str, Any],
        members: Sequence[Member],
        recording: SpotterInput,
        lags: Sequence[int],
    ) -> Prediction:
        """Average of the members, each of which reads the features of its own encoders.

        recording: standardised; its features are not read. lags: as in `ensemble.predict`.
        """
        predictions = []
        for member in members:
            own = {
                name: feature_channels(
                    self.features(name, member.encoders[name], recording),
                    recording.span,
                    drift_frames=self.drift_frames[recording.place],
                )
                for name in self.encoders
            }
            read = replace(recording, features=in_units(own, self.scale))
            predictions.append(predict(shape, [member], read, lags))
        return average_predictions(predictions)

    def features(
        self, stream: str, state: Mapping[str, Tensor], recording: SpotterInput
    ) -> np.ndarray:
        """What the encoder of a stream, with the weights `state`, makes of a recording,
        `(T, R, C)` float16."""
        encoder = self.encoders[stream]
        video = self.inputs[stream][recording.place]
        return features(encoder.build(state).eval(), encoder, video, recording.span)


def pretrained(
    paths: Mapping[str, str | Path],
    streams: Sequence[str],
    unseen: Collection[Sequence[str]] = (),
    *,
    transductive: bool = False,
) -> dict[str, Encoder]:
    """The encoders of `streams`, {stream: encoder}, from {stream: checkpoint of pretrain}.

    Raises InputError when a checkpoint is missing, is of another stream or, where it is not
    `transductive`, has seen somebody of `unseen`, corpus and subject each.
    """
    encoders = {}
    for name in streams:
        if name not in paths:
            raise InputError(f"method: learns the encoder of stream {name!r}, none was given")
        encoders[name] = Encoder.load(paths[name])
        encoders[name].check(paths[name], name, unseen, transductive=transductive)
    return encoders


def reading(
    encoders: Mapping[str, Encoder],
    flow: Sequence[io.Record],
    frames: Sequence[io.Record],
    *,
    drift_seconds: float,
    scale: Mapping[str, np.ndarray],
    corpus: str = "",
) -> JointEncoders:
    """Encoders with what they read of the videos of flow records.

    frames: records of kind `frames` of these videos, others may be among them. drift_seconds:
    slower changes of features are taken off. scale: as in JointEncoders. corpus: of recordings that
    train along. Raises InputError for a video without a frames record, or with one that differs.
    """
    crops = frames_by_video(frames, flow)
    inputs: dict[str, dict[tuple[str, str], EncoderInput]] = {name: {} for name in encoders}
    for record in flow:
        video = str(record.attrs["video"])
        crop = crops[video].stretch(*record.frames)
        if not np.array_equal(crop["span"], record["span"]):
            raise InputError(f"{record.path}: differs from {crop.path}; delete both and run again")
        artefacts = {"flow": record, "frames": crop}
        for name, encoder in encoders.items():
            inputs[name][corpus, video] = encoder.read(artefacts[SOURCES[name]], crop)
    drift_frames = {
        (corpus, str(record.attrs["video"])): round(drift_seconds * record.attrs["rate"])
        for record in flow
    }
    return JointEncoders(encoders, inputs, drift_frames, scale)


def together(parts: Sequence[JointEncoders]) -> JointEncoders:
    """The same encoders with what they read of the videos of all parts."""
    first = parts[0]
    inputs = {
        name: {place: x for part in parts for place, x in part.inputs[name].items()}
        for name in first.encoders
    }
    drift_frames = {place: x for part in parts for place, x in part.drift_frames.items()}
    return replace(first, inputs=inputs, drift_frames=drift_frames)
