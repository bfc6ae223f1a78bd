"""`mespot.example` and `mespot.train`: a model from two sheets, in one process."""

import doctest
import hashlib

import cv2
import numpy as np
import pandas as pd
import pytest

import mespot
from mespot import own_model
from mespot.demo import film
from mespot.errors import InputError
from mespot.face import landmarks
from mespot.training.model import Model
from mespot.videos import how
from tests import trees
from tests.unit import demo_face
from tests.unit.faces import face, texture

MODEL = b"a landmarker"
SMALL = {"width": 120, "height": 100, "face_width": 56, "micro_per_video": 4.0}
QUICK = {
    "spotting": {
        "learned": {
            **{"epochs": 1, "repeats": 1, "inner_groups": 2, "window_seconds": 2.0},
            **{"width": 8, "dilations": [1, 2, 4]},
        }
    },
    "crop": {"size": 64},
    "flow": {"grid": 16},
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A landmarker that sees a face that wanders, and no other files."""

    def detect(frames, model, *, faces, confidence):
        for index, _ in enumerate(frames):
            place = (60 + 0.05 * index, 53) + np.random.default_rng(index).normal(0, 0.2, 2)
            yield [face(place, width=56, blink=0.1 * (index % 7))]

    monkeypatch.setattr(landmarks, "detect", detect)
    monkeypatch.setattr(film, "find_face", lambda *_: demo_face.landmarks())
    sha256 = hashlib.sha256(MODEL).hexdigest()
    (tmp_path / "face.task").write_bytes(MODEL)
    monkeypatch.setenv("MESPOT_LANDMARKER", str(tmp_path / "face.task"))
    given = how.DEFAULTS.read_text().split("sha256: ")
    (tmp_path / "defaults.yaml").write_text(f"{given[0]}sha256: {sha256}\n{given[1][64:]}")
    for module in (how, own_model):
        monkeypatch.setattr(module, "DEFAULTS", tmp_path / "defaults.yaml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def study(here, monkeypatch):
    """A corpus whose videos are quickly made."""
    picture = texture(np.random.default_rng(0), 240)

    def film(video, path, model, section):
        views = [
            picture[t // 5 :, t // 4 :][:100, :120] for t in range(round(30 * section["seconds"]))
        ]
        trees.video(
            path, [cv2.merge([view.clip(0, 255).astype(np.uint8)] * 3) for view in views], 30
        )

    monkeypatch.setattr(own_model, "film", film)
    mespot.example("study", seconds=2.0, **SMALL)
    return here / "study"


def test_an_example_is_a_corpus(here):
    mespot.example("study", seconds=1.5, **SMALL)
    study = here / "study"
    videos = pd.read_csv(study / "videos.csv")
    assert list(videos["video"]) == ["s01_1", "s02_1", "s03_1"]
    assert all((study / path).stat().st_size > 1000 for path in videos["path"])
    labels = pd.read_csv(study / "annotations.csv")
    assert len(labels) and set(labels["video"]) <= set(videos["video"])
    with pytest.raises(InputError, match="study: is not empty; name a new folder"):
        mespot.example("study")
    with pytest.raises(InputError, match="example: demo.noize: unknown key"):
        mespot.example("other", noize=1.0)


def test_a_model_is_trained_and_spots(study, here):
    done = []
    path = mespot.train(
        study / "videos.csv",
        study / "annotations.csv",
        "mine.pt",
        settings=QUICK,
        progress=lambda number, of: done.append((number, of)),
    )
    assert done == [(1, 3), (2, 3), (3, 3)]
    model = Model.load(path)
    assert model.provenance["subjects"] == model.provenance["recordings"] == 3
    assert (
        model.preprocessing["crop"]["size"] == 64 and "face" not in model.preprocessing["tracking"]
    )
    found = mespot.spot(study / "s01_1.mp4", model=path)
    assert len(found.scores) == 60 and found.scores["micro"].std() > 0


def test_nothing_is_learned_from_undecided_stretches(study, here):
    """Of two of four recordings: one is so whole, so it is as if it were not there."""
    videos = pd.read_csv(study / "videos.csv")
    again = videos.iloc[:1].assign(subject="s04", video="s04_1")
    again["path"] = "study/" + again["path"]
    videos["path"] = "study/" + videos["path"]
    sheets = [here / f"{name}.csv" for name in ("videos", "annotations", "undecided")]
    pd.concat([videos, again]).to_csv(sheets[0], index=False)
    labels = pd.read_csv(study / "annotations.csv")
    labels.to_csv(sheets[1], index=False)
    last = labels.loc[labels["video"] == "s01_1", "offset"].max()
    rows = f"s04,s04_1,0,100\ns01,s01_1,{last + 1},59\n"
    sheets[2].write_text("subject,video,first,last\n" + rows)
    # As `mespot corpus collect` writes them: in one folder, the recordings in another.
    (here / "sheets").mkdir()
    sheets = [path.rename(here / "sheets" / path.name) for path in sheets]
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        inner = own_model.motion_task
        patch.setattr(
            own_model, "motion_task", lambda *given: seen.append(given[0]) or inner(*given)
        )
        mespot.train(*sheets[:2], "mine.pt", undecided=sheets[2], root=here, settings=QUICK)
    (recordings,) = seen
    assert [one.video for one in recordings] == ["s01_1", "s02_1", "s03_1"]
    assert [int((~one.known).sum()) for one in recordings] == [59 - last, 0, 0]
    assert Model.load("mine.pt").provenance["recordings"] == 3
    sheets[2].write_text("subject,video,first,last\ns01,other,0,9\n")
    with pytest.raises(InputError, match="undecided.csv: row 2: video: 'other' is not in"):
        mespot.train(*sheets[:2], "mine.pt", undecided=sheets[2], root=here, settings=QUICK)


def test_what_cannot_be_trained_on_is_told(study):
    sheets = study / "videos.csv", study / "annotations.csv"
    with pytest.raises(InputError, match="settings: crop.sise: unknown key"):
        mespot.train(*sheets, "mine.pt", settings={"crop": {"sise": 64}})
    (study / "folder.pt").mkdir()
    (study / "file").touch()
    for place, said in (
        ("folder.pt", "is no name"),
        ("m.h5", "is no name"),
        ("file/m.pt", "cannot"),
    ):
        with pytest.raises(InputError, match=f"{place}: {said}"):
            mespot.train(*sheets, study / place)
    for name in ("training_free", None):
        with pytest.raises(InputError, match="model.method: "):
            mespot.train(*sheets, "mine.pt", settings={"model": {"method": name}})
    labels = pd.read_csv(sheets[1])
    wrong = study / "wrong.csv"
    labels.iloc[:1].assign(offset=60).to_csv(wrong, index=False)
    with pytest.raises(InputError, match="row 2: offset: 60 is outside video 's0._1'.*0 to 59"):
        mespot.train(sheets[0], wrong, "mine.pt", settings=QUICK)
    labels.iloc[:0].to_csv(wrong, index=False)
    with pytest.raises(InputError, match="wrong.csv: has no label"):
        mespot.train(sheets[0], wrong, "mine.pt", settings=QUICK)
    few = study / "few.csv"
    pd.read_csv(sheets[0]).iloc[:2].to_csv(few, index=False)
    with pytest.raises(InputError, match="few.csv: has fewer than 3 subjects"):
        mespot.train(few, wrong, "mine.pt", settings=QUICK)


@pytest.mark.slow
def test_the_examples_run(study, monkeypatch):
    (study / "examples").mkdir()
    monkeypatch.chdir(study / "examples")
    for function in (mespot.example, mespot.train):
        finder = doctest.DocTestFinder(recurse=False)
        (example,) = finder.find(function, function.__name__, globs={})
        assert doctest.DocTestRunner().run(example) == (0, len(example.examples)), function
