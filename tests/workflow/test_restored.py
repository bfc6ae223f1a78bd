"""Results that were copied, restored or mixed up, and a clock that was set back."""

import json
import os
import re
import shutil
import subprocess

import pytest

from mespot.store import table_seals
from tests.workflow import project

pytestmark = pytest.mark.slow

DAY = 86_400 * 10**9


@pytest.fixture
def copied(finished, tmp_path):
    project.copy_finished(finished, tmp_path / "project")
    return tmp_path / "project"


def dry_run(folder):
    run = project.snakemake(folder, "results/metrics.csv", options=("--dry-run",))
    assert run.returncode == 0, run.stdout
    return run.stdout


def test_a_clock_that_was_set_back_is_told_before_a_job_starts(finished, copied, fault):
    for path in (copied / "results").rglob("*"):
        if path.is_file():
            times = path.stat()
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + DAY))
    for table in ("results/demo/metrics.csv", "results/metrics.csv"):
        (copied / table).unlink()
    run = project.snakemake(copied, "results/metrics.csv")
    assert run.returncode != 0 and "Scoring demo" not in run.stdout
    (told,) = re.findall(r"is from the future, by 2[34].\d h.*: (find .*)", run.stdout)
    subprocess.run(["bash", "-c", told], cwd=copied, check=True)
    run = project.snakemake(copied, "results/metrics.csv")
    assert run.returncode == 0, run.stdout[-3000:]
    assert project.planned(run.stdout) == {"score", "join_metrics"}
    for table in ("results/demo/metrics.csv", "results/metrics.csv"):
        assert (copied / table).read_bytes() == (finished / table).read_bytes()
    fault("clock")


def test_results_without_records_are_kept_and_without_seals_made_again(copied, fault):
    shutil.rmtree(copied / ".snakemake")
    output = dry_run(copied)
    assert project.planned(output) == set() and "seals" not in output
    fault("no records")
    for folder in list((copied / "results").rglob(table_seals.FOLDER)):
        shutil.rmtree(folder)
    output = dry_run(copied)
    again = {"label_frames", "train_spotter", "spot", "score", "summarise", "join_metrics"}
    assert project.planned(output) == again
    (line,) = [line for line in output.splitlines() if "have lost the seals" in line]
    assert "made again" in line and "copy its hidden folders .seals too" in line
    fault("no seals")


def test_intervals_of_other_settings_are_not_scored(copied, fault):
    """As after a backup of another run was put in their place, times kept."""
    table = copied / "results" / "demo" / "intervals" / "regions" / "s01.csv"
    seal = table.parent / table_seals.FOLDER / f"{table.name}.json"
    told = json.loads(seal.read_text())
    told["provenance"]["settings"]["decoding"]["nms_iou"] = 0.123
    seal.write_text(json.dumps(told))
    (copied / "results" / "demo" / "metrics.csv").unlink()
    run = project.snakemake(copied, "results/metrics.csv")
    assert run.returncode != 0
    name = "results/demo/intervals/regions/s01.csv"
    assert f"mespot: score: {name}: was made with other settings" in run.stdout, run.stdout
    assert f"delete the file and run again: rm {name}" in run.stdout
    assert not (copied / "results" / "demo" / "metrics.csv").exists()
    fault("mixed")
