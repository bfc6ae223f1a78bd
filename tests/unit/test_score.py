"""Rules score and join_metrics: from tables on disk to metrics.csv."""

import pandas as pd
import pytest

from mespot.errors import InputError
from mespot.steps import join_metrics, score
from mespot.store import tables

VIDEOS = {"v1": "006", "v2": "006", "v3": "s2"}
SETTINGS = {"iou": 0.5, "n_bootstrap": 200, "bootstrap_seed": 1, "confidence": 0.95}


def table(kind, *rows):
    columns = ["subject", "video", "type", "onset", "offset", "confidence"]
    frame = pd.DataFrame(list(rows), columns=columns[: len(rows[0])] if rows else columns)
    return frame.reindex(columns=list(tables.COLUMNS[kind]))


@pytest.fixture
def files(tmp_path):
    tables.write(
        tmp_path / "labels.csv",
        "labels",
        table(
            "labels",
            ("006", "v1", "micro", 10, 19),
            ("006", "v2", "macro", 100, 160),
            ("s2", "v3", "micro", 0, 9),
        ),
    )
    tables.write(
        tmp_path / "g1.csv",
        "intervals",
        table("intervals", ("006", "v1", "micro", 12, 19, 0.9), ("006", "v2", "micro", 5, 9, 0.4)),
    )
    tables.write(
        tmp_path / "g2.csv", "intervals", table("intervals", ("s2", "v3", "micro", 0, 8, 0.7))
    )
    tables.write(tmp_path / "none.csv", "intervals", table("intervals"))
    return tmp_path


def run(files, labels="labels.csv", output="metrics.csv"):
    methods = [
        {
            "method": "learned",
            "pretraining": "inductive",
            "intervals": [files / "g1.csv", files / "g2.csv"],
        },
        {"method": "mute", "pretraining": "none", "intervals": [files / "none.csv"]},
    ]
    score.run(
        corpus="sheet",
        videos=VIDEOS,
        labels=labels and files / labels,
        methods=methods,
        output=files / output,
        **SETTINGS,
    )
    return files / output


def test_score(files):
    found = tables.read(run(files), "metrics")
    assert list(found.columns) == list(tables.COLUMNS["metrics"])
    assert len(found) == 2 * 3 * 3
    rows = found.set_index(["method", "expression", "subject"])
    subject = rows.loc[("learned", "micro", "006")]
    assert subject[["videos", "labels", "tp", "fp", "fn"]].tolist() == [2, 1, 1, 1, 0]
    pooled = rows.loc[("learned", "all", "all")]
    assert pooled[["videos", "labels", "predictions"]].tolist() == [3, 3, 3]
    assert pooled[["tp", "fp", "fn"]].tolist() == [2, 1, 1]
    assert pooled["f1"] == pytest.approx(4 / 6, abs=1e-6)
    assert pooled["pretraining"] == "inductive"
    assert rows.loc[("mute", "all", "all"), "f1"] == 0
    assert rows["f1"].isna()[("mute", "macro", "s2")]


def test_the_same_input_gives_the_same_bytes(files):
    assert run(files, output="a.csv").read_bytes() == run(files, output="b.csv").read_bytes()


def test_without_labels(files):
    found = tables.read(run(files, labels=None), "metrics")
    assert found["f1"].isna().all() and found["labels"].isna().all()
    assert found["predictions"].max() == 3


def test_intervals_of_another_corpus_are_refused(files):
    tables.write(files / "g2.csv", "intervals", table("intervals", ("x", "x1", "micro", 0, 8, 0.7)))
    with pytest.raises(InputError, match="learned: intervals: row 4: video 'x1'"):
        run(files)
    assert not (files / "metrics.csv").exists()


def test_join_keeps_every_row_in_order(files):
    first, second = run(files, output="a.csv"), run(files, labels=None, output="b.csv")
    join_metrics.run(metrics=[first, second], output=files / "all.csv")
    lines = (files / "all.csv").read_text().splitlines()
    assert lines == first.read_text().splitlines() + second.read_text().splitlines()[1:]
