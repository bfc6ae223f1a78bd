"""A wheel, made and installed as README.md prints it, is enough for `mespot spot`."""

import os
import shlex
import shutil
import subprocess
import sys

import pytest

from tests.workflow import project

pytestmark = pytest.mark.slow

MODEL = """
import mespot
from mespot.training.model import Model
from mespot.videos.how import DEFAULTS, MODEL, How

model = Model.load(MODEL)
print(len(model.members), How.of().identity()["model"], mespot.__file__, DEFAULTS, MODEL, sep="\\n")
"""


def pip(command, folder, *options):
    """A printed command; options: instead of what would come from the network."""
    program, *arguments = shlex.split(command)
    assert program == "pip"
    files = [str(path) for one in arguments if "*" in one for path in folder.glob(one)]
    arguments = [one for one in arguments if "*" not in one] + files
    line = [sys.executable, "-m", "pip", *arguments, *options]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that a wheel was installed to; of a copy, since making one leaves files."""
    clone = tmp_path_factory.mktemp("clone")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(project.ROOT / "mespot", clone / "mespot", symlinks=True, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE", "config.yaml"):
        shutil.copy2(project.ROOT / name, clone / name)
    make, install = project.WHEEL
    pip(make, clone, "--no-build-isolation")
    pip(install, clone, "--no-deps", "--target", "site")
    return clone / "site"


def test_a_wheel_has_the_package_and_nothing_else(installed):
    package = project.ROOT / "mespot"
    wanted = {
        path.relative_to(package) for path in package.rglob("*") if "__pycache__" not in path.parts
    }
    made = installed / "mespot"
    assert {p.relative_to(made) for p in made.rglob("*") if "__pycache__" not in p.parts} == wanted
    others = {path.name for path in installed.iterdir()} - {"mespot", "bin"}
    assert len(others) == 1 and others.pop().endswith(".dist-info")
    # A link in the repository.
    defaults = made / "defaults.yaml"
    assert not defaults.is_symlink()
    assert defaults.read_bytes() == (project.ROOT / "config.yaml").read_bytes()


def test_what_a_wheel_installs_runs_anywhere(installed, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(installed)}

    def said(*command):
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    script = installed / "bin" / "mespot"
    assert "--training-free" in said(sys.executable, str(script), "spot", "--help")
    networks, digest, *places = said(sys.executable, "-c", MODEL).splitlines()
    assert int(networks) > 0 and len(digest) == 64
    assert [os.path.commonpath([place, installed]) for place in places] == [str(installed)] * 3
