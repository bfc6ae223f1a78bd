"""A trained spotter and its checkpoint: all that spotting needs except the decoding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mespot.errors import InputError
from mespot.spotting.predictions import Prediction, average_predictions
from mespot.spotting.recordings import HeldOut
from mespot.store import io
from mespot.store.files import remake
from mespot.training import checkpoint
from mespot.training.clips import Standardisation, as_builtins
from mespot.training.companions import told_apart
from mespot.training.encoders import Encoder
from mespot.training.ensemble import Member, held_out_recordings, predict
from mespot.training.joint_encoders import JointEncoders, reading
from mespot.training.origin import Origin, Person, people, refuse_seen
from mespot.training.spotter_input import (
    SpotterInput,
    common_rate,
    feature_origins,
    standardised,
)
from mespot.training.spotter_training import SpotterTask

_LARGEST = 6e4  # within half precision


@dataclass(frozen=True)
class TrainedSpotter:
    """Networks that spot together, and how the recordings were read that they were trained on.

    path: of the checkpoint. network: keyword arguments of networks.Spotter. members: the networks
    that saw all training subjects. scale: the units of features, {stream: (C,)}. unit: of motion,
    px. lags: of the displacements that the networks read, frames. drift_seconds,
    slow_drift_seconds: as in spotter_input.read_inputs. rate: working frames a second. regions:
    names. whose: corpus, method and fold. seen: everybody of the training. origins: {stream: the
    encoder whose features were read}. companions: other corpora that trained along. held_out: the
    training recordings. history: rows of losses. encoders: {stream: encoder} of those that have
    learned with the networks, which hold their weights; empty if none has.
    """

    path: Path
    network: Mapping[str, Any]
    members: list[Member]
    scale: dict[str, np.ndarray]
    unit: float
    lags: list[int]
    drift_seconds: float
    slow_drift_seconds: float
    rate: float
    regions: list[str]
    whose: Mapping[str, str]
    seen: list[Person]
    origins: Mapping[str, Origin]
    companions: list[str]
    held_out: list[HeldOut]
    history: list[dict[str, float]]
    encoders: dict[str, Encoder] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        path: str | Path,
        task: SpotterTask,
        members: Sequence[Member],
        predictions: Sequence[Prediction],
        *,
        scale: dict[str, np.ndarray],
        unit: float,
        rate: float,
        regions: Sequence[str],
        whose: Mapping[str, str],
        origins: Mapping[str, Origin],
        companions: Sequence[str] = (),
        encoders: JointEncoders | None = None,
    ) -> TrainedSpotter:
        """From a training. members: all networks, those of the inner groups too. predictions: of
        the recordings of the task, by the networks that never saw their subjects."""
        history = [
            {"network": number, **row}
            for number, member in enumerate(members)
            for row in member.history
        ]
        return cls(
            path=Path(path),
            network=task.shape,
            members=[member for member in members if not member.held_out],
            scale=scale,
            unit=unit,
            lags=list(task.recipe.lags),
            drift_seconds=task.recipe.drift_seconds,
            slow_drift_seconds=task.recipe.slow_drift_seconds,
            rate=rate,
            regions=list(regions),
            whose=dict(whose),
            seen=sorted({(one.corpus or whose["corpus"], one.subject) for one in task.recordings}),
            origins=dict(origins),
            companions=list(companions),
            held_out=held_out_recordings(task.recordings, members, predictions),
            history=history,
            encoders=dict(encoders.encoders) if encoders is not None else {},
        )

    def save(self, provenance: Mapping[str, Any]) -> None:
        """Write the checkpoint. Raises InputError when it cannot be written."""
        content = {
            "network": dict(self.network),
            "state": [member.state for member in self.members],
            "standardisation": {name: torch.from_numpy(x) for name, x in self.scale.items()},
            "unit": self.unit,
            "lags": list(self.lags),
            "drift_seconds": self.drift_seconds,
            "slow_drift_seconds": self.slow_drift_seconds,
            "rate": self.rate,
            "regions": list(self.regions),
            "whose": dict(self.whose),
            "seen": ["/".join(person) for person in self.seen],
            "origins": {stream: origin.stored() for stream, origin in self.origins.items()},
            "companions": list(self.companions),
            "held_out": [_stored(one) for one in self.held_out],
            "history": self.history,
            "provenance": dict(provenance),
        }
        if self.encoders:
            content["encoders"] = {
                name: {
                    "network": dict(encoder.network),
                    "standardisation": as_builtins(encoder.standardisation),
                    "values": dict(encoder.values),
                    "states": [member.encoders[name] for member in self.members],
                }
                for name, encoder in self.encoders.items()
            }
        checkpoint.save(self.path, "spotter", content)

    @classmethod
    def load(cls, path: str | Path) -> TrainedSpotter:
        """Read a checkpoint of train_spotter. Raises InputError when it cannot be used."""
        content = checkpoint.load(path, "spotter")
        with checkpoint.understood(path):
            return cls._of(path, content)

    @classmethod
    def _of(cls, path: str | Path, content: Mapping[str, Any]) -> TrainedSpotter:
        stored = content.get("encoders", {})
        origins = {stream: Origin.of(one) for stream, one in content["origins"].items()}
        members = [
            Member([], state, [], {name: one["states"][i] for name, one in stored.items()})
            for i, state in enumerate(content["state"])
        ]
        encoders = {
            name: Encoder(
                one["network"],
                one["states"][0],
                Standardisation(**one["standardisation"]),
                one["values"],
                origins[name],
            )
            for name, one in stored.items()
        }
        return cls(
            Path(path),
            content["network"],
            members,
            {name: x.numpy() for name, x in content["standardisation"].items()},
            content["unit"],
            content["lags"],
            content["drift_seconds"],
            content["slow_drift_seconds"],
            content["rate"],
            content["regions"],
            content["whose"],
            [tuple(person.split("/", 1)) for person in content["seen"]],
            origins,
            content["companions"],
            [_restored(one) for one in content["held_out"]],
            content["history"],
            encoders,
        )

    def check_unseen(self, records: Sequence[io.Record], *, transductive: bool) -> None:
        """Raises InputError when a flow record is of a subject that the networks have seen, or
        the encoders that they learned from, unless these are transductive."""
        unseen = people(records)
        refuse_seen(self.path, self.seen, unseen, "was trained on")
        for origin in self.origins.values():
            origin.check(self.path, unseen, transductive=transductive)

    def check_origins(self, features: Mapping[str, str | Path]) -> None:
        """Raises InputError when features, {stream: features file}, come from other encoders than
        those that the networks learned from, or are not all that they read."""
        missing = sorted(set(self.origins) - set(features)) if features else []
        if missing:
            raise InputError(
                f"{self.path}: reads features of the {missing[0]}, none were given; "
                f"{remake(self.path)}"
            )
        known = {stream: path for stream, path in features.items() if stream in self.origins}
        for stream, origin in feature_origins(known).items():
            origin.check_same(features[stream], self.origins[stream], self.path)

    def check_form(self, records: Sequence[io.Record]) -> None:
        """Raises InputError when a flow record has other face regions than the training had, or
        another rate."""
        common_rate(records, self.rate)
        for record in records:
            if list(record.attrs["regions"]) != self.regions:
                raise InputError(
                    f"{record.path}: face regions differ from those of {self.path}; run again"
                )

    def check_partner(self, partner: TrainedSpotter) -> None:
        """Raises InputError when the predictions of `partner` cannot be averaged with these."""
        rebuild = remake(self.path, partner.path)
        lengths, partners = (
            {one.place: len(one.span) for one in spotter.held_out} for spotter in (self, partner)
        )
        for corpus, video in {**lengths, **partners}:
            if lengths.get((corpus, video)) != partners.get((corpus, video)):
                raise InputError(
                    f"{partner.path}: was not trained on {video} as {self.path} was; {rebuild}"
                )
        if self.drifts != partner.drifts:
            raise InputError(
                f"{partner.path}: was trained with other lags or drift_seconds than {self.path}; "
                f"{rebuild}"
            )

    @property
    def drifts(self) -> tuple[list[int], float, float]:
        """How motion is read: lags and both drifts."""
        return self.lags, self.drift_seconds, self.slow_drift_seconds

    def in_units(self, recording: SpotterInput) -> SpotterInput:
        """A recording that was read in px and in the features' own units, as the networks read it:
        with the features that they read, and told apart from recordings of companions."""
        features = {name: recording.features[name] for name in self.scale if recording.features}
        scaled = standardised(replace(recording, features=features), self.scale, self.unit)
        return told_apart([scaled], self.companions)[0]

    def predict(
        self, recording: SpotterInput, flow: io.Record, frames: Sequence[io.Record]
    ) -> Prediction:
        """Average of the networks.

        recording: as `in_units` gives it, of the record `flow`. frames: records of kind `frames`,
        this video's among them; for a spotter with encoders, which reads no features.
        """
        if self.encoders:
            encoders = reading(
                self.encoders,
                [flow],
                frames,
                drift_seconds=self.drift_seconds,
                scale=self.scale,
            )
            return encoders.predict(self.network, self.members, recording, self.lags)
        return predict(self.network, self.members, recording, self.lags)


def average_held_out(spotters: Sequence[TrainedSpotter]) -> list[HeldOut]:
    """The recordings that all were trained on, with the average of their predictions."""
    predictions = [{one.place: one.prediction for one in s.held_out} for s in spotters]
    return [
        replace(one, prediction=average_predictions([of[one.place] for of in predictions]))
        for one in spotters[0].held_out
    ]


def _stored(one: HeldOut) -> dict[str, Any]:
    return {
        "corpus": one.corpus,
        "subject": one.subject,
        "video": one.video,
        "group": one.group,
        "score": torch.from_numpy(one.prediction.score),
        "distances": torch.from_numpy(one.prediction.distances),
        # Half precision loses nothing of motion that is not far above the noise.
        "paths": torch.from_numpy(one.paths.clip(-_LARGEST, _LARGEST).astype(np.float16)),
        "span": torch.from_numpy(np.asarray(one.span)),
        "labels": {name: torch.from_numpy(known) for name, known in one.labels.items()},
        "known": None if one.known is None else torch.from_numpy(one.known),
    }


def _restored(stored: Mapping[str, Any]) -> HeldOut:
    return HeldOut(
        corpus=stored["corpus"],
        subject=stored["subject"],
        video=stored["video"],
        group=stored["group"],
        prediction=Prediction(stored["score"].numpy(), stored["distances"].numpy()),
        paths=stored["paths"].numpy().astype(np.float32),
        span=stored["span"].numpy(),
        labels={name: known.numpy() for name, known in stored["labels"].items()},
        known=None if stored.get("known") is None else stored["known"].numpy(),
    )
