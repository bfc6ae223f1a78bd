"""Figures: what is drawn, that it is the same each time, and degenerate input."""

import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from mespot.errors import InputError
from mespot.plots import style
from mespot.plots.f1 import f1
from mespot.plots.timeline import choose, pages, timeline
from mespot.plots.timeline_parts import Curves, Example, Shown
from mespot.steps import plot_f1, plot_timeline
from mespot.store import io, tables
from tests.unit.plotted import RECORDING, T, intervals, pixels, source, texts

pytestmark = pytest.mark.usefixtures("coarse")

OF_SCORES = {"corpus": "made", "method": "learned", "fold": "g1"}


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
        attrs=OF_SCORES,
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


def write_flow(path, clock):
    """Motion of the video of the timeline, of which only the clock is read."""
    io.write(
        path,
        "flow",
        {
            "flow": np.zeros((T, 0, 0, 2), np.int16),
            "regional": np.zeros((T, 1, 2, 2), np.float32),
            "rigid": np.zeros((T, 1, 0), np.float32),
            "blink": np.zeros(T, np.float32),
            **clock,
        },
        attrs={
            **RECORDING,
            "scale": 1.0,
            "lags": [1],
            "regions": ["brow", "mouth"],
            "rigid_parameters": [],
            "crop_size": 0,
        },
        provenance={},
    )


def draw_timeline(folder, name, method="learned", labels="labels.csv"):
    plot_timeline.run(
        video="v1",
        method=method,
        scores=folder / "scores.h5",
        intervals={"free": folder / "free.csv", "learned": folder / "learned.csv"},
        labels=labels and folder / labels,
        frames=folder / "frames.h5",
        source=source(folder),
        iou=0.5,
        png=folder / f"{name}.png",
        pdf=folder / f"{name}.pdf",
        provenance={"rule": "plot_timeline"},
    )
    return folder / f"{name}.png", folder / f"{name}.pdf"


def row_bars(figure):
    """Names of the rows of a timeline and, for each bar, its row, ends and whether it is solid."""
    axis = figure.axes[2]
    names = [label.get_text() for label in axis.get_yticklabels()]
    bars = []
    for patch in axis.patches:
        if patch.get_hatch() is None:  # hatched: no usable face
            y = patch.get_y() + patch.get_height() / 2
            ends = (patch.get_x(), patch.get_x() + patch.get_width())
            bars.append((names[round(y)], *ends, patch.get_facecolor() != (1, 1, 1, 1)))
    return names, bars


def test_timeline_draws_scores_bars_and_faces(timeline_files, saved):
    png, _ = draw_timeline(timeline_files, "a")
    (figure,) = saved
    assert min(size for _, size in texts(figure)) >= 7
    micro, macro = figure.axes[:2]
    score, threshold = micro.lines
    assert np.isnan(score.get_ydata()[45]) and score.get_ydata()[70] == 1
    assert list(threshold.get_ydata()) == [0.5, 0.5]
    assert list(macro.lines[1].get_ydata()) == [0.9, 0.9]
    names, bars = row_bars(figure)
    assert names == ["labels", "learned", "free"]
    assert [(name, solid) for name, *_, solid in bars] == [
        ("labels", True),
        ("labels", False),
        ("learned", True),
        ("learned", False),
        ("learned", False),
    ]
    # Native frame 133 of 60 a second, the first being 1: 2.2 s; its offset 149 counts whole.
    assert bars[0][1:3] == pytest.approx((132 / 60, 149 / 60))
    written = [text for text, _ in texts(figure)]
    assert "v1 (subject 006), scores and faces: learned" in written
    (best,) = (text for text in written if text.startswith("A   "))
    (worst,) = (text for text in written if text.startswith("B   "))
    assert "best: true positive, micro, confidence 0.98, IoU 0.89" in best
    assert "worst: false positive, macro, confidence 0.92" in worst
    # The face at the apex, frame 69, has the bright spot; the one at the onset does not.
    onset, apex = (axis.images[0].get_array() for axis in figure.axes[3:5])
    assert apex[12, 12] > onset[12, 12] + 50
    assert f"apex, {69 / 30:.2f} s" in written
    assert pixels(png, style.CLASS_COLOUR["micro"]) > 50 < pixels(png, style.CLASS_COLOUR["macro"])


def test_bars_that_overlap_or_touch_are_told_apart(timeline_files, saved):
    rows = [("macro", 61, 81), ("macro", 3, 21), ("macro", 15, 41), ("micro", 11, 21)]
    found = intervals(*((*row, 0.9) for row in rows))
    touching = found[:1].assign(onset=164, offset=170)  # the one before ends with frame 163
    tables.write(timeline_files / "learned.csv", "intervals", pd.concat([found, touching]))
    draw_timeline(timeline_files, "a", labels=None)
    lines = (one.get_segments() for one in saved[0].axes[2].collections)
    places = {round(float(segment[0][0]), 6) for segments in lines for segment in segments}
    _, bars = row_bars(saved[0])
    ends = [one[1:3] for one in bars]
    crossed = (ends[2][0], ends[1][1], ends[0][1])
    assert places == {round(float(place), 6) for place in crossed}


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


def test_a_threshold_that_is_not_on_the_scores_is_not_drawn(timeline_files, clock, saved):
    curve = np.linspace(0.2, 0.4, T).astype(np.float32)
    for value, lines in ((0.5, 2), (np.nan, 1)):
        io.write_videos(
            timeline_files / "scores.h5",
            "scores",
            {"v1": {"micro": curve, "macro": curve, **clock}},
            attrs=OF_SCORES,
            video_attrs={"v1": {"threshold_micro": value, "threshold_macro": value}},
            provenance={},
        )
        draw_timeline(timeline_files, "d")
        assert [len(axis.lines) for axis in saved[-1].axes[:2]] == [lines, lines]
        assert ("threshold" in [text for text, _ in texts(saved[-1])]) == (lines == 2)
        assert (saved[-1].axes[0].get_ylim()[1] > 0.45) == (lines == 2)


def test_timeline_without_labels(timeline_files, saved):
    draw_timeline(timeline_files, "c", labels=None)
    names, bars = row_bars(saved[0])
    assert names == ["learned", "free"] and len(bars) == 3
    assert all(solid for *_, solid in bars)  # nobody knows what is a hit
    written = [text for text, _ in texts(saved[0])]
    assert any(text.startswith("A   most confident, micro, confidence 0.98") for text in written)
    assert "hit / label found" not in written


def test_timeline_of_motion_has_no_faces(timeline_files, clock, saved):
    write_flow(timeline_files / "flow.h5", clock)
    plot_timeline.run(
        video="v1",
        method="learned",
        scores=timeline_files / "scores.h5",
        intervals={"learned": timeline_files / "learned.csv"},
        labels=timeline_files / "labels.csv",
        frames=None,
        flow=timeline_files / "flow.h5",
        iou=0.5,
        png=timeline_files / "m.png",
        pdf=timeline_files / "m.pdf",
        provenance={},
    )
    (figure,) = saved
    assert sum(len(axis.images) for axis in figure.axes) == 0
    written = [text for text, _ in texts(figure)]
    assert "v1 (subject 006), scores: learned" in written
    assert sum(text.startswith(("A   best", "B   worst")) for text in written) == 2
    # Below, a close-up of the scores around each of the two: the prediction is shaded.
    best, worst = figure.axes[-2:]
    start, end = best.patches[0].get_x(), best.patches[0].get_x() + best.patches[0].get_width()
    # Native frames 131 to 149 of 60 a second, the first being 1.
    assert (start, end) == pytest.approx((130 / 60, 149 / 60))
    assert best.get_xlim()[0] < start and end < best.get_xlim()[1] and worst.lines
    names, _ = row_bars(figure)
    assert names == ["labels", "learned"]


def test_timeline_of_a_method_without_predictions(timeline_files, saved):
    draw_timeline(timeline_files, "c", method="free")
    names, bars = row_bars(saved[0])
    assert names == ["labels", "free", "learned"]
    assert not any(solid for name, *_, solid in bars if name == "labels")  # all are missed
    assert "no prediction in this video" in [text for text, _ in texts(saved[0])]
    assert sum(len(axis.images) for axis in saved[0].axes) == 0


def test_timeline_refuses_scores_of_other_frames(timeline_files, clock):
    short = {name: array[:-3] for name, array in clock.items()}
    curve = np.zeros(T - 3, np.float32)
    io.write_videos(
        timeline_files / "scores.h5",
        "scores",
        {"v1": {"micro": curve, "macro": curve, **short}},
        attrs=OF_SCORES,
        video_attrs={"v1": {"threshold_micro": 0.5, "threshold_macro": 0.9}},
        provenance={},
    )
    with pytest.raises(InputError, match="not of the frames"):
        draw_timeline(timeline_files, "a")


# ---------------------------------------------------------------- long videos


def long_video(minutes, labelled=True):
    """A frame a second; a micro-expression at 3:10 with a label, a macro across 5:00."""
    time = np.arange(minutes * 60.0)
    usable = (time < 100) | (time >= 130)
    score = np.where(usable, 0.5 * np.exp(-(((time - 190) / 2) ** 2)), np.nan)
    bars = pd.DataFrame(
        {"type": ["micro", "macro"], "start": [190.0, 298.0], "end": [190.4, 302.0]}
    ).assign(hit=pd.array([True, False], dtype="boolean"), confidence=[0.9, 0.8])
    return Shown(
        title="long",
        time=time,
        usable=usable,
        curves=Curves({"micro": score, "macro": score}, {"micro": 0.4, "macro": np.nan}),
        labels=bars[:1] if labelled else None,
        predictions={"learned": bars, "free": bars[:0]},
        examples=[Example("A", "best", bars.iloc[0], None)],
    )


def long_rows(*figures):
    """Start, end, bars and marks of each row of long timelines."""
    rows = []
    for axis in (axis for figure in figures for axis in figure.findobj(Axes)):
        if "learned" in [text.get_text() for text in axis.get_yticklabels()]:
            bars = [p.get_x() for p in axis.patches if p.get_hatch() is None]
            rows.append((*axis.get_xlim(), bars, [text.get_text() for text in axis.texts]))
    return rows


def test_a_long_video_has_a_row_a_minute(monkeypatch):
    rows = long_rows(timeline(long_video(6)))
    assert [(start, end) for start, end, *_ in rows] == [(60 * i, 60 * i + 60) for i in range(6)]
    # What lies across the end of a row is drawn in both; the mark and the label once.
    assert [row[2] for row in rows] == [[], [], [], [190.0, 190.0], [298.0], [298.0]]
    assert [row[3] for row in rows] == [[], [], [], ["A"], [], []]
    monkeypatch.setattr("mespot.plots.timeline.MOST_ROWS", 5)
    figure = timeline(long_video(6, labelled=False))
    assert [row[:2] for row in long_rows(figure)] == [(0, 120), (120, 240), (240, 360)]
    figure.draw_without_rendering()
    written = [text for text, _ in texts(figure)]
    assert any(text.startswith("a row is 2 minutes; scores") for text in written)
    assert {"0:20", "5:40"} <= set(written) and min(size for _, size in texts(figure)) >= 7


def test_a_long_video_has_several_pages(monkeypatch, tmp_path):
    monkeypatch.setattr("mespot.plots.timeline.PAGE", 5.0)
    shown = long_video(6)
    drawn, whole = pages(shown), timeline(shown)
    assert len(drawn) == 3 and max(figure.get_figheight() for figure in drawn) <= 5
    assert long_rows(*drawn) == long_rows(whole)
    assert any("A   best" in text for text, _ in texts(drawn[-1]))
    assert pages(long_video(4)) == []
    style.save(whole, {"a": 1}, tmp_path / "a.png", tmp_path / "a.pdf", drawn)
    assert b"/Count 3 >>" in (tmp_path / "a.pdf").read_bytes()


def test_a_picture_is_no_higher_than_programs_show(tmp_path):
    style.save_png(style.new_figure(2000, 0.5), {}, tmp_path / "high.png")
    assert matplotlib.image.imread(tmp_path / "high.png").shape[0] == 12_000


def metrics_table():
    rows = []
    for m, method in enumerate(("learned", "training_free")):
        for expression in ("micro", "macro", "all"):
            for subject, score in (("006", 0.5), ("s2", np.nan), ("all", 0.4)):
                low, high = (0.2, 0.7) if subject == "all" else (np.nan, np.nan)
                rows.append(
                    ["demo", method, "none", expression, subject, 2, 9, 7, 3 + m, 4, 5, 0.5, 0.4]
                    + [score, low, high, score]
                )
    table = pd.DataFrame(rows, columns=list(tables.COLUMNS["metrics"]))
    return table.astype(tables.COLUMNS["metrics"])


def test_f1_prints_scores_and_counts():
    written = texts(f1("F1", metrics_table()))
    shown = [text for text, _ in written]
    assert shown.count("0.40  (3/4/5)") == 3 and shown.count("0.40  (4/4/5)") == 3
    assert "micro (9 labels)" in shown and "s2" in shown
    assert min(size for _, size in written) >= 7


def test_f1_step_draws_the_rows_of_one_corpus(tmp_path, saved):
    other = metrics_table().assign(corpus="samm_lv", method="other", f1=0.9)
    both = pd.concat([other, metrics_table()], ignore_index=True)
    tables.write(tmp_path / "metrics.csv", "metrics", both)
    out = {"png": tmp_path / "f1.png", "pdf": tmp_path / "f1.pdf"}
    plot_f1.run(corpus="demo", metrics=tmp_path / "metrics.csv", provenance={}, **out)
    pooled, single = saved[0].axes[0], saved[0].axes[3]
    assert [label.get_text() for label in pooled.get_yticklabels()] == ["learned", "training_free"]
    # Of each method the interval, its ends and the score.
    drawn = [line.get_xdata() for line in pooled.lines]
    assert [list(x) for x in drawn] == [[0.2, 0.7], [0.2, 0.7], [0.4]] * 2
    assert [label.get_text() for label in single.get_yticklabels()] == ["006", "s2"]
    for line in single.lines:
        np.testing.assert_array_equal(line.get_xdata(), [0.5, np.nan])
    assert pixels(out["png"], style.SERIES_COLOUR[0]) > 3
    assert out["pdf"].read_bytes().startswith(b"%PDF")


def test_f1_of_a_corpus_without_labels():
    table = metrics_table()
    for name in ("labels", "tp", "fp", "fn", "f1", "f1_low", "f1_high"):
        table[name] = pd.NA
    assert "micro" in [text for text, _ in texts(f1("F1", table))]
