"""What is said to whoever calls `import mespot` in a way that it cannot be called."""

import numpy as np
import pytest

import mespot
from mespot.errors import InputError

GREY = np.zeros((40, 60), np.uint8)
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


@pytest.mark.parametrize("fps", ["30", float("nan"), 0, None])
def test_odd_rates_are_named(fps):
    with pytest.raises(InputError, match="fps is"):
        mespot.track([GREY], fps=fps)


def test_arguments_are_named():
    with pytest.raises(InputError, match="mespot.track: .*'nonsense'; its arguments are video"):
        mespot.track("x.mp4", nonsense=1)
    with pytest.raises(InputError, match="mespot.spot: missing .*'video'"):
        mespot.spot()
    with pytest.raises(InputError, match="labels: is int; give a table or a CSV file"):
        mespot.score(5, 6)
