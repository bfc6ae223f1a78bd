"""No file takes more memory or time than any machine has, and none is used in silence."""

from pathlib import Path

import pytest

from mespot import limits
from tests.hostile import bounded
from tests.hostile.cases import ROWS, outcomes

ROOT = Path(__file__).parents[2]

# Of the first, the picture that is too large is lost, as a damaged one would be. The other only
# looks like a hostile one.
READ = ["a video that grows to 30000 x 30000", "a video with old sound, more samples than bytes"]


@pytest.mark.slow
def test_hostile_files_are_refused_at_once():
    told = {title: one for title, one in outcomes(ROWS)}
    expected = dict.fromkeys(told, bounded.REFUSED) | dict.fromkeys(READ, bounded.READ)
    assert {title: one.what for title, one in told.items()} == expected, told
    assert max(one.peak for one in told.values()) < 1000  # MB
    assert max(one.seconds for one in told.values()) < 10


def test_the_page_names_all_hostile_files_and_limits():
    page = (ROOT / "docs/reliability.md").read_text()
    assert [title for title, *_ in ROWS if f"| {title} |" not in page] == []
    names = [name for name in vars(limits) if name.isupper() and name != "MB"]
    assert [name for name in names if f"`{name}`" not in page] == []
