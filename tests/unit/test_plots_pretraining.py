"""Figures of the pretraining: losses, reconstructions and what the features respond to."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
import torch

from mespot.face.regions import REGIONS
from mespot.plots.losses import losses
from mespot.plots.reconstruction import columns
from mespot.steps import plot_losses, plot_reconstruction, plot_responses
from mespot.store import io, tables
from mespot.training import checkpoint
from mespot.training.pretrain import PretrainingRecipe
from tests.unit.plotted import (
    CHIN,
    RECORDING,
    S,
    T,
    history,
    intervals,
    texts,
)
from tests.unit.small_networks import built, plain_scale, shape_of

pytestmark = pytest.mark.usefixtures("coarse")


def test_losses_show_folds_and_their_mean():
    figure = losses("x", {"flow": {"g1": history(0.4), "g2": history(0.8)}})
    masked = figure.axes[0]
    thick = [line for line in masked.lines if line.get_linewidth() > 1]
    thin = [line for line in masked.lines if line.get_linewidth() < 1]
    assert len(thick) == 2 and len(thin) == 4
    training, validation = thick
    np.testing.assert_allclose(validation.get_ydata(), 0.6)
    np.testing.assert_allclose(training.get_ydata(), 0.7)
    assert list(training.get_xdata()) == [1, 2]  # nothing was trained at epoch 0
    assert min(size for _, size in texts(figure)) >= 7


@pytest.fixture
def encoder(tmp_path):
    shape = shape_of("face", downsample=8, encoder_depth=1)
    recipe = PretrainingRecipe(
        mask_kind="pixel", mask_ratio=0.5, patch_size=8, patch_frames=0, visible_weight=1.0,
        epochs=2, steps_per_epoch=1, batch_size=2, learning_rate=1e-3, weight_decay=0.0, seed=0,
    )  # fmt: skip
    network = built(shape, torch.Generator().manual_seed(0))
    scale = plain_scale("face")
    path = tmp_path / "face.pt"
    checkpoint.save(
        path,
        "encoder",
        {
            "network": shape,
            "state": network.state_dict(),
            "standardisation": dict(vars(scale)),
            "settings": {
                "stream": "face",
                "weights": "pretrained",
                "values": {"stream": "face", "input_size": 16, "reference_seconds": 1.0},
                "clip_length": 16,
                "recipe": dataclasses.asdict(recipe),
            },
            "subjects": ["s2"],
            "history": history(0.5),
            "provenance": {},
        },
    )
    return path


@pytest.fixture
def flow(tmp_path, clock):
    """The chin moves around frame 70, faster and longer around frame 20, and the eyes blink."""
    regional = np.zeros((T, 1, len(REGIONS), 2), np.float32)
    for middle, size, width in ((70, 1.0, 3), (20, 3.0, 10)):
        way = size * np.exp(-(((np.arange(T) - middle) / width) ** 2))
        regional[1:, 0, CHIN, 1] += np.diff(way)
    regional[:, 0, list(REGIONS).index("left_eye")] = 9
    arrays = {
        "flow": np.zeros((T, 4, 4, 2), np.int16),
        "strain": np.zeros((T, 4, 4), np.int16),
        "regional": regional,
        "rigid": np.zeros((T, 1, 6), np.float32),
        "blink": np.zeros(T, np.float32),
        **clock,
    }
    attrs = {
        **RECORDING,
        "scale": 1e-3,
        "strain_scale": 1e-5,
        "lags": [1],
        "regions": list(REGIONS),
        "rigid_parameters": list("abcdef"),
        "crop_size": S,
    }
    io.write(tmp_path / "flow.h5", "flow", arrays, attrs=attrs, provenance={})
    return tmp_path / "flow.h5"


@pytest.mark.parametrize("labelled", [True, False])
def test_reconstruction_step(tmp_path, frames, flow, encoder, monkeypatch, labelled):
    labels = tmp_path / "labels.csv"
    tables.write(labels, "labels", intervals(("macro", 5, 30, 0), ("micro", 66, 74, 0)))
    seen = {}
    real = plot_reconstruction.reconstruction

    def spy(title, stream, clip, arrays, shares):
        figure = real(title, stream, clip, arrays, shares)
        seen.update(title=title, clip=clip, arrays=arrays, shares=shares, figure=figure)
        return figure

    monkeypatch.setattr(plot_reconstruction, "reconstruction", spy)
    plot_reconstruction.run(
        encoder=encoder,
        flow=[flow],
        frames=[frames],
        labels=labels if labelled else None,
        png=tmp_path / "r.png",
        pdf=tmp_path / "r.pdf",
        provenance={},
    )
    assert "held out" in seen["title"] and len(seen["clip"].time) == 16
    assert min(size for _, size in texts(seen["figure"])) >= 7
    if labelled:  # the micro-expression fits into a clip, the stronger macro-expression does not
        assert ", a labelled micro-expression\n" in seen["title"]
        assert re.search(r"median: micro -?\d+ % \(1\), macro -?\d+ % \(1\)$", seen["title"])
        marks = {name: seen["clip"].time[frame] for name, frame in seen["clip"].marks.items()}
        assert marks == pytest.approx({"onset": 66 / 30, "apex": 70 / 30, "offset": 74 / 30})
    else:
        assert "most motion" in seen["title"] and seen["clip"].marks == {}
    hidden = np.isnan(seen["arrays"]["masked"])
    assert 0.4 < hidden.mean() < 0.6
    # Almost every pixel is hidden by one of the masks, and the output is known there.
    assert np.isfinite(seen["arrays"]["output"]).mean() > 0.98


def candidates(path, labels, length):
    return plot_reconstruction.candidates_of(0, io.read(path, "flow"), labels, length)


def test_clips_around_expressions(flow):
    labels = intervals(("micro", 66, 74, 0), ("macro", 5, 38, 0))
    micro, macro = candidates(flow, labels, 16)
    assert micro.whole and (micro.start, micro.start + 15) == (62, 77)
    assert not macro.whole and macro.strength > micro.strength > 0
    # Fastest 7 frames (10 / sqrt 2) before and after the apex: one flank and the apex are shown.
    assert macro.start >= 4 and macro.start + 16 <= 40


def test_a_typical_expression_is_shown():
    def one(kind, whole, strength):
        return plot_reconstruction.Candidate(0, 0, 1, 2, 3, kind, strength, whole)

    fit, longer = one("micro", True, 1.0), one("macro", False, 9.0)
    shares = [0.9, 0.2, 0.5, np.nan, 0.4]
    assert plot_reconstruction.typical([fit, fit, fit, fit, longer], shares) == 2
    assert plot_reconstruction.typical([longer, longer, longer], [0.3, 0.1, 0.2]) == 2
    unlabelled = [one("", False, 1.0), one("", False, 2.0)]
    assert plot_reconstruction.typical(unlabelled, [0.9, 0.2]) == 1


def test_clips_stay_inside_a_span(flow):
    labels = intervals(("micro", 44, 46, 0), ("micro", 51, 55, 0))
    found = candidates(flow, labels, 10)
    assert all(one.start >= 50 or one.start + 10 <= 40 for one in found)
    assert len(found) == 1  # frames 44 to 46 have no face
    assert len(candidates(flow, None, 10)) == 1
    assert candidates(flow, None, 45) == []


def test_region_that_moves_most_is_no_eye():
    clip = np.zeros((8, 1, 4, 4), np.float16)
    clip[::2, 0, 0, 0], clip[::2, 0, 3, 3] = 5, 1
    weights = np.zeros((len(REGIONS), 4, 4))
    weights[list(REGIONS).index("left_eye"), 0, 0] = 1
    weights[CHIN, 3, 3] = 1
    assert plot_reconstruction.moving_region(clip, weights) == CHIN


def test_columns_have_the_ends_the_marks_and_the_widest_gaps():
    assert columns(np.arange(16), [3, 7, 12], 8).tolist() == [0, 1, 3, 5, 7, 9, 12, 15]
    assert columns(np.arange(3, 13), [0, 7], 4).tolist() == [3, 7, 9, 12]
    assert columns(np.arange(5), [2], 8).tolist() == [0, 1, 2, 3, 4]


# ---------------------------------------------------------------- responses


def test_responses_step(tmp_path, flow, clock, monkeypatch):
    labels = tmp_path / "labels.csv"
    tables.write(labels, "labels", intervals(("micro", 66, 74, 0)))
    rng = np.random.default_rng(0)
    videos = {}
    for video in ("v1", "other"):
        feature = rng.normal(size=(T, len(REGIONS), 3))
        feature[69:72, CHIN] *= 20
        videos[video] = {"feature": feature.astype(np.float16), **clock}
    attrs = {"regions": list(REGIONS), "stream": "flow"}
    io.write_videos(tmp_path / "features.h5", "features", videos, attrs=attrs, provenance={})
    seen = {}
    real = plot_responses.heat_maps

    def spy(title, seconds, regions, maps, counts):
        figure = real(title, seconds, regions, maps, counts)
        seen.update(seconds=seconds, maps=maps, counts=counts, figure=figure)
        return figure

    monkeypatch.setattr(plot_responses, "heat_maps", spy)
    plot_responses.run(
        encoder="pretrained",
        features={"flow": {"g1": tmp_path / "features.h5"}},
        videos={"g1": ["v1"]},
        flow=[flow],
        labels=labels,
        drift_seconds=8.0,
        png=tmp_path / "s.png",
        pdf=tmp_path / "s.pdf",
        provenance={},
    )
    micro = seen["maps"]["flow"]["micro"]
    assert micro.shape == (61, len(REGIONS))
    place, region = np.unravel_index(np.nanargmax(micro), micro.shape)
    assert region == CHIN and abs(seen["seconds"][place]) < 0.05
    assert np.nanmedian(micro) < 1.5 < micro[place, region]
    # Frames before 50 have no face or are of another span; those after 89 do not exist.
    assert np.isnan(micro[seen["seconds"] > 0.65]).all()
    assert np.isnan(seen["maps"]["flow"]["macro"]).all()
    assert seen["counts"] == {"micro": 1, "macro": 0, "blink": 0, "random": 20}
    assert min(size for _, size in texts(seen["figure"])) >= 7


def test_events_of_a_video():
    labels = intervals(("micro", 20, 30, 0), ("macro", 50, 71, 0))
    labels.loc[1, "apex_w"] = pd.NA
    blink = np.zeros(T)
    blink[[10, 25, 40, 80]] = [0.9, 0.9, 0.2, 0.8]
    usable = np.arange(T) < 75
    found = plot_responses.events("v1", labels, blink, usable)
    assert found["micro"].tolist() == [25] and found["macro"].tolist() == [60]
    assert found["blink"].tolist() == [10]  # in a label, too low, without a face
    assert usable[found["random"]].all()
    again = plot_responses.events("v1", labels, blink, usable)
    np.testing.assert_array_equal(found["random"], again["random"])


def test_losses_step(tmp_path, encoder):
    out = {"png": tmp_path / "l.png", "pdf": tmp_path / "l.pdf"}
    plot_losses.run(
        encoder="pretrained", checkpoints={"face": {"g1": encoder}}, provenance={}, **out
    )
    assert out["png"].stat().st_size > 1000 and out["pdf"].stat().st_size > 1000
