"""The demo corpus for tests: its settings, and one portrait with landmarks found once."""

from pathlib import Path

import cv2
import numpy as np

from mespot.demo import portraits
from mespot.demo.action_units import face_width
from mespot.demo.identities import identity
from mespot.demo.portraits import Portrait
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
    "objects_per_minute": 0.0,
    "cuts_per_minute": 0.0,
    "head_drift": 1.5,
    "light": 0.04,
    "noise": 2.0,
    "crf": None,
    "glasses": "none",
    "beard": "none",
    "mixed": 0.0,
    "scale": 1.0,
    "interlaced": False,
    "varied": {},
}


def settings(**changes):
    return VideoSettings.from_config(of_video(SECTION | changes, 0, 0))


def landmarks():
    """What MediaPipe finds in the portrait of Grace Hopper: (478, 3) px."""
    return np.loadtxt(Path(__file__).with_name("grace_hopper_landmarks.csv"), delimiter=",")


def person(variant=0, seed=0, smiling=None, **changes):
    chosen = settings(**changes)
    return identity(
        portraits.load(None, "grace_hopper"),
        landmarks(),
        variant,
        (chosen.width, chosen.height),
        chosen.face_width,
        np.random.default_rng(seed),
        smiling,
    )


def smiling_portrait():
    """The portrait with the corners of the mouth pulled up and out, and its landmarks: turned and
    scaled too, which must not count as a part of the smile."""
    portrait, points = portraits.load(None, "grace_hopper"), landmarks()
    width = face_width(points)
    image, moved = portrait.image, points.copy()
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    map_x, map_y = x.copy(), y.copy()
    for corner, out in ((61, -1), (291, 1)):
        pull = np.array([out * 0.05, -0.04]) * width
        near = lambda px, py, at=points[corner]: np.exp(  # noqa: E731
            -0.5 * ((px - at[0]) ** 2 + (py - at[1]) ** 2) / (0.1 * width) ** 2
        )
        moved[:, :2] += near(points[:, 0], points[:, 1])[:, None] * pull
        weight = near(x - pull[0], y - pull[1])
        map_x -= weight * pull[0]
        map_y -= weight * pull[1]
    pulled = cv2.remap(image, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    turn = cv2.getRotationMatrix2D((250.0, 250.0), 4.0, 0.9)
    turned = cv2.warpAffine(pulled, turn, image.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    moved[:, :2] = moved[:, :2] @ turn[:, :2].T + turn[:, 2]
    moved[:, 2] *= 0.9
    return Portrait("smiling", turned), moved
