"""An expert who is played by the labels, and what her decisions teach."""

import numpy as np
import pandas as pd
import pytest

from mespot import cli
from mespot.store import tables
from mespot.training.reviewing import (
    ORDERS,
    Candidate,
    Expert,
    counts,
    ordered,
)
from mespot.training.spotter_input import SpotterInput

RATE = 10.0


def recording(frames=200, micro=(), macro=()):
    labels = {
        name: np.array(ends, np.int64).reshape(-1, 2)
        for name, ends in (("micro", micro), ("macro", macro))
    }
    paths, context = np.zeros((frames, 2, 4), np.float32), np.zeros((frames, 1), np.float32)
    return SpotterInput("s1", "v1", paths, {}, context, np.zeros(frames, int), labels)


def candidate(onset, offset, kind="micro", sure=0.5, threshold=0.4, number=0):
    return Candidate(number, kind, onset, offset, sure, threshold)


def test_she_accepts_what_hits_a_label_and_corrects_its_ends():
    expert = Expert([recording(micro=[(20, 29)], macro=[(100, 149)])], RATE)
    expert.look(candidate(22, 31))
    expert.look(candidate(105, 150))  # of the other class: she changes the type
    expert.look(candidate(60, 66))
    assert expert.accepted == [{"micro": [(20, 29)], "macro": [(100, 149)]}]
    # With 0.4 s on both sides.
    assert np.flatnonzero(expert.seen[0])[[0, -1]].tolist() == [16, 154]
    assert not expert.is_new(candidate(21, 30)) and expert.is_new(candidate(80, 89))


def test_what_she_has_not_decided_on_is_not_known():
    labels = [(20, 29), (70, 79), (120, 129)]
    expert = Expert([recording(micro=labels), recording(micro=labels)], RATE)
    seen, unseen, far = candidate(20, 29), candidate(70, 79), candidate(115, 122)
    expert.look(seen)
    expert.look(far)  # its ends are too far off to be accepted
    (one,) = expert.reviewed([seen, unseen, far, candidate(20, 29, number=1)])
    assert one.labels["micro"].tolist() == [[20, 29]]
    unknown = np.flatnonzero(~one.known)
    assert unknown.tolist() == [*range(66, 84), *range(120, 130)]


def test_orders():
    some = [candidate(10 * i, 10 * i + 5, sure=s) for i, s in enumerate([0.1, 0.38, 0.9])]
    some.append(candidate(100, 109, "macro", sure=0.8, threshold=np.inf))
    rng = np.random.default_rng(0)
    sure = {name: [one.confidence for one in ordered(some, name, rng)] for name in ORDERS}
    assert sure["surest"] == [0.9, 0.8, 0.38, 0.1]
    assert sure["unsurest"] == [0.38, 0.9, 0.1, 0.8]
    assert sorted(sure["random"]) == sorted(sure["surest"])


def test_only_what_reaches_its_threshold_counts():
    found = [[candidate(20, 29), candidate(60, 69, sure=0.3), candidate(90, 99, sure=0.6)]]
    assert counts(found, [recording(micro=[(20, 29), (60, 69)])])["micro"] == (1, 1, 1)


@pytest.fixture
def results(corpus, tmp_path):
    """A run on made faces, with candidates that are its labels and as many that are none."""
    folder, files, known = corpus
    root = tmp_path / "results" / "made"
    (root / "flow").mkdir(parents=True)
    for path in files.values():
        (root / "flow" / path.name).symlink_to(path)
    tables.write(root / "labels.csv", "labels", tables.read(folder / "labels.csv", "labels"))
    rows = []
    for (subject, video), by_type in known.items():
        for kind, ends in by_type.items():
            for onset, offset in ends:
                for shift, sure in ((0, 2.0), (90, 0.5)):
                    frames = {"onset": onset + shift, "apex": onset + shift}
                    frames["offset"] = min(399, offset + shift)
                    if frames["offset"] - frames["onset"] < 5:
                        continue
                    working = {f"{name}_w": frame for name, frame in frames.items()}
                    seconds = {f"{name}_s": frame / 30 for name, frame in frames.items()}
                    about = {"subject": subject, "video": video, "type": kind}
                    rows.append(
                        {**about, **frames, **working, **seconds, "confidence": sure, "level": sure}
                    )
    place = root / "candidates" / "training_free"
    place.mkdir(parents=True)
    tables.write(place / "all.csv", "candidates", pd.DataFrame(rows))
    return tmp_path / "results"


def test_the_command_prints_a_curve_and_goes_on_where_it_was(results, tmp_path, capsys):
    small = tmp_path / "small.yaml"
    small.write_text(
        "spotting: {learned: {width: 8, dilations: [1, 2, 4], window_seconds: 3.0, max_steps: 12,"
        " lags: [3, 6], drift_seconds: 8.0}}\nevaluation: {folds: 2}\n"
    )
    command = ["benchmark", "--config", "config.yaml", str(small), "--review", str(results)]
    command += ["--corpus", "made", "--after", "6", "--seeds"]
    out = ["--out", str(tmp_path / "curve")]
    assert cli.main([*command, "1", *out]) == 0
    first = capsys.readouterr()
    lines = first.out.splitlines()
    assert lines[0].split() == ["order", "reviewed", "accepted", "micro", "macro", "all"]
    assert [line.split()[:2] for line in lines[1:]] == [
        *([name, str(count)] for name in ORDERS for count in (0, 6)),
        ["everything", "-"],
    ]
    # Before any review everything is right: the candidates above the threshold are the labels.
    assert lines[1].split()[3:] == ["1.000"] * 3
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    rows = pd.read_csv(tmp_path / "curve.csv")
    assert len(rows) == 2 * 2 * (3 * 2 + 1)
    surest = rows[(rows["order"] == "surest") & (rows["expression"] == "micro")]
    assert (surest.groupby(["fold", "step"])["accepted"].first() == [0, 6] * 2).all()
    # A second call with the same number trains nothing.
    assert cli.main([*command, "1", *out]) == 0
    again = capsys.readouterr()
    assert again.out == first.out and len(again.err.splitlines()) == 1
    (tmp_path / "curve.csv").write_text("a,b\n")
    assert cli.main([*command, "1", *out]) == 2
    assert "is no table of this command" in capsys.readouterr().err
