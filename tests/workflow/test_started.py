"""How a run can be started: from another folder, with a profile, by another program."""

import subprocess
import sys

import pytest

from tests.workflow import project

# A program with a run of its own, which hears the key as it did before.
PROGRAM = """\
import signal, sys
from pathlib import Path
from snakemake.api import ConfigSettings, DAGSettings, OutputSettings
from snakemake.api import ResourceSettings, SnakemakeApi
before = signal.getsignal(signal.SIGINT)
with SnakemakeApi(OutputSettings(dryrun=True)) as api:
    workflow = api.workflow(
        resource_settings=ResourceSettings(cores=1),
        config_settings=ConfigSettings(configfiles=[Path("config.yaml"), Path("tiny.yaml")]),
        snakefile=Path("Snakefile"),
    )
    workflow.dag(DAGSettings(targets={"results/demo/labels.csv"})).execute_workflow("dryrun")
assert signal.getsignal(signal.SIGINT) is before
"""


@pytest.mark.system
def test_a_run_in_another_folder_takes_a_profile(tmp_path):
    place = project.copy(tmp_path / "project")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    options = ("--dry-run", "--directory", str(elsewhere), "--profile", "profiles/default")
    done = project.snakemake(place, "results/demo/labels.csv", options=options)
    assert done.returncode == 0 and "label_frames" in project.planned(done.stdout), done.stdout
    wrong = project.snakemake(place, "results/demo/lable.csv", options=options)
    assert wrong.returncode and "did you mean results/demo/labels.csv?" in wrong.stdout


@pytest.mark.system
def test_a_program_that_plans_a_run_keeps_its_keys(tmp_path):
    place = project.copy(tmp_path / "project")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=place,
        env=project.environment(),
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "label_frames" in done.stdout + done.stderr
