"""The model for recordings of anybody: made by its rule, read by whoever spots."""

import numpy as np
import pytest
import torch

from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.face.regions import REGIONS
from mespot.steps import make_model
from mespot.store import io
from mespot.training import checkpoint
from mespot.training.model import Model
from tests.unit import spotters
from tests.unit.models import LANDMARKER, PREPROCESSING
from tests.unit.moving_regions import lagged

LOOK = {
    **spotters.DECODING,
    "second_look": spotters.LOOK,
    "person_share": {"micro": 1.0, "macro": 0.5},
}


@pytest.fixture(scope="module")
def made(trained, tmp_path_factory):
    """A model, and the spotter that it was made from."""
    return make(tmp_path_factory.mktemp("model") / "model.pt", trained), trained


def make(path, spotter, **options):
    make_model.run(
        spotter=spotter,
        output=path,
        corpora=["sheet"],
        decoding=LOOK,
        preprocessing=PREPROCESSING,
        landmarker=LANDMARKER,
        provenance={"rule": "make_model"},
        **options,
    )
    return path


def motion_of(path):
    record = io.read(path, "flow")
    return {**record.attrs, **{name: record[name] for name in ("regional", "span", "blink")}}


def test_it_spots_as_the_rule_does(corpus, made, tmp_path):
    """A model is a spotter with its calibration: both find the same in new recordings."""
    model, spotter = Model.load(made[0]), made[1]
    for video in ("v6", "v7"):
        flow = corpus[1][video]
        scores, table = spotters.find(tmp_path, [flow], spotter, decoding=LOOK)
        found = model.spot(motion_of(flow), video)
        for name in CLASSES:
            np.testing.assert_array_equal(found.scores[name], scores[video][name])
            rows = table[table["type"] == name]
            np.testing.assert_array_equal(found.intervals[name].onset, rows["onset_w"])
            np.testing.assert_allclose(found.intervals[name].confidence, rows["confidence"], 1e-5)
        assert len(table)


def test_it_says_what_it_was_made_from(made):
    provenance = Model.load(made[0]).provenance
    assert provenance["corpora"] == ["sheet"]
    assert (provenance["subjects"], provenance["recordings"]) == (6, 6)
    assert provenance["minutes"] > 0 and provenance["mespot"]


def test_it_is_small_and_names_nobody(corpus, made):
    """What it needs of the recordings is lengths, thresholds and trees."""
    stored = made[0].read_bytes()
    assert len(stored) < made[1].stat().st_size / 2
    assert str(corpus[0]).encode() not in stored and b"s0" not in stored


def test_partners_are_averaged(corpus, made, tmp_path):
    flow, partner = corpus[1]["v6"], tmp_path / "partner.pt"
    content = checkpoint.load(made[1], "spotter")
    content["state"] = [{n: 0.9 * x for n, x in one.items()} for one in content["state"]]
    checkpoint.save(partner, "spotter", content)
    model = Model.load(make(tmp_path / "model.pt", made[1], partner=partner))
    found = model.spot(motion_of(flow), "v6")
    scores, _ = spotters.find(tmp_path, [flow], made[1], decoding=LOOK, partner=partner)
    for name in CLASSES:
        np.testing.assert_allclose(found.scores[name], scores["v6"][name], atol=1e-6)


def changed(path, made, **keys):
    content = checkpoint.load(made[0], "model")
    checkpoint.save(path, "model", {**content, **keys})
    return path


def test_other_files_are_refused_with_a_cure(made, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="missing.pt: does not exist; .*--training-free"):
        Model.load(tmp_path / "missing.pt")
    broken = bytearray(made[0].read_bytes())
    broken[1000] ^= 1
    (tmp_path / "broken.pt").write_bytes(broken)
    with pytest.raises(InputError, match="broken.pt: damaged.*results/model.pt"):
        Model.load(tmp_path / "broken.pt")
    (tmp_path / "text.pt").write_text("a model")
    with pytest.raises(InputError, match="text.pt: damaged, or not a checkpoint"):
        Model.load(tmp_path / "text.pt")
    with pytest.raises(InputError, match="holds spotter version .*, expected model"):
        Model.load(made[1])
    version, keys = checkpoint.KINDS["model"]
    monkeypatch.setitem(checkpoint.KINDS, "model", (version + 1, keys))
    with pytest.raises(InputError, match=f"holds model version {version}, expected .*--model"):
        Model.load(made[0])


@pytest.mark.parametrize(
    "keys",
    [
        {"rate": 0.0},
        {"lags": []},
        {"decoding": {"decoder": "boundaries"}},
        {"state": [{}]},
        {"calibration": {}},
        {"preprocessing": {}},
        {"preprocessing": {**PREPROCESSING, "crop": {"size": 224, "margin": 0.1}}},
        {"preprocessing": {**PREPROCESSING, "flow": {"algorithm": "dis", "lags": [1]}}},
        {"regions": ["nose"]},
        {"provenance": {}, "network": {}},
    ],
    ids=lambda keys: next(iter(keys)),
)
def test_content_of_no_use_is_refused(made, tmp_path, keys):
    with pytest.raises(InputError, match="this version of mespot cannot use it"):
        Model.load(changed(tmp_path / "other.pt", made, **keys))


def test_other_regions_are_refused(corpus, made):
    motion = {**motion_of(corpus[1]["v6"]), "regions": REGIONS}
    with pytest.raises(InputError, match="reads other face regions"):
        Model.load(made[0]).recording(motion, "anna", "v6")


def test_spotters_with_features_are_refused(made, tmp_path):
    content = checkpoint.load(made[1], "spotter")
    content["standardisation"] = {"face": torch.zeros(2)}
    checkpoint.save(tmp_path / "spotter.pt", "spotter", content)
    with pytest.raises(InputError, match="reads features of encoders"):
        make(tmp_path / "model.pt", tmp_path / "spotter.pt")


def test_a_recording_at_another_rate_is_read_at_that_of_the_model(corpus, made):
    """A face at half the rate: the same movements, in frames that last twice as long."""
    model, motion = Model.load(made[0]), motion_of(corpus[1]["v6"])
    known = model.spot(motion, "v6")
    path = np.cumsum(motion["regional"][:, motion["lags"].index(1)], axis=0)[::2]
    half = {
        **motion,
        "regional": lagged(path, motion["lags"]).astype(np.float32),
        "span": motion["span"][::2],
        "blink": motion["blink"][::2],
        "rate": motion["rate"] / 2,
    }
    found = model.spot(half, "v6")
    assert len(found.scores["macro"]) == len(half["span"])
    assert np.corrcoef(found.scores["macro"], known.scores["macro"][::2])[0, 1] > 0.9
    wanted = known.candidates["macro"].bounds[known.candidates["macro"].confidence.argmax()]
    assert np.abs(found.candidates["macro"].bounds * 2 - wanted).max(axis=1).min() <= 4
