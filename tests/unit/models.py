"""Models that are made without training, for the regions that videos are measured in."""

import numpy as np
import torch

from mespot.face.regions import REGIONS
from mespot.networks.spotter import Spotter
from mespot.spotting.calibration import Calibration
from mespot.spotting.lengths import Lengths
from mespot.training.ensemble import Member
from mespot.training.model import Model
from mespot.training.region_motion import span_channels
from tests.unit.spotters import DECODING

PREPROCESSING = {
    "tracking": {
        "rate": 30.0,
        "max_faces": 2,
        "confidence": 0.5,
        "max_gap": 0.5,
        "min_span": 0.5,
        "face": "auto",
    },
    "crop": {"size": 64, "fill": 0.8, "smoothing": 0.05},
    "flow": {"algorithm": "lucas_kanade", "grid": 16, "lags": [1, 3]},
}
LANDMARKER = {"wheel": "faces==1", "member": "face.task", "sha256": "0" * 64}


def untrained(path, threshold=0.045):
    """A model that finds something in most videos."""
    still = np.zeros((1, len(REGIONS), 4), np.float32)
    shape = dict(
        regions=len(REGIONS),
        motion=span_channels(still, 1.0, [1, 3]).shape[2],
        context=1,
        streams={},
        code=1,
        width=8,
        dilations=[1, 2],
        dropout=0.0,
        lengths=[4.0, 12.0, 8.0],
    )
    with torch.random.fork_rng():
        torch.manual_seed(1)
        state = Spotter(**shape).state_dict()
    lengths = {"micro": Lengths(3, 15, 4), "macro": Lengths(16, 90, 12)}
    model = Model(
        network=shape,
        members=[Member([], state, [])],
        unit=0.1,
        lags=[1, 3],
        drift_seconds=3.0,
        slow_drift_seconds=10.0,
        rate=30.0,
        regions=list(REGIONS),
        companions=0,
        calibration=Calibration(lengths, dict.fromkeys(lengths, threshold)),
        decoding={**DECODING, "floor": 0.0},
        preprocessing=PREPROCESSING,
        landmarker=LANDMARKER,
        provenance={"mespot": "0"},
    )
    model.save(path)
    return path
