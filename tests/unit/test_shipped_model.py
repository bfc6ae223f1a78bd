"""The model that comes along is what config/model.yaml makes and docs/model.md describes."""

from pathlib import Path

import pytest

from mespot import config
from mespot.demo import corpus
from mespot.training.model import Model
from mespot.videos.how import MODEL

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def model():
    return Model.load(MODEL)


def read(*names):
    return config.load(ROOT / "config.yaml", *(ROOT / "config" / name for name in names))


def people(section):
    named = [section, *section["groups"]]
    return {person for group in named for person in group.get("people") or []}


def test_the_shipped_model_is_small_and_made_from_the_recordings_that_are_described(model):
    assert MODEL.stat().st_size < 5e6
    wanted = read("model.yaml")
    videos = corpus.videos(wanted["demo"])
    assert model.provenance["corpora"] == ["demo"]
    assert model.provenance["recordings"] == len(videos)
    assert model.provenance["subjects"] == len({entry["subject"] for entry in videos})
    assert model.decoding["second_look"] == wanted["spotting"]["learned"]["second_look"]


def test_the_shipped_model_reads_videos_as_the_defaults_do(model):
    """Otherwise it must be made again."""
    default = read()
    for section, keys in model.preprocessing.items():
        for key, value in keys.items():
            assert default[section][key] == value, f"{section}.{key}"
    assert dict(model.landmarker).items() <= default["landmarker"].items()


def test_nobody_on_whom_the_model_is_measured_was_in_its_training():
    trained, tested = read("model.yaml")["demo"], read("demo_hard.yaml", "model_check.yaml")["demo"]
    assert len(people(tested)) == 12 and not people(tested) & people(trained)


def test_the_page_says_from_how_much_it_was_made(model):
    page = (ROOT / "docs" / "model.md").read_text()
    made = model.provenance
    assert f"{made['recordings']} recordings, {made['minutes']:.0f} minutes" in page
    assert f"{len(people(read('model.yaml')['demo']))} people of the Face Research Lab" in page
