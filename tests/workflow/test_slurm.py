"""Part of the workflow through a real Slurm: its scores are those of a local run."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.workflow import project

pytestmark = pytest.mark.system

# Starts munge, slurmdbd, slurmctld and two nodes on this machine, from Debian's packages.
CLUSTER = Path(__file__).parents[3] / "shared" / "reference" / "slurm" / "slurm_up.sh"
# Made again by the cluster: one video from its tracking on, one fold's networks, all scores.
DELETED = [
    "landmarks/s01_1.h5",
    "frames/s01_1.h5",
    "flow/s01_1.h5",
    "encoders/pretrained/s02",
    "features",
    "spotters",
    "scores",
    "intervals",
    "metrics.csv",
]
RULES = {"track_face", "crop_frames", "optical_flow", "label_frames", "pretrain"}
RULES |= {"extract_features", "train_spotter", "spot", "score"}


@pytest.fixture(scope="module")
def cluster():
    if not CLUSTER.exists():
        pytest.skip(f"needs {CLUSTER}, which starts a Slurm on one machine")
    if os.geteuid() != 0:
        pytest.skip("needs root, to start a Slurm")
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        pytest.skip('needs the Slurm plugin: pip install -e ".[slurm]"')
    subprocess.run(["bash", CLUSTER, "up"], check=True, timeout=300)
    yield
    subprocess.run(["bash", CLUSTER, "down"], check=True, timeout=120)


def test_jobs_go_through_slurm_to_the_scores_of_a_local_run(cluster, finished, tmp_path):
    folder = tmp_path / "project"
    project.copy_finished(finished, folder)
    for name in DELETED:
        path = folder / "results" / "demo" / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (folder / "results" / "metrics.csv").unlink()
    line = [*project.command("results/metrics.csv")]
    line[line.index("--cores") : line.index("--cores") + 2] = ["--profile", "profiles/slurm"]
    # Status is asked for early and often; on a cluster that would be a burden.
    line[line.index("--profile") : line.index("--profile")] = [
        "--slurm-init-seconds-before-status-checks=2",
        "--seconds-between-status-checks=2",
    ]
    run = subprocess.run(
        line,
        cwd=folder,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1200,
    )
    assert run.returncode == 0, run.stdout[-5000:]
    known = (finished / "results" / "metrics.csv").read_bytes()
    assert (folder / "results" / "metrics.csv").read_bytes() == known
    jobs = subprocess.run(
        ["sacct", "--noheader", "--parsable2", "--format=State,Comment%200"],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    for rule in RULES:
        assert rule in jobs, jobs
