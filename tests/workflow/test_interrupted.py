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

METRICS = "results/metrics.csv"
# What is made again while the run is killed: a recording from its tracking on, the labels, and the
# networks and intervals of a fold; then all scores.
MADE_AGAIN = [f"{kind}/s01_1.h5" for kind in ("landmarks", "frames", "flow")] + ["labels.csv"]
MADE_AGAIN += [f"encoders/pretrained/s02/{stream}.pt" for stream in ("face", "flow")]
MADE_AGAIN += [f"features/pretrained/s02/{stream}.h5" for stream in ("face", "flow")]
for _method in ("regions", "learned"):
    MADE_AGAIN += [f"spotters/{_method}/s02.pt", f"scores/{_method}/s02.h5"]
    MADE_AGAIN += [f"{table}/{_method}/s02.csv" for table in ("intervals", "candidates")]
MADE_AGAIN = [f"results/demo/{name}" for name in MADE_AGAIN]
SCORES = [METRICS, "results/demo/metrics.csv", "results/demo/summary.csv"]
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


def made_again(folder, finished, names, moments=()):
    """Delete some files and have them made, by a run that is killed at these moments, in seconds;
    those that were needed are taken out. The files are those of an undisturbed run."""
    for name in names:
        (folder / name).unlink(missing_ok=True)
    while True:
        run = start(folder, *names)
        try:
            told, _ = run.communicate(timeout=moments[-1] if moments else 900)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.communicate()
            moments.pop()
            continue
        assert run.returncode == 0, told[-5000:]
        break
    for name in names:
        assert (folder / name).read_bytes() == (finished / name).read_bytes(), name
        # As old as they were, so that nothing else has to be made from them.
        shutil.copystat(finished / name, folder / name)
    assert [path for path in (folder / "results").rglob("*") if is_leftover(path)] == []


def test_killed_at_any_moment_it_ends_with_the_scores_of_an_undisturbed_run(
    finished, tmp_path, pytestconfig, fault
):
    folder = tmp_path / "project"
    project.copy_finished(finished, folder)
    wanted, seed = pytestconfig.option.kills, random.randrange(2**32)
    print(f"moments drawn with the seed {seed}")
    drawn = random.Random(seed)
    moments = [drawn.uniform(0.2, LONGEST) for _ in range(wanted)]
    while moments:
        made_again(folder, finished, MADE_AGAIN, moments)
        made_again(folder, finished, SCORES, moments)
    fault("kill", wanted)


def is_leftover(path):
    """Half-written files: temporary names begin with a dot, training states end in .partial."""
    hidden = path.name[0] == "." and path.name != ".lock"
    return path.is_file() and (hidden or path.suffix == ".partial")


def test_keys_that_stop_a_run_are_told_in_a_line(finished, tmp_path, fault):
    folder = tmp_path / "project"
    project.copy_finished(finished, folder)
    made = "results/demo/landmarks/s02_1.h5"
    (folder / made).unlink()
    log = folder / "results" / "demo" / "logs" / "track_face" / "s02_1.log"
    log.unlink()
    for stage in ("planning", "jobs"):
        run = start(folder, made)
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
    done = project.snakemake(folder, made)
    assert done.returncode == 0, done.stdout[-3000:]
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
    made, encoder = "results/demo/flow/s01_1.h5", "results/demo/encoders/pretrained/s02/flow.pt"
    flow = folder / made
    flow.write_bytes(flow.read_bytes()[: flow.stat().st_size // 2])
    run = project.snakemake(folder, encoder)
    assert run.returncode != 0
    assert f"{made}: is not whole" in run.stdout
    assert "delete the file and run again" in run.stdout
    fault("half-written")
    made_again(folder, finished, [made, encoder])
    run = project.snakemake(folder, METRICS, options=("--dry-run",))
    assert project.planned(run.stdout) == set(), run.stdout
