"""Figures of the pretraining: losses, reconstructions and what the features respond to."""

import dataclasses
import re

import numpy as np
import pytest
import torch

from mespot.errors import InputError
from mespot.face.regions import REGIONS
from mespot.plots import style
from mespot.plots.losses import losses
from mespot.plots.reconstruction import HIDDEN, columns
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
    moving_chin,
    pixels,
    texts,
)
from tests.unit.small_networks import built, plain_scale, shape_of
from tests.unit.stored_videos import made_by

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
            "whose": {"corpus": "made", "encoder": "e", "fold": "g1", "stream": "face"},
            "pretraining": "inductive",
            "seen": ["made/s2"],
            "history": history(0.5),
            "provenance": {},
        },
    )
    return path


@pytest.fixture
def flow(tmp_path, clock):
    arrays = {
        "flow": np.zeros((T, 4, 4, 2), np.int16),
        "regional": moving_chin(),
        "rigid": np.zeros((T, 1, 6), np.float32),
        "blink": np.zeros(T, np.float32),
        **clock,
    }
    attrs = {
        **RECORDING,
        "scale": 1e-3,
        "lags": [1],
        "regions": list(REGIONS),
        "rigid_parameters": list("abcdef"),
        "crop_size": S,
    }
    io.write(tmp_path / "flow.h5", "flow", arrays, attrs=attrs, provenance={})
    return tmp_path / "flow.h5"


@pytest.fixture
def draw_reconstruction(tmp_path, frames, flow, encoder, saved):
    """Draws the figure for some labels; gives the figure and the path of the PNG."""

    def draw(labels):
        if labels is not None:
            tables.write(tmp_path / "labels.csv", "labels", labels)
        plot_reconstruction.run(
            encoder=encoder,
            flow=[flow],
            frames=[frames],
            labels=None if labels is None else tmp_path / "labels.csv",
            drift_seconds=8.0,
            png=tmp_path / "r.png",
            pdf=tmp_path / "r.pdf",
            provenance={},
        )
        return saved[-1], tmp_path / "r.png"

    return draw


def test_reconstruction_of_a_labelled_expression(draw_reconstruction, frames):
    figure, png = draw_reconstruction(intervals(("macro", 5, 30, 0), ("micro", 66, 74, 0)))
    title = figure.get_suptitle()
    # The micro-expression fits into a clip, the stronger macro-expression does not.
    assert "held out" in title and ", a labelled micro-expression\n" in title
    assert re.search(r"median: micro -?\d+ % \(1\), macro -?\d+ % \(1\)$", title)
    assert min(size for _, size in texts(figure)) >= 7
    faces, inputs, masked, target, output, error, curves = figure.axes[:7]
    heads = [label.get_text() for label in faces.get_xticklabels()]
    assert len(heads) == 8
    for name, frame in {"onset": 66, "apex": 70, "offset": 74}.items():
        assert f"{name}\n{frame / 30:.2f} s" in heads
    images = io.read(frames, "frames")["image"]
    shown = faces.images[heads.index(f"apex\n{70 / 30:.2f} s")].get_array()
    np.testing.assert_array_equal(shown, images[70])
    rows = {"inputs": inputs, "masked": masked, "target": target, "output": output, "error": error}
    arrays = {
        name: np.stack([image.get_array().filled(np.nan) for image in axis.images])
        for name, axis in rows.items()
    }
    assert all(len(array) == 8 for array in arrays.values())
    # Half of the pixels are hidden from the network, and almost every pixel by one of the masks.
    assert 0.4 < np.isnan(arrays["masked"]).mean() < 0.6
    assert np.isfinite(arrays["output"]).mean() > 0.98 and np.isfinite(arrays["inputs"]).all()
    known = ~np.isnan(arrays["masked"])
    np.testing.assert_array_equal(arrays["masked"][known], arrays["inputs"][known])
    lines = {line.get_label(): line for line in curves.lines}
    still = lines["each pixel's mean over the clip, a mean face: 0 %"]
    assert len(lines["target"].get_ydata()) == 16 and not still.get_ydata().any()
    assert any(re.search(r"mean of 8 masks: -?\d+ %", label) for label in lines)
    assert pixels(png, HIDDEN) > 100


def seen_by(encoder, subject, **changes):
    """The checkpoint of an encoder, as if it had been trained on a subject of these recordings."""
    content = checkpoint.load(encoder, "encoder")
    kept = {key: value for key, value in content.items() if key not in ("kind", "version")}
    whose = {**kept["whose"], "fold": changes.pop("fold", kept["whose"]["fold"])}
    told = {"seen": [f"made/{subject}"], "whose": whose, "provenance": {}, **changes}
    checkpoint.save(encoder, "encoder", {**kept, **told})


def test_reconstruction_by_a_network_that_knows_the_face(
    draw_reconstruction, encoder, saved, fault
):
    seen_by(encoder, RECORDING["subject"])
    with pytest.raises(InputError, match="face.pt: was trained on subject '006' of made"):
        draw_reconstruction(None)
    assert saved == []
    fault("leak: figure")
    # Where nobody is held out, or may be seen, the title says so.
    for changes in ({"fold": "all"}, {"pretraining": "transductive"}):
        seen_by(encoder, RECORDING["subject"], **changes)
        assert "seen in training" in draw_reconstruction(None)[0].get_suptitle()


def test_reconstruction_without_labels_shows_the_most_motion(draw_reconstruction):
    figure, _ = draw_reconstruction(None)
    assert figure.get_suptitle().endswith(", the most motion")
    heads = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert not any(name in head for head in heads for name in ("onset", "apex", "offset"))
    first, last = (float(head.strip().removesuffix(" s")) for head in (heads[0], heads[-1]))
    assert 0 <= first < 20 / 30 < last < 40 / 30  # the faster motion, around frame 20


def test_reconstruction_of_labels_without_a_face_shows_the_most_motion(draw_reconstruction):
    figure, _ = draw_reconstruction(intervals(("micro", 44, 46, 0)))
    assert figure.get_suptitle().endswith(", the most motion")


def test_columns_have_the_ends_the_marks_and_the_widest_gaps():
    assert columns(np.arange(16), [3, 7, 12], 8).tolist() == [0, 1, 3, 5, 7, 9, 12, 15]
    assert columns(np.arange(3, 13), [0, 7], 4).tolist() == [3, 7, 9, 12]
    assert columns(np.arange(5), [2], 8).tolist() == [0, 1, 2, 3, 4]


# ---------------------------------------------------------------- responses


def test_responses_step(tmp_path, flow, clock, saved, fault):
    labels = tmp_path / "labels.csv"
    tables.write(labels, "labels", intervals(("micro", 66, 74, 0)))
    rng = np.random.default_rng(0)
    videos = {}
    for video in ("v1", "other"):
        feature = rng.normal(size=(T, len(REGIONS), 3))
        feature[69:72, CHIN] *= 20
        videos[video] = {"feature": feature.astype(np.float16), **clock}
    attrs = made_by("flow", REGIONS)
    io.write_videos(tmp_path / "features.h5", "features", videos, attrs=attrs, provenance={})
    given = dict(
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
    plot_responses.run(**given)
    (figure,) = saved
    leaked = {**attrs, "seen": ["made/006"]}
    io.write_videos(tmp_path / "features.h5", "features", videos, attrs=leaked, provenance={})
    with pytest.raises(InputError, match="features.h5: comes from an encoder .* subject '006'"):
        plot_responses.run(**given)
    fault("leak: responses")
    assert min(size for _, size in texts(figure)) >= 7
    axes = figure.axes[:4]
    assert [axis.get_title() for axis in axes] == [
        "micro-expressions (1)",
        "macro-expressions (0)",
        "blinks (0)",
        "random times (20)",
    ]
    names = [label.get_text() for label in axes[0].get_yticklabels()]
    assert names == [name.replace("_", " ") for name in REGIONS]
    micro, macro, _, random = (axis.images[0].get_array().filled(np.nan) for axis in axes)
    assert micro.shape == (len(REGIONS), 61)
    region, place = np.unravel_index(np.nanargmax(micro), micro.shape)
    assert region == CHIN and abs(place - 30) <= 1  # at the apex
    assert np.nanmedian(micro) < 1.5 < micro[region, place]
    assert np.isnan(micro[:, 50:]).all()  # beyond the end of the recording
    assert np.isnan(macro).all() and np.isfinite(random).any()
    low, high = axes[0].images[0].get_clim()
    assert low == np.nanmin([micro, random]) and high == micro[region, place]


def test_losses_step(tmp_path, encoder, saved):
    out = {"png": tmp_path / "l.png", "pdf": tmp_path / "l.pdf"}
    plot_losses.run(
        encoder="pretrained", checkpoints={"face": {"g1": encoder}}, provenance={}, **out
    )
    (figure,) = saved
    assert figure.get_suptitle() == "Pretraining of encoder pretrained"
    masked, visible = figure.axes
    assert masked.get_title() == "stream: face"
    assert [list(line.get_ydata()) for line in masked.lines] == [[0.6, 0.6], [0.5] * 3]
    assert [list(line.get_ydata()) for line in visible.lines] == [[0.6, 0.6], [0.25] * 3]
    assert pixels(out["png"], style.BLUE) > 50 and out["pdf"].read_bytes().startswith(b"%PDF")
