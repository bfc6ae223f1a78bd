"""What starting costs: which libraries are loaded before there is anything to do."""

import json
import subprocess
import sys

import pytest

from tests.workflow.project import ROOT

# Each takes a tenth of a second and more.
HEAVY = {"numpy", "pandas", "scipy", "torch", "cv2", "h5py", "matplotlib", "mediapipe", "skimage"}
HEAVY |= {"openpyxl", "yaml", "jsonschema", "snakemake"}

PROGRAM = """\
import json, sys
try:
    {statements}
finally:
    print()
    print(json.dumps(sorted({{name.split(".")[0] for name in sys.modules}})))
"""


def loaded(statements):
    """The libraries that a process has loaded after some statements."""
    program = PROGRAM.format(statements=statements)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True
    )
    names = set(json.loads(done.stdout.splitlines()[-1]))
    assert "mespot" in names
    return names


@pytest.mark.parametrize(
    "statements",
    [
        "import mespot",
        "from mespot import cli; cli.main(['--help'])",
        "from mespot import cli; cli.main(['score', '--help'])",
        "from mespot import cli; cli.main(['corpus', '--help'])",
        "from mespot import cli; cli.main(['corpus', 'check', '--help'])",
        "from mespot import cli; cli.main(['benchmark', '--help'])",
        "from mespot import cli; cli.main(['motion', 'export', '--help'])",
        "from mespot import cli; cli.main(['export', '--help'])",
        "from mespot import cli; cli.main(['inspect', '--help'])",
        "from mespot import cli; cli.main(['spot', '--help'])",
    ],
)
def test_help_loads_no_library(statements):
    assert loaded(statements) & HEAVY == set()


def test_opening_the_built_in_corpus_loads_no_library_of_the_jobs():
    """Every job opens the corpora when it reads the Snakefile."""
    statements = (
        "from mespot import config; from mespot.corpora import open_corpus; "
        "assert open_corpus('demo', config.load('config.yaml')).folds"
    )
    names = loaded(statements)
    assert "pandas" in names
    assert names & HEAVY == {"numpy", "pandas", "yaml", "jsonschema"}


def test_names_that_are_loaded_when_asked_for():
    statements = (
        "import mespot.corpora; assert 'pandas' not in sys.modules; "
        "assert mespot.corpora.ALL == 'all' and 'pandas' in sys.modules; "
        "assert all(hasattr(mespot.corpora, name) for name in mespot.corpora.__all__); "
        "assert not hasattr(mespot.corpora, 'nothing')"
    )
    loaded(statements)
