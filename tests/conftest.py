"""Which tests may run side by side."""

from pathlib import Path

import pytest

WORKFLOW = Path(__file__).parent / "workflow"


# Before the plugin that deals the tests out, which reads these marks.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Tests of a file stay together, because they share what its fixtures make. All tests of the
    workflow stay together: they share one run, and each of them uses all cores."""
    for item in items:
        together = "workflow" if WORKFLOW in item.path.parents else item.path.stem
        item.add_marker(pytest.mark.xdist_group(together))
