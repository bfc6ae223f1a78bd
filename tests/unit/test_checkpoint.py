import hashlib
import os
import pickle
import random
import zipfile
from pathlib import Path

import pytest
import torch

from mespot.errors import InputError
from mespot.training import checkpoint
from mespot.training.encoders import Encoder


@pytest.fixture
def content():
    return {
        "network": {"channels": 4},
        "state": {"weight": torch.arange(6.0).reshape(2, 3)},
        "standardisation": {"mean": [0.5]},
        "history": [{"epoch": 0, "loss": 1.5}],
        "provenance": {"rule": "pretrain"},
        "settings": {"stream": "flow"},
        "whose": {"corpus": "made", "encoder": "e", "fold": "g1", "stream": "flow"},
        "pretraining": "inductive",
        "seen": ["made/s1"],
    }


def test_comes_back_as_it_was(tmp_path, content):
    checkpoint.save(tmp_path / "a.pt", "encoder", content)
    stored = checkpoint.load(tmp_path / "a.pt", "encoder")
    assert torch.equal(stored["state"]["weight"], content["state"]["weight"])
    assert stored["history"] == content["history"]
    assert stored["provenance"] == '{"rule": "pretrain"}'
    assert (stored["kind"], stored["version"]) == ("encoder", checkpoint.KINDS["encoder"][0])
    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]


def test_same_content_same_bytes_whatever_the_name(tmp_path, content):
    for name in ("a.pt", "another.pt"):
        checkpoint.save(tmp_path / name, "encoder", content)
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "another.pt").read_bytes()


def test_incomplete_content_is_not_written(tmp_path, content):
    del content["state"]
    with pytest.raises(ValueError, match="state"):
        checkpoint.save(tmp_path / "a.pt", "encoder", content)
    assert not list(tmp_path.iterdir())


def test_another_kind_is_refused(tmp_path, content):
    checkpoint.save(tmp_path / "a.pt", "encoder", content)
    with pytest.raises(InputError, match=r"a.pt: holds encoder version \d, expected spotter"):
        checkpoint.load(tmp_path / "a.pt", "spotter")


def test_a_spotter_may_be_larger_than_networks_are(tmp_path, content, monkeypatch):
    """It holds what is said of each frame of a whole corpus."""
    checkpoint.save(tmp_path / "a.pt", "encoder", content)
    monkeypatch.setattr(checkpoint, "CHECKPOINT_BYTES", 1000)
    with pytest.raises(InputError, match="a.pt: has .* are read"):
        checkpoint.load(tmp_path / "a.pt", "encoder")
    with pytest.raises(InputError, match="expected spotter"):
        checkpoint.load(tmp_path / "a.pt", "spotter")


def test_how_it_was_made_is_told_without_its_weights(tmp_path, content, monkeypatch):
    checkpoint.save(tmp_path / "a.pt", "encoder", content)
    # Whole spotters of a large corpus would not fit into the memory of the jobs that ask.
    monkeypatch.setattr(Path, "read_bytes", None)
    assert checkpoint.provenance(tmp_path / "a.pt", "encoder") == '{"rule": "pretrain"}'
    with pytest.raises(InputError, match="a.pt: holds encoder"):
        checkpoint.provenance(tmp_path / "a.pt", "spotter")
    os.truncate(tmp_path / "a.pt", 500)
    with pytest.raises(InputError, match="a.pt: not a checkpoint"):
        checkpoint.provenance(tmp_path / "a.pt", "encoder")
    with pytest.raises(InputError, match="b.pt: does not exist"):
        checkpoint.provenance(tmp_path / "b.pt", "encoder")
    with zipfile.ZipFile(tmp_path / "b.pt", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("b/data.pkl", bytes(1_000_000))
    with pytest.raises(InputError, match="b.pt: .*unpacks to more"):
        checkpoint.provenance(tmp_path / "b.pt", "encoder")


def test_another_version_is_refused(tmp_path, content, monkeypatch):
    checkpoint.save(tmp_path / "a.pt", "encoder", content)
    _, keys = checkpoint.KINDS["encoder"]
    monkeypatch.setitem(checkpoint.KINDS, "encoder", (99, keys))
    with pytest.raises(InputError, match="expected encoder version 99"):
        checkpoint.load(tmp_path / "a.pt", "encoder")


@pytest.mark.parametrize("at", [10, 300, -40, -1])
def test_one_flipped_byte_is_noticed(tmp_path, content, at):
    path = tmp_path / "a.pt"
    checkpoint.save(path, "encoder", content)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="a.pt: damaged"):
        checkpoint.load(path, "encoder")


@pytest.mark.parametrize("length", [0, 5, 500])
def test_a_cut_off_file_is_noticed(tmp_path, content, length):
    path = tmp_path / "a.pt"
    checkpoint.save(path, "encoder", content)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(InputError, match="a.pt: damaged"):
        checkpoint.load(path, "encoder")


def test_foreign_files_are_refused(tmp_path):
    torch.save({"kind": "encoder"}, tmp_path / "torch.pt")
    (tmp_path / "pickle.pt").write_bytes(pickle.dumps(print))
    (tmp_path / "text.pt").write_text("not a checkpoint")
    for path in tmp_path.iterdir():
        with pytest.raises(InputError, match=path.name):
            checkpoint.load(path, "encoder")


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="none.pt"):
        checkpoint.load(tmp_path / "none.pt", "encoder")


def test_weights_that_are_no_numbers_are_refused(tmp_path, content):
    for value in (float("nan"), float("inf")):
        content["state"]["weight"][1, 2] = value
        checkpoint.save(tmp_path / "a.pt", "encoder", content)
        with pytest.raises(InputError, match="a.pt: has weights that are no finite numbers"):
            checkpoint.load(tmp_path / "a.pt", "encoder")


def test_changed_bytes_end_in_our_own_error_only(tmp_path, content):
    """Also where somebody has made the digest fit."""
    path, draw, refused = tmp_path / "a.pt", random.Random(1), 0
    checkpoint.save(path, "encoder", content)
    good = path.read_bytes()[:-32]
    for _ in range(60):
        data = bytearray(good)
        for _ in range(draw.choice([1, 1, 5])):
            data[draw.randrange(len(data))] = draw.randrange(256)
        path.write_bytes(data + hashlib.sha256(data).digest())
        try:
            Encoder.load(path)
        except InputError as error:
            assert str(path) in str(error)
            refused += 1
    assert refused > 10


def test_a_checkpoint_that_does_not_say_whose_it_is_is_refused(tmp_path, content):
    checkpoint.save(tmp_path / "a.pt", "encoder", {**content, "whose": None})
    with pytest.raises(InputError, match="a.pt: does not say whose it is"):
        checkpoint.load(tmp_path / "a.pt", "encoder")
    checkpoint.save(tmp_path / "a.pt", "encoder", {**content, "standardisation": 3})
    with pytest.raises(InputError, match="a.pt: is damaged"):
        Encoder.load(tmp_path / "a.pt")
    os.mkfifo(tmp_path / "pipe.pt")
    with pytest.raises(InputError, match="pipe.pt: is a pipe"):
        checkpoint.load(tmp_path / "pipe.pt", "encoder")
