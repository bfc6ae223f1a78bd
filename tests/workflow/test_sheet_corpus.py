"""The corpus `sheet`: without labels, with labels, and with recordings that cannot be used."""

import shutil
from itertools import islice

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml

from mespot.cli import main
from mespot.recording import open_recording
from mespot.store import io, tables
from mespot.training.model import Model
from tests import trees
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


@pytest.fixture
def reviewed(finished, tmp_path, capsys):
    """Decisions on two seconds of each person, which are collected; the lines that are printed."""
    corpus, decided = finished / "results" / "demo" / "corpus" / "videos", []
    for video in ("s01_1", "s02_1", "s03_1"):
        pictures = list(islice(open_recording(corpus / f"{video}.mp4").frames(30), 60))
        trees.video(tmp_path / "study" / f"{video}.avi", [one.image for one in pictures], 30)
        decided.append(tmp_path / f"{video}_decisions.csv")
        rows = ["10,14,19,micro,accepted,0,31", "50,52,55,micro,undecided,38,59"]
        text = "\n".join(["video,onset,apex,offset,type,decision,first,last", *rows])
        decided[-1].write_text(text.replace("\n1", f"\n{video},1").replace("\n5", f"\n{video},5"))
    study = [str(path) for path in sorted((tmp_path / "study").iterdir())]
    files, out = [str(path) for path in decided], str(tmp_path / "reviewed")
    assert main(["corpus", "collect", *files, "--videos", *study, "--out", out]) == 0
    return capsys.readouterr().out.partition("to train on it:\n")[2]


def test_decisions_train_a_model_once_no_label_is_beyond_the_end(folder, reviewed, tmp_path):
    """The command of docs/active-learning.md, whose clone has seen no run before."""
    (folder / "next.yaml").write_text(
        reviewed + "spotting: {learned: {window_seconds: 2.0, inner_groups: 2}}\n"
    )
    labels = tmp_path / "reviewed" / "annotations.csv"
    right = labels.read_text()
    labels.write_text(right + "s01_1,s01_1,9000,,9010,micro,,\n")
    configs = ("tiny.yaml", "next.yaml")
    run = project.snakemake(folder, "results/model.pt", configs=configs)
    assert run.returncode != 0
    assert f"{labels}" in run.stdout and "row 5" in run.stdout, run.stdout[-3000:]
    assert not (folder / "results" / "sheet" / "spotters").exists()
    labels.write_text(right)
    run = project.snakemake(folder, "results/model.pt", configs=configs)
    assert run.returncode == 0, run.stdout[-5000:]
    assert Model.load(folder / "results" / "model.pt").provenance["recordings"] == 3


def test_table_of_labels_is_the_sheet(finished):
    sheet = pd.read_csv(finished / "results" / "demo" / "corpus" / "annotations.csv", dtype=str)
    labels = tables.read(finished / "results" / "demo" / "labels.csv", "labels")
    key = ["video", "onset", "offset", "type"]
    wanted = {tuple(row) for row in sheet[key].itertuples(index=False)}
    assert {tuple(map(str, row)) for row in labels[key].itertuples(index=False)} == wanted
