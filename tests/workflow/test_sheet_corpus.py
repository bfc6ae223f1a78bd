"""The corpus `sheet`: without labels, with labels, and with recordings that cannot be used."""

import shutil

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml

from mespot.store import io, tables
from tests.workflow import project


@pytest.fixture
def folder(tmp_path):
    return project.copy(tmp_path / "project")


@pytest.fixture
def recordings(finished, tmp_path):
    """The finished run's own videos as somebody's recordings, in a folder of their own."""
    root = tmp_path / "study"
    shutil.copytree(finished / "results" / "demo" / "corpus", root)
    return root


def configure(folder, recordings, *, labels, **more):
    sheets = {"videos": str(recordings / "videos.csv"), "annotations": None}
    if labels:
        sheets["annotations"] = str(recordings / "annotations.csv")
    config = {"corpora": ["sheet"], "sheet": sheets, **more}
    (folder / "sheet.yaml").write_text(yaml.safe_dump(config))
    return ("tiny.yaml", "sheet.yaml")


def files(root):
    return {path: path.stat().st_mtime_ns for path in root.rglob("*")}


def test_unlabelled_recordings_give_intervals_and_timelines(folder, recordings):
    (recordings / "videos.csv").write_text(
        "subject,video,path,fps\nanna,one,videos/s01_1.mp4,\nben,two,videos/s02_1.mp4,\n"
    )
    configs = configure(folder, recordings, labels=False)
    before = files(recordings)
    run = project.snakemake(
        folder,
        "results/metrics.csv",
        "results/sheet/figures/timeline/one.png",
        configs=configs,
    )
    assert run.returncode == 0, run.stdout[-5000:]
    assert "sheet: 2 videos, 16.0 s; results/sheet/summary.csv has a row for each" in run.stdout
    assert files(recordings) == before
    root = folder / "results" / "sheet"
    intervals = tables.read(root / "intervals" / "training_free" / "all.csv", "intervals")
    metrics = tables.read(folder / "results" / "metrics.csv", "metrics")
    assert set(metrics.method) == {"training_free"}
    assert metrics.labels.isna().all() and metrics.f1.isna().all()
    pooled = metrics[(metrics.subject == "all") & (metrics.expression == "all")]
    assert pooled.predictions.item() == len(intervals)
    assert (root / "figures" / "timeline" / "one.png").exists()


def broken_recordings(root):
    """One good recording and one of each kind that cannot be used."""
    videos = root / "videos"
    whole = (videos / "s02_1.mp4").read_bytes()
    (videos / "cut.mp4").write_bytes(whole[: len(whole) // 3])
    (videos / "text.mp4").write_text("not a video")
    (videos / "empty.mp4").write_bytes(b"")
    faceless = cv2.VideoWriter(
        str(videos / "faceless.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 30, (320, 240)
    )
    noise = np.random.default_rng(0)
    for _ in range(60):
        faceless.write(noise.integers(0, 80, (240, 320, 3), dtype=np.uint8))
    faceless.release()
    (root / "images").mkdir()
    rows = [("good", "videos/s01_1.mp4"), ("faceless", "videos/faceless.mp4")]
    rows += [("cut", "videos/cut.mp4"), ("text", "videos/text.mp4"), ("empty", "videos/empty.mp4")]
    lines = [f"p,{video},{path}," for video, path in rows] + ["p,noimages,images,30"]
    (root / "videos.csv").write_text("\n".join(["subject,video,path,fps", *lines]) + "\n")


def test_bad_recordings_are_named_and_the_rest_goes_on(folder, recordings):
    broken_recordings(recordings)
    configs = configure(folder, recordings, labels=False)
    run = project.snakemake(folder, "flow", options=("--keep-going",), configs=configs)
    assert run.returncode != 0
    for video in ("cut", "text", "empty"):
        assert f"{recordings}/videos/{video}.mp4: " in run.stdout, video
        assert not (folder / "results" / "sheet" / "landmarks" / f"{video}.h5").exists()
    assert f"{recordings}/images: " in run.stdout
    assert "Traceback" not in run.stdout
    assert (folder / "results" / "sheet" / "flow" / "good.h5").exists()
    # A recording without a face is no error: it is reported and gives nothing.
    faceless = io.read(folder / "results" / "sheet" / "flow" / "faceless.h5", "flow")
    assert (faceless["span"] == -1).all() and not faceless["regional"].any()
    log = folder / "results" / "sheet" / "logs" / "track_face" / "faceless.log"
    assert "WARNING" in log.read_text()


@pytest.mark.parametrize(
    ("sheet", "row", "words"),
    [
        ("videos", "p,again,../secret.mp4,", "row 5"),
        ("videos", "s01,s01_1,videos/s01_1.mp4,30", "s01_1"),
        ("annotations", "s01,s01_1,50,,40,micro", "offset"),
        ("annotations", "s01,nobody,5,,9,micro", "nobody"),
    ],
)
def test_bad_row_is_told_before_any_job(folder, recordings, sheet, row, words):
    path = recordings / f"{sheet}.csv"
    path.write_text(path.read_text() + row + "\n")
    run = project.snakemake(
        folder,
        "results/metrics.csv",
        options=("--dry-run",),
        configs=configure(folder, recordings, labels=True),
    )
    assert run.returncode != 0
    assert str(path) in run.stdout and words in run.stdout, run.stdout
    assert "Traceback" not in run.stdout


def test_label_beyond_the_end_is_told_before_anything_is_trained(folder, recordings):
    path = recordings / "annotations.csv"
    count = len(path.read_text().splitlines())
    path.write_text(path.read_text() + "s01,s01_1,9000,,9010,micro\n")
    run = project.snakemake(
        folder,
        "results/metrics.csv",
        options=("--until", "label_frames"),
        configs=configure(folder, recordings, labels=True),
    )
    assert run.returncode != 0
    assert f"{path}" in run.stdout and f"row {count + 1}" in run.stdout, run.stdout[-3000:]
    assert not (folder / "results" / "sheet" / "encoders").exists()


def test_table_of_labels_is_the_sheet(finished):
    sheet = pd.read_csv(finished / "results" / "demo" / "corpus" / "annotations.csv", dtype=str)
    labels = tables.read(finished / "results" / "demo" / "labels.csv", "labels")
    key = ["video", "onset", "offset", "type"]
    wanted = {tuple(row) for row in sheet[key].itertuples(index=False)}
    assert {tuple(map(str, row)) for row in labels[key].itertuples(index=False)} == wanted
