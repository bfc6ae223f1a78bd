"""docs/reliability.md holds what `pytest --faults` prints."""

from tests import faults
from tests.unit.stored_kinds import KINDS
from tests.unit.test_damages import DAMAGES
from tests.workflow.project import ROOT

PAGE = (ROOT / "docs" / "reliability.md").read_text().splitlines()


def cells(head):
    """The rows of the table with a head line, as lists of cells."""
    begin = PAGE.index(head) + 2
    lines = PAGE[begin : PAGE.index("", begin)]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_page_has_every_fault_as_it_is_printed():
    printed = faults.table(dict.fromkeys(faults.ROWS, 7))
    rows = cells(printed[0])
    assert [[done, came] for done, _, came in rows] == [[*row] for row in faults.ROWS.values()]
    for done, times, _ in rows:
        assert times.isdecimal() and int(times) > 0, f"{done}: {times}"


def test_the_page_has_every_kind_of_damaged_file():
    printed = faults.damages((kind, len(DAMAGES), len(DAMAGES)) for kind in KINDS)
    begin = PAGE.index(printed[0])
    assert PAGE[begin : begin + len(printed)] == printed
