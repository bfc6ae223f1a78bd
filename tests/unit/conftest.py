"""Fixtures of the tests of figures."""

import pytest

from mespot.plots import style
from tests.unit.plotted import make_clock, make_frames


@pytest.fixture
def coarse(monkeypatch):
    """Figures of few pixels: quicker, and what is tested does not depend on them."""
    monkeypatch.setattr(style, "DPI", 50)


@pytest.fixture
def clock():
    return make_clock()


@pytest.fixture
def frames(tmp_path, clock):
    return make_frames(tmp_path, clock)
