"""Which tests may run side by side."""

import pytest
from xdist.scheduler import LoadScopeScheduling

# Tests of the workflow that make all that they need themselves.
ALONE = ("tests/workflow/test_real_corpora.py", "tests/workflow/test_review.py")


class Together(LoadScopeScheduling):
    """Tests of a file stay together, because they share what its fixtures make. Most tests of the
    workflow stay together: they share one run, and each of them uses all cores."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "workflow" if "tests/workflow/" in file and not file.endswith(ALONE) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return Together(config, log)
