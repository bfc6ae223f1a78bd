"""Labels on working frames, and labels that cannot be."""

import numpy as np
import pandas as pd
import pytest

from mespot.errors import InputError
from mespot.steps import label_frames
from mespot.store import io, tables

HEADER = "subject,video,onset,apex,offset,type\n"


def write_landmarks(path, video, *, subject="s1", native, first, n_native, span=None):
    """Landmarks of which only the clock is real."""
    n = len(native)
    io.write(
        path,
        "landmarks",
        {
            "points": np.zeros((n, 478, 3), np.float32),
            "blendshapes": np.zeros((n, 52), np.float32),
            "head_pose": np.zeros((n, 4, 4), np.float32),
            "found": np.ones(n, bool),
            "bridged": np.zeros(n, bool),
            "cut": np.zeros(n, bool),
            "other_faces": np.zeros(n, np.int16),
            "span": np.zeros(n, np.int16) if span is None else np.asarray(span, np.int16),
            "native_frame": np.asarray(native, np.int32),
            "time": (np.asarray(native) - first) / 200,
        },
        attrs={
            "corpus": "made",
            "video": video,
            "subject": subject,
            "native_fps": 200.0,
            "n_native_frames": n_native,
            "first_native_frame": first,
            "rate": 30.0,
            "width": 64,
            "height": 48,
            "blendshape_names": ["a"],
            "face_seconds": [1.0],
            "face_sizes": [50.0],
            "face_followed": 1,
        },
        provenance={},
    )
    return path


@pytest.fixture
def landmarks(tmp_path):
    """v1: 200 fps images numbered from 1, v2: every frame of a video file."""
    native = 1 + np.floor(np.arange(30) * 200 / 30 + 0.5).astype(int)  # 1, 8, 14, 21, 28, ...
    return [
        write_landmarks(tmp_path / "v1.h5", "v1", native=native, first=1, n_native=200),
        write_landmarks(
            tmp_path / "v2.h5", "v2", subject="s2", native=np.arange(50), first=0, n_native=50
        ),
    ]


def run(tmp_path, landmarks, rows):
    (tmp_path / "annotations.csv").write_text(HEADER + rows)
    label_frames.run(
        annotations=[tmp_path / "annotations.csv"],
        landmarks=landmarks,
        output=tmp_path / "labels.csv",
        provenance={},
    )
    return tables.read(tmp_path / "labels.csv", "labels")


def test_labels_are_placed_on_the_nearest_working_frames(tmp_path, landmarks):
    labels = run(tmp_path, landmarks, "s1,v1,10,15,24,micro\ns2,v2,0,,49,macro\n")
    assert labels["onset_w"].tolist() == [1, 0]
    assert labels["offset_w"].tolist() == [3, 49]
    assert labels["apex_w"][0] == 2 and pd.isna(labels["apex_w"][1])
    assert labels["onset"].tolist() == [10, 0] and pd.isna(labels["apex"][1])
    assert labels["type"].tolist() == ["micro", "macro"]
    assert labels["subject"].tolist() == ["s1", "s2"]


def test_a_label_shorter_than_a_working_frame_keeps_one(tmp_path, landmarks):
    labels = run(tmp_path, landmarks, "s1,v1,9,10,10,micro\ns1,v1,200,200,200,micro\n")
    assert labels["onset_w"].tolist() == labels["offset_w"].tolist() == [1, 29]


def test_the_earlier_of_two_as_near():
    native = np.array([0, 4, 8])
    places = [label_frames.nearest(native, frame) for frame in (0, 1, 2, 3, 6, 7, 8, 99)]
    assert places == [0, 0, 0, 1, 1, 2, 2, 2]


def test_a_corpus_without_labels(tmp_path, landmarks):
    label_frames.run(
        annotations=[], landmarks=landmarks, output=tmp_path / "labels.csv", provenance={}
    )
    assert len(tables.read(tmp_path / "labels.csv", "labels")) == 0
    assert len(run(tmp_path, landmarks, "")) == 0


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("s1,v1,150,160,201,macro", r"row 4: offset: 201 is outside video 'v1'.*1 to 200"),
        (
            "s1,v1,0,5,10,macro",
            r"row 4: onset: 0 is outside video 'v1'.*: frames count from 1 here",
        ),
        ("s2,v2,45,,50,macro", r"row 4: offset: 50 is outside video 'v2'.*0 to 49"),
        ("s1,v9,5,6,7,micro", "row 4: video: 'v9'"),
        ("s1,v1,9,8,7,micro", "row 4: offset"),
        ("s1,v1,5,9,7,micro", "row 4: apex"),
        ("s1,v1,5,6,7,M", "row 4: type: 'M'"),
        ("s1,v1,5.5,6,7,micro", "row 4: onset: '5.5'"),
        ("s2,v1,5,6,7,micro", "row 4: subject"),
    ],
)
def test_a_label_that_cannot_be_is_refused_by_row(tmp_path, landmarks, row, words):
    # The blank row counts, as it does in the program that shows the sheet.
    with pytest.raises(InputError, match=words) as refusal:
        run(tmp_path, landmarks, "s1,v1,10,15,24,micro\n\n" + row + "\n")
    assert "annotations.csv" in str(refusal.value)
    assert not (tmp_path / "labels.csv").exists()


def test_columns_of_the_user_are_passed_on(tmp_path, landmarks):
    (tmp_path / "annotations.csv").write_text(
        "subject,AU,video,onset,apex,offset,type,emotion\ns1,4+7,v1,10,15,24,micro,\n"
        's2,"1,2",v2,0,,49,macro,Ärger\n'
    )
    out = tmp_path / "labels.csv"
    annotations = [tmp_path / "annotations.csv"]
    label_frames.run(annotations=annotations, landmarks=landmarks, output=out, provenance={})
    table = pd.read_csv(out, dtype="string")
    assert list(table) == [*tables.COLUMNS["labels"], "AU", "emotion"]
    assert table["AU"].tolist() == ["4+7", "1,2"] and table["emotion"][1] == "Ärger"


def test_times_count_from_the_first_frame_of_the_recording(tmp_path, landmarks, caplog):
    (tmp_path / "annotations.csv").write_text(
        "subject,video,onset_s,offset_s,type\ns1,v1,0,0.5,micro\ns2,v2,0.1,0.14,macro\n"
    )
    out = tmp_path / "labels.csv"
    annotations = [tmp_path / "annotations.csv"]
    label_frames.run(annotations=annotations, landmarks=landmarks, output=out, provenance={})
    labels = tables.read(out, "labels")
    assert labels["onset"].tolist() == [1, 20] and labels["offset"].tolist() == [101, 28]
    assert "row 2: onset_s: '0' read as frame 1 (at 200 frames a second)" in caplog.text
    assert "row 3: [20, 28] is a macro of 0.04 s" in caplog.text


def test_a_label_one_frame_beyond_the_end_gets_a_hint(tmp_path, landmarks):
    with pytest.raises(InputError, match="or write 1 as first_frame in videos.csv if labels count"):
        run(tmp_path, landmarks, "s2,v2,45,,50,macro\n")
    with pytest.raises(InputError, match="frames 0 to 49; correct the label$"):
        run(tmp_path, landmarks, "s2,v2,45,,51,macro\n")
