"""The page about a run, from tables and figures that lie in a folder."""

import os
import re

import cv2
import numpy as np
import pandas as pd
import pytest

from mespot.cli import main
from mespot.errors import InputError
from mespot.report import pictures
from mespot.report.gather import gather
from mespot.report.page import write_report
from mespot.store import tables
from tests.hostile.binaries import png
from tests.unit.plotted import intervals

SCORES = {"tp": 1, "fp": 1, "fn": 1, "labels": 2, "predictions": 2, "videos": 2}


@pytest.fixture
def results(tmp_path):
    """Two videos: in b the one label is found, in a it is missed and there is a false alarm."""
    folder = tmp_path / "results"
    rows = [
        {"subject": subject, "expression": kind, "f1": f1, **SCORES}
        for subject, f1 in (("all", 0.5), ("s<1>", 0.25))
        for kind in ("micro", "macro", "all")
    ]
    metrics = pd.DataFrame(rows).assign(
        corpus="demo", method="learned", pretraining="none", f1_low=0.125, f1_high=0.875
    )
    for name in tables.COLUMNS["metrics"]:
        if name not in metrics:
            metrics[name] = pd.NA
    tables.write(folder / "metrics.csv", "metrics", metrics)
    found = intervals(("micro", 10, 19, 0.9), ("macro", 40, 60, 0.8))
    spotted = found.assign(subject="s<1>", video=["b", "a"])
    for name in ("onset", "apex", "offset"):
        spotted[f"{name}_s"] = spotted[f"{name}_w"] / 30
    tables.write(folder / "demo" / "intervals" / "learned" / "g1.csv", "intervals", spotted)
    labels = pd.concat([found[:1], found[:1]]).assign(subject="s<1>", video=["b", "a"])
    tables.write(folder / "demo" / "labels.csv", "labels", labels)
    for name in ("timeline/b", "timeline/a", "f1"):
        path = folder / "demo" / "figures" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full((300, 2400, 3), 200, np.uint8))
    return folder


def test_the_page_tells_what_was_found(results, tmp_path, capsys):
    assert main(["report", str(results), "--out", str(tmp_path / "run.html")]) == 0
    assert "run.html: 0.2 MB" in capsys.readouterr().out
    text = (tmp_path / "run.html").read_text()
    plain = " ".join(re.sub("<[^>]+>", " ", text).split())
    assert "demo : 1 subjects, 2 videos, labels: 2 micro" in plain
    assert "0.500 [0.125, 0.875] of learned" in plain
    assert "s&lt;1&gt; 2 0.250" in plain
    assert text.count("data:image/webp") == 3 and text.count("data:image/svg+xml") == 3
    assert "F1 of what each method reports" in plain and "Precision over recall" not in plain
    # The video with more errors comes first.
    worst = plain.index("a: 0 labels found, 1 missed, 1 false alarms")
    assert worst < plain.index("b: 1 labels found, 0 missed, 0 false alarms")
    assert not re.search(r'(src|href)="(?!data:|#)', text)


def test_figures_are_named_when_there_is_no_room(results, tmp_path, monkeypatch):
    one = cv2.imencode(
        ".webp", np.full((188, 1500, 3), 200, np.uint8), [cv2.IMWRITE_WEBP_QUALITY, 82]
    )[1]
    monkeypatch.setattr(pictures, "MOST_BYTES", 2 * len(one) + 10)
    write_report(tmp_path / "run.html", gather(results, 0.5))
    text = (tmp_path / "run.html").read_text()
    assert text.count("data:image/webp") == 2
    assert "No room in this page for: How long labelled" in text
    assert "No room in this page for" in text and "timeline/b.png" in text


def test_the_least_iou_decides_what_is_found(results):
    label = tables.read(results / "demo" / "labels.csv", "labels")
    label["offset"] += 12
    tables.write(results / "demo" / "labels.csv", "labels", label)
    counts = [gather(results, iou).corpora[0].timelines for iou in (0.9, 0.3)]
    assert [sum(one.tp for one in timelines) for timelines in counts] == [0, 1]


def test_a_run_without_labels_or_figures_has_a_page(results, tmp_path):
    (results / "demo" / "labels.csv").unlink()
    for path in (results / "demo" / "figures").rglob("*.png"):
        path.unlink()
    write_report(tmp_path / "run.html", gather(results, 0.5))
    text = (tmp_path / "run.html").read_text()
    assert text.count("<img ") == 1 and "How long spotted expressions last" in text


def write_candidates(results, fold, level):
    """As many candidates as there are intervals, in a fold, and one that is weaker."""
    path = results / "demo" / "intervals" / "learned" / "g1.csv"
    spotted = tables.read(path, "intervals").assign(level=level)
    weaker = spotted[:1].assign(onset=700, apex=705, offset=710, level=0.1)
    made = pd.concat([spotted, weaker], ignore_index=True)
    tables.write(results / "demo" / "candidates" / "learned" / f"{fold}.csv", "candidates", made)


def test_curves_of_all_folds(results, tmp_path):
    write_candidates(results, "g1", 0.9)
    (found,) = (one.found for one in gather(results, 0.5).corpora)
    # Two labels of micro; of three candidates, two are micro and one of them is a hit.
    curve = found.curves.precision_recall[["recall", "precision"]]
    assert curve.to_numpy(float).tolist() == [[0.5, 1.0], [0.5, 0.5]]
    write_report(tmp_path / "run.html", gather(results, 0.5))
    assert "Precision over recall" in (tmp_path / "run.html").read_text()


def test_tables_of_folds_that_were_not_scored_are_left_out(results, tmp_path):
    folder = results / "demo" / "intervals" / "learned"
    other = tables.read(folder / "g1.csv", "intervals")
    tables.write(folder / "all.csv", "intervals", other)  # of folds of an earlier run
    write_report(tmp_path / "run.html", gather(results, 0.5))
    text = (tmp_path / "run.html").read_text()
    assert "learned is not drawn" in text and "have 4 intervals, and metrics.csv counts 2" in text
    assert "F1 of what each method reports" not in text


def test_a_table_that_is_no_file_is_not_passed_over(results):
    labels = results / "demo" / "labels.csv"
    labels.unlink()
    os.mkfifo(labels)
    with pytest.raises(InputError, match=r"labels\.csv: is a pipe"):
        gather(results, 0.5)
    labels.unlink()
    labels.symlink_to("nowhere")
    with pytest.raises(InputError, match=r"labels\.csv: does not exist"):
        gather(results, 0.5)


def test_figures_that_cannot_be_read_are_named(tmp_path):
    page = pictures.Pictures()
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "large.png").write_bytes(png(30_000, 30_000, rows=1))
    for name in ("pipe.png", "large.png", "none.png"):
        assert f"{name} cannot be read" in page.figure(tmp_path / name, "a figure")


def test_a_high_figure_is_cut_between_its_rows():
    image = np.full((1000, 100, 3), 255, np.uint8)
    for top in range(0, 1000, 100):
        image[top + 5 : top + 90] = 0  # ten rows with 15 px between them
        image[top + 40 : top + 44] = 255  # each of two panels
    pieces = pictures.cut(image, 350)
    assert [len(piece) for piece in pieces] == [297, 300, 300, 103]
    np.testing.assert_array_equal(np.concatenate(pieces), image)
    black = np.zeros((1000, 10, 3), np.uint8)
    black[::2] = 255  # no two rows alike
    assert max(map(len, pictures.cut(black, 350))) <= 350
    assert len(pictures.cut(image[:350], 350)) == 1


def test_a_folder_without_results_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"has no metrics\.csv; give the folder results"):
        gather(tmp_path, 0.5)


def test_an_iou_that_is_none_is_refused(results, tmp_path, capsys):
    out = str(tmp_path / "run.html")
    assert main(["report", str(results), "--out", out, "--iou", "2"]) == 2
    assert "--iou: 2.0 is not above 0" in capsys.readouterr().err
