"""Files that are written part by part: the same as those that are written at once."""

import tracemalloc

import h5py
import numpy as np
import pytest

from mespot.store import io
from mespot.store.blocks import Parts
from mespot.store.schema import LAYOUTS
from tests.unit.stored_videos import clock, made_by

FRAMES = 700
SHAPES = {
    "regional": (2, 16, 2),
    "blink": (),
    "span": (),
    "native_frame": (),
    "time": (),
    "flow": (8, 8, 2),
    "rigid": (2, 6),
}
ATTRS = {name: f"{name}!" for name in LAYOUTS["flow"].attributes}


@pytest.fixture(scope="module")
def content():
    rng = np.random.default_rng(0)
    types = {name: declared.dtype for name, declared in LAYOUTS["flow"].data_sets.items()}
    return {
        name: (100 * rng.random((FRAMES, *shape))).astype(types[name])
        for name, shape in SHAPES.items()
    }


def written(path, parts, frames=FRAMES, shapes=SHAPES):
    """The file of these parts, {data set: frames} each."""
    with io.writing(path, "flow", frames, shapes, attrs=ATTRS, provenance={}) as blocks:
        for part in parts:
            blocks.add(**part)
    return path


@pytest.mark.parametrize("size", [1, 64, 699])
def test_parts_make_the_file_that_is_written_at_once(tmp_path, content, size):
    io.write(tmp_path / "whole.h5", "flow", content, attrs=ATTRS, provenance={})
    parts = [
        {name: array[start : start + size] for name, array in content.items() if name != "time"}
        for start in range(0, FRAMES, size)
    ]
    written(tmp_path / "parts.h5", [{"time": content["time"]}, *parts])
    with h5py.File(tmp_path / "whole.h5") as whole, h5py.File(tmp_path / "parts.h5") as made:
        assert set(whole) == set(made) and dict(whole.attrs) == dict(made.attrs)
        for name in whole:
            assert made[name].dtype == whole[name].dtype and made[name].chunks == whole[name].chunks
            assert made[name].compression == whole[name].compression
            np.testing.assert_array_equal(made[name][:], whole[name][:])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda part: part | {"blink": part["blink"][1:]}, "blink has 699 of 700 frames"),
        (lambda part: part | {"blink": np.zeros(701)}, "blink has more than 700 frames"),
        (lambda part: part | {"rigid": part["rigid"][0]}, "rigid has shape"),
        (lambda part: part | {"flow": part["flow"] + 0.5}, "flow is float64"),
    ],
)
def test_parts_that_do_not_fit_leave_no_file(tmp_path, content, change, told):
    with pytest.raises(ValueError, match=told):
        written(tmp_path / "x.h5", [change(content)])
    assert list(tmp_path.iterdir()) == []


def test_every_data_set_is_announced(tmp_path):
    with pytest.raises(ValueError, match="data sets"):
        written(tmp_path / "x.h5", [], shapes={"blink": ()})


def features(frames, seed=0):
    feature = np.random.default_rng(seed).normal(size=(frames, 16, 16)).astype(np.float16)
    return {"feature": feature, **clock(np.zeros(frames, np.int16))}


def in_parts(content, size):
    """The same content, with its features in parts of `size` frames."""
    feature = content["feature"]
    parts = (feature[start : start + size] for start in range(0, len(feature), size))
    return {**content, "feature": Parts(feature.shape, feature.dtype, parts)}


def write_features(path, videos):
    attrs = made_by("flow", [f"region {i}" for i in range(16)])
    io.write_videos(path, "features", videos, attrs=attrs, provenance={})
    return path.read_bytes()


@pytest.mark.parametrize("size", [1, 256, 5000])
def test_parts_of_videos_make_the_same_file_to_the_byte(tmp_path, size):
    """Of more than the chunks that HDF5 holds back, of less than one, and of no frame."""
    lengths = {"z": 3000, "a": 5, "none": 0, "b": 1500}
    videos = {name: features(frames, seed=frames) for name, frames in lengths.items()}
    whole = write_features(tmp_path / "whole.h5", videos)
    parts = {name: in_parts(content, size) for name, content in videos.items()}
    assert write_features(tmp_path / "parts.h5", parts) == whole
    assert list(io.read_videos(tmp_path / "parts.h5", "features")) == list(lengths)


def test_parts_of_videos_are_not_gathered(tmp_path):
    """A frame of features has 512 bytes: 15 MB in all."""
    frames, of_part = 10_000, 250
    part = np.ones((of_part, 16, 16), np.float16)
    videos = {}
    for name in ("a", "b", "c"):
        copies = (part.copy() for _ in range(frames // of_part))
        feature = Parts((frames, 16, 16), np.float16, copies)
        videos[name] = {**clock(np.zeros(frames, np.int16)), "feature": feature}
    tracemalloc.start()
    try:
        write_features(tmp_path / "x.h5", videos)
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("missing", [-1, 1])
def test_parts_of_a_video_must_be_all_of_it(tmp_path, missing):
    content = in_parts(features(700), 100)
    short = Parts((700 + missing, 16, 16), np.float16, content["feature"].parts)
    rest = clock(np.zeros(700 + missing, np.int16))
    with pytest.raises(ValueError, match="features of a: feature has"):
        write_features(tmp_path / "x.h5", {"a": {**rest, "feature": short}})
    assert list(tmp_path.iterdir()) == []
