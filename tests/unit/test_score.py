"""Rules score and join_metrics: from tables on disk to metrics.csv."""

import pandas as pd
import pytest

from mespot.errors import InputError
from mespot.steps import compare_methods, join_metrics, score
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
    for kind in ("intervals", "candidates"):
        tables.write(tmp_path / f"no_{kind}.csv", kind, table(kind))
    candidates = table(
        "candidates",
        ("006", "v1", "micro", 12, 19, 0.9),
        ("006", "v2", "micro", 5, 9, 0.4),
        ("006", "v2", "macro", 100, 150, 0.3),  # right, below its threshold
        ("006", "v2", "macro", 10, 50, 0.2),
        ("s2", "v3", "micro", 0, 8, 0.7),
    )
    candidates["level"] = candidates["confidence"]
    tables.write(tmp_path / "candidates.csv", "candidates", candidates)
    return tmp_path


def run(files, labels="labels.csv", output="metrics.csv"):
    methods = [
        {
            "method": "learned",
            "pretraining": "inductive",
            "intervals": [files / "g1.csv", files / "g2.csv"],
            "candidates": [files / "candidates.csv"],
        },
        {
            "method": "mute",
            "pretraining": "none",
            **{kind: [files / f"no_{kind}.csv"] for kind in ("intervals", "candidates")},
        },
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
    metrics = tables.read(run(files), "metrics")
    assert list(metrics.columns) == list(tables.COLUMNS["metrics"])
    assert len(metrics) == 2 * 3 * 3
    rows = metrics.set_index(["method", "expression", "subject"])
    subject = rows.loc[("learned", "micro", "006")]
    assert subject[["videos", "labels", "tp", "fp", "fn"]].tolist() == [2, 1, 1, 1, 0]
    pooled = rows.loc[("learned", "all", "all")]
    assert pooled[["videos", "labels", "predictions"]].tolist() == [3, 3, 3]
    assert pooled[["tp", "fp", "fn"]].tolist() == [2, 1, 1]
    assert pooled["f1"] == pytest.approx(4 / 6, abs=1e-6)
    assert pooled["pretraining"] == "inductive"
    assert rows.loc[("mute", "all", "all"), "f1"] == 0
    assert rows["f1"].isna()[("mute", "macro", "s2")]


def test_the_oracle_stands_beside_the_honest_score(files):
    rows = tables.read(run(files), "metrics").set_index(["method", "expression", "subject"])
    names = ["f1", "f1_oracle_threshold"]
    assert rows.columns[-1] == names[1]
    expected = {
        # 006: a threshold between .9 and .4 leaves out the wrong one.
        ("micro", "006"): [2 / 3, 1],
        ("micro", "s2"): [1, 1],
        ("micro", "all"): [4 / 5, 1],
        # The label at .3 is predicted at a lower threshold.
        ("macro", "006"): [0, 1],
        ("all", "all"): [4 / 6, 1],
    }
    for key, values in expected.items():
        f1 = rows.loc[("learned", *key), names].tolist()
        assert f1 == pytest.approx(values, abs=1e-6), key
    assert rows.loc[("mute", "all", "all"), "f1_oracle_threshold"] == 0


def test_the_same_input_gives_the_same_bytes(files):
    assert run(files, output="a.csv").read_bytes() == run(files, output="b.csv").read_bytes()


def test_without_labels(files):
    metrics = tables.read(run(files, labels=None), "metrics")
    assert metrics["f1"].isna().all() and metrics["labels"].isna().all()
    assert metrics["predictions"].max() == 3


def test_intervals_of_another_corpus_are_refused(files):
    tables.write(files / "g2.csv", "intervals", table("intervals", ("x", "x1", "micro", 0, 8, 0.7)))
    with pytest.raises(InputError, match="learned: intervals: row 4: video 'x1'"):
        run(files)
    assert not (files / "metrics.csv").exists()


def compared(files, labels="labels.csv", methods=("g", "h")):
    intervals = {"g": ["g1.csv", "g2.csv"], "h": ["g2.csv"], "mute": ["no_intervals.csv"]}
    corpus = {
        "corpus": "sheet",
        "videos": VIDEOS,
        "labels": labels and files / labels,
        "methods": [
            {"method": m, "intervals": [files / name for name in intervals[m]]} for m in methods
        ],
    }
    compare_methods.run(corpora=[corpus], output=files / "comparison.csv", **SETTINGS)
    return tables.read(files / "comparison.csv", "comparison")


def test_every_pair_of_methods_is_compared_once(files):
    comparison = compared(files, methods=("g", "h", "mute"))
    pairs = [("g", "h"), ("g", "mute"), ("h", "mute")]
    expected = [(a, b, e) for a, b in pairs for e in ("micro", "macro", "all")]
    columns = (comparison[name] for name in ("method_a", "method_b", "expression"))
    assert list(zip(*columns, strict=True)) == expected
    first = comparison.iloc[0]
    assert (first.f1_a, first.f1_b) == (pytest.approx(4 / 5), pytest.approx(2 / 3, abs=1e-6))
    assert first.difference == pytest.approx(4 / 5 - 2 / 3, abs=1e-6)
    assert first.difference_low <= first.difference <= first.difference_high
    assert first.subjects == 2 and first.p_value == 1
    assert compared(files, methods=("g", "h", "mute")).equals(comparison)


def test_nothing_to_compare(files):
    assert len(compared(files, labels=None)) == 0
    assert len(compared(files, methods=("g",))) == 0


def test_join_keeps_every_row_in_order(files):
    first, second = run(files, output="a.csv"), run(files, labels=None, output="b.csv")
    join_metrics.run(metrics=[first, second], output=files / "all.csv")
    lines = (files / "all.csv").read_text().splitlines()
    assert lines == first.read_text().splitlines() + second.read_text().splitlines()[1:]
