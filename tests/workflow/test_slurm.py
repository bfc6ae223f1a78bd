"""Part of the workflow through a real Slurm: its files are those of a local run, and so are its
scores, whatever of it is lost on the way."""

import importlib.util
import os
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.workflow import project

pytestmark = pytest.mark.system

# Starts munge, slurmdbd, slurmctld and two nodes on this machine, from Debian's packages.
CLUSTER = Path(__file__).parents[3] / "shared" / "reference" / "slurm" / "slurm_up.sh"
METRICS = "results/metrics.csv"
# Made again by the cluster: one video from its tracking on, one fold's networks of one stream and
# what is spotted with them. Each of them costs Snakemake several starts.
MADE_AGAIN = {
    "track_face": ["landmarks/s01_1.h5"],
    "crop_frames": ["frames/s01_1.h5"],
    "optical_flow": ["flow/s01_1.h5"],
    "label_frames": ["labels.csv"],
    "pretrain": ["encoders/pretrained/s02/flow.pt"],
    "extract_features": ["features/pretrained/s02/flow.h5"],
    "train_spotter": ["spotters/regions/s02.pt"],
    "spot": ["scores/regions/s02.h5", "intervals/regions/s02.csv", "candidates/regions/s02.csv"],
}


@pytest.fixture(scope="module")
def cluster():
    if not CLUSTER.exists():
        pytest.skip(f"needs {CLUSTER}, which starts a Slurm on one machine")
    if os.geteuid() != 0:
        pytest.skip("needs root, to start a Slurm")
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        pytest.skip('needs the Slurm plugin: pip install -e ".[slurm]"')
    try:
        subprocess.run(["bash", CLUSTER, "up"], check=True, timeout=300)
        yield
    finally:
        subprocess.run(["bash", CLUSTER, "down"], check=True, timeout=120)


@contextmanager
def through_slurm(folder, *targets):
    """Snakemake in a process group of its own, whose jobs go through Slurm; it ends with the
    block."""
    line = [*project.command(*targets)]
    line[line.index("--cores") : line.index("--cores") + 2] = ["--profile", "profiles/slurm"]
    # Status is asked for early and often; on a cluster that would be a burden.
    line[line.index("--profile") : line.index("--profile")] = [
        "--slurm-init-seconds-before-status-checks=1",
        "--seconds-between-status-checks=1",
    ]
    with subprocess.Popen(
        line,
        cwd=folder,
        env=project.environment(cluster=True),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as run:
        try:
            yield run
        finally:
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGKILL)


def ends_well(run, folder, finished, *made):
    """It ends, and has made the files of a local run again."""
    told, _ = run.communicate(timeout=1200)
    assert run.returncode == 0, told[-5000:]
    for name in made:
        assert (folder / name).read_bytes() == (finished / name).read_bytes(), name


def without(finished, folder, *names):
    """A copy of a finished run without some files."""
    project.copy_finished(finished, folder)
    for name in names:
        (folder / name).unlink()


def slurm(*line):
    done = subprocess.run(line, stdout=subprocess.PIPE, text=True, check=True, timeout=60)
    return done.stdout


def named_in_slurm(rules):
    jobs = slurm("sacct", "--noheader", "--parsable2", "--format=State,Comment%200")
    return all(rule in jobs for rule in rules), jobs


def test_jobs_go_through_slurm_to_the_files_of_a_local_run(cluster, finished, tmp_path):
    folder = tmp_path / "project"
    made = [f"results/demo/{name}" for names in MADE_AGAIN.values() for name in names]
    without(finished, folder, *made)
    with through_slurm(folder, *made) as run:
        ends_well(run, folder, finished, *made)
    found, jobs = named_in_slurm(MADE_AGAIN)
    assert found, jobs


def test_what_is_lost_on_the_way_is_made_again(cluster, finished, tmp_path, fault):
    folder = tmp_path / "project"
    without(finished, folder, "results/demo/metrics.csv", METRICS)
    with through_slurm(folder, METRICS) as run:
        seen = {running(run, set())[0]}
    # Snakemake is killed, its job goes on; the same command sends another one of the kind.
    with through_slurm(folder, METRICS) as run:
        job, _ = running(run, seen)
        slurm("scancel", job)
        job, node = running(run, {*seen, job})
        lose(node)
        # Slurm lets the job wait for two minutes before it starts it elsewhere.
        soon = ["scontrol", "update", f"JobId={job}", "StartTime=now"]
        subprocess.run(soon, check=False, timeout=60)
        ends_well(run, folder, finished, METRICS)
    states = slurm("sacct", "--noheader", "--duplicates", "--allocations", "--format=State")
    assert "CANCELLED" in states and "NODE_FAIL" in states, states
    found, jobs = named_in_slurm(["score", "join_metrics"])
    assert found, jobs
    for name in ("snakemake killed", "scancel", "node"):
        fault(name)


def running(run, known):
    """Number and node of a job that runs and is not among `known`."""
    while run.poll() is None:
        for line in slurm("squeue", "--noheader", "--states=R", "--format=%i %N").splitlines():
            job, node = line.split()
            if job not in known:
                return job, node
        time.sleep(0.2)
    raise AssertionError(run.communicate()[0][-5000:])


def lose(node):
    """The controller is told what it would find out by itself after a while, and everything that
    runs there ends at once."""
    jobs = set(slurm("squeue", "--noheader", f"--nodelist={node}", "--format=%i").split())
    slurm("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=lost")
    processes = {}
    for line in slurm("ps", "-eo", "pid=,ppid=,args=").splitlines():
        pid, parent, command = line.split(None, 2)
        processes[pid] = parent, command
    steps = tuple(f"slurmstepd: [{job}." for job in jobs)
    ended = {
        pid
        for pid, (_, command) in processes.items()
        if command.startswith(steps) or command.endswith(f"slurmd -N {node}")
    }
    while more := {pid for pid, (parent, _) in processes.items() if parent in ended} - ended:
        ended |= more
    assert ended, processes
    for pid in ended:
        with suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
