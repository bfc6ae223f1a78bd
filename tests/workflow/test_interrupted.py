"""Killed or stopped at any moment, a run goes on with the same command to the same scores."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.workflow import project

pytestmark = pytest.mark.slow

# What is made again while the run is killed: a recording from its tracking on, and all networks.
MADE_AGAIN = ["landmarks/s01_1.h5", "frames/s01_1.h5", "flow/s01_1.h5", "encoders", "features"]
MADE_AGAIN += ["spotters", "scores", "intervals", "candidates", "metrics.csv"]
LONGEST = 9.0  # s from the start of Snakemake to its end; several jobs


def start(folder, *arguments):
    """Snakemake in a process group of its own."""
    return subprocess.Popen(
        project.command(*arguments),
        cwd=folder,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    )


def delete(folder, names):
    """Take files and folders of the corpus away, and the table of all corpora."""
    for name in names:
        path = folder / "results" / "demo" / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (folder / "results" / "metrics.csv").unlink()


def check(folder, finished):
    """The scores are those of an undisturbed run, and nothing half-made is left."""
    undisturbed = (finished / "results" / "metrics.csv").read_bytes()
    assert (folder / "results" / "metrics.csv").read_bytes() == undisturbed
    left = [path for path in (folder / "results").rglob("*") if is_leftover(path)]
    assert left == []


def test_killed_at_any_moment_it_ends_with_the_scores_of_an_undisturbed_run(
    finished, tmp_path, pytestconfig, fault
):
    folder = tmp_path / "project"
    project.copy_finished(finished, folder)
    wanted, seed = pytestconfig.option.kills, random.randrange(2**32)
    moments = random.Random(seed)
    print(f"moments drawn with the seed {seed}")
    killed = 0
    delete(folder, MADE_AGAIN)
    while True:
        run = start(folder, "results/metrics.csv")
        try:
            patience = moments.uniform(0.2, LONGEST) if killed < wanted else 900
            told, _ = run.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.communicate()
            killed += 1
            continue
        assert run.returncode == 0, told[-5000:]
        check(folder, finished)
        if killed == wanted:
            break
        delete(folder, MADE_AGAIN)
    fault("kill", killed)


def is_leftover(path):
    """Half-written files: temporary names begin with a dot, training states end in .partial."""
    hidden = path.name[0] == "." and path.name != ".lock"
    return path.is_file() and (hidden or path.suffix == ".partial")


def test_keys_that_stop_a_run_are_told_in_a_line(finished, tmp_path, fault):
    folder = tmp_path / "project"
    project.copy_finished(finished, folder)
    delete(folder, ["landmarks/s02_1.h5", "metrics.csv"])
    log = folder / "results" / "demo" / "logs" / "track_face" / "s02_1.log"
    log.unlink()
    for stage in ("planning", "jobs"):
        run = start(folder, "results/demo/landmarks/s02_1.h5")
        told = ""
        while "is extended by additional config" not in told:
            line = run.stdout.readline()
            assert line, told
            told += line
        while stage == "jobs" and not log.exists():  # the job has begun
            time.sleep(0.05)
        time.sleep(0.2)
        os.killpg(run.pid, signal.SIGINT)
        told += run.communicate()[0]
        assert run.returncode != 0 and "Traceback" not in told, told
        last = "mespot: stopped" if stage == "planning" else "mespot: track_face: stopped"
        assert last in told.splitlines(), told
        fault(f"key: {stage}")
    done = project.snakemake(folder, "results/demo/landmarks/s02_1.h5")
    assert done.returncode == 0, done.stdout[-3000:]
    made = "results/demo/landmarks/s02_1.h5"
    assert (folder / made).read_bytes() == (finished / made).read_bytes()


def test_keys_that_stop_the_command_are_told_in_a_line(finished, tmp_path, fault):
    """While it imports, while it plans and while its processes start."""
    video = finished / "results" / "demo" / "corpus" / "videos" / "s01_1.mp4"
    command = [sys.executable, "-m", "mespot.cli", "spot", video, "--training-free"]
    for number in range(8):
        run = subprocess.Popen(
            [*command, "--out", tmp_path / "found"],
            cwd=project.ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )
        time.sleep(0.15 + 0.3 * number)
        os.killpg(run.pid, signal.SIGINT)
        told, _ = run.communicate()
        assert run.returncode == 130
        assert told.strip().startswith("mespot: stopped") and told.strip().count("\n") == 0, told
        fault("key: command")


def test_half_written_file_of_another_program_is_not_taken_for_a_whole_one(
    finished, tmp_path, fault
):
    folder = tmp_path / "project"
    project.copy_finished(finished, folder)
    flow = folder / "results" / "demo" / "flow" / "s01_1.h5"
    flow.write_bytes(flow.read_bytes()[: flow.stat().st_size // 2])
    run = project.snakemake(folder, "results/metrics.csv", options=("--keep-going",))
    assert run.returncode != 0
    assert "flow/s01_1.h5: is not whole" in run.stdout
    assert "delete the file and run again" in run.stdout
    fault("half-written")
    flow.unlink()
    assert project.snakemake(folder, "results/metrics.csv").returncode == 0
    undisturbed = (finished / "results" / "metrics.csv").read_bytes()
    assert (folder / "results" / "metrics.csv").read_bytes() == undisturbed
