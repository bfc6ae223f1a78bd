"""Figures: what they say, that they are the same each time, and degenerate input."""

import matplotlib.image
import numpy as np
import pandas as pd
import pytest

from mespot.errors import InputError
from mespot.plots import style
from mespot.plots.f1 import f1
from mespot.plots.timeline import choose
from mespot.steps import plot_f1, plot_timeline
from mespot.store import io, tables
from tests.unit.plotted import T, intervals, texts

pytestmark = pytest.mark.usefixtures("coarse")


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
