"""The steps train_spotter and spot, on files of made faces."""

import numpy as np
import pytest
import torch

from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.metrics import strict_counts
from mespot.spotting.calibration import calibrate
from mespot.spotting.decoders import Decoding
from mespot.spotting.pieces import Piece
from mespot.steps import spot
from mespot.store import io, tables
from mespot.store.schema import LAYOUTS
from mespot.training import checkpoint
from mespot.training.trained_spotter import TrainedSpotter, average_held_out
from tests.unit.moving_regions import REGIONS, moving_face, write_labels, write_moving_flow
from tests.unit.spotters import (
    DECODING,
    LOOK,
    METHOD,
    PEAKS,
    find,
    find_without_training,
    train,
    watch_networks,
)
from tests.unit.stored_videos import clock, made_by


def counts(intervals, known, name):
    total = np.zeros(3, int)
    for (_, video), labels in known.items():
        rows = intervals[(intervals["video"] == video) & (intervals["type"] == name)]
        bounds = rows[["onset", "offset"]].to_numpy(np.int64).reshape(-1, 2)
        total += strict_counts(bounds, labels[name])
    return total


def unseen(corpus):
    """Files and labels of the two subjects that `trained` has not seen."""
    _, files, known = corpus
    return [files["v6"], files["v7"]], {key: known[key] for key in (("s6", "v6"), ("s7", "v7"))}


def thresholds(spotter, decoding=DECODING):
    one = TrainedSpotter.load(spotter)
    how = Decoding.of(decoding)
    return calibrate(average_held_out([one]), how, one.regions, one.rate).thresholds


def test_learned_spotter_from_files_to_intervals(corpus, trained, tmp_path):
    flow, known = unseen(corpus)
    scores, intervals = find(tmp_path, flow, trained)
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


def test_the_checkpoint_holds_networks_and_what_thresholds_are_chosen_from(corpus, trained):
    _, _, known = corpus
    content = checkpoint.load(trained, "spotter")
    assert content["seen"] == [f"made/s{i}" for i in range(6)]
    assert content["regions"] == REGIONS and content["rate"] == 30
    assert content["lags"] == [3, 6] and content["drift_seconds"] == 8.0
    assert len(content["state"]) == 1
    assert {row["network"] for row in content["history"]} == {0, 1, 2}
    assert [one["video"] for one in content["held_out"]] == [f"v{i}" for i in range(6)]
    one = content["held_out"][2]
    assert one["score"].shape == (400, 3) and one["score"].dtype == torch.float32
    assert one["distances"].shape == (400, 3, 2) and one["span"].shape == (400,)
    assert one["paths"].shape == (400, len(REGIONS), 4) and one["group"] in (0, 1)
    for name in CLASSES:
        assert one["labels"][name].tolist() == known["s2", "v2"][name].tolist()
    assert not {"thresholds", "decoder", "beside"} & set(content)
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
    seeds = watch_networks(monkeypatch)
    assert train(corpus, tmp_path, epochs=2).read_bytes() == whole
    assert seeds == [(3, 1), (3, 2)]


def test_a_partial_of_other_settings_is_not_taken(corpus, tmp_path):
    (tmp_path / "partial.pt").write_bytes(b"not a checkpoint")
    train(corpus, tmp_path, epochs=1)
    checkpoint.save(
        tmp_path / "partial.pt", "training", {"digest": "other", "state": [{"a": 1}] * 3}
    )
    assert len(checkpoint.load(train(corpus, tmp_path, epochs=1), "spotter")["state"]) == 1


def assert_candidates(folder, levels):
    """The intervals are the candidates at or above the threshold, and there are others below."""
    intervals = tables.read(folder / "intervals.csv", "intervals")
    candidates = tables.read(folder / "candidates.csv", "candidates")
    own = list(tables.COLUMNS["intervals"])
    for name in CLASSES:
        rows = candidates[candidates["type"] == name]
        kept = rows[rows["level"] >= levels[name]]
        expected = intervals[intervals["type"] == name]
        assert kept[own].values.tolist() == expected.values.tolist(), name
        assert len(kept) > 0, name
    assert len(candidates) > len(intervals)


def test_candidates_go_on_below_the_threshold(corpus, trained, tmp_path):
    flow, _ = unseen(corpus)
    find(tmp_path, flow, trained)
    assert_candidates(tmp_path, thresholds(trained))
    find_without_training(tmp_path, flow, least_motion={"micro": 0.5, "macro": 0.9})
    assert_candidates(tmp_path, dict.fromkeys(CLASSES, 1.0))


def test_decoding_is_chosen_when_spotting(corpus, trained, tmp_path):
    """The same networks serve every decoder and every setting of it."""
    flow, known = unseen(corpus)
    scores, intervals = find(tmp_path, flow, trained, decoding=PEAKS)
    levels = thresholds(trained, PEAKS)
    assert all(0 < p < 1 for p in levels.values())
    assert_candidates(tmp_path, levels)
    for name in CLASSES:
        rows = intervals[intervals["type"] == name]
        assert len(set(rows["offset"] - rows["onset"])) == 1
        assert scores["v6"].attrs[f"threshold_{name}"] <= scores["v6"][name].max()
    assert counts(intervals, known, "micro")[0] >= 2
    _, narrow = find(tmp_path, flow, trained, decoding={**DECODING, "duration_slack": 1.0})
    longest = max(np.diff(corpus[2][f"s{i}", f"v{i}"]["micro"]).max() for i in range(6))
    micro = narrow[narrow["type"] == "micro"]
    assert (micro["offset"] - micro["onset"]).max() <= longest


def test_a_second_look_changes_confidences_and_trains_no_network(corpus, trained, tmp_path):
    flow, known = unseen(corpus)
    twice = {**DECODING, "second_look": LOOK}
    scores, intervals = find(tmp_path, flow, trained, decoding=twice)
    assert_candidates(tmp_path, thresholds(trained, twice))
    for name in CLASSES:
        tp, fp, fn = counts(intervals, known, name)
        assert tp >= 2 and fp <= 3, name  # of 4
        assert np.isnan(scores["v6"].attrs[f"threshold_{name}"])
    first = tables.read(tmp_path / "candidates.csv", "candidates")
    find(tmp_path, flow[::-1], trained, decoding=twice)
    again = tables.read(tmp_path / "candidates.csv", "candidates")
    order = ["video", "type", "onset"]
    assert first.sort_values(order).values.tolist() == again.sort_values(order).values.tolist()
    once = {**twice, "second_look": {**LOOK, "fewest_hits": 1000}}
    scores, _ = find(tmp_path, flow, trained, decoding=once)  # too few to learn from
    assert scores["v6"].attrs["threshold_micro"] == thresholds(trained)["micro"]


def test_training_free_from_files_to_intervals(corpus, tmp_path):
    _, files, known = corpus
    scores, intervals = find_without_training(tmp_path, [files["v0"], files["v1"]])
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
    attrs = {k: v for k, v in record.attrs.items() if k in LAYOUTS["flow"].attributes}
    path = tmp_path / "fast.h5"
    io.write(path, "flow", {**arrays, "native_frame": native}, attrs=attrs, provenance={})
    _, intervals = find_without_training(tmp_path, [path])
    assert len(intervals)
    for name in ("onset", "apex", "offset"):
        assert (intervals[name] == native[intervals[f"{name}_w"].to_numpy(int)]).all()


def test_features_are_read_with_or_without_motion(corpus, tmp_path):
    flow, known = unseen(corpus)
    videos = {}
    for (_, video), labels in corpus[2].items():
        rng = np.random.default_rng(int(video[1:]))
        feature = rng.normal(size=(400, 5, 3)).astype(np.float16)
        for onset, offset in labels["micro"]:
            feature[onset : offset + 1, 2, 1] += 4
        videos[video] = {"feature": feature, **clock(np.zeros(400, np.int16))}
    path = tmp_path / "flow_features.h5"
    io.write_videos(path, "features", videos, attrs=made_by("flow", REGIONS), provenance={})
    method = {"streams": ["flow"], "regional_flow": False}
    spotter = train(corpus, tmp_path, method=method, features={"flow": path}, epochs=20)
    content = checkpoint.load(spotter, "spotter")
    assert content["network"]["motion"] == 0 and content["network"]["streams"] == {"flow": 3}
    _, intervals = find(tmp_path, flow, spotter, method, {"flow": path})
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
    for scores, intervals in (
        find(tmp_path, [path], trained),
        find_without_training(tmp_path, [path]),
    ):
        assert len(intervals) == 0 and not scores["empty"]["macro"].any()


def test_what_cannot_be_learned_from_is_named(corpus, tmp_path):
    _, files, known = corpus
    with pytest.raises(InputError, match="1 training subject"):
        train(corpus, tmp_path, flow=[files["v0"]])
    faceless, _ = moving_face(np.random.default_rng(0))
    write_moving_flow(
        tmp_path / "v9.h5", video="v9", subject="s9", regions=faceless, span=np.full(400, -1)
    )
    with pytest.raises(InputError, match="1 training subject in this fold .v9: no usable face"):
        train(corpus, tmp_path, flow=[files["v0"], tmp_path / "v9.h5"])
    write_labels(tmp_path / "none.csv", {})
    with pytest.raises(InputError, match="none.csv: no label"):
        train(corpus, tmp_path, labels=tmp_path / "none.csv")
    with pytest.raises(InputError, match="'face'"):
        train(corpus, tmp_path, method={**METHOD, "streams": ["face"]})
    with pytest.raises(InputError, match="spotting.learned: knows no floor"):
        train(corpus, tmp_path, floor=0.1)


def test_a_class_without_labels_is_never_predicted(corpus, tmp_path):
    flow, _ = unseen(corpus)
    only = {key: {"micro": labels["micro"]} for key, labels in corpus[2].items()}
    write_labels(tmp_path / "labels.csv", only)
    spotter = train(corpus, tmp_path, labels=tmp_path / "labels.csv", epochs=12)
    _, intervals = find(tmp_path, flow[:1], spotter)
    assert set(intervals["type"]) == {"micro"}


def test_a_spotter_needs_its_whole_checkpoint(corpus, trained, tmp_path):
    flow, _ = unseen(corpus)
    with pytest.raises(InputError, match="checkpoint"):
        find(tmp_path, flow, None)
    (tmp_path / "bad.pt").write_bytes(trained.read_bytes()[:500])
    with pytest.raises(InputError, match="bad.pt"):
        find(tmp_path, flow, tmp_path / "bad.pt")


def test_a_training_subject_is_not_spotted_in(corpus, trained, tmp_path, fault):
    """Not in the video of the training, and not in another one of the same person."""
    _, files, _ = corpus
    again = tmp_path / "again.h5"
    write_moving_flow(again, video="v20", subject="s3", regions=np.zeros((50, 5, 2)))
    for path in (files["v3"], again):
        with pytest.raises(InputError) as caught:
            find(tmp_path, [files["v6"], path], trained)
        for word in ("spotter.pt", "'s3'", "of made", "holds out"):
            assert word in str(caught.value)
        fault("leak: spot")
    assert not (tmp_path / "intervals.csv").exists()
    # In another corpus the same name is another person.
    elsewhere = dict(video="v20", subject="s3", corpus="other")
    write_moving_flow(again, **elsewhere, regions=np.zeros((50, 5, 2)))
    find(tmp_path, [again], trained)


def test_a_long_recording_is_spotted_in_pieces(corpus, trained, tmp_path, monkeypatch):
    flow, _ = unseen(corpus)
    ways = (lambda: find(tmp_path, flow, trained), lambda: find_without_training(tmp_path, flow))
    whole = [way() for way in ways]
    read = []

    def in_two(frames, rate):
        read.append(frames)
        return [Piece(0, 0, 210, 330), Piece(90, 210, frames, frames)]

    monkeypatch.setattr(spot, "pieces", in_two)
    monkeypatch.setattr("mespot.spotting.pieces.pieces", in_two)
    for way, (scores, intervals) in zip(ways, whole, strict=True):
        parts, found = way()
        for video, record in scores.items():
            for name in CLASSES:
                assert len(parts[video][name]) == 400
                assert np.corrcoef(parts[video][name], record[name])[0, 1] > 0.95
        ends = ["video", "type", "onset", "offset"]
        for video, kind, onset, offset in intervals[ends].itertuples(index=False):
            same = found[(found["video"] == video) & (found["type"] == kind)]
            near = (same["onset"] - onset).abs() + (same["offset"] - offset).abs()
            assert near.min() <= 8, (video, kind, onset, offset)
        assert len(found) == len(intervals)
    assert read == [400] * 4


def at_rate(path, rate, folder):
    """A copy of a flow file as if it had another rate."""
    record = io.read(path, "flow")
    attrs = {k: v for k, v in record.attrs.items() if k in LAYOUTS["flow"].attributes}
    copy = folder / f"rate_{rate:g}_{path.name}"
    arrays = {name: record[name] for name in record}
    io.write(copy, "flow", arrays, attrs={**attrs, "rate": rate}, provenance={})
    return copy


def test_recordings_of_another_rate_are_neither_learned_from_nor_spotted(corpus, trained, tmp_path):
    _, files, _ = corpus
    paths = [files[f"v{i}"] for i in range(6)]
    slow = at_rate(paths[3], 25.0, tmp_path)
    with pytest.raises(InputError, match=f"{slow}: has 25 working frames.*have 30.*rate to 25"):
        train(corpus, tmp_path, flow=[*paths[:3], slow, *paths[4:]], epochs=1)
    flow, _ = unseen(corpus)
    with pytest.raises(InputError, match="25 working frames"):
        find(tmp_path, [at_rate(flow[0], 25.0, tmp_path)], trained)
    # 29.97 counts as 30.
    find(tmp_path, [at_rate(flow[0], 30000 / 1001, tmp_path)], trained)


def test_regions_must_be_those_of_the_training(corpus, trained, tmp_path):
    flow, _ = unseen(corpus)
    record = io.read(flow[0], "flow")
    attrs = {k: v for k, v in record.attrs.items() if k in LAYOUTS["flow"].attributes}
    attrs["regions"] = REGIONS[::-1]
    path = tmp_path / "other.h5"
    io.write(path, "flow", {n: record[n] for n in record}, attrs=attrs, provenance={})
    with pytest.raises(InputError, match="other.h5: face regions differ"):
        find(tmp_path, [path], trained)


def test_a_companion_with_the_same_recordings_is_refused(corpus, tmp_path, fault):
    """Under another path and name: in other folds test subjects would train along."""
    folder, files, _ = corpus
    copied = tmp_path / "copied.h5"
    copied.write_bytes(files["v0"].read_bytes())
    others = {"twin": {"flow": [copied], "labels": folder / "labels.csv", "features": {}}}
    with pytest.raises(InputError, match="twin: its recording 'v0' has the same motion as 'v0'"):
        train(corpus, tmp_path, others=others)
    fault("leak: companion")


def test_nothing_is_learned_from_what_nobody_has_decided_on(corpus, tmp_path):
    """Half of each video is undecided, with labels taken away there; two videos are so whole."""
    folder, _, known = corpus
    half, rows = {}, []
    for i in range(6):
        own = known[f"s{i}", f"v{i}"]
        half[f"s{i}", f"v{i}"] = {
            name: ends[(ends[:, 1] < 190) & (i < 4)] for name, ends in own.items()
        }
        rows.append(f"s{i},v{i},{200 if i < 4 else 0},100000\n")
    write_labels(tmp_path / "labels.csv", half)
    undecided = tmp_path / "undecided.csv"
    undecided.write_text("subject,video,first,last\n" + "".join(rows) + "x,other,1,2\n")
    labels = tmp_path / "labels.csv"
    path = train(corpus, tmp_path, labels=labels, epochs=1, undecided=undecided)
    spotter = TrainedSpotter.load(path)
    assert [one.video for one in spotter.held_out] == ["v0", "v1", "v2", "v3"]
    for one in spotter.held_out:
        assert one.known.sum() == 200 and one.known[:200].all()
