"""Results on a disk that is full, and on one that cannot be written."""

import os
import shutil
import subprocess

import pytest

from tests.workflow import project

pytestmark = pytest.mark.system


@pytest.fixture
def small_disk(tmp_path):
    """A copy of the project whose results lie on a disk of 14 MB."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a small disk")
    folder = project.copy(tmp_path / "project")
    results = folder / "results"
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=14m", "tmpfs", str(results)]
    if subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("cannot mount a small disk here")
    yield folder
    subprocess.run(["umount", str(results)], check=True)


def test_full_disk_is_told_and_what_was_computed_is_kept(small_disk):
    run = project.snakemake(small_disk, "results/demo/frames/s01_1.h5", options=("--keep-going",))
    assert run.returncode == 0, run.stdout[-3000:]
    frames = small_disk / "results" / "demo" / "frames" / "s01_1.h5"
    kept = frames.read_bytes()
    run = project.snakemake(small_disk, "results/metrics.csv", options=("--keep-going",))
    assert run.returncode != 0
    assert "No space left on device" in run.stdout
    assert "Free space on that disk and run again" in run.stdout
    assert frames.read_bytes() == kept
    leftovers = [p for p in (small_disk / "results").rglob(".*")]
    leftovers = [p for p in leftovers if p.name not in (".lock", ".seals")]
    assert leftovers == []


def test_folder_without_permission_is_told(small_disk):
    results = small_disk / "results"
    subprocess.run(["mount", "-o", "remount,ro", str(results)], check=True)
    run = project.snakemake(small_disk, "results/metrics.csv")
    assert run.returncode != 0
    assert str(results.relative_to(small_disk)) in run.stdout
    assert "Read-only file system" in run.stdout
