"""Recordings as the spotter reads them."""

import numpy as np
import pytest

from mespot.errors import InputError
from mespot.store import io
from mespot.training.spotter_input import (
    SpotterInput,
    feature_channels,
    feature_scale,
    read_inputs,
    standardised,
)
from tests.unit.moving_regions import REGIONS
from tests.unit.stored_videos import clock, made_by


def test_features_lose_their_rest_and_get_one_scale():
    rng = np.random.default_rng(0)
    span = np.repeat([0, -1], [300, 20])
    recordings = []
    for size in (2.0, 2.0):
        feature = 100 + rng.normal(scale=size, size=(320, 3, 2)).astype(np.float32)
        channels = feature_channels(feature, span, drift_frames=60)
        assert abs(channels[:300].mean()) < 0.1 and not channels[300:].any()
        empty = np.zeros((320, 3, 0), np.float32)
        recordings.append(SpotterInput("s", "v", empty, {"face": channels}, empty[:, 0], span))
    scale = feature_scale(recordings)
    assert scale["face"] == pytest.approx(2.0, rel=0.1)
    one = standardised(recordings[0], scale, 1.0)
    assert one.features["face"][:300].std() == pytest.approx(1, rel=0.1)


def test_features_of_other_frames_are_refused(corpus, tmp_path):
    _, files, _ = corpus
    path = tmp_path / "face.h5"
    feature = np.zeros((399, len(REGIONS), 2), np.float16)
    videos = {"v0": {"feature": feature, **clock(np.zeros(399, np.int16))}}
    attrs = made_by("face", REGIONS)
    io.write_videos(path, "features", videos, attrs=attrs, provenance={})
    with pytest.raises(InputError, match=r"v0.h5: face features of \(399, 5\) frames and regions"):
        read(files, path)
    # Nor are those of a recording that is read in stretches.
    with pytest.raises(InputError, match=r"v0.h5: face features of \(99, 5\) frames and regions"):
        read(files, path, (0, 300), (300, None))


def read(files, features, *stretches):
    """Inputs of video v0, or of stretches of it."""
    record = io.read(files["v0"], "flow")
    inputs = read_inputs(
        [record.stretch(*frames) for frames in stretches] or [record],
        {"face": features},
        streams=["face"],
        regional_flow=True,
        drift_seconds=2.0,
        slow_drift_seconds=3.0,
    )
    return list(inputs)


def test_a_stretch_is_read_as_that_part_of_the_recording(corpus, tmp_path):
    """All but its ends, where nothing is known of what is before and after."""
    _, files, _ = corpus
    feature = np.random.default_rng(0).normal(size=(400, len(REGIONS), 2)).astype(np.float16)
    videos = {"v0": {"feature": feature, **clock(np.zeros(400, np.int16))}}
    attrs = made_by("face", REGIONS)
    io.write_videos(tmp_path / "face.h5", "features", videos, attrs=attrs, provenance={})
    (whole,) = read(files, tmp_path / "face.h5")
    first, second = read(files, tmp_path / "face.h5", (0, 300), (60, None))
    assert (len(first.span), len(second.span)) == (300, 340)
    for part, own, there in (
        (first, slice(0, 260), slice(0, 260)),
        (second, slice(40, 340), slice(100, 400)),
    ):
        np.testing.assert_allclose(
            part.features["face"][own], whole.features["face"][there], atol=1e-5
        )
        assert np.abs(part.paths[own, :, :2] - whole.paths[there, :, :2]).max() < 0.05
        assert np.abs(whole.paths[there, :, :2]).max() > 0.5
