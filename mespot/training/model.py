"""One file that spots in recordings of anybody: networks, thresholds, and how videos are read.

It holds no recording and no name of a person. It is read with `weights_only=True`, so one from
elsewhere cannot run code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.face.crops import CropSettings
from mespot.face.landmarks import TrackingSettings
from mespot.face.motion import MotionSettings
from mespot.face.persons import AUTO
from mespot.networks.spotter import Spotter as Network
from mespot.settings import fill
from mespot.spotting.boosted import BoostedTrees
from mespot.spotting.calibration import Calibration, decoded
from mespot.spotting.decoders import Decoding
from mespot.spotting.lengths import Lengths
from mespot.spotting.pieces import at_another_rate, in_pieces
from mespot.spotting.recordings import Predicted
from mespot.spotting.second_look import SecondLook, Trees
from mespot.spotting.spotted import Spotted
from mespot.spotting.usual import Usual
from mespot.training import checkpoint
from mespot.training.companions import at_rate, told_apart
from mespot.training.ensemble import Member, predict
from mespot.training.spotter_input import SAME_RATE, SpotterInput, motion_input, standardised
from mespot.training.trained_spotter import TrainedSpotter

CURE = (
    "make one by `snakemake --cores 8 results/model.pt` or, in Python, by mespot.train; name "
    "another file (--model FILE, in Python model=); or spot without one (--training-free, in "
    "Python training_free=True)"
)


@dataclass(frozen=True)
class Model:
    """Networks that read the motion of face regions, and all that spotting with them needs.

    network: keyword arguments of networks.Spotter. members: its networks, which are averaged. unit:
    of motion, px. lags, drift_seconds, slow_drift_seconds, rate, regions: as in TrainedSpotter.
    companions: how many corpora have trained along. calibration: lengths, thresholds and trees.
    decoding: the mapping that `Decoding.of` reads. preprocessing: {section of config.yaml: keys} of
    `tracking`, `crop` and `flow`. landmarker: `wheel`, `member` and `sha256` of MediaPipe's model.
    provenance: what it was made from and with.
    """

    network: Mapping[str, Any]
    members: Sequence[Member]
    unit: float
    lags: Sequence[int]
    drift_seconds: float
    slow_drift_seconds: float
    rate: float
    regions: Sequence[str]
    companions: int
    calibration: Calibration
    decoding: Mapping[str, Any]
    preprocessing: Mapping[str, Mapping[str, Any]]
    landmarker: Mapping[str, str]
    provenance: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        spotters: Sequence[TrainedSpotter],
        calibration: Calibration,
        *,
        decoding: Mapping[str, Any],
        preprocessing: Mapping[str, Mapping[str, Any]],
        landmarker: Mapping[str, str],
        provenance: Mapping[str, Any],
    ) -> Model:
        """From one spotter or from partners, whose networks are averaged as rule spot does.

        Raises InputError for spotters that read features, or whose networks differ in shape.
        """
        first = spotters[0]
        for one in spotters:
            if one.scale or one.encoders:
                raise InputError(
                    f"{one.path}: reads features of encoders, which a model does not have; set "
                    "model.method to a method with `streams: []`"
                )
            if one.network != first.network or len(one.members) != len(first.members):
                raise InputError(
                    f"{one.path}: has other networks than {first.path}; delete both and run again"
                )
        return cls(
            network=first.network,
            members=[member for one in spotters for member in one.members],
            unit=first.unit,
            lags=first.lags,
            drift_seconds=first.drift_seconds,
            slow_drift_seconds=first.slow_drift_seconds,
            rate=first.rate,
            regions=first.regions,
            companions=len(first.companions),
            calibration=calibration,
            decoding=decoding,
            preprocessing=preprocessing,
            landmarker=landmarker,
            provenance=provenance,
        )

    def save(self, path: str | Path) -> None:
        """Write it. Raises InputError when that is not possible."""
        content = {name: value for name, value in vars(self).items() if name != "members"}
        content["state"] = [dict(member.state) for member in self.members]
        content["calibration"] = _stored(self.calibration)
        for name in ("network", "decoding", "landmarker", "provenance"):
            content[name] = dict(content[name])
        content["preprocessing"] = {k: dict(keys) for k, keys in self.preprocessing.items()}
        checkpoint.save(path, "model", content)

    @classmethod
    def load(cls, path: str | Path) -> Model:
        """Read it. Raises InputError, with what to do, for a file that is missing or damaged, that
        is no model, or that another version of mespot has made."""
        content = checkpoint.load(path, "model", cure=CURE)
        try:
            members = [Member([], state, []) for state in content["state"]]
            for member in members:
                checkpoint.check_fits(lambda: Network(**content["network"]), member.state)
            calibration = _restored(content["calibration"])
            Decoding.of(content["decoding"])
            content["provenance"] = json.loads(content["provenance"])
            values = {name: content[name] for name in cls.__dataclass_fields__ if name in content}
            model = cls(**{**values, "members": members, "calibration": calibration})
            _check_preprocessing(model.preprocessing)
            model.predicted(_still(model))
        except (InputError, *checkpoint.NO_SENSE) as error:
            raise InputError(
                f"{path}: this version of mespot cannot use it ({error}); {CURE}"
            ) from error
        return model

    def recording(self, motion: Mapping[str, Any], subject: str, video: str) -> SpotterInput:
        """A recording as its networks read it.

        motion: `regional` `(T, L, R, 2)` px, `span` `(T,)`, `blink` `(T,)`, and `lags`, `rate` and
        `regions`, as a flow record has them. Raises InputError for other face regions.
        """
        if list(motion["regions"]) != list(self.regions):
            raise InputError(
                f"{video}: the model reads other face regions than were measured; {CURE}"
            )
        one = motion_input(
            motion,
            subject,
            video,
            drift_seconds=self.drift_seconds,
            slow_drift_seconds=self.slow_drift_seconds,
        )
        return self._in_units(one)

    def predicted(self, recording: SpotterInput) -> Predicted:
        """A recording as the networks read it, with what they say of it."""
        return Predicted(
            subject=recording.subject,
            prediction=predict(self.network, self.members, recording, self.lags),
            paths=recording.paths,
            span=recording.span,
        )

    def spot(self, motion: Mapping[str, Any], video: str) -> Spotted:
        """What is spotted in one recording, in its own frames; motion: as for `recording`.

        A recording at another rate is read at that of the model, linear between its frames: its
        networks have learned in frames how long an expression lasts. A long one is spotted in
        pieces. Raises InputError for other face regions.
        """

        def spotted(near: slice) -> Spotted:
            part = {name: motion[name][near] for name in ("regional", "span", "blink")}
            return self._spotted({**motion, **part}, video)

        return in_pieces(len(motion["span"]), motion["rate"], spotted)

    def _spotted(self, motion: Mapping[str, Any], video: str) -> Spotted:
        own = float(motion["rate"])
        recording = self.recording(motion, video, video)
        same = max(own, self.rate) <= SAME_RATE * min(own, self.rate)
        if not same:
            recording = at_rate(recording, own, self.rate)
        how = Decoding.of(self.decoding)
        (found,) = decoded([self.predicted(recording)], self.calibration, how)
        return found if same else at_another_rate(found, len(motion["span"]), own / self.rate)

    def _in_units(self, one: SpotterInput) -> SpotterInput:
        """In units of the training; told apart from the corpora that have trained along."""
        others = [f"companion {number}" for number in range(self.companions)]
        return told_apart([standardised(one, {}, self.unit)], others)[0]


def _check_preprocessing(sections: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises InputError where this version reads videos by other keys."""
    tracking = {name: value for name, value in sections["tracking"].items() if name != "rate"}
    fill("tracking", {"face": AUTO, **tracking}, TrackingSettings)
    fill("crop", sections["crop"], CropSettings)
    fill("flow", {"preset": None, **sections["flow"]}, MotionSettings)
    float(sections["tracking"]["rate"])


def _still(model: Model) -> SpotterInput:
    """A face that does not move, on which a model that has been read is tried."""
    lags = model.preprocessing["flow"]["lags"]
    motion = {
        "regional": np.zeros((2, len(lags), len(model.regions), 2), np.float32),
        "span": np.zeros(2, int),
        "blink": np.zeros(2, np.float32),
        "lags": lags,
        "rate": model.rate,
        "regions": model.regions,
    }
    return model.recording(motion, "", "")


def _stored(calibration: Calibration) -> dict[str, Any]:
    """Builtins and tensors only."""
    trees = calibration.trees
    return {
        "lengths": {name: asdict(lengths) for name, lengths in calibration.lengths.items()},
        "thresholds": {name: float(calibration.thresholds[name]) for name in CLASSES},
        "usual": None if calibration.usual is None else asdict(calibration.usual),
        "trees": None
        if trees is None
        else {
            "models": [
                {
                    name: torch.from_numpy(value) if isinstance(value, np.ndarray) else value
                    for name, value in vars(one).items()
                }
                for one in trees.models
            ],
            "names": list(trees.names),
            "how": asdict(trees.how),
            "regions": list(trees.regions),
            "rate": trees.rate,
        },
    }


def _restored(stored: Mapping[str, Any]) -> Calibration:
    trees, usual = stored["trees"], stored["usual"]
    return Calibration(
        {name: Lengths(**stored["lengths"][name]) for name in CLASSES},
        {name: float(stored["thresholds"][name]) for name in CLASSES},
        None
        if trees is None
        else Trees(
            [_trees(one, len(trees["names"])) for one in trees["models"]],
            trees["names"],
            SecondLook(**trees["how"]),
            trees["regions"],
            trees["rate"],
        ),
        None if usual is None else _usual(usual),
    )


def _usual(stored: Mapping[str, Any]) -> Usual:
    usual = Usual({name: float(stored["levels"][name]) for name in CLASSES}, float(stored["rate"]))
    if not (np.isfinite([*usual.levels.values(), usual.rate]).all() and usual.rate > 0):
        raise ValueError(f"usual levels {dict(usual.levels)} at {usual.rate} frames a second")
    return usual


def _trees(stored: Mapping[str, Any], columns: int) -> BoostedTrees:
    arrays: dict[str, Any] = {
        name: value.numpy() if isinstance(value, torch.Tensor) else value
        for name, value in stored.items()
    }
    trees = BoostedTrees(**arrays)
    trees.check(columns)
    return trees
