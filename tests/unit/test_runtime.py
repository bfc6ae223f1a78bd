"""What a workflow script does around its step, in a process of its own."""

import subprocess
import sys

from mespot.runtime import warnings_of

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
