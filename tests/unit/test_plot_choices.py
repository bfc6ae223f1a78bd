"""What figures choose to show: clips of expressions, regions, and events of a video."""

import numpy as np
import pandas as pd
import pytest

from mespot.face.regions import REGIONS
from mespot.plots import clips, events
from tests.unit.plotted import CHIN, T, intervals, make_clock, moving_chin

SPAN = make_clock()["span"]  # no face in frames 40 to 49


def labelled(labels, length):
    motion = clips.VideoMotion(moving_chin(), [1], SPAN, 30.0)
    return clips.labelled_clips(0, motion, labels, length, drift_seconds=8.0)


def liveliest(length):
    return clips.liveliest_clip(0, clips.VideoMotion(moving_chin(), [1], SPAN, 30.0), length)


def test_clips_around_expressions():
    labels = intervals(("micro", 66, 74, 0), ("macro", 5, 38, 0))
    micro, macro = labelled(labels, 16)
    assert micro.whole and (micro.start, micro.start + 15) == (62, 77)
    assert micro.marks(16) == {"onset": 4, "apex": 8, "offset": 12}
    assert not macro.whole and macro.strength > micro.strength > 0
    # Fastest 7 frames (10 / sqrt 2) before and after the apex: one flank and the apex are shown.
    assert macro.start >= 4 and macro.start + 16 <= 40
    assert set(macro.marks(16)) == {"apex"}


def test_clips_stay_inside_a_span():
    labels = intervals(("micro", 44, 46, 0), ("micro", 51, 55, 0))
    candidates = labelled(labels, 10)
    assert all(one.start >= 50 or one.start + 10 <= 40 for one in candidates)
    assert len(candidates) == 1  # frames 44 to 46 have no face
    assert labelled(labels, 45) == [] and liveliest(45) == []


def test_the_liveliest_clip_has_no_label_and_no_marks():
    (one,) = liveliest(10)
    assert one.kind == "" and one.marks(10) == {}
    assert one.start + 10 <= 40 and one.strength > 0  # around frame 20; the eyes do not count


def examined(kind, whole, strength, share):
    candidate = clips.ClipCandidate(0, 0, 1, 2, 3, kind, strength, whole)
    return clips.ExaminedClip(candidate, np.zeros(0), "chin", np.zeros(0), share)


def test_a_typical_expression_is_shown():
    whole = [examined("micro", True, 1.0, share) for share in (0.9, 0.2, 0.5, np.nan)]
    longer = [examined("macro", False, 9.0, share) for share in (0.3, 0.1, 0.2)]
    assert clips.typical([*whole, longer[0]]) is whole[2]
    assert clips.typical(longer) is longer[2]
    unlabelled = [examined("", False, 1.0, 0.9), examined("", False, 2.0, 0.2)]
    assert clips.typical(unlabelled) is unlabelled[1]


def test_the_title_has_the_median_of_each_class():
    shown = [examined("micro", True, 1.0, share) for share in (0.2, 0.4, 0.9, np.nan)]
    text = clips.title("flow", "v1", "s2", False, "micro", [*shown, examined("", False, 1, 0.7)])
    first, second = text.splitlines()
    assert first == "flow: v1 (subject s2, held out), a labelled micro-expression"
    assert second.endswith("median: micro 40 % (3)")
    text = clips.title("face", "v1", "s2", True, "", [examined("", False, 1.0, 0.7)])
    assert text == "face: v1 (subject s2, seen in training), the most motion"


def test_region_that_moves_most_is_no_eye():
    clip = np.zeros((8, 1, 4, 4), np.float16)
    clip[::2, 0, 0, 0], clip[::2, 0, 3, 3] = 5, 1
    weights = np.zeros((len(REGIONS), 4, 4))
    weights[list(REGIONS).index("left_eye"), 0, 0] = 1
    weights[CHIN, 3, 3] = 1
    assert clips.moving_region(clip, weights) == CHIN


def test_a_network_is_asked_for_each_clip_of_a_video():
    values = np.arange(6.0).reshape(6, 1, 1, 1) * np.ones((6, 2, 2, 2))
    weights = np.ones((len(REGIONS), 2, 2))
    asked = []

    def half(clip):
        """The whole clip is hidden, and half of its change comes back."""
        asked.append(clip.copy())
        mean = clip.mean(axis=0)
        hidden = np.full_like(clip, np.nan)
        output = mean + 0.5 * (clip - mean)
        return {"input": clip, "masked": hidden, "target": clip, "output": output}

    candidates = [clips.ClipCandidate(0, n, n, n, n, "micro", 1.0, True) for n in (0, 2)]
    made = clips.examine(candidates, values, weights, length=3, channels=1, reconstruct=half)
    assert [clip.candidate.start for clip in made] == [0, 2]
    assert [clip.share for clip in made] == pytest.approx([0.75, 0.75])
    np.testing.assert_array_equal(asked, [values[:3], values[2:5]])


# ---------------------------------------------------------------- events


def test_events_of_a_video():
    labels = intervals(("micro", 20, 30, 0), ("macro", 50, 71, 0))
    labels.loc[1, "apex_w"] = pd.NA
    blink = np.zeros(T)
    blink[[10, 25, 40, 80]] = [0.9, 0.9, 0.2, 0.8]
    usable = np.arange(T) < 75
    frames = events.event_frames("v1", labels, blink, usable)
    assert frames["micro"].tolist() == [25] and frames["macro"].tolist() == [60]
    assert frames["blink"].tolist() == [10]  # in a label, too low, without a face
    assert usable[frames["random"]].all()
    again = events.event_frames("v1", labels, blink, usable)
    np.testing.assert_array_equal(frames["random"], again["random"])


def test_responses_around_events():
    rng = np.random.default_rng(0)
    feature = rng.normal(size=(T, 2, 3)).astype(np.float16)
    feature[70, 1] *= 30
    frames = {"micro": np.array([70, 20]), "blink": np.zeros(0, int)}
    sizes = events.event_responses(feature, SPAN, frames, np.array([-30, 0, 5]), 60)
    assert sizes["micro"].shape == (2, 3, 2) and sizes["blink"].shape == (0, 3, 2)
    assert sizes["micro"][0, 1, 1] > 3 > sizes["micro"][1, 1, 1]
    # 30 frames before 70 there is no face, 30 before 20 no recording.
    assert np.isnan(sizes["micro"][:, 0]).all()


def test_mean_over_events_leaves_out_what_is_not_known():
    pieces = [np.array([[[1.0, np.nan]], [[3.0, np.nan]]]), np.array([[[np.nan, np.nan]]])]
    np.testing.assert_array_equal(events.mean_over_events(pieces), [[2, np.nan]])
