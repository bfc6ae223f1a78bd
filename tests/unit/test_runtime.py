"""What a workflow script does around its step, in a process of its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mespot import stopping
from mespot.errors import InputError
from mespot.runtime import check_clock, check_writable, lock_results, warnings_of

SCRIPT = """
import types
from mespot.errors import InputError
from mespot.runtime import job
log = {log!r}
snakemake = types.SimpleNamespace(
    rule="crop_frames", threads=1, log=[log], params={{"code": "x"}}, input={{"a": "a.h5"}}
)
with job(snakemake) as provenance:
    {step}
"""


def run(log, step):
    return subprocess.run(
        [sys.executable, "-c", SCRIPT.format(log=str(log), step=step)],
        capture_output=True,
        text=True,
    )


def test_warnings_are_read_as_they_are_written(tmp_path):
    log = tmp_path / "job.log"
    step = "import logging; logging.getLogger('mespot.x').warning('%s: 100 %% odd', 'v')"
    assert run(log, step).returncode == 0
    assert warnings_of(log) == ["v: 100 % odd"]


def test_output_and_bad_input_go_to_the_log(tmp_path):
    log = tmp_path / "job.log"
    step = 'print(provenance["rule"], provenance["code"]); '
    done = run(log, step + 'raise InputError("x.csv: row 3: fps: is empty")')
    assert done.returncode == 1
    assert (done.stdout, done.stderr) == ("", "")
    written = log.read_text()
    assert "crop_frames x" in written
    assert "mespot: crop_frames: x.csv: row 3: fps: is empty" in written
    assert "Traceback" not in written


def test_a_message_that_the_log_has_no_room_for_goes_to_the_terminal():
    done = run("/dev/full", 'raise InputError("a.h5: cannot be written: no space")')
    assert done.returncode != 0
    assert "mespot: crop_frames: a.h5: cannot be written: no space" in done.stderr


def test_error_of_the_system_is_reported_with_its_place(tmp_path):
    log = tmp_path / "job.log"
    done = run(log, 'open("/nowhere/x")')
    assert done.returncode == 1
    assert "Traceback" in log.read_text()
    assert "What is already computed is kept" in log.read_text()


def test_a_job_that_is_stopped_by_a_key_says_so_in_a_line(tmp_path):
    stop = "import os, signal; os.kill(os.getpid(), signal.SIGINT)"
    (tmp_path / "slow.py").write_text(stop)
    importing = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import slow"
    for step in (stop, importing):
        done = run(tmp_path / "job.log", step)
        assert done.returncode == stopping.STATUS
        assert (tmp_path / "job.log").read_text() == "mespot: crop_frames: stopped\n"
        assert (done.stdout, done.stderr) == ("", "")


def test_a_key_is_heard_as_before_when_the_work_is_done():
    before = signal.getsignal(signal.SIGINT)
    known = stopping.listen("stopped")
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
    stopping.as_before(known)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    check_writable(tmp_path / "new" / "folder")
    assert (tmp_path / "new" / "folder").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file/x: cannot be written: Not a directory. Start the"):
        check_writable(tmp_path / "file" / "x")


def test_files_from_the_future_are_told_with_a_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made, given = Path("results/demo/a.csv"), tmp_path / "my videos" / "b.mp4"
    for path in (made, given):
        path.parent.mkdir(parents=True)
        path.touch()
    now = time.time()
    files = [made, str(given), "results/none.h5"]
    check_clock(files, now)
    for path in (made, given):
        os.utime(path, (now, now + 7200))
    with pytest.raises(InputError, match="is from the future, by 2.0 h .so are 1 other") as told:
        check_clock(files, now)
    command = str(told.value).split(": ")[-1]
    subprocess.run(["bash", "-c", command], check=True)
    assert made.stat().st_mtime == given.stat().st_mtime <= time.time()
    check_clock(files, now)


@pytest.mark.parametrize("place", ["file", "file/results"])
def test_a_file_in_place_of_the_folder_of_results_is_told(tmp_path, place):
    (tmp_path / "file").write_text("a recording")
    with pytest.raises(InputError, match="A file is where a folder has to be. Name another"):
        lock_results(tmp_path / place)
    assert (tmp_path / "file").read_text() == "a recording"
