"""A spotter that is averaged with another, on files of made faces."""

import json

import numpy as np
import pytest

from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.steps import train_spotter
from mespot.training import checkpoint
from mespot.training.spot import Prediction, average_predictions
from mespot.training.spotter_input import SpotterInput
from tests.unit.spotters import SPOTTING, find, train


def test_two_spotters_are_averaged(corpus, trained, tmp_path):
    _, files, _ = corpus
    flow = [files["v6"], files["v7"]]
    both = train(corpus, tmp_path, beside=trained)
    content = checkpoint.load(both, "spotter")
    # The same groups and data, but networks of their own.
    assert any(
        (content["state"][0][name] != value).any()
        for name, value in content["beside"]["state"][0].items()
    )
    together, _ = find(tmp_path, flow, both)
    first, _ = find(tmp_path, flow, trained)
    provenance = json.loads(content.pop("provenance"))
    own = {key: value for key, value in content.items() if key not in ("kind", "version")}
    checkpoint.save(both, "spotter", {**own, "beside": None, "provenance": provenance})
    second, _ = find(tmp_path, flow, both)
    for video in ("v6", "v7"):
        for name in CLASSES:
            mean = (first[video][name] + second[video][name]) / 2
            np.testing.assert_allclose(together[video][name], mean, atol=1e-6)


def test_thresholds_are_those_of_the_average(corpus, trained, tmp_path):
    _, _, known = corpus
    content = checkpoint.load(train(corpus, tmp_path, beside=trained), "spotter")
    other = checkpoint.load(trained, "spotter")

    def prediction(stored):
        return Prediction(stored["score"].float().numpy(), stored["distances"].float().numpy())

    def thresholds(*spotters):
        recordings = [
            SpotterInput("", f"v{i}", None, {}, None, np.zeros(400, int), known[f"s{i}", f"v{i}"])
            for i in range(6)
        ]
        said = [
            average_predictions([prediction(spotter[one.video]) for spotter in spotters])
            for one in recordings
        ]
        return train_spotter.choose_thresholds(
            recordings, said, content["decoder"], content["durations"], content["half_lengths"],
            SPOTTING["learned"],
        )  # fmt: skip

    both = thresholds(content["held_out"], other["held_out"])
    assert content["thresholds"] == pytest.approx(both, abs=2e-3)  # stored in half precision
    assert content["thresholds"] != pytest.approx(thresholds(content["held_out"]), abs=1e-2)


def test_the_spotter_beside_must_know_the_same_recordings(corpus, tmp_path):
    _, files, _ = corpus
    (tmp_path / "other").mkdir()
    fewer = [files[f"v{i}"] for i in range(5)]
    other = train(corpus, tmp_path / "other", flow=fewer, epochs=1)
    with pytest.raises(InputError, match="spotter.pt: was not trained on v5 as it is now"):
        train(corpus, tmp_path, epochs=1, beside=other)
