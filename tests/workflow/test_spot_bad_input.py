"""`mespot spot` as its users call it, on what is odd and where nothing can be written."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from mespot.recording import open_recording
from mespot.store import io, tables
from mespot.videos import batch, files
from tests import trees
from tests.workflow import project
from tests.workflow.disks import close, fill, small_disk

pytestmark = pytest.mark.slow

AWAY = 75  # s
SLOW = 15  # frames a second of the video of which somebody leaves


@pytest.fixture(scope="module")
def task(finished):
    return finished / "results" / "resources" / "face_landmarker.task"


@pytest.fixture(scope="module")
def pictures(finished):
    """Four seconds of a face, 30 frames a second."""
    path = finished / "results" / "demo" / "corpus" / "videos" / "s01_1.mp4"
    frames = open_recording(path).frames(30.0)
    return [next(frames).image for _ in range(120)]


@pytest.fixture(scope="module")
def recordings(pictures, tmp_path_factory):
    """A folder of videos: a name that is not ASCII, 4K, and a face that leaves for a minute."""
    folder = tmp_path_factory.mktemp("recordings") / "w e i"
    folder.mkdir()
    height, width = pictures[0].shape[:2]
    trees.video(folder / "Zoë 1.avi", pictures[:45], 30.0).rename(folder / "Zoë 1.mp4")
    shown = cv2.resize(pictures[0], (2160 * width // height, 2160))
    side = (3840 - shown.shape[1]) // 2
    wide = [
        cv2.copyMakeBorder(
            cv2.resize(one, (shown.shape[1], 2160)), 0, 0, side, side, cv2.BORDER_REPLICATE
        )
        for one in pictures[:30]
    ]
    trees.video(folder / "4K.avi", [one[:, :3840] for one in wide], 30.0)
    small = [cv2.resize(one, (width // 2, height // 2)) for one in pictures[::2]]
    rng = np.random.default_rng(0)
    walls = [rng.integers(90, 110, small[0].shape).astype(np.uint8) for _ in range(SLOW)]
    trees.video(folder / "leaves.avi", [*small, *(AWAY * walls), *small], float(SLOW))
    return folder


def command(*arguments):
    return [sys.executable, "-m", "mespot.cli", "spot", *map(str, arguments)]


def started(folder, task, *arguments):
    environment = {**project.environment(), "MESPOT_LANDMARKER": str(task)}
    return subprocess.Popen(
        command(*arguments),
        cwd=folder,
        env=environment | {"PYTHONPATH": str(project.ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(run):
    """Exit status and what was said."""
    told, _ = run.communicate(timeout=300)
    assert "Traceback" not in told, told
    return run.returncode, told


@pytest.fixture(scope="module")
def two_calls(recordings, task, tmp_path_factory):
    """Results of two calls of the same command at the same time, and how each ended."""
    folder = tmp_path_factory.mktemp("results")
    arguments = (recordings, "--out", "è un posto", "--jobs", "1")
    runs = [started(folder, task, *arguments) for _ in range(2)]
    return folder / "è un posto", sorted(ended(run) for run in runs)


def test_one_of_two_calls_at_the_same_time_is_told(two_calls):
    out, ((status, told), (other, refused)) = two_calls
    assert status == 0 and "3 spotted, 0 spotted before, 0 failed" in told, told
    assert other == 2 and "another mespot run is writing here" in refused, refused
    table = tables.read(out / batch.SUMMARY, "found_videos")
    assert sorted(table["video"]) == ["4K", "Zoë 1", "leaves"]
    assert (table["state"] == "spotted").all()


@pytest.mark.parametrize(("name", "frames"), [("Zoë 1", 45), ("4K", 30)])
def test_odd_names_and_large_pictures_are_spotted_in(two_calls, name, frames):
    folder = two_calls[0] / name
    assert {path.name for path in folder.iterdir()} == {*files.WRITERS, files.DONE}
    scores = io.read(folder / files.SCORES, "found")
    assert scores["native_frame"].tolist() == list(range(frames))
    assert (scores["span"] == 0).mean() > 0.9 and scores["micro"].any()
    assert set(tables.read(folder / files.INTERVALS, "found")["video"]) <= {name}


def test_nothing_is_found_while_the_face_is_gone(two_calls):
    folder = two_calls[0] / "leaves"
    scores = io.read(folder / files.SCORES, "found")
    span, time = scores["span"], scores["time"]
    gone, back = 60 / SLOW, 60 / SLOW + AWAY
    assert set(span) == {-1, 0, 1}
    away = (time >= gone) & (time < back)
    assert (span[away] == -1).all() and not scores["micro"][away].any()
    assert (span[time < gone] == 0).mean() > 0.9 and (span[time >= back] == 1).mean() > 0.9
    table = tables.read(folder / files.INTERVALS, "found")
    assert ((table["offset_s"] < gone) | (table["onset_s"] >= back)).all()
    remarks = tables.read(two_calls[0] / batch.SUMMARY, "found_videos").set_index("video")
    assert f"no usable face for {AWAY}" in remarks.loc["leaves", "remarks"]


def test_a_folder_that_cannot_be_written_is_told(recordings, task, tmp_path):
    with small_disk(tmp_path / "disk", 1 << 20):
        close(tmp_path / "disk")
        run = started(tmp_path, task, recordings, "--out", "disk/out")
        status, told = ended(run)
    assert status == 2 and "disk/out: cannot be written: Read-only file system" in told, told


def test_a_full_disk_is_told_and_leaves_nothing_half(recordings, task, tmp_path):
    """Full from the beginning, and full while a video is spotted in."""
    disk = tmp_path / "disk"
    arguments = (recordings / "Zoë 1.mp4", "--out", "disk/out", "--jobs", "1")
    with small_disk(disk, 1 << 16):
        fill(disk / "filler")
        status, told = ended(started(tmp_path, task, *arguments))
        assert status == 2 and "No space left on device" in told, told
        (disk / "filler").unlink()
        status, told = ended(started(tmp_path, task, *arguments))
        assert status == 1 and "Zoë 1.mp4: " in told and "No space left on device" in told, told
        assert "Free space on that disk and run again" in told
        left = {path.name for path in (disk / "out").rglob("*")}
        assert left == {".lock", batch.SUMMARY}, left
