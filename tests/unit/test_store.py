"""Round trips through the store, and what it refuses."""

import subprocess
import sys
import time

import h5py
import numpy as np
import pandas as pd
import pytest

from mespot.errors import InputError
from mespot.store import files, io, tables
from mespot.store.schema import LAYOUTS
from mespot.store.sealed import seal
from tests.unit.stored_kinds import arrays, attributes


@pytest.mark.parametrize("kind", [k for k, layout in LAYOUTS.items() if not layout.per_video])
def test_round_trip(tmp_path, kind):
    content = arrays(kind, np.random.default_rng(0))
    path = tmp_path / "new" / "x.h5"
    io.write(path, kind, content, attrs=attributes(kind), provenance={"rule": "r"})
    record = io.read(path, kind)
    assert set(record) == set(content)
    for name, array in content.items():
        assert record[name].dtype == array.dtype
        np.testing.assert_array_equal(record[name], array)
    for part in (record.part("span", slice(2, 4)), record.rows("span")[2:4]):
        np.testing.assert_array_equal(part, content["span"][2:4])
    stretch, rest = record.stretch(1, 4), record.stretch(2, None)
    for name, array in content.items():
        np.testing.assert_array_equal(stretch[name], array[1:4])
        np.testing.assert_array_equal(rest[name], array[2:])
        np.testing.assert_array_equal(stretch.part(name, slice(1, 9)), array[2:4])
        np.testing.assert_array_equal(stretch.part(name, [0, 2]), array[[1, 3]])
    np.testing.assert_array_equal(stretch.rows("span")[0:2], content["span"][1:3])
    for name, value in attributes(kind).items():
        assert record.attrs[name] == value
    assert record.attrs["provenance"] == '{"rule": "r"}'


@pytest.mark.parametrize("kind", [k for k, layout in LAYOUTS.items() if layout.per_video])
def test_round_trip_of_a_group_a_video(tmp_path, kind):
    rng = np.random.default_rng(0)
    content = {"b": arrays(kind, rng), "a": arrays(kind, rng)}
    path = tmp_path / "x.h5"
    io.write_videos(path, kind, content, attrs=attributes(kind), provenance={})
    records = io.read_videos(path, kind, ["b"])
    assert list(records) == ["b"]
    for name, array in content["b"].items():
        np.testing.assert_array_equal(records["b"][name], array)
    assert set(io.read_videos(path, kind)) == {"a", "b"}
    with pytest.raises(InputError, match="no video 'c'"):
        io.read_videos(path, kind, ["c"])


def test_videos_are_read_in_the_order_in_which_they_were_written(tmp_path):
    rng = np.random.default_rng(0)
    names = ["z", "a", "v_10", "v_9", "b"]
    content = {name: arrays("scores", rng) for name in names}
    good = dict(attrs={}, video_attrs=dict.fromkeys(names, attributes("scores")), provenance={})
    io.write_videos(tmp_path / "x.h5", "scores", content, **good)
    records = io.read_videos(tmp_path / "x.h5", "scores")
    assert list(records) == names and "videos" not in records["z"].attrs


def test_every_data_set_says_its_units_and_axes(tmp_path):
    path = tmp_path / "x.h5"
    content = arrays("flow", np.random.default_rng(0))
    io.write(path, "flow", content, attrs=attributes("flow"), provenance={})
    with h5py.File(path) as file:
        assert file.attrs["kind"] == "flow"
        assert file.attrs["version"] == 3
        assert file["regional"].attrs["axes"] == "frame,lag,region,uv"
        assert file["regional"].attrs["units"] == "px"


def test_same_content_same_bytes(tmp_path):
    content = arrays("frames", np.random.default_rng(0))
    for name in ("a.h5", "b.h5"):
        io.write(tmp_path / name, "frames", content, attrs=attributes("frames"), provenance={})
        time.sleep(1.1)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_writer_refuses_what_the_layout_does_not_say(tmp_path):
    content = arrays("frames", np.random.default_rng(0))
    good = dict(attrs=attributes("frames"), provenance={})
    wrong = [
        {**content, "extra": content["span"]},
        {name: array for name, array in content.items() if name != "span"},
        {**content, "span": content["span"][:-1]},
        {**content, "image": content["image"][0]},
        {**content, "image": content["image"].astype("float32")},
    ]
    for arrays_ in wrong:
        with pytest.raises(ValueError):
            io.write(tmp_path / "x.h5", "frames", arrays_, **good)
    with pytest.raises(ValueError, match="attributes"):
        io.write(tmp_path / "x.h5", "frames", content, attrs={}, provenance={})
    assert list(tmp_path.iterdir()) == []


def test_reader_names_the_file_and_what_is_wrong(tmp_path):
    content = arrays("frames", np.random.default_rng(0))
    good = tmp_path / "good.h5"
    io.write(good, "frames", content, attrs=attributes("frames"), provenance={})
    cut = tmp_path / "cut.h5"
    cut.write_bytes(good.read_bytes()[:-100])
    text = tmp_path / "text.h5"
    text.write_text("no HDF5")
    foreign = tmp_path / "foreign.h5"
    h5py.File(foreign, "w").close()
    seal(foreign)
    newer = tmp_path / "newer.h5"
    newer.write_bytes(good.read_bytes())
    with h5py.File(newer, "a") as file:
        file.attrs["version"] = 99
    seal(newer)
    lacking = tmp_path / "lacking.h5"
    lacking.write_bytes(good.read_bytes())
    with h5py.File(lacking, "a") as file:
        del file["span"]
    seal(lacking)
    for path, words in [
        (cut, "is not whole, or another program has written to it"),
        (text, "is not whole, or another program has written to it"),
        (foreign, "not written by mespot"),
        (newer, "frames version 99"),
        (lacking, "lacks span"),
        (tmp_path / "none.h5", "does not exist"),
    ]:
        with pytest.raises(InputError, match=words) as caught:
            io.read(path, "frames")
        assert str(path) in str(caught.value)
    with pytest.raises(InputError, match="expected flow version"):
        io.read(good, "flow")


def test_replacing_leaves_the_old_file_when_the_writer_fails(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        temporary.write_text("half of the n")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_full_disk_is_reported_with_the_file(tmp_path):
    path = tmp_path / "x.csv"
    with pytest.raises(InputError, match="x.csv.*Free space"), files.replacing(path):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_writer_left_is_removed(tmp_path):
    path = tmp_path / "x.h5"
    killed = subprocess.Popen([sys.executable, "-c", WRITER.format(path=str(path))])
    while not (begun := list(tmp_path.iterdir())):
        time.sleep(0.01)
    with files.replacing(path) as temporary:  # beside a writer that lives
        assert {*begun, temporary} == set(tmp_path.iterdir())
    killed.kill()
    killed.wait()
    other = tmp_path / begun[0].name.replace("x.", "y.", 1)
    other.write_text("of another file")
    with files.replacing(path):
        pass
    assert set(tmp_path.iterdir()) == {path, other}


WRITER = """
import time
from mespot.store.files import replacing
with replacing({path!r}):
    time.sleep(60)
"""


def test_room_is_claimed_before_hdf5_writes(tmp_path, monkeypatch):
    content = arrays("frames", np.random.default_rng(0))
    claimed = []

    def full(descriptor, offset, size):
        claimed.append(size)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "posix_fallocate", full)
    with pytest.raises(InputError, match="x.h5: cannot be written: No space left.*needs up to"):
        io.write(tmp_path / "x.h5", "frames", content, attrs=attributes("frames"), provenance={})
    assert claimed[0] >= sum(array.nbytes for array in content.values())
    assert list(tmp_path.iterdir()) == []


def test_room_that_was_not_used_is_given_back(tmp_path):
    content = arrays("frames", np.random.default_rng(0))
    path = tmp_path / "x.h5"
    io.write(path, "frames", content, attrs=attributes("frames"), provenance={})
    with h5py.File(path) as file:
        assert path.stat().st_size == file.id.get_filesize()
    assert path.stat().st_size < sum(array.nbytes for array in content.values()) + 100_000


def test_folder_that_is_a_file_is_reported(tmp_path):
    (tmp_path / "folder").write_text("")
    path = tmp_path / "folder" / "x.csv"
    with pytest.raises(InputError, match="cannot be written"), files.replacing(path):
        pass


def test_table_round_trip_keeps_ids_text_and_gaps_empty(tmp_path):
    path = tmp_path / "a.csv"
    table = pd.DataFrame(
        {
            "subject": ["006"],
            "video": ["1e5"],
            "onset": [3],
            "apex": [pd.NA],
            "offset": [9],
            "type": ["micro"],
        }
    )
    tables.write(path, "annotations", table)
    assert path.read_text() == "subject,video,onset,apex,offset,type\n006,1e5,3,,9,micro\n"
    back = tables.read(path, "annotations")
    assert back.subject[0] == "006" and back.video[0] == "1e5"
    assert back.apex.isna()[0] and back.offset[0] == 9


def test_table_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    tables.write(path, "annotations", tables.empty("annotations"))
    tables.write(tmp_path / "m.csv", "labels", tables.empty("labels"))
    with pytest.raises(InputError, match="is of kind 'labels', expected 'metrics'"):
        tables.read(tmp_path / "m.csv", "metrics")
    path.write_text("subject,video,onset,apex,offset,type\na,b,x,,3,micro\n")
    with pytest.raises(InputError, match="not a annotations table|not an annotations"):
        tables.read(path, "annotations")
