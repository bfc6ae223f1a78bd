"""Figures: what they say, that they are the same each time, and degenerate input."""

import dataclasses

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.text import Text

from mespot.errors import InputError
from mespot.networks.reconstruction import ReconstructionNetwork
from mespot.plots import style
from mespot.plots.f1 import f1
from mespot.plots.losses import losses
from mespot.plots.timeline import choose
from mespot.steps import plot_f1, plot_losses, plot_reconstruction, plot_timeline
from mespot.store import io, tables
from mespot.training import checkpoint
from mespot.training.clips import Standardisation
from mespot.training.pretrain import Recipe

T, S = 90, 32
RECORDING = {
    "video": "v1",
    "subject": "006",
    "native_fps": 60.0,
    "n_native_frames": 2 * T,
    "first_native_frame": 1,
    "rate": 30.0,
    "width": 640,
    "height": 480,
}


@pytest.fixture(autouse=True)
def coarse(monkeypatch):
    monkeypatch.setattr(style, "DPI", 50)  # quicker, and nothing here depends on it


@pytest.fixture
def clock():
    span = np.zeros(T, np.int16)
    span[40:50] = -1
    span[50:] = 1
    return {
        "span": span,
        "native_frame": np.arange(T, dtype=np.int32) * 2 + 1,
        "time": np.arange(T) / 30,
    }


@pytest.fixture
def frames(tmp_path, clock):
    rng = np.random.default_rng(0)
    # A spot that brightens around frame 70.
    bump = 80 * np.exp(-(((np.arange(T) - 70) / 3.0) ** 2))
    image = rng.integers(0, 5, (T, S, S)).astype(np.float64)
    image += np.where(np.arange(S) < S // 2, 60, 100)  # a static face
    image[:, 8:16, 8:16] += bump[:, None, None]
    arrays = {
        "image": image.astype(np.uint8),
        "transform": np.zeros((T, 2, 3), np.float32),
        "points": np.zeros((T, 478, 2), np.float32),
        "blink": np.zeros(T, np.float32),
        **clock,
    }
    io.write(tmp_path / "frames.h5", "frames", arrays, attrs=RECORDING, provenance={})
    return tmp_path / "frames.h5"


def intervals(*rows):
    """Rows (type, onset_w, offset_w, confidence) of video v1; native frames are 2 w + 1."""
    table = pd.DataFrame(list(rows), columns=["type", "onset_w", "offset_w", "confidence"])
    table["apex_w"] = (table["onset_w"] + table["offset_w"]) // 2
    for name in ("onset", "apex", "offset"):
        table[name] = 2 * table[f"{name}_w"] + 1
    return table.assign(subject="006", video="v1")


def matched(*rows):
    return pd.DataFrame(list(rows), columns=["onset", "confidence", "hit", "iou"])


# ---------------------------------------------------------------- which predictions are shown


def test_best_and_worst():
    table = matched(
        (5, 0.6, True, 0.9), (9, 0.8, True, 0.6), (2, 0.7, False, 0), (1, 0.9, False, 0)
    )
    assert choose(table, True) == [("best: true positive", 1), ("worst: false positive", 3)]
    assert choose(table, False) == [("most confident", 3), ("least confident", 0)]


def test_best_and_worst_without_false_or_true_positives():
    hits = matched((5, 0.6, True, 0.9), (9, 0.8, True, 0.7), (20, 0.7, True, 0.6))
    assert choose(hits, True) == [("best: true positive", 1), ("worst: true positive", 2)]
    assert choose(hits[:1], True) == [("best: true positive", 0)]
    alarms = matched((5, 0.6, False, 0), (9, 0.8, False, 0))
    assert choose(alarms, True) == [("worst: false positive", 1)]
    assert choose(matched(), True) == [] and len(choose(alarms[:1], False)) == 1


# ---------------------------------------------------------------- steps, from files to files


@pytest.fixture
def timeline_files(tmp_path, clock, frames):
    peak = np.exp(-(((np.arange(T) - 70) / 4.0) ** 2)).astype(np.float32)
    attrs = {"threshold_micro": 0.5, "threshold_macro": 0.9}
    io.write_videos(
        tmp_path / "scores.h5",
        "scores",
        {"v1": {"micro": peak, "macro": 0.5 * peak, **clock}},
        attrs={},
        video_attrs={"v1": attrs},
        provenance={},
    )
    labels = intervals(("micro", 66, 74, 0), ("macro", 5, 30, 0))
    tables.write(tmp_path / "labels.csv", "labels", labels)
    tables.write(
        tmp_path / "learned.csv",
        "intervals",
        intervals(("micro", 65, 74, 0.98), ("micro", 10, 16, 0.6), ("macro", 52, 80, 0.92)),
    )
    tables.write(tmp_path / "free.csv", "intervals", intervals())
    return tmp_path


def draw_timeline(folder, name, method="learned", labels="labels.csv"):
    plot_timeline.run(
        video="v1",
        method=method,
        scores=folder / "scores.h5",
        intervals={"free": folder / "free.csv", "learned": folder / "learned.csv"},
        labels=labels and folder / labels,
        frames=folder / "frames.h5",
        iou=0.5,
        png=folder / f"{name}.png",
        pdf=folder / f"{name}.pdf",
        provenance={"rule": "plot_timeline"},
    )
    return folder / f"{name}.png", folder / f"{name}.pdf"


def test_timeline_hands_the_right_things_to_the_figure(timeline_files, monkeypatch):
    seen = {}
    real = plot_timeline.timeline

    def spy(**kwargs):
        seen.update(kwargs, figure=real(**kwargs))
        return seen["figure"]

    monkeypatch.setattr(plot_timeline, "timeline", spy)
    draw_timeline(timeline_files, "a")
    assert min(size for _, size in texts(seen["figure"])) >= 7
    assert list(seen["predictions"]) == ["learned", "free"]
    assert seen["predictions"]["learned"]["hit"].tolist() == [True, False, False]
    assert seen["labels"]["found"].tolist() == [True, False]
    # Native frame 133 of 60 a second, the first being 1: 2.2 s; its offset 149 counts whole.
    assert seen["labels"]["start"][0] == pytest.approx(132 / 60)
    assert seen["labels"]["end"][0] == pytest.approx(149 / 60)
    assert np.isnan(seen["curves"].curve["micro"][45]) and seen["curves"].curve["micro"][70] == 1
    best, worst = seen["examples"]
    assert "best: true positive, micro, confidence 0.98, IoU 0.89" in best.title
    assert "worst: false positive, macro, confidence 0.92" in worst.title
    # The face at the apex, frame 69, has the bright spot; the one at the onset does not.
    assert best.faces[1, 12, 12] > best.faces[0, 12, 12] + 50
    assert best.row["apex_time"] == pytest.approx(69 / 30)


def test_timeline_files_are_the_same_each_time(timeline_files):
    one, two = draw_timeline(timeline_files, "a"), draw_timeline(timeline_files, "b")
    assert one[0].read_bytes() == two[0].read_bytes()
    assert one[1].read_bytes() == two[1].read_bytes()
    assert b"CreationDate" not in one[1].read_bytes()
    image = matplotlib.image.imread(one[0])
    assert image.shape[1] == round(style.WIDTH * style.DPI)
    assert image.std() > 0.05
    # Fonts are embedded as text.
    assert b"/Type0" in one[1].read_bytes() or b"/FontFile2" in one[1].read_bytes()


@pytest.mark.parametrize(("method", "labels"), [("free", "labels.csv"), ("learned", None)])
def test_timeline_without_labels_or_predictions(timeline_files, method, labels):
    assert draw_timeline(timeline_files, "c", method=method, labels=labels)[0].stat().st_size > 1000


def test_timeline_refuses_scores_of_other_frames(timeline_files, clock):
    short = {name: array[:-3] for name, array in clock.items()}
    curve = np.zeros(T - 3, np.float32)
    io.write_videos(
        timeline_files / "scores.h5",
        "scores",
        {"v1": {"micro": curve, "macro": curve, **short}},
        attrs={},
        video_attrs={"v1": {"threshold_micro": 0.5, "threshold_macro": 0.9}},
        provenance={},
    )
    with pytest.raises(InputError, match="not of the frames"):
        draw_timeline(timeline_files, "a")


def texts(figure):
    """(text, size in points) of all that is written in a figure."""
    return [(t.get_text(), t.get_fontsize()) for t in figure.findobj(Text) if t.get_text()]


def metrics_table():
    rows = []
    for m, method in enumerate(("learned", "training_free")):
        for expression in ("micro", "macro", "all"):
            for subject, score in (("006", 0.5), ("s2", np.nan), ("all", 0.4)):
                low, high = (0.2, 0.7) if subject == "all" else (np.nan, np.nan)
                rows.append(
                    ["demo", method, "none", expression, subject, 2, 9, 7, 3 + m, 4, 5, 0.5, 0.4]
                    + [score, low, high, score, np.nan]
                )
    table = pd.DataFrame(rows, columns=list(tables.COLUMNS["metrics"]))
    return table.astype(tables.COLUMNS["metrics"])


def test_f1_prints_scores_and_counts(tmp_path):
    table = metrics_table()
    found = texts(f1("F1", table))
    shown = [text for text, _ in found]
    assert shown.count("0.40  (3/4/5)") == 3 and shown.count("0.40  (4/4/5)") == 3
    assert "micro (9 labels)" in shown and "s2" in shown
    assert min(size for _, size in found) >= 7
    tables.write(tmp_path / "metrics.csv", "metrics", table)
    out = {"png": tmp_path / "f1.png", "pdf": tmp_path / "f1.pdf"}
    plot_f1.run(corpus="demo", metrics=tmp_path / "metrics.csv", provenance={}, **out)
    assert out["png"].stat().st_size > 1000


def test_f1_of_a_corpus_without_labels():
    table = metrics_table()
    for name in ("labels", "tp", "fp", "fn", "f1", "f1_low", "f1_high"):
        table[name] = pd.NA
    assert "micro" in [text for text, _ in texts(f1("F1", table))]


def history(level):
    rows = []
    for epoch in range(3):
        trained = np.nan if epoch == 0 else level + 0.1
        rows.append({"epoch": epoch, "training_masked": trained, "training_visible": trained})
        rows[-1] |= {"validation_masked": level, "validation_visible": level / 2}
    return rows


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


# ---------------------------------------------------------------- pretraining figures


@pytest.fixture
def encoder(tmp_path):
    shape = dict(
        in_channels=1, channels=4, code_channels=2, downsample=8, encoder_depth=1, decoder_depth=1
    )
    recipe = Recipe(
        mask_kind="pixel", mask_ratio=0.5, patch_size=8, patch_frames=0, visible_weight=1.0,
        epochs=2, steps_per_epoch=1, batch_size=2, learning_rate=1e-3, weight_decay=0.0, seed=0,
    )  # fmt: skip
    network = ReconstructionNetwork(**shape)
    network.initialise(torch.Generator().manual_seed(0))
    scale = Standardisation([0.0], [1.0], "raw", 1, [0.0], [1.0])
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


@pytest.mark.parametrize("labelled", [True, False])
def test_reconstruction_step(tmp_path, frames, encoder, monkeypatch, labelled):
    labels = tmp_path / "labels.csv"
    tables.write(labels, "labels", intervals(("macro", 5, 30, 0), ("micro", 66, 74, 0)))
    seen = {}
    real = plot_reconstruction.reconstruction

    def spy(title, stream, arrays, time):
        seen.update(title=title, arrays=arrays, time=time)
        return real(title, stream, arrays, time)

    monkeypatch.setattr(plot_reconstruction, "reconstruction", spy)
    plot_reconstruction.run(
        encoder=encoder,
        source=frames,
        labels=labels if labelled else None,
        png=tmp_path / "r.png",
        pdf=tmp_path / "r.pdf",
        provenance={},
    )
    assert "held out" in seen["title"]
    assert ("micro-expression" if labelled else "most motion") in seen["title"]
    assert seen["time"][0] <= 70 / 30 <= seen["time"][-1] and len(seen["time"]) == 16
    hidden = np.isnan(seen["arrays"]["masked"])
    assert 0.4 < hidden.mean() < 0.6
    np.testing.assert_array_equal(
        seen["arrays"]["masked"][~hidden], seen["arrays"]["input"][~hidden]
    )


def test_choose_clip_stays_inside_a_span():
    values = np.zeros((60, 3, 4, 4), np.float16)
    values[28] = 9  # the most motion, where there is no face
    values[50] = 5
    span = np.zeros(60, int)
    span[25:32] = -1
    start, _ = plot_reconstruction.choose_clip(values, "flow", span, [], 10)
    assert 41 <= start <= 50
    assert plot_reconstruction.choose_clip(values, "flow", span, [(27, 29, "micro")], 10)[0] >= 41
    assert plot_reconstruction.choose_clip(values, "flow", span, [], 40)[0] is None


def test_losses_step(tmp_path, encoder):
    out = {"png": tmp_path / "l.png", "pdf": tmp_path / "l.pdf"}
    plot_losses.run(
        encoder="pretrained", checkpoints={"face": {"g1": encoder}}, provenance={}, **out
    )
    assert out["png"].stat().st_size > 1000 and out["pdf"].stat().st_size > 1000
