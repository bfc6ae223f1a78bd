"""`mespot inspect`: what it says of each kind of file, and that it draws what is in it."""

import cv2
import numpy as np
import pandas as pd
import pytest

from mespot.cli import main
from mespot.plots import artefacts
from mespot.store import io, tables
from mespot.store.schema import LAYOUTS
from mespot.training import checkpoint
from tests.unit.stored_kinds import NAMES, OTHERS, write

T = 40
CLOCK = {
    "native_frame": np.arange(T, dtype=np.int32),
    "time": np.arange(T) / 30,
    "span": np.where(np.arange(T) < 30, 0, -1).astype(np.int16),
}


def inspect(capsys, *arguments, status=0):
    assert main(["inspect", *map(str, arguments)]) == status
    out = capsys.readouterr()
    return out.err if status else out.out


@pytest.fixture
def features(tmp_path):
    path = tmp_path / "flow.h5"
    feature = np.random.default_rng(1).normal(size=(T, 2, 3)).astype(np.float16)
    videos = {name: {"feature": feature, **CLOCK} for name in ("v1", "v2")}
    known = {"regions": ["left_brow", "chin"], "stream": "flow"}
    kept = {name: known.get(name, "x") for name in LAYOUTS["features"].attributes}
    made = {"rule": "extract_features", "code": "abc"}
    io.write_videos(path, "features", videos, attrs=kept, provenance=made)
    return path


def test_features(features, capsys, tmp_path):
    text = inspect(capsys, features, "--png", tmp_path / "out.png", "--of", "v2")
    assert "features, version" in text and "2 videos:" in text
    assert "feature       40 x 2 x 3 (frame, region, channel), float16, 1\n" in text
    assert "output of the encoder, pooled over a face region" in text
    assert "  v2, of the same form\n" in text
    assert "  regions: left_brow, chin  (names of the face regions)" in text
    assert "  code: abc\n  rule: extract_features" in text
    picture = cv2.imread(str(tmp_path / "out.png"))
    assert picture.std() > 10
    assert "it has v1, v2" in inspect(
        capsys, features, "--png", tmp_path / "o.png", "--of", "v3", status=2
    )


def test_tables(tmp_path, capsys):
    path = tmp_path / "intervals.csv"
    table = pd.DataFrame(
        [("s", "v", "micro", 3, pd.NA, 9, 0.5, 3, pd.NA, 9, 0.1, pd.NA, 0.3)],
        columns=list(tables.COLUMNS["intervals"]),
    )
    tables.write(path, "intervals", table)
    text = inspect(capsys, path, "--png", tmp_path / "out.png")
    assert (
        "table intervals\n\n1 rows; columns:\n" in text and "apex          Int64, 1 empty" in text
    )
    assert (tmp_path / "out.png").stat().st_size > 0
    assert "not checked" not in text
    copy = tmp_path / "copy" / "some.csv"
    copy.parent.mkdir()
    copy.write_bytes(path.read_bytes())
    assert text.splitlines()[1:9] == inspect(capsys, copy).splitlines()[1:9]
    assert "not checked: its seal" in inspect(capsys, copy, "--png", tmp_path / "copy.png")
    copy.write_text(path.read_text().replace("micro,3", "micro,x"))
    assert "is no intervals table" in inspect(capsys, copy, status=2)
    path.write_text(path.read_text().replace("micro,3", "micro,4"))
    assert "was damaged or changed" in inspect(capsys, path, status=2)
    path.write_text("a,b\n1,2\n")  # its seal stays
    assert "was damaged or changed" in inspect(capsys, path, status=2)
    copy.write_text("a,b\n1,2\n")
    assert "none of mespot's" in inspect(capsys, copy)
    assert "only tables of intervals" in inspect(capsys, copy, "--png", "x.png", status=2)


def test_arrays_that_are_damaged_or_of_another_are_not_shown(tmp_path, capsys):
    root = tmp_path / "results" / "corpus"
    path, other = write("flow", root, NAMES, 1), write("flow", root, OTHERS, 2)
    whole = path.read_bytes()
    assert "not checked" not in inspect(capsys, path)
    path.write_bytes(other.read_bytes())
    assert "is of video 'w', expected 'v'" in inspect(capsys, path, status=2)
    for place in (len(whole) // 3, len(whole) // 2):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        assert "is damaged in its bytes" in inspect(capsys, path, "--png", "x.png", status=2)
    path.write_bytes(whole[:-1])  # the end of its seal
    assert "not checked: it has lost its seal" in inspect(capsys, path)


def test_checkpoints(tmp_path, capsys):
    path = tmp_path / "state.pt"
    checkpoint.save(path, "training", {"digest": "abc", "state": {"weights": [1.0, 2.0]}})
    text = inspect(capsys, path)
    assert "training, version 1" in text and "weights: 1.0, 2.0" in text
    path.write_bytes(b"x" * 100)
    assert "damaged, or not a checkpoint" in inspect(capsys, path, status=2)


def test_other_files(tmp_path, capsys):
    for name, expected in (
        ("none.h5", "none.h5: does not exist"),
        ("bad.h5", "not a whole HDF5 file"),
        ("a.txt", "mespot writes no such file"),
        ("", "is a folder"),
    ):
        if name in ("bad.h5", "a.txt"):
            (tmp_path / name).write_text("x")
        assert expected in inspect(capsys, tmp_path / name, status=2)


def test_flow_has_a_colour_a_direction():
    flow = np.zeros((1, 2, 2, 2))
    flow[0, 0, 1] = 1, 0
    flow[0, 1, 0] = 0, 2
    images, full = artefacts.coloured(flow)
    assert images[0, 0, 0].tolist() == [1, 1, 1]
    assert images[0, 0, 1].argmax() == 0 and images[0, 1, 0].argmax() == 1
    assert full == pytest.approx(2, rel=0.05)


def test_frames_of_a_sheet_have_a_face():
    assert artefacts.chosen_frames(CLOCK["span"], 4).tolist() == [0, 10, 19, 29]
    assert artefacts.chosen_frames(np.full(3, -1), 9).tolist() == [0, 1, 2]
