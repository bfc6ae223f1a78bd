"""A spotter whose predictions are averaged with those of another, on files of made faces."""

import numpy as np
import pytest

from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.spotting.calibration import calibrate
from mespot.spotting.decoders import Decoding
from mespot.spotting.predictions import Prediction, average_predictions
from mespot.training import checkpoint
from mespot.training.trained_spotter import TrainedSpotter, average_held_out
from tests.unit.spotters import DECODING, METHOD, find, train

WITH_PARTNER = {**METHOD, "ensemble_partner": "regions"}


@pytest.fixture(scope="module")
def second(corpus, tmp_path_factory):
    """A spotter of the same recordings and form as `trained`, to be averaged with it."""
    return train(corpus, tmp_path_factory.mktemp("second"), method=WITH_PARTNER)


def test_two_spotters_are_averaged(corpus, trained, second, tmp_path):
    _, files, _ = corpus
    flow = [files["v6"], files["v7"]]
    together, _ = find(tmp_path, flow, second, partner=trained)
    first, _ = find(tmp_path, flow, trained)
    other, _ = find(tmp_path, flow, second)
    for video in ("v6", "v7"):
        for name in CLASSES:
            mean = (first[video][name] + other[video][name]) / 2
            assert not np.allclose(first[video][name], other[video][name], atol=1e-3)
            np.testing.assert_allclose(together[video][name], mean, atol=1e-6)


def test_a_partner_draws_other_numbers_on_the_same_groups(trained, second):
    one, other = (checkpoint.load(path, "spotter") for path in (trained, second))
    assert one["network"] == other["network"] and one["seen"] == other["seen"]
    assert any((one["state"][0][n] != value).any() for n, value in other["state"][0].items())


def test_thresholds_are_those_of_the_average(corpus, trained, second, tmp_path):
    _, files, _ = corpus
    scores, _ = find(tmp_path, [files["v6"]], second, partner=trained)
    spotters = [TrainedSpotter.load(path) for path in (second, trained)]
    both, alone = (
        calibrate(
            average_held_out(chosen), Decoding.of(DECODING), chosen[0].regions, chosen[0].rate
        ).thresholds
        for chosen in (spotters, spotters[:1])
    )
    for name in CLASSES:
        assert scores["v6"].attrs[f"threshold_{name}"] == both[name]
        assert both[name] != pytest.approx(alone[name], abs=1e-3)


def test_averages_are_exact():
    """Held-out predictions go into the average as they are, in single precision."""
    ones = np.ones((3, 2), np.float32)
    first = Prediction(ones * 0.1, np.ones((3, 2, 2), np.float32) * 2)
    second = Prediction(ones * 0.3, np.ones((3, 2, 2), np.float32) * 8)
    average = average_predictions([first, second])
    assert average.score == pytest.approx(0.2) and average.distances == pytest.approx(4.0)
    assert average_predictions([first]) is first


def test_the_partner_must_know_the_same_recordings(corpus, trained, tmp_path, fault):
    _, files, _ = corpus
    flow = [files["v6"]]
    for name, videos in (("fewer", range(5)), ("more", range(7))):
        (tmp_path / name).mkdir()
        other = train(corpus, tmp_path / name, flow=[files[f"v{i}"] for i in videos], epochs=1)
        with pytest.raises(InputError, match=f"{name}/spotter.pt: was not trained on v[56]"):
            find(tmp_path, [files["v7"]], trained, partner=other)
    with pytest.raises(InputError, match="'s6'"):  # what the partner has seen is no test either
        find(tmp_path, flow, trained, partner=tmp_path / "more" / "spotter.pt")
    fault("leak: partner")


def test_the_partner_must_know_the_recordings_as_they_are_now(corpus, trained, tmp_path):
    _, files, _ = corpus
    content = checkpoint.load(trained, "spotter")
    own = {key: value for key, value in content.items() if key not in ("kind", "version")}
    one = own["held_out"][2]
    shorter = {**one, **{name: one[name][:-1] for name in ("score", "distances", "span")}}
    own["held_out"] = [*own["held_out"][:2], shorter, *own["held_out"][3:]]
    checkpoint.save(tmp_path / "other.pt", "spotter", {**own, "provenance": {}})
    with pytest.raises(InputError, match="other.pt: was not trained on v2 as .*spotter.pt was"):
        find(tmp_path, [files["v6"]], trained, partner=tmp_path / "other.pt")
    checkpoint.save(
        tmp_path / "slow.pt", "spotter",
        {**own, "held_out": content["held_out"], "drift_seconds": 4.0, "provenance": {}},
    )  # fmt: skip
    with pytest.raises(InputError, match="slow.pt: was trained with other lags or drift_seconds"):
        find(tmp_path, [files["v6"]], trained, partner=tmp_path / "slow.pt")
