"""The seal behind the content of a file, and digests of what a job was given."""

import json
import random

import h5py
import numpy as np
import pytest

from mespot.errors import InputError
from mespot.store import contents, digests, table_seals, tables
from mespot.store.sealed import Sealed, digest_of, seal

BLOCK = 1 << 16


def written(path, length):
    content = random.Random(length).randbytes(length)
    path.write_bytes(content)
    seal(path)
    return content


@pytest.mark.parametrize("length", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7])
def test_what_is_read_is_what_was_sealed(tmp_path, length):
    path, draw = tmp_path / "a", random.Random(0)
    content = written(path, length)
    with Sealed(path, "again") as file:
        file.verify()
        assert file.seek(0, 2) == length
        for _ in range(50):
            start, size = draw.randrange(length + 1), draw.randrange(2 * BLOCK)
            file.seek(start)
            assert file.read(size) == content[start : start + size]
            assert file.tell() == min(length, start + size)


def test_a_damaged_block_is_named_and_the_others_are_read(tmp_path):
    path = tmp_path / "a"
    content = written(path, 3 * BLOCK)
    before = digest_of(path)
    with path.open("r+b") as file:
        file.seek(BLOCK + 5)
        file.write(bytes([content[BLOCK + 5] ^ 1]))
    with Sealed(path, "copy it") as file:
        file.seek(2 * BLOCK)
        assert file.read(BLOCK) == content[2 * BLOCK :]
        for read in (lambda: file.seek(BLOCK) and file.read(1), file.verify):
            with pytest.raises(InputError, match="a: is damaged in its bytes 65536 to 131072; cop"):
                read()
        assert file.fault
    assert digest_of(path) == before is not None


def test_without_a_seal_a_file_is_refused_where_one_is_needed(tmp_path):
    path = tmp_path / "a"
    content = written(path, 100)
    whole = path.read_bytes()
    for change in (whole[:-1], content, b"", whole + b"x", whole[:50] + whole[51:]):
        path.write_bytes(change)
        assert digest_of(path) is None
        with pytest.raises(InputError, match="a: is not whole, or another program .*; again"):
            Sealed(path, "again")
    path.write_bytes(content)
    with Sealed(path, "again", needed=False) as file:
        file.verify()
        assert file.read() == content


def test_other_programs_read_on_and_cut_the_seal_off_when_they_write(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(10_000)
    seal(path)
    with h5py.File(path) as file:
        assert file["x"][-1] == 9999
    assert digest_of(path) is not None
    with h5py.File(path, "a") as file:
        file["x"][0] = 1
    assert digest_of(path) is None


def test_files_written_in_chunks_are_sealed_as_others(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        grown = file.create_dataset("x", (0, 1000), "f4", chunks=(16, 1000), maxshape=(None, 1000))
        for number in range(10):
            grown.resize(len(grown) + 20, axis=0)
            grown[-20:] = number
    seal(path)
    with Sealed(path, "again") as content, h5py.File(content, "r") as file:
        assert file["x"][:, 0].tolist() == [number for number in range(10) for _ in range(20)]


def test_a_digest_tells_other_content_and_only_that(tmp_path):
    def given():
        return digests.of_inputs({"flow": [str(tmp_path / "a.h5")], "table": str(table), "no": []})

    table = tmp_path / "labels.csv"
    tables.write(table, "labels", tables.empty("labels"))
    written(tmp_path / "a.h5", 10)
    before = given()
    written(tmp_path / "a.h5", 10)
    assert given() == before and set(before) == {"flow", "table", "no"}
    written(tmp_path / "a.h5", 11)
    assert {name for name in before if given()[name] != before[name]} == {"flow"}
    (tmp_path / "v.mp4").write_bytes(b"abc")
    user = digests.of_file(tmp_path / "v.mp4")
    (tmp_path / "v.mp4").write_bytes(b"abd")
    assert digests.of_file(tmp_path / "v.mp4") != user
    assert digests.of_file(tmp_path) == digests.of_file(tmp_path / "none") == ""


def test_a_table_says_which_job_made_it(tmp_path, monkeypatch):
    monkeypatch.setitem(table_seals.MADE_BY, "rule", "score")
    path = tmp_path / "metrics.csv"
    tables.write(path, "metrics", tables.empty("metrics"))
    assert tables.provenance(path, "metrics")["rule"] == "score"
    assert json.loads((tmp_path / ".seals" / "metrics.csv.json").read_text())["sha256"]


@pytest.mark.parametrize("resealed", [True, False])
@pytest.mark.parametrize("length", [0, 3, 2**64 - 16, 2**40])
def test_texts_that_have_no_end_are_refused(tmp_path, resealed, length):
    """HDF5 itself looks for the end of such a list without end."""
    path = tmp_path / "any.h5"
    with h5py.File(path, "w") as file:
        file.attrs["kind"], file.attrs["many"] = "flow", ["a" * 50, "b"]
    data = bytearray(path.read_bytes())
    heap = data.index(b"GCOL")
    data[heap + 16 : heap + 18] = bytes(2)  # free space of an impossible length
    data[heap + 24 : heap + 32] = length.to_bytes(8, "little")
    path.write_bytes(data)
    if resealed:
        seal(path)
    with pytest.raises(InputError, match="any.h5.*(damaged|cannot be read)"):
        contents.contents(path)
