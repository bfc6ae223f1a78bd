"""Killed in the middle of a stage, a run goes on with the same command to the same scores."""

import os
import signal
import subprocess
import time

import pytest

from tests.workflow import project

pytestmark = pytest.mark.slow

# Stages in which the run is killed: when the log of such a job is there, it is under way.
STAGES = [
    "demo/logs/track_face/*.log",
    "demo/logs/optical_flow/*.log",
    "demo/logs/pretrain/pretrained/*/*.log",
    "demo/logs/train_spotter/learned/*.log",
    "demo/logs/score.log",
]


def kill_during(folder, pattern):
    """Start the run in a process group of its own; kill the group when `pattern` appears."""
    results = folder / "results"
    before = {path: path.stat().st_mtime_ns for path in results.glob(pattern)}
    run = subprocess.Popen(
        project.command("results/metrics.csv"),
        cwd=folder,
        env=project.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 600
    while run.poll() is None and time.monotonic() < deadline:
        now = {path: path.stat().st_mtime_ns for path in results.glob(pattern)}
        if now != before:
            break
        time.sleep(0.02)
    under_way = run.poll() is None
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    return under_way


def test_killed_in_every_stage_it_ends_with_the_scores_of_an_undisturbed_run(finished, tmp_path):
    folder = project.copy(tmp_path / "project")
    for pattern in STAGES:
        assert kill_during(folder, pattern), f"the run ended before {pattern}"
    done = project.snakemake(folder, "results/metrics.csv")
    assert done.returncode == 0, done.stdout[-5000:]
    undisturbed = (finished / "results" / "metrics.csv").read_bytes()
    assert (folder / "results" / "metrics.csv").read_bytes() == undisturbed
    left = [path for path in (folder / "results").rglob("*") if is_leftover(path)]
    assert left == []


def is_leftover(path):
    """Half-written files: temporary names begin with a dot, training states end in .partial."""
    return (
        path.is_file()
        and (path.name[0] == "." or path.suffix == ".partial")
        and (path.name != ".lock")
    )


def test_half_written_file_of_another_program_is_not_taken_for_a_whole_one(finished, tmp_path):
    folder = tmp_path / "project"
    project.copy_finished(finished, folder)
    flow = folder / "results" / "demo" / "flow" / "s01_1.h5"
    flow.write_bytes(flow.read_bytes()[: flow.stat().st_size // 2])
    run = project.snakemake(folder, "results/metrics.csv", options=("--keep-going",))
    assert run.returncode != 0
    assert "flow/s01_1.h5: is not whole" in run.stdout
    assert "delete the file and run again" in run.stdout
    flow.unlink()
    assert project.snakemake(folder, "results/metrics.csv").returncode == 0
    undisturbed = (finished / "results" / "metrics.csv").read_bytes()
    assert (folder / "results" / "metrics.csv").read_bytes() == undisturbed
