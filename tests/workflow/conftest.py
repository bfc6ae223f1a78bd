import os
from pathlib import Path

import pytest

from tests.workflow import project


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A tiny run of the whole workflow that has ended; tests leave it as they found it.

    With the variable MESPOT_TEST_RUN it is kept in that folder and taken from there.
    """
    kept = os.environ.get("MESPOT_TEST_RUN")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("run") / "project"
    if not (folder / "done").exists():
        project.copy(folder)
        done = project.snakemake(folder, "all")
        assert done.returncode == 0, done.stdout[-5000:]
        (folder / "done").touch()
    return folder
