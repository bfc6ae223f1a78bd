"""Fixtures that several files of tests share."""

import pytest

from mespot.plots import style
from tests.unit import spotted_videos
from tests.unit.plotted import make_clock, make_frames
from tests.unit.spotters import make_corpus, train


@pytest.fixture
def coarse(monkeypatch):
    """Figures of few pixels: quicker, and what is tested does not depend on them."""
    monkeypatch.setattr(style, "DPI", 50)


@pytest.fixture
def saved(monkeypatch):
    """The figures that are saved, in order; their files are written all the same."""
    figures, save = [], style.save

    def keep(figure, *arguments):
        figures.append(figure)
        save(figure, *arguments)

    monkeypatch.setattr(style, "save", keep)
    return figures


@pytest.fixture
def clock():
    return make_clock()


@pytest.fixture
def frames(tmp_path, clock):
    return make_frames(tmp_path, clock)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """Made faces on disk, as spotters.make_corpus gives them. Not to be written to."""
    return make_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="session")
def trained(corpus, tmp_path_factory):
    """A spotter of them. Not to be written to."""
    return train(corpus, tmp_path_factory.mktemp("trained"))


@pytest.fixture
def here(tmp_path, monkeypatch, coarse):
    """See spotted_videos.put_here."""
    return spotted_videos.put_here(tmp_path, monkeypatch)


@pytest.fixture
def in_this_process(monkeypatch):
    """See spotted_videos.spot_in_this_process."""
    return spotted_videos.spot_in_this_process(monkeypatch)


@pytest.fixture
def unmoved(monkeypatch):
    """See spotted_videos.measure_nothing."""
    spotted_videos.measure_nothing(monkeypatch)
