"""Which tests may run side by side, how long some of them last, and the tables of faults."""

from collections import Counter

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests import faults

# Tests of the workflow that make all that they need themselves, or only copy a finished run and
# then wait for a cluster.
ALONE = tuple(f"tests/workflow/test_{name}.py" for name in ("real_corpora", "review", "slurm"))


class Together(LoadScopeScheduling):
    """Tests of a file stay together, because they share what its fixtures make. Most tests of the
    workflow stay together: they share one run, and each of them uses all cores."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return "workflow" if "tests/workflow/" in file and not file.endswith(ALONE) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return Together(config, log)


def pytest_addoption(parser):
    group = parser.getgroup("faults")
    group.addoption("--faults", action="store_true", help="try all faults and print their tables")
    group.addoption("--kills", type=int, default=10, help="how often a run is killed (10)")
    parser.addoption(
        "--long",
        nargs="?",
        type=int,
        const=600,
        default=0,
        metavar="SECONDS",
        help="the fuzz tests, with other random numbers each time, for so long each (600)",
    )


def pytest_configure(config):
    if config.option.faults:
        config.option.markexpr = ""  # slow ones, too


def pytest_collection_modifyitems(config, items):
    if config.option.faults:
        others = [item for item in items if "fault" not in item.fixturenames]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if "fault" in item.fixturenames]


@pytest.fixture
def fault(record_property):
    """Tells that a fault of tests.faults.ROWS was done some times and came out as said there."""

    def seen(name, times=1):
        assert name in faults.ROWS
        record_property("fault", [name, times])

    return seen


def pytest_terminal_summary(terminalreporter, config):
    if not config.option.faults:
        return
    counts, damaged = Counter(), []
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "fault":
                counts[value[0]] += value[1]
            elif name == "damages":
                damaged.append(tuple(value))
    lines = [*faults.table(counts), "", *faults.damages(damaged)]
    terminalreporter.write("\n" + "\n".join(lines) + "\n")
