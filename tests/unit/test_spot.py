"""The steps train_spotter and spot, on files of made faces."""

import numpy as np
import pytest

from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.metrics import strict_counts
from mespot.steps import train_spotter
from mespot.store import io, tables
from mespot.training import checkpoint
from tests.unit.moving_regions import REGIONS, write_labels, write_moving_flow
from tests.unit.spotters import LEARNED, SPOTTING, find, train
from tests.unit.stored_videos import clock


def counts(intervals, known, name):
    total = np.zeros(3, int)
    for (_, video), labels in known.items():
        rows = intervals[(intervals["video"] == video) & (intervals["type"] == name)]
        bounds = rows[["onset", "offset"]].to_numpy(np.int64).reshape(-1, 2)
        total += strict_counts(bounds, labels[name])
    return total


def test_learned_spotter_from_files_to_intervals(corpus, trained, tmp_path):
    _, files, known = corpus
    scores, intervals = find(tmp_path, [files["v6"], files["v7"]], trained)
    known = {key: known[key] for key in (("s6", "v6"), ("s7", "v7"))}
    for name in CLASSES:
        tp, fp, fn = counts(intervals, known, name)
        assert tp >= 3 and fp <= 2 and fn <= 1, name  # of 4
    threshold = scores["v6"].attrs["threshold_micro"]
    rows = intervals[intervals["type"] == "micro"]
    assert (rows["confidence"] >= threshold).all() and 0 < threshold < 1
    assert scores["v6"]["micro"].max() <= 1 and scores["v6"]["micro"].shape == (400,)
    assert (intervals["subject"] == intervals["video"].str.replace("v", "s")).all()
    assert (intervals["onset"] <= intervals["apex"]).all()
    assert (intervals["apex"] <= intervals["offset"]).all()


def test_the_checkpoint_tells_what_it_was_made_of(corpus, trained):
    content = checkpoint.load(trained, "spotter")
    assert content["subjects"] == [f"s{i}" for i in range(6)]
    assert content["regions"] == REGIONS
    assert len(content["state"]) == 1
    assert content["epochs"] == 25 and content["decoder"] == "boundaries"
    assert {row["network"] for row in content["history"]} == {0, 1, 2}
    shortest, longest = content["durations"]["micro"]
    assert 2 <= shortest < 10 and 13 < longest < 25
    assert not (trained.parent / "partial.pt").exists()


def test_an_interrupted_training_gives_the_same_file(corpus, tmp_path, monkeypatch):
    (tmp_path / "whole").mkdir()
    whole = train(corpus, tmp_path / "whole", epochs=2).read_bytes()
    save = checkpoint.save

    def stop_after_first(path, kind, content):
        save(path, kind, content)
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", stop_after_first)
    with pytest.raises(KeyboardInterrupt):
        train(corpus, tmp_path, epochs=2)
    monkeypatch.setattr(checkpoint, "save", save)
    assert (tmp_path / "partial.pt").exists() and not (tmp_path / "spotter.pt").exists()
    numbers = []
    network = train_spotter.train_members.__globals__["train_network"]

    def counting(*arguments):
        numbers.append(arguments[-1])
        return network(*arguments)

    monkeypatch.setitem(train_spotter.train_members.__globals__, "train_network", counting)
    assert train(corpus, tmp_path, epochs=2).read_bytes() == whole
    assert len(numbers) == 2


def test_a_partial_of_other_settings_is_not_taken(corpus, tmp_path):
    (tmp_path / "partial.pt").write_bytes(b"not a checkpoint")
    train(corpus, tmp_path, epochs=1)
    checkpoint.save(
        tmp_path / "partial.pt", "training", {"digest": "other", "state": [{"a": 1}] * 3}
    )
    assert len(checkpoint.load(train(corpus, tmp_path, epochs=1), "spotter")["state"]) == 1


def assert_candidates(folder, thresholds):
    """The intervals are the candidates at or above the threshold, and there are others below."""
    intervals = tables.read(folder / "intervals.csv", "intervals")
    candidates = tables.read(folder / "candidates.csv", "candidates")
    own = list(tables.COLUMNS["intervals"])
    for name in CLASSES:
        rows = candidates[candidates["type"] == name]
        kept = rows[rows["level"] >= thresholds[name]]
        expected = intervals[intervals["type"] == name]
        assert kept[own].values.tolist() == expected.values.tolist(), name
        assert len(kept) > 0, name
    assert len(candidates) > len(intervals)


def test_candidates_go_on_below_the_threshold(corpus, trained, tmp_path):
    _, files, _ = corpus
    find(tmp_path, [files["v6"], files["v7"]], trained)
    assert_candidates(tmp_path, checkpoint.load(trained, "spotter")["thresholds"])
    find(tmp_path, [files["v0"]], method={"kind": "training_free"})
    assert_candidates(tmp_path, SPOTTING["training_free"]["p"])


def test_the_peaks_decoder_can_be_named(corpus, tmp_path):
    _, files, known = corpus
    method = {**LEARNED, "decoder": "peaks"}
    spotter = train(corpus, tmp_path, method=method)
    content = checkpoint.load(spotter, "spotter")
    assert content["decoder"] == "peaks"
    assert all(0 < p < 1 for p in content["thresholds"].values())
    scores, intervals = find(tmp_path, [files["v6"], files["v7"]], spotter, method)
    assert_candidates(tmp_path, content["thresholds"])
    known = {key: known[key] for key in (("s6", "v6"), ("s7", "v7"))}
    for name in CLASSES:
        rows = intervals[intervals["type"] == name]
        lengths = rows["offset"] - rows["onset"]
        assert (lengths == 2 * content["half_lengths"][name]).all()
        assert scores["v6"].attrs[f"threshold_{name}"] <= scores["v6"][name].max()
    assert counts(intervals, known, "micro")[0] >= 2


def test_training_free_from_files_to_intervals(corpus, tmp_path):
    _, files, known = corpus
    method = {"kind": "training_free"}
    scores, intervals = find(tmp_path, [files["v0"], files["v1"]], method=method)
    known = {key: known[key] for key in (("s0", "v0"), ("s1", "v1"))}
    for name in CLASSES:
        tp, fp, _ = counts(intervals, known, name)
        assert tp >= 2 and fp <= 4, name  # of 4
        assert (scores["v1"][name] >= scores["v1"].attrs[f"threshold_{name}"]).any()


def test_intervals_are_in_native_frames(corpus, tmp_path):
    """A recording at 200 frames a second, of which every sixth or seventh is a working frame."""
    _, files, _ = corpus
    record = io.read(files["v0"], "flow")
    native = np.rint(np.arange(400) * 200 / 30).astype(np.int32) + 17
    arrays = {name: record[name] for name in record}
    attrs = {k: v for k, v in record.attrs.items() if k not in ("kind", "version", "provenance")}
    attrs.pop("description", None)
    path = tmp_path / "fast.h5"
    io.write(path, "flow", {**arrays, "native_frame": native}, attrs=attrs, provenance={})
    _, intervals = find(tmp_path, [path], method={"kind": "training_free"})
    assert len(intervals)
    for name in ("onset", "apex", "offset"):
        assert (intervals[name] == native[intervals[f"{name}_w"].to_numpy(int)]).all()


def test_features_are_read_with_or_without_motion(corpus, tmp_path):
    _, files, known = corpus
    videos = {}
    for (_, video), labels in known.items():
        rng = np.random.default_rng(int(video[1:]))
        feature = rng.normal(size=(400, 5, 3)).astype(np.float16)
        for onset, offset in labels["micro"]:
            feature[onset : offset + 1, 2, 1] += 4
        videos[video] = {"feature": feature, **clock(np.zeros(400, np.int16))}
    path = tmp_path / "flow_features.h5"
    io.write_videos(
        path, "features", videos, attrs={"regions": REGIONS, "stream": "flow"}, provenance={}
    )
    method = {"kind": "learned", "streams": ["flow"], "regional_flow": False}
    spotter = train(corpus, tmp_path, method=method, features={"flow": path}, epochs=20)
    content = checkpoint.load(spotter, "spotter")
    assert content["network"]["motion"] == 0 and content["network"]["streams"] == {"flow": 3}
    _, intervals = find(tmp_path, [files["v6"], files["v7"]], spotter, method, {"flow": path})
    known = {key: known[key] for key in (("s6", "v6"), ("s7", "v7"))}
    assert counts(intervals, known, "micro")[0] >= 3


def test_a_video_without_a_face_gets_no_interval(corpus, trained, tmp_path):
    path = tmp_path / "empty.h5"
    write_moving_flow(
        path,
        video="empty",
        subject="s9",
        regions=np.zeros((50, 5, 2)),
        blink=np.full(50, np.nan, np.float32),
        span=np.full(50, -1, np.int16),
    )
    for method, spotter in ((LEARNED, trained), ({"kind": "training_free"}, None)):
        scores, intervals = find(tmp_path, [path], spotter, method)
        assert len(intervals) == 0 and not scores["empty"]["macro"].any()


def test_what_cannot_be_learned_from_is_told(corpus, tmp_path):
    _, files, known = corpus
    with pytest.raises(InputError, match="1 training subject"):
        train(corpus, tmp_path, flow=[files["v0"]])
    write_labels(tmp_path / "none.csv", {})
    with pytest.raises(InputError, match="none.csv: no label"):
        train(corpus, tmp_path, labels=tmp_path / "none.csv")
    with pytest.raises(InputError, match="no flow at lag 5"):
        train(corpus, tmp_path, lags=[5])
    with pytest.raises(InputError, match="'face'"):
        train(corpus, tmp_path, method={**LEARNED, "streams": ["face"]})


def test_a_class_without_labels_is_never_predicted(corpus, tmp_path):
    _, files, known = corpus
    only = {key: {"micro": labels["micro"]} for key, labels in known.items()}
    write_labels(tmp_path / "labels.csv", only)
    spotter = train(corpus, tmp_path, labels=tmp_path / "labels.csv", epochs=12)
    _, intervals = find(tmp_path, [files["v6"]], spotter)
    assert set(intervals["type"]) == {"micro"}


def test_a_spotter_needs_its_whole_checkpoint(corpus, trained, tmp_path):
    _, files, _ = corpus
    with pytest.raises(InputError, match="checkpoint"):
        find(tmp_path, [files["v6"]], None)
    (tmp_path / "bad.pt").write_bytes(trained.read_bytes()[:500])
    with pytest.raises(InputError, match="bad.pt"):
        find(tmp_path, [files["v6"]], tmp_path / "bad.pt")
