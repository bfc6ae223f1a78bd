"""What is said to whoever calls `import mespot` in a way that it cannot be called."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

import mespot
from mespot.errors import InputError
from mespot.recording import Pictures, open_recording
from mespot.videos.how import How

GREY = np.zeros((40, 60), np.uint8)
TABLE = pd.DataFrame(
    {"subject": ["anna"], "video": "anna", "type": "micro", "onset": 3, "offset": 9}
)
SETTINGS = [
    ([1], "settings: is .*give {section"),
    ({"trackin": {"max_gap": 1}}, "settings: there is no trackin; use tracking, crop"),
    ({"tracking": 3}, "settings: tracking is 3; give {key: value}"),
    ({"tracking": {"max_gp": 1}}, "settings: tracking.max_gp: unknown key; did you mean 'max_gap'"),
    ({"tracking": {"max_gap": "a"}}, "settings: tracking.max_gap: 'a'"),
    ({"flow": {"lags": [0]}}, "settings: flow.lags"),
    ({"crop": {"size": float("nan")}}, "settings: crop.size: nan"),
]
VIDEOS = [
    (np.zeros((40, 60, 3), np.uint8), r"an array \(40, 60, 3\) is one picture; give several"),
    (np.zeros((40, 60, 4), np.uint8), "is one picture"),
    (GREY, r"number 0 has shape \(60,\)"),
    ([1, 2], r"number 0 has shape \(\)"),
    (["a.mp4", "b.mp4"], "number 0 is 'a.mp4', a name; give one video"),
    ((Path("a.mp4"),), "number 0 is PosixPath"),
    (b"a.mp4", "pictures: is bytes; give a list"),
    ({0: GREY}, "pictures: is dict; give a list"),
    ((), "pictures: there is none"),
    (iter([]), "pictures: there is none"),
    (iter([GREY.astype(float)]), "number 0 has shape .* and type float64"),
    (5, "video: is int; give a file"),
    (None, "video: is NoneType"),
]


@pytest.mark.parametrize(("settings", "words"), SETTINGS)
def test_odd_settings_are_named(settings, words):
    with pytest.raises(InputError, match=words):
        mespot.track([GREY], fps=30, settings=settings)


@pytest.mark.parametrize(("video", "words"), VIDEOS)
def test_what_is_no_video_is_named(video, words):
    with pytest.raises(InputError, match=words):
        mespot.track(video, fps=30)


@pytest.mark.parametrize("fps", ["30", float("nan"), 0, None, True, np.float64("inf"), 3j])
def test_odd_rates_are_named(fps):
    with pytest.raises(InputError, match="fps is"):
        mespot.track([GREY], fps=fps)


@pytest.mark.parametrize("fps", [np.int64(30), np.float32(30), np.uint8(30), Fraction(30)])
def test_numbers_of_every_kind_are_rates(fps, tmp_path):
    assert Pictures([GREY], fps).fps == 30
    cv2.imwrite(str(tmp_path / "1.png"), GREY)
    assert open_recording(tmp_path, fps).fps == 30


def test_numbers_of_every_kind_are_faces():
    assert How.of(training_free=True, face=np.int64(2)).face == 2
    for face in (True, 0, -1, 1.0, "2", None):
        with pytest.raises(InputError, match="face: .* must be auto"):
            How.of(training_free=True, face=face)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: mespot.crops([GREY], "faces", fps=30), "faces: is str; give what mespot.track"),
        (lambda: mespot.crops(None, fps=30), "video: is NoneType"),
        (lambda: mespot.score(None, TABLE), "labels: is NoneType; give a table"),
        (lambda: mespot.score(TABLE, None), "predictions: is NoneType; give a table"),
        (lambda: mespot.score(TABLE, TABLE, rule="megc"), "rule: there is no 'megc'; use strict"),
        (lambda: mespot.score(TABLE, TABLE, bootstrap=0), "bootstrap: 0 must be a whole number"),
        (lambda: mespot.score(TABLE, TABLE, bootstrap=1.5), "bootstrap: 1.5 must be"),
        (lambda: mespot.score(TABLE, TABLE, seed=-1), "seed: -1 must be a whole number from 0"),
        (lambda: mespot.train(TABLE, TABLE, "x.pt"), "videos: is DataFrame; give the path"),
        (lambda: mespot.train("v.csv", None, "x.pt"), "annotations: is NoneType; give the path"),
        (lambda: mespot.train("v.csv", TABLE, "x.pt"), "annotations: is DataFrame; give"),
        (lambda: mespot.train("v.csv", "a.csv", None), "output: is NoneType; give the path"),
    ],
)
def test_arguments_of_a_wrong_kind_are_named(call, words):
    with pytest.raises(InputError, match=words):
        call()


def test_numbers_of_numpy_are_numbers():
    table = TABLE.astype({"onset": np.int32})
    result = mespot.score(table, table, bootstrap=np.int64(10), seed=np.uint8(1))
    assert result["rules"]["strict"].set_index("subject").loc["anna", "f1"].max() == 1


def test_arguments_are_named():
    with pytest.raises(InputError, match="mespot.track: .*'nonsense'; its arguments are video"):
        mespot.track("x.mp4", nonsense=1)
    with pytest.raises(InputError, match="mespot.spot: missing .*'video'"):
        mespot.spot()
    with pytest.raises(InputError, match="labels: is int; give a table or a CSV file"):
        mespot.score(5, 6)
