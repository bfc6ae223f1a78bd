"""What is said of an interval beside where it lies."""

import numpy as np
import pytest

from mespot.face.regions import REGIONS
from mespot.spotting import decode
from mespot.spotting.described import FaceCourse, describe
from tests.unit.moving_regions import bump, lagged

FRAMES, RATE, LAGS = 300, 30.0, [1, 3, 6]
ONSET, OFFSET = 140, 160
NAMES = list(REGIONS)


def course(moved=(), **changes):
    """A still face with a little noise, in which some regions go up and come back."""
    path = np.random.default_rng(0).normal(0, 0.02, (FRAMES, len(NAMES), 2))
    for name, size in moved:
        path[:, NAMES.index(name), 1] -= bump(FRAMES, ONSET, OFFSET, size)
    if "speech" in changes:
        lips = np.sin(np.arange(FRAMES) / RATE * 2 * np.pi * changes.pop("speech"))
        path[:, NAMES.index("lower_lip"), 1] += 2 * lips
    values = dict(
        span=np.zeros(FRAMES, int),
        blink=np.full(FRAMES, 0.1),
        hidden=np.zeros(FRAMES, bool),
        rotation=np.zeros((FRAMES, 3)),
    )
    for name, (frames, value) in changes.items():
        values[name] = values[name].copy()
        values[name][frames] = value
    return FaceCourse(
        regional=lagged(path, LAGS, values["span"]),
        lags=LAGS,
        regions=NAMES,
        rate=RATE,
        crop_size=224,
        **values,
    )


def said_of(face, onset=ONSET, offset=OFFSET):
    apex = (onset + offset) // 2
    return describe(decode.intervals([onset], [apex], [offset], [0.9]), face)


def flags(said):
    names = ("blink", "speech", "head_turn", "occluded", "cut_off")
    return {name for name in names if getattr(said, name)[0]}


@pytest.mark.parametrize(
    ("moved", "regions", "side"),
    [
        (
            [("left_mouth_corner", 3), ("left_cheek", 2)],
            ["left_mouth_corner", "left_cheek"],
            "left",
        ),
        ([("right_outer_brow", 2)], ["right_outer_brow"], "right"),
        (
            [("left_inner_brow", 2), ("right_inner_brow", 1.9)],
            ["left_inner_brow", "right_inner_brow"],
            "both",
        ),
        ([("chin", 2), ("left_cheek", 0.5)], ["chin"], "both"),
    ],
)
def test_regions_that_move_most_and_their_side(moved, regions, side):
    said = said_of(course(moved))
    assert said.regions == [regions]
    assert said.side == [side]
    assert flags(said) == set()


near, far = slice(145, 150), slice(20, 25)


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({"blink": (near, 0.8)}, {"blink"}),
        ({"blink": (far, 0.8)}, set()),
        ({"hidden": (near, True)}, {"occluded"}),
        ({"hidden": (far, True)}, set()),
        ({"rotation": (slice(150, None), (0, 12, 0))}, {"head_turn"}),
        ({"rotation": (slice(50, None), (0, 12, 0))}, set()),
        ({"rotation": (slice(None), np.nan)}, set()),
        ({"span": (slice(0, ONSET), -1)}, {"cut_off"}),
        ({"span": (slice(OFFSET + 1, None), -1)}, {"cut_off"}),
        ({"span": (slice(0, ONSET - 20), -1)}, set()),
        ({"speech": 4.0}, {"speech"}),
        ({"speech": 0.4}, set()),
    ],
)
def test_flags(changes, known):
    assert flags(said_of(course([("left_cheek", 3)], **changes))) == known


def test_no_interval_and_one_at_each_end():
    none = decode.intervals([], [], [], [])
    said = describe(none, course())
    assert said.regions == said.side == [] and len(said.blink) == 0
    assert flags(said_of(course(), 0, 10)) == {"cut_off"}
    assert flags(said_of(course(), FRAMES - 11, FRAMES - 1)) == {"cut_off"}
