"""Results on a disk that is full, and on one that cannot be written."""

import os
import re
import shutil
import subprocess

import pytest

from tests import faults
from tests.workflow import project
from tests.workflow.disks import close, fill, small_disk

pytestmark = pytest.mark.system


@pytest.fixture
def small(tmp_path):
    """A copy of the project whose results lie on a disk of 14 MB."""
    folder = project.copy(tmp_path / "project")
    with small_disk(folder / "results", 14 << 20):
        yield folder


def size(folder):
    """Bytes of a disk that a folder fills."""
    return sum(path.stat().st_size + 8192 for path in folder.rglob("*"))


# Jobs that do not wait for each other while rules of other rows make nothing: {rule: its file}.
SIDE_BY_SIDE = [
    {
        "demo_video": "corpus/videos/s01_1.mp4",
        "pretrain": "encoders/pretrained/s01/face.pt",
        "train_spotter": "spotters/regions/s01.pt",
        "score": "metrics.csv",
        "summarise": "summary.csv",
    },
    {
        "track_face": "landmarks/s01_1.h5",
        "extract_features": "features/pretrained/s01/face.h5",
        "spot": "scores/regions/s01.h5",
        "join_metrics": "../metrics.csv",
    },
    {
        "crop_frames": "frames/s01_1.h5",
        "label_frames": "labels.csv",
    },
    # It reads the recording as well as the crops.
    {"optical_flow": "flow/s01_1.h5"},
]


# What their jobs would write after them.
OTHER_OUTPUTS = {
    "results/demo/scores/regions/s01.h5": [
        "results/demo/intervals/regions/s01.csv",
        "results/demo/candidates/regions/s01.csv",
    ]
}


def test_disk_that_is_full_in_any_stage(finished, tmp_path, fault):
    assert sorted(rule for row in SIDE_BY_SIDE for rule in row) == sorted(faults.STAGES)
    folder = tmp_path / "project"
    ignored = shutil.ignore_patterns("results")
    shutil.copytree(finished, folder, copy_function=shutil.copy2, ignore=ignored)
    whole = finished / "results"
    # While a file is written it may be larger than it becomes. The filler takes what is left over.
    with small_disk(folder / "results", size(whole) + (4 << 20)):
        shutil.copytree(whole, folder / "results", dirs_exist_ok=True)
        for row in SIDE_BY_SIDE:
            make_without_room(folder, whole, row)
            for rule in row:
                fault(f"full: {rule}")


def make_without_room(folder, whole, row):
    """Make the files of some rules anew, first on a full disk and then with room."""
    targets = [os.path.normpath(f"results/demo/{name}") for name in row.values()]
    for target in targets:
        (folder / target).unlink()
        for other in OTHER_OUTPUTS.get(target, []):
            (folder / other).unlink()
    for path in (folder / "results").rglob("*.*"):
        # Logs and benchmarks are begun anew, which would give back their room.
        if path.suffix in (".log", ".tsv") and {*path.parts, path.stem} & {*row}:
            path.unlink()
    filler = folder / "results" / "filler"
    fill(filler)
    before = files(folder)
    options = ("--keep-going", "--force", "--rerun-triggers", "mtime", "--allowed-rules", *row)
    run = project.snakemake(folder, *targets, options=options)
    assert run.returncode != 0
    for target in targets:
        words = rf"{target}(\.partial)?: cannot be written: (\[Errno 28\] )?No space left on device"
        assert re.search(words, run.stdout), (target, run.stdout)
    assert "Traceback" not in run.stdout, run.stdout
    assert files(folder) == before
    filler.unlink()
    run = project.snakemake(folder, *targets, options=options)
    assert run.returncode == 0, run.stdout[-5000:]
    for target in [*targets, *(name for t in targets for name in OTHER_OUTPUTS.get(t, []))]:
        known = whole / os.path.relpath(target, "results")
        assert (folder / target).read_bytes() == known.read_bytes(), target


def files(folder):
    """All files of the results but logs, which are begun anew."""
    results = folder / "results"
    return {p for p in results.rglob("*") if p.is_file() and "logs" not in p.parts}


def test_full_disk_is_told_and_what_was_computed_is_kept(finished, tmp_path, fault):
    """The labels are made with room; the disk is full before the motion, which comes next."""
    folder, whole = tmp_path / "project", finished / "results"
    results = folder / "results"
    ignored = shutil.ignore_patterns("results")
    shutil.copytree(finished, folder, copy_function=shutil.copy2, ignore=ignored)
    kept = [whole / "resources"]
    kept += [whole / "demo" / name for name in ("corpus", "landmarks", "frames")]
    with small_disk(results, sum(map(size, kept)) + (1 << 20)):
        for part in kept:
            shutil.copytree(part, results / part.relative_to(whole))
        run = project.snakemake(folder, "results/demo/labels.csv")
        assert run.returncode == 0, run.stdout[-5000:]
        fill(results / "filler")
        target = "results/demo/spotters/regions/s01.pt"
        run = project.snakemake(folder, target, options=("--keep-going",))
        assert run.returncode != 0
        assert "No space left on device" in run.stdout
        assert "Free space on that disk and run again" in run.stdout
        for name in ("frames/s01_1.h5", "labels.csv"):
            known = whole / "demo" / name
            assert (results / "demo" / name).read_bytes() == known.read_bytes(), name
        leftovers = [p for p in results.rglob(".*") if p.name not in (".lock", ".seals")]
        assert leftovers == []
    fault("full")


def test_folder_without_permission_is_told(small, fault):
    results = small / "results"
    close(results)
    run = project.snakemake(small, "results/metrics.csv")
    assert run.returncode != 0
    assert str(results.relative_to(small)) in run.stdout
    assert "Read-only file system" in run.stdout
    fault("results read-only")


def test_project_without_permission_is_told(tmp_path, fault):
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a disk that is read-only")
    folder = project.copy(tmp_path / "project")
    subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        run = project.snakemake(folder, "results/metrics.csv")
    finally:
        subprocess.run(["umount", str(folder)], check=True)
    assert run.returncode != 0 and "Traceback" not in run.stdout, run.stdout
    assert f"{folder}/.snakemake: cannot be written: Read-only file system" in run.stdout
    assert "Start the run in a copy of the project" in run.stdout
    fault("project read-only")
