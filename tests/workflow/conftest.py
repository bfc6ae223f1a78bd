import pytest

from tests.workflow import project


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A tiny run of the whole workflow that has ended; tests leave it as they found it."""
    folder = project.copy(tmp_path_factory.mktemp("run") / "project")
    done = project.snakemake(folder, "all")
    assert done.returncode == 0, done.stdout[-5000:]
    return folder
