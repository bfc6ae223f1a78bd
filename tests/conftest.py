"""Which tests may run side by side, and how long some of them last."""

import pytest
from xdist.scheduler import LoadScopeScheduling

# Tests of the workflow that make all that they need themselves.
ALONE = ("tests/workflow/test_real_corpora.py", "tests/workflow/test_review.py")


def pytest_addoption(parser):
    parser.addoption(
        "--long",
        nargs="?",
        type=int,
        const=600,
        default=0,
        metavar="SECONDS",
        help="the fuzz tests, with other random numbers each time, for so long each (600)",
    )


class Together(LoadScopeScheduling):
    """Tests of a file stay together, because they share what its fixtures make. Most tests of the
    workflow stay together: they share one run, and each of them uses all cores."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "workflow" if "tests/workflow/" in file and not file.endswith(ALONE) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return Together(config, log)
