"""Corpora in their real layouts through the whole workflow, and what planning one costs."""

import os
import subprocess

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml

from mespot.store import io, tables
from tests import trees
from tests.workflow import project

TRAINING_FREE = {"kind": "training_free"}
LEARNED = {"kind": "learned", "streams": [], "regional_flow": True}
# One encoder on one stream: the fewest jobs that still go through every rule up to the metrics.
ENCODED = {**LEARNED, "encoder": "pretrained", "streams": ["flow"]}
# No encoder: whatever the corpus, it reads the same kinds of files.
LEAN = {
    "encoders": {"pretrained": {"pretraining": "inductive", "settings": {}}},
    "methods": {"training_free": TRAINING_FREE, "learned": LEARNED},
    "model": {"method": None},
    "ablation": {"seeds": [1], "encoders": {}, "methods": {}},
}


def configure(folder, methods, **sections):
    """Write a whole config file, so that recipes can be left out of it."""
    config = yaml.safe_load((project.ROOT / "config.yaml").read_text())
    for changes in (yaml.safe_load(project.TINY), sections):
        for section, values in changes.items():
            for key, value in values.items() if isinstance(values, dict) else ():
                inner = config[section].get(key)
                if isinstance(inner, dict) and isinstance(value, dict):
                    value = {**inner, **value}
                config[section][key] = value
            if not isinstance(values, dict):
                config[section] = values
    # The ablation names methods; nothing of it is run.
    named = {"full": list(methods)[-1], "rows": {"inputs": list(methods)}}
    config.update({**LEAN, "methods": methods, "ablation": {**LEAN["ablation"], **named}})
    (folder / "config.yaml").write_text(yaml.safe_dump(config))


# ---------------------------------------------------------------- planning


LISTENER = """\
import os, sys
_log = open(os.environ["LISTED"], "a")
def _hear(event, arguments):
    if event in ("os.listdir", "os.scandir"):
        print(arguments[0], file=_log, flush=True)
sys.addaudithook(_hear)

# What getrusage says of a child's memory begins with that of the process that started it.
import atexit
def _tell():
    peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print("peak kB", peak.split()[1], file=_log, flush=True)
atexit.register(_tell)
"""


def test_planning_1508_videos_lists_no_frame_folder(tmp_path):
    folder = project.copy(tmp_path / "project")
    root = tmp_path / "casme3"
    letters = "abcdefghijklm"
    for subject in range(1, 117):
        for letter in letters:
            (root / "part_B" / f"spNO.{subject}" / letter / "color").mkdir(parents=True)
    (folder / "big.yaml").write_text(
        yaml.safe_dump({"corpora": ["casme3_b"], "casme3_b": {"root": str(root)}})
    )
    listener = tmp_path / "listener"
    listener.mkdir()
    (listener / "sitecustomize.py").write_text(LISTENER)
    listed = tmp_path / "listed"
    command = project.command(
        "results/casme3_b/landmarks/spNO.116_m.h5", configs=("tiny.yaml", "big.yaml")
    )
    command.insert(command.index("--configfile"), "--dry-run")
    paths = f"{listener}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    output = tmp_path / "output"
    with output.open("w") as file:
        run = subprocess.Popen(
            command,
            cwd=folder,
            env={**project.environment(), "LISTED": str(listed), "PYTHONPATH": paths},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(run.pid, 0)
    assert status == 0, output.read_text()
    # 4 s on an idle machine; the processor's time and not the clock's, for tests share theirs.
    assert used.ru_utime + used.ru_stime < 10
    heard = listed.read_text().splitlines()
    peaks = [int(line.split()[2]) for line in heard if line.startswith("peak kB")]
    assert peaks and max(peaks) < 500 * 1024
    folders = [line for line in heard if line.startswith(str(root))]
    # Root, part and subjects once each; Snakemake itself lists the parent of each input.
    assert len(folders) <= 116 + 4
    assert not [line for line in folders if line.rstrip("/").endswith("/color")]


def dry_run(folder, *targets, **sections):
    (folder / "more.yaml").write_text(yaml.safe_dump(sections))
    return project.snakemake(
        folder, *targets, options=("--dry-run",), configs=("tiny.yaml", "more.yaml")
    )


def test_several_corpora_in_one_graph(tmp_path):
    folder = project.copy(tmp_path / "project")
    trees.casme2(tmp_path / "CAS(ME)^2 raw", frames=2)
    trees.samm_lv(tmp_path / "samm_lv")
    trees.casme3_b(tmp_path / "casme3_b", frames=2)
    roots = {name: {"root": str(tmp_path / name)} for name in ("samm_lv", "casme3_b")}
    roots["casme2"] = {"root": str(tmp_path / "CAS(ME)^2 raw")}
    run = dry_run(folder, "results/metrics.csv", corpora=["casme2", "samm_lv"], **roots)
    assert run.returncode == 0, run.stdout
    for job in ("casme2/metrics.csv", "samm_lv/metrics.csv"):
        assert f"results/{job}" in run.stdout
    assert "casme3_b" not in run.stdout
    # Beside the training subjects: tracked, cropped, its flow computed, and no more.
    run = dry_run(
        folder,
        "results/metrics.csv",
        corpora=["casme2"],
        pretrain={"corpora": ["casme3_b"]},
        **roots,
    )
    assert run.returncode == 0, run.stdout
    assert "Finding the face in casme3_b/spNO.202_b" in run.stdout
    assert "results/casme3_b/metrics.csv" not in run.stdout


def test_train_on_one_corpus_and_spot_on_another(tmp_path):
    folder = project.copy(tmp_path / "project")
    trees.casme2(tmp_path / "casme2", frames=2)
    trees.samm_lv(tmp_path / "samm_lv")
    sections = {
        "corpora": ["casme2", "samm_lv"],
        "casme2": {"root": str(tmp_path / "casme2")},
        "samm_lv": {"root": str(tmp_path / "samm_lv")},
        "evaluation": {"train": "casme2", "test": "samm_lv"},
    }
    run = dry_run(folder, "results/metrics.csv", **sections)
    assert run.returncode == 0, run.stdout
    for file in (
        "casme2/spotters/learned/all.pt",
        "casme2/encoders/pretrained/all/flow.pt",
        "samm_lv/features/pretrained/from-casme2/flow.h5",
        "samm_lv/intervals/learned/from-casme2.csv",
    ):
        assert f"results/{file}" in run.stdout, file
    assert "results/samm_lv/spotters" not in run.stdout
    assert "results/casme2/metrics.csv" not in run.stdout


def test_a_workbook_that_cannot_be_used_is_told_before_any_job(tmp_path):
    folder = project.copy(tmp_path / "project")
    root = trees.casme2(tmp_path / "casme2", frames=2)
    trees.samm_workbook(root / "CAS(ME)^2code_final.xlsx", trees.samm_odd_rows())
    run = dry_run(folder, "results/metrics.csv", corpora=["casme2"], casme2={"root": str(root)})
    assert run.returncode != 0 and "no sheet with micro-expression" in run.stdout


# ---------------------------------------------------------------- the whole way


def frames_of(path, count):
    """The first frames of a video file."""
    capture = cv2.VideoCapture(str(path))
    return [capture.read()[1] for _ in range(count)]


@pytest.fixture(scope="module")
def folder(finished, tmp_path_factory):
    """A project with corpora of moving faces in their real layouts beside it."""
    base = tmp_path_factory.mktemp("corpora")
    folder = project.copy(base / "project")
    slow = frames_of(finished / "results/demo/corpus/videos/s01_1.mp4", 90)
    fast = [slow[int(index * 30 / 200)] for index in range(270)]  # as 200 fps would show it
    trees.casme2(base / "casme2", pictures=slow)
    trees.casme2(base / "casme2_avi", "rawvideo", pictures=slow[:60])
    trees.samm_lv(base / "samm_lv", pictures=fast)
    trees.casme3(base / "casme3", pictures=slow)
    trees.casme3_b(base / "casme3_b", subjects=1, frames=40, pictures=slow)
    trees.smic(base / "smic_e_long", pictures=fast[::2], frames=130)
    trees.megc(base / "megc", pictures=fast, frames=80)
    return folder


def roots(folder, *names):
    return {name: {"root": str(folder.parent / name)} for name in names}


def run(folder, *targets, methods=LEAN["methods"], **sections):
    configure(folder, methods, **sections)
    done = project.snakemake(folder, *targets, configs=())
    assert done.returncode == 0, done.stdout[-6000:]
    return tables.read(folder / "results" / "metrics.csv", "metrics")


# Labels of each sort that are found, and recordings; one without labels counts too.
WANTED = {
    "casme2": (1, 6, 4),
    "samm_lv": (2, 5, 3),
    "casme3": (2, 2, 3),
    "smic_e_long": (3, 0, 3),
}


@pytest.fixture(scope="module")
def metrics(folder):
    """Of all corpora with labels, from one run that has ended and left their folders alone."""
    paths = [path for corpus in WANTED for path in (folder.parent / corpus).rglob("*")]
    before = {path: path.stat().st_mtime_ns for path in paths}
    found = run(folder, "results/metrics.csv", corpora=[*WANTED], **roots(folder, *WANTED))
    paths = [path for corpus in WANTED for path in (folder.parent / corpus).rglob("*")]
    assert {path: path.stat().st_mtime_ns for path in paths} == before
    return found


@pytest.mark.slow
@pytest.mark.parametrize("corpus", WANTED)
def test_every_corpus_goes_all_the_way(folder, metrics, corpus):
    assert set(metrics.corpus) == {*WANTED}
    own = metrics[(metrics.corpus == corpus) & (metrics.subject == "all")]
    pooled = own.set_index(["method", "expression"])
    for method in ("training_free", "learned"):
        found = tuple(pooled.labels[method, kind] for kind in ("micro", "macro"))
        assert (*found, pooled.videos[method, "all"]) == WANTED[corpus]
    results = folder / "results" / corpus
    log = (results / "logs" / "label_frames.log").read_text()
    labels = tables.read(results / "labels.csv", "labels")
    if corpus == "casme2":
        assert "row 2: offset 0 (the end is not visible): 36" in log
        assert "row 9: [3, 70] cut to [3, 60]" in log
    elif corpus == "samm_lv":
        assert "row 17: [1, 500] cut to [1, 220]" in log
        landmarks = io.read(results / "landmarks" / "006_1.h5", "landmarks")
        native = landmarks["native_frame"]
        assert native[0] == 9981 and native[-1] == 10200 and (np.diff(native) > 0).all()
        assert landmarks.attrs["rate"] == 30 and len(native) == 34
        assert labels[labels.video == "006_1"].onset.tolist() == [9990, 10041, 9981, 10100]
    elif corpus == "casme3":
        assert "row 5: [150, 200] cut to [150, 180]" in log
    else:
        assert labels.onset.min() == 308870
        intervals = tables.read(results / "intervals" / "training_free" / "all.csv", "intervals")
        assert (intervals.onset >= 308866).all() and (intervals.offset <= 308995).all()


@pytest.mark.slow
def test_a_test_set_is_written_for_its_challenge(folder):
    metrics = run(
        folder, "results/metrics.csv", "submissions", corpora=["megc"], **roots(folder, "megc")
    )
    assert set(metrics.method) == {"training_free"} and metrics.labels.isna().all()
    pooled = metrics[(metrics.subject == "all") & (metrics.expression == "all")]
    submission = pd.read_csv(folder / "results/megc/submissions/training_free.csv")
    assert list(submission.columns) == ["vid", "pred_onset", "pred_offset", "type"]
    assert len(submission) == pooled.predictions.item()
    assert set(submission.type) <= {"me", "mae"} and (submission.pred_onset >= 1).all()


@pytest.mark.slow
def test_trained_on_one_corpus_with_a_third_beside_it(folder):
    metrics = run(
        folder,
        "results/metrics.csv",
        methods={"training_free": TRAINING_FREE, "learned": ENCODED},
        corpora=["casme2", "samm_lv"],
        # The last two are not added: one is trained on anyway, the other is what is spotted on.
        pretrain={"corpora": ["casme3_b", "casme2", "samm_lv"]},
        evaluation={"train": "casme2", "test": "samm_lv"},
        **roots(folder, "casme2", "samm_lv", "casme3_b"),
    )
    assert set(metrics.corpus) == {"samm_lv"}
    assert set(zip(metrics.method, metrics.pretraining, strict=True)) == {
        ("training_free", "none"),
        ("learned@casme2", "inductive+casme3_b"),
    }


@pytest.mark.slow
def test_video_files_of_casme2_count_from_one(folder):
    """In the place of the images, so it comes last."""
    base = {"root": str(folder.parent / "casme2_avi")}
    metrics = run(
        folder,
        "results/metrics.csv",
        methods={"training_free": TRAINING_FREE},
        corpora=["casme2"],
        casme2=base,
        figures={"method": "training_free"},
    )
    assert set(metrics.corpus) == {"casme2"}
    native = io.read(folder / "results/casme2/landmarks/15_0101disgustingteeth.h5", "landmarks")[
        "native_frame"
    ]
    assert native.tolist() == list(range(1, 61))
    labels = tables.read(folder / "results/casme2/labels.csv", "labels")
    first = labels[labels.onset == 10].iloc[0]
    assert (first.onset_w, first.offset_w) == (9, 19)
