"""What train_spotter and spot share where a spotter has encoders of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from mespot.errors import InputError
from mespot.steps import extract_features
from mespot.store import io
from mespot.training import checkpoint
from mespot.training.clips import Standardisation, as_builtins, video_values
from mespot.training.joint import Encoder, Source, Tuning, train
from mespot.training.spot import Member, Prediction, Trainer, average_predictions, predict, rebuilt
from mespot.training.spotter_input import SpotterInput, feature_channels, standardised


def joint(method: Mapping[str, Any]) -> bool:
    """Whether the encoders of a method learn together with its spotter."""
    return method.get("encoder_training", "frozen") == "joint"


@dataclass(frozen=True)
class Encoders:
    """Encoders by stream, {stream: encoder}, and videos that they read, {stream: {video: source}}.

    Where weights of members are asked for it is one {stream: weights} a member.
    """

    encoders: dict[str, Encoder]
    sources: dict[str, dict[str, Source]]

    def digest(self) -> str:
        """Of weights and values, so that an interrupted training of others is not taken up."""
        digest = hashlib.sha256()
        for name, encoder in sorted(self.encoders.items()):
            digest.update(repr((name, encoder.network, encoder.standardisation)).encode())
            for tensor in encoder.state.values():
                digest.update(np.ascontiguousarray(tensor.numpy()).data)
            for source in self.sources[name].values():
                for array in (source.values, source.weights):
                    digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def trainer(self, scale: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> Trainer:
        """What goes on training a member; settings: `spotting.learned.joint` of config.yaml."""
        return partial(train, self.encoders, self.sources, scale, Tuning(**settings))

    def predict(
        self,
        shape: Mapping[str, Any],
        states: Sequence[Mapping[str, Tensor]],
        weights: Sequence[Mapping[str, Mapping[str, Tensor]]],
        recording: SpotterInput,
        scale: Mapping[str, np.ndarray],
    ) -> Prediction:
        """Average of spotters, each of which reads the features of its own encoders.

        states: weights of the spotters. weights: of their encoders, {stream: weights} each.
        """
        said = []
        for network, own in zip(rebuilt(shape, states), weights, strict=True):
            features = {}
            for name, encoder in self.encoders.items():
                source = self.sources[name][recording.video]
                feature = extract_features.features(
                    encoder.build(own[name]).eval(),
                    source.values,
                    recording.span,
                    source.weights,
                    encoder.standardisation,
                )
                features[name] = feature_channels(
                    feature, recording.span, drift_frames=source.drift_frames
                )
            one = standardised(replace(recording, features=features), scale)
            said.append(predict([network], one))
        return average_predictions(said)

    def held_out_predictions(
        self,
        shape: Mapping[str, Any],
        recordings: Sequence[SpotterInput],
        members: Sequence[Member],
        scale: Mapping[str, np.ndarray],
    ) -> list[Prediction]:
        """For each recording what the member says that never saw its subject."""
        found = []
        for one in recordings:
            own = [member for member in members if one.subject in member.held_out]
            states, weights = [m.state for m in own], [m.encoders for m in own]
            found.append(self.predict(shape, states, weights, one, scale))
        return found

    def content(self, members: Sequence[Member]) -> dict[str, Any]:
        """For the checkpoint of a spotter; `from_checkpoint` reads it."""
        return {
            name: {
                "network": dict(encoder.network),
                "standardisation": as_builtins(encoder.standardisation),
                "values": dict(encoder.values),
                "states": [member.encoders[name] for member in members],
            }
            for name, encoder in self.encoders.items()
        }


def from_checkpoints(
    paths: Mapping[str, str | Path],
    streams: Sequence[str],
    flow: Sequence[io.Record],
    frames: Sequence[str | Path],
    drift_seconds: float,
) -> Encoders:
    """Encoders of pretraining, {stream: checkpoint}, and the videos of flow records as they read
    them. frames: frames/{video}.h5 of the same videos.

    Raises InputError when a checkpoint or a frames file is missing, or is of another stream.
    """
    encoders = {}
    for name in streams:
        if name not in paths:
            raise InputError(f"method: learns the encoder of stream {name!r}, none was given")
        found = checkpoint.load(paths[name], "encoder")
        values = found["settings"]["values"]
        if values["stream"] != name:
            raise InputError(f"{paths[name]}: encoder of {values['stream']!r}, not of {name!r}")
        scale = Standardisation(**found["standardisation"])
        encoders[name] = Encoder(found["network"], found["state"], scale, values)
    return Encoders(encoders, _sources(encoders, flow, frames, drift_seconds))


def from_spotter(
    content: Mapping[str, Any],
    flow: Sequence[io.Record],
    frames: Sequence[str | Path],
    drift_seconds: float,
) -> tuple[Encoders, list[dict[str, Any]]]:
    """The encoders in the key `encoders` of a spotter's checkpoint with the videos of flow records,
    and the weights of the members. Raises InputError when a frames file is missing."""
    encoders = {
        name: Encoder(
            one["network"],
            one["states"][0],
            Standardisation(**one["standardisation"]),
            one["values"],
        )
        for name, one in content.items()
    }
    states = {name: one["states"] for name, one in content.items()}
    members = range(min(map(len, states.values())))
    weights = [{name: of[member] for name, of in states.items()} for member in members]
    return Encoders(encoders, _sources(encoders, flow, frames, drift_seconds)), weights


def _sources(
    encoders: Mapping[str, Encoder],
    flow: Sequence[io.Record],
    frames: Sequence[str | Path],
    drift_seconds: float,
) -> dict[str, dict[str, Source]]:
    crops = {str(r.attrs["video"]): r for r in (io.read(path, "frames") for path in frames)}
    sources: dict[str, dict[str, Source]] = {name: {} for name in encoders}
    for record in flow:
        video = str(record.attrs["video"])
        if video not in crops:
            raise InputError(f"{record.path}: no frames file of video {video!r} was given")
        crop = crops[video]
        if not np.array_equal(crop["span"], record["span"]):
            raise InputError(f"{record.path}: differs from {crop.path}; delete both and run again")
        for name, encoder in encoders.items():
            values = video_values(record if name == "flow" else crop, **encoder.values)
            grid = values.shape[-1] // encoder.network["downsample"]
            weights = extract_features.pooling_weights(crop, grid)
            drift_frames = round(drift_seconds * record.attrs["rate"])
            sources[name][video] = Source(values, weights, drift_frames)
    return sources
