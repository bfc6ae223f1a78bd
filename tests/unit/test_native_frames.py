"""200 frames a second: the same time spans as at 30, and native numbers that come back."""

import cv2
import numpy as np
import pandas as pd
import pytest

from mespot.errors import InputError
from mespot.recording import open_recording
from mespot.spotting.decode import Intervals
from mespot.steps import label_frames, spot, write_submission
from mespot.store import io, tables
from tests import trees
from tests.unit.test_label_frames import write_landmarks

SPEED = 30.0  # px a second


def moving(path, fps, seconds):
    """A texture that moves to the right, as images of a recording of `fps`."""
    noise = np.random.default_rng(1).integers(0, 255, (64, 64)).astype(np.float32)
    texture = cv2.GaussianBlur(noise, (0, 0), 2)
    texture = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX)
    pictures = []
    for index in range(round(fps * seconds)):
        shift = np.float32([[1, 0, SPEED * index / fps], [0, 1, 0]])
        moved = cv2.warpAffine(texture, shift, (64, 64), borderMode=cv2.BORDER_WRAP)
        pictures.append(cv2.merge([moved.astype(np.uint8)] * 3))
    return trees.images(path, "img{}.png", range(1, len(pictures) + 1), pictures)


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    """Working frames of the same second and a half, recorded at 30 and at 200 fps."""
    base = tmp_path_factory.mktemp("moving")
    return {
        fps: list(open_recording(moving(base / str(fps), fps, 1.5), fps).frames(30))
        for fps in (30, 200)
    }


@pytest.mark.parametrize("lag", [1, 3, 6, 15])
def test_lags_and_clips_last_as_long_as_at_30_fps(frames, lag):
    for fps, recorded in frames.items():
        time = np.array([frame.time for frame in recorded])
        spans = time[lag:45] - time[: 45 - lag]
        assert np.abs(spans - lag / 30).max() <= 1 / fps + 1e-9, fps


def test_what_moves_moves_as_far_between_working_frames(frames):
    window = cv2.createHanningWindow((64, 64), cv2.CV_32F)
    moved = {}
    for fps, recorded in frames.items():
        grey = [frame.image[:, :, 0].astype(np.float32) for frame in recorded]
        pairs = zip(grey[:39], grey[6:45], strict=True)
        moved[fps] = [cv2.phaseCorrelate(a, b, window)[0][0] for a, b in pairs]
    assert np.median(moved[30]) == pytest.approx(SPEED * 6 / 30, abs=0.5)
    # Each is picked within half a native frame: 2.5 ms, 0.075 px at either end.
    assert np.median(np.abs(np.subtract(moved[200], moved[30]))) < 0.3


@pytest.mark.parametrize("n_frames", [200, 217, 2001, 7003])
def test_native_numbers_come_back_within_half_a_working_frame(tmp_path, n_frames):
    first = 9990
    folder = trees.images(tmp_path / "006_1", "006_1_{:04d}.jpg", range(first, first + n_frames))
    native = np.array([frame.native for frame in open_recording(folder, 200).frames(30)])
    assert native[0] == first and native[-1] <= first + n_frames - 1
    path = write_landmarks(
        tmp_path / "v.h5", "006_1", subject="006", native=native, first=first, n_native=n_frames
    )
    record = io.read(path, "landmarks")
    truth = np.arange(first, first + n_frames)
    working = np.array([label_frames.nearest(native, int(frame)) for frame in truth])
    found = Intervals(working[:-20], working[10:-10], working[20:], np.ones(n_frames - 20))
    table = spot.table(record, found, "micro")
    half = 200 / 30 / 2
    assert np.abs(table["onset"] - truth[:-20]).max() <= half
    assert np.abs(table["offset"] - truth[20:]).max() <= half
    assert set(table["subject"]) == {"006"}


def test_intervals_have_the_seconds_of_their_native_frames(tmp_path):
    # Working frames 2 and 3 share a native frame: the recording has none near the second one.
    path = write_landmarks(tmp_path / "v.h5", "v", native=[0, 1, 2, 2, 3], first=0, n_native=4)
    record = io.read(path, "landmarks")
    time = record["time"]
    time[:] = [0.0, 0.04, 0.08, 0.12, 0.16]
    found = Intervals(np.array([1]), np.array([3]), np.array([4]), np.ones(1))
    row = spot.table(record, found, "micro").iloc[0]
    assert (row["onset"], row["apex"], row["offset"]) == (1, 2, 3)
    assert (row["onset_s"], row["apex_s"], row["offset_s"]) == (0.04, 0.08, 0.16)


# ---------------------------------------------------------------- labels and submissions


def test_labels_of_a_real_corpus_are_placed_and_their_oddities_logged(tmp_path, caplog):
    root = trees.samm_lv(tmp_path / "samm")
    landmarks = []
    for video, (first, last) in trees.SAMM_VIDEOS.items():
        native = first + np.floor(np.arange(33) * 200 / 30 + 0.5).astype(int)
        landmarks.append(
            write_landmarks(
                tmp_path / f"{video}.h5",
                video,
                subject=video[:3],
                native=native,
                first=first,
                n_native=last - first + 1,
            )
        )
    with caplog.at_level("INFO"):
        label_frames.run(
            annotations=[root / "SAMM_LongVideos_V2_Release.xlsx"],
            landmarks=landmarks,
            output=tmp_path / "labels.csv",
            provenance={},
            loader={
                "kind": "samm_lv",
                "rounding": "half_up",
                "began_before": "keep",
                "workbook": None,
            },
        )
    labels = tables.read(tmp_path / "labels.csv", "labels")
    assert labels["subject"].tolist() == ["006"] * 4 + ["037"] * 3
    assert labels["onset"].tolist() == [9990, 10041, 9981, 10100, 30, 70, 1]
    assert labels["offset"].tolist() == [10030, 10145, 9981, 10200, 60, 190, 220]
    assert labels["onset_w"].tolist()[:2] == [1, 9]
    for words in (
        "left out: ", "row 18: no video 011_9", "changed: ", "row 17: [1, 500] cut to [1, 220]",
    ):  # fmt: skip
        assert words in caplog.text


def submitted(tmp_path, rows):
    columns = ["subject", "video", "type", "onset", "offset", "confidence"]
    table = pd.DataFrame(rows, columns=columns).reindex(columns=list(tables.COLUMNS["intervals"]))
    tables.write(tmp_path / "all.csv", "intervals", table)
    write_submission.run(intervals=[tmp_path / "all.csv"], output=tmp_path / "submission.csv")
    return (tmp_path / "submission.csv").read_text()


def test_submission_is_what_the_challenges_take(tmp_path):
    rows = [("040", "040_1", "macro", 400, 702, 0.5), ("008", "008_2", "micro", 31, 90, 0.9)]
    assert submitted(tmp_path, rows) == (
        "vid,pred_onset,pred_offset,type\n008_2,31,90,me\n040_1,400,702,mae\n"
    )
    assert submitted(tmp_path, []) == "vid,pred_onset,pred_offset,type\n"


def test_frames_that_count_from_0_are_not_submitted(tmp_path):
    with pytest.raises(InputError, match="the challenges count from 1"):
        submitted(tmp_path, [("a", "v", "micro", 0, 9, 0.5)])
