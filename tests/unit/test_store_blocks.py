"""Files that are written part by part: the same as those that are written at once."""

import h5py
import numpy as np
import pytest

from mespot.store import io
from mespot.store.schema import LAYOUTS

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
