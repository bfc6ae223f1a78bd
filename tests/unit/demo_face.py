"""The demo corpus for tests: its settings, and one portrait with landmarks found once."""

from pathlib import Path

import numpy as np

from mespot.demo import portraits
from mespot.demo.identities import identity
from mespot.demo.settings import VideoSettings, of_video

SECTION = {
    "seed": 1,
    "portraits": None,
    "people": None,
    "smiles": None,
    "seconds": 30.0,
    "fps": 30.0,
    "width": 240,
    "height": 200,
    "face_width": 100,
    "micro_per_video": 3.0,
    "micro_seconds": [0.17, 0.5],
    "micro_amplitude": [0.6, 2.5],
    "macro_per_video": 2.0,
    "macro_seconds": [0.5, 3.0],
    "macro_amplitude": [2.5, 8.0],
    "gap_seconds": 0.5,
    "repertoire": "prototypes",
    "stay_share": 0.0,
    "smile_share": 0.0,
    "blinks_per_minute": 15.0,
    "glances_per_minute": 25.0,
    "speech_per_minute": 2.0,
    "speech_seconds": [0.7, 3.0],
    "gestures_per_minute": 4.0,
    "shifts_per_minute": 0.0,
    "hands_per_minute": 0.0,
    "head_drift": 1.5,
    "light": 0.04,
    "noise": 2.0,
    "crf": None,
    "varied": {},
}


def settings(**changes):
    return VideoSettings.from_config(of_video(SECTION | changes, 0, 0))


def landmarks():
    """What MediaPipe finds in the portrait of Grace Hopper: (478, 3) px."""
    return np.loadtxt(Path(__file__).with_name("grace_hopper_landmarks.csv"), delimiter=",")


def person(variant=0, seed=0, **changes):
    chosen = settings(**changes)
    return identity(
        portraits.load(None, "grace_hopper"),
        landmarks(),
        variant,
        (chosen.width, chosen.height),
        chosen.face_width,
        np.random.default_rng(seed),
    )
