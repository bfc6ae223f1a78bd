"""Rule summarise: what is odd in the recordings of a corpus, from files made by hand."""

import numpy as np
import pandas as pd
import pytest

from mespot.errors import InputError
from mespot.steps import summarise
from mespot.store import io, tables
from tests.unit.stored_videos import attributes, clock, write_flow

RATE = 30


def write_landmarks(path, video, *, span, others=0, cut=-1, time=None, fps=30.0):
    """Landmarks with `span` (T,), `others` frames with another face and `time` stamps (T,)."""
    frames = len(span)
    span = np.asarray(span, np.int16)
    io.write(
        path,
        "landmarks",
        {
            "points": np.zeros((frames, 478, 3), np.float32),
            "blendshapes": np.zeros((frames, 52), np.float32),
            "head_pose": np.zeros((frames, 4, 4), np.float32),
            "found": span >= 0,
            "bridged": np.zeros(frames, bool),
            "cut": np.arange(frames) == cut,
            "other_faces": (np.arange(frames) < others).astype(np.int16),
            **clock(span),
            **({} if time is None else {"time": time}),
        },
        attrs={
            **attributes(video, "s", frames),
            "native_fps": fps,
            "blendshape_names": ["a"],
            "face_seconds": [1.0, 2.0] if others else [2.0],
            "face_sizes": [50.0, 100.0] if others else [100.0],
            "face_followed": 2 if others else 1,
        },
        provenance={},
    )
    return path


def write_intervals(path, found):
    """A table of intervals; found: (video, type) of each."""
    rows = [
        {"subject": "s", "video": video, "type": kind, "confidence": 0.5}
        | {f"{name}{end}": 3 for name in ("onset", "apex", "offset") for end in ("", "_w", "_s")}
        for video, kind in found
    ]
    table = pd.DataFrame(rows) if rows else tables.empty("intervals")
    tables.write(path, "intervals", table)
    return path


def summed(tmp_path, subjects, *, landmarks=(), flow=(), methods=None):
    out = tmp_path / "summary.csv"
    summarise.run(
        corpus="mine",
        subjects=subjects,
        landmarks=landmarks,
        flow=flow,
        methods=methods or {},
        output=out,
    )
    return tables.read(out, "summary", tables.REAL).set_index("video")


def test_a_row_for_each_video_and_one_for_all(tmp_path):
    away = np.r_[np.zeros(1200), np.full(600, -1)]
    files = [
        write_landmarks(tmp_path / "a.h5", "a", span=np.zeros(3600), others=900, cut=70),
        write_landmarks(tmp_path / "b.h5", "b", span=away),
        write_landmarks(tmp_path / "c.h5", "c", span=np.full(1800, -1)),
    ]
    methods = {
        "free": [
            write_intervals(tmp_path / "1.csv", [("a", "micro")] * 3 + [("a", "macro")]),
            write_intervals(tmp_path / "2.csv", [("b", "micro")] * 2),
        ],
        "learned+x": [write_intervals(tmp_path / "3.csv", [])],
    }
    subjects = {"b": "s2", "a": "s1", "c": "s2"}  # the order of the sheet counts
    table = summed(tmp_path, subjects, landmarks=files, methods=methods)
    assert table.index.tolist() == ["b", "a", "c", "all"]
    assert table["subject"].tolist() == ["s2", "s1", "s2", "all"]
    assert table["videos"].tolist() == [1, 1, 1, 3]
    assert table["minutes"].tolist() == pytest.approx([1, 2, 1, 4])
    assert table["unusable_minutes"].tolist() == pytest.approx([1 / 3, 0, 1, 4 / 3], abs=1e-6)
    assert table["no_face"].tolist() == [0, 0, 1, 1]
    assert table["other_face_minutes"].tolist() == [0, 0.5, 0, 0.5]
    assert table["cuts"].tolist() == [0, 1, 0, 1]
    assert table["faces"].tolist() == [1, 2, 1, 4]
    assert table["other_face_size"].dropna().to_dict() == {"a": 0.5, "all": 0.5}
    assert table["occluded_minutes"].isna().all()
    assert table["varying_rate"].tolist() == [0, 0, 0, 0]
    assert table["fps"].tolist() == [30] * 4
    # In a minute of usable face; without one, nothing can be said.
    micro = table["free_micro_per_minute"]
    assert micro[:2].tolist() + [micro["all"]] == pytest.approx([3, 1.5, 5 / (8 / 3)], abs=1e-6)
    assert pd.isna(micro["c"])
    assert table["learned+x_macro_per_minute"][["a", "b", "all"]].tolist() == [0, 0, 0]


def test_a_rate_that_varies_is_told_by_the_time_stamps(tmp_path):
    frames = np.arange(200)
    steady = frames / 25
    halved = np.where(frames < 100, frames / 25, 4 + (frames - 100) / 12.5)
    rounded = np.round(steady, 3)  # as in mp4 and webm
    jitter = steady + np.random.default_rng(0).uniform(-0.1, 0.1, 200) / 25
    stamps = {"steady": steady, "halved": halved, "rounded": rounded, "jitter": jitter}
    files = [
        write_landmarks(
            tmp_path / f"{name}.h5",
            name,
            span=np.zeros(200),
            time=time,
            fps=25.0 if name != "halved" else 199 / halved[-1],
        )
        for name, time in stamps.items()
    ]
    table = summed(tmp_path, dict.fromkeys(stamps, "s"), landmarks=files)
    assert table["varying_rate"].to_dict() == {
        **dict.fromkeys(stamps, 0),
        **dict.fromkeys(("halved", "all"), 1),
    }
    assert pd.isna(table["fps"]["all"])


def test_motion_has_no_faces_to_count(tmp_path):
    span = np.r_[np.zeros(90), np.full(90, -1)].astype(np.int16)
    flow = np.zeros((180, 16, 16, 2))
    write_flow(tmp_path / "a.h5", video="a", flow=flow, span=span)
    table = summed(tmp_path, {"a": "s1"}, flow=[tmp_path / "a.h5"])
    assert table["minutes"].tolist() == [0.1] * 2
    assert table["unusable_minutes"].tolist() == [0.05] * 2
    for column in ("no_face", "other_face_minutes"):
        assert table[column].isna().all(), column
    assert not any(name.endswith("per_minute") for name in table)


def test_only_what_is_small_is_read(tmp_path, monkeypatch):
    path = write_landmarks(tmp_path / "a.h5", "a", span=np.zeros(30))
    read = []
    part = io.Record.part
    monkeypatch.setattr(
        io.Record, "part", lambda self, name, frames: read.append(name) or part(self, name, frames)
    )
    summed(tmp_path, {"a": "s1"}, landmarks=[path])
    assert set(read) == {"cut", "found", "native_frame", "other_faces", "span", "time"}


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "a.h5").write_bytes(b"no")
    with pytest.raises(InputError, match=r"a\.h5: not a whole HDF5 file"):
        summed(tmp_path, {"a": "s1"}, landmarks=[tmp_path / "a.h5"])
