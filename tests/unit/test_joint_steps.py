"""The steps train_spotter and spot of a method whose encoders learn, on small made videos."""

import numpy as np
import pytest
import torch

from mespot.device import generator
from mespot.errors import InputError
from mespot.face.regions import REGIONS
from mespot.steps import extract_features, spot, train_spotter
from mespot.store import io, tables
from mespot.training import checkpoint, joint_encoders
from mespot.training.clips import as_builtins
from mespot.training.spotter_input import feature_channels, read_inputs
from tests.unit.moving_regions import write_labels
from tests.unit.small_networks import built, plain_scale, shape_of
from tests.unit.spotters import DECODING, MASKED, TRAINING, WHOSE, outputs, watch_networks
from tests.unit.stored_videos import CROP, GRID, waves, write_flow, write_frames

FRAMES = 90
STREAMS = ("face", "flow")
JOINT = {
    "streams": list(STREAMS),
    "regional_flow": True,
    "encoder_training": "joint",
}
SETTINGS = {
    **TRAINING,
    "lags": [1],
    "epochs": 1,
    "repeats": 2,
    "window_seconds": 1.5,
    "joint": {
        "steps": 3,
        "batch_size": 2,
        "learning_rate": 0.01,
        "encoder_learning_rate": 0.01,
    },
}


def write_encoder(path, stream, seed=0, **changes):
    shape = shape_of(stream, encoder_depth=1)
    network = built(shape, generator(seed))
    scale = plain_scale(stream)
    values = {"stream": stream, "input_size": GRID, "reference_seconds": 1.0}
    content = {
        "network": shape,
        "state": network.state_dict(),
        "standardisation": as_builtins(scale),
        "settings": {"stream": stream, "values": values},
        "whose": {"corpus": "made", "encoder": "e", "fold": "g1", "stream": stream},
        "pretraining": "inductive",
        "seen": ["made/s0"],
        "history": [],
        "provenance": {},
        **changes,
    }
    checkpoint.save(path, "encoder", content)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Four videos, the last for testing, encoders and their features."""
    folder = tmp_path_factory.mktemp("joint")
    files = {kind: [folder / f"{kind}{i}.h5" for i in range(4)] for kind in ("flow", "frames")}
    known = {}
    span = np.array([-1] * 2 + [0] * (FRAMES - 2), np.int16)
    for i in range(4):
        rng = np.random.default_rng(i)
        of = dict(video=f"v{i}", subject=f"s{i}", span=span)
        write_flow(files["flow"][i], flow=waves(FRAMES, i), regions=list(REGIONS), **of)
        image = rng.integers(0, 255, (FRAMES, CROP, CROP)).astype(np.uint8)
        write_frames(files["frames"][i], image=image, points=rng.uniform(0, CROP, (478, 2)), **of)
        known[f"s{i}", f"v{i}"] = {"micro": np.array([[20, 29]]), "macro": np.array([[40, 69]])}
    write_labels(folder / "labels.csv", known)
    for stream in STREAMS:
        write_encoder(folder / f"{stream}.pt", stream)
        write_features(folder / f"{stream}.h5", stream, files, folder / f"{stream}.pt")
    return folder, files


def write_features(path, stream, files, encoder, **changes):
    given = {"unseen": [("made", "s3")], "pretraining": "inductive", **changes}
    extract_features.run(
        whose={"corpus": "made", "encoder": "e", "fold": "g1", "stream": stream},
        checkpoint_path=encoder,
        sources=files["flow" if stream == "flow" else "frames"],
        frames=files["frames"],
        output=path,
        provenance={},
        **given,
    )


def train(corpus, folder, method=JOINT, training=SETTINGS, **inputs):
    source, files = corpus
    given = {
        "features": {stream: source / f"{stream}.h5" for stream in STREAMS},
        "encoders": {stream: source / f"{stream}.pt" for stream in STREAMS},
        "frames": files["frames"][:3],
    }
    train_spotter.run(
        whose=WHOSE,
        method=method,
        training=training,
        flow=files["flow"][:3],
        labels=source / "labels.csv",
        output=folder / "spotter.pt",
        partial=folder / "partial.pt",
        provenance={},
        **{**given, **inputs},
    )
    return folder / "spotter.pt"


def find(corpus, folder, spotter, **inputs):
    given = {"frames": corpus[1]["frames"][3:], "features": {}, "method": JOINT, **inputs}
    spot.run(
        flow=corpus[1]["flow"][3:],
        whose=WHOSE,
        decoding=DECODING,
        spotter=spotter,
        **outputs(folder),
        **given,
    )
    return dict(io.read_videos(folder / "scores.h5", "scores")["v3"])


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory):
    return train(corpus, tmp_path_factory.mktemp("trained"))


def test_each_network_brings_its_own_encoders(corpus, trained):
    content = checkpoint.load(trained, "spotter")
    assert len(content["state"]) == 2
    assert set(content["encoders"]) == set(STREAMS)
    assert max(row["step"] for row in content["history"]) >= 4  # the epochs' and three more
    for stream, one in content["encoders"].items():
        start = checkpoint.load(corpus[0] / f"{stream}.pt", "encoder")
        first, second = one["states"]
        assert not torch.equal(first["stem.weight"], start["state"]["stem.weight"])
        assert not torch.equal(first["stem.weight"], second["stem.weight"])
        assert one["network"] == start["network"]
        assert one["standardisation"] == start["standardisation"]


def test_spotting_reads_the_encoders_of_the_spotter(corpus, trained, tmp_path):
    before = find(corpus, tmp_path, trained)["micro"]
    assert before.shape == (FRAMES,) and not before[:2].any() and before[2:].all()
    tables.read(tmp_path / "intervals.csv", "intervals")
    content = checkpoint.load(trained, "spotter")
    del content["kind"], content["version"], content["provenance"]
    for state in content["encoders"]["flow"]["states"]:
        state["to_code.weight"] *= 5.0
    checkpoint.save(tmp_path / "changed.pt", "spotter", {**content, "provenance": {}})
    assert not np.array_equal(find(corpus, tmp_path, tmp_path / "changed.pt")["micro"], before)


def test_encoders_that_did_not_learn_give_the_stored_features(corpus):
    """Whole videos, as they are predicted: values, pooling, drift and scale are those of the
    features that frozen encoders have stored."""
    folder, files = corpus
    records = [io.read(path, "flow") for path in files["flow"]]
    frames = [io.read(path, "frames") for path in files["frames"]]
    encoders = joint_encoders.pretrained({s: folder / f"{s}.pt" for s in STREAMS}, STREAMS)
    own = joint_encoders.reading(encoders, records, frames, drift_seconds=2.0, scale={})
    stored = list(
        read_inputs(
            records,
            {stream: folder / f"{stream}.h5" for stream in STREAMS},
            streams=STREAMS,
            regional_flow=True,
            drift_seconds=2.0,
            slow_drift_seconds=4.0,
        )
    )
    for stream, encoder in own.encoders.items():
        for one in stored:
            feature = own.features(stream, encoder.state, one)
            drift_frames = own.drift_frames[one.place]
            channels = feature_channels(feature, one.span, drift_frames=drift_frames)
            np.testing.assert_array_equal(channels, one.features[stream])


def test_an_interrupted_training_gives_the_same_file(corpus, trained, tmp_path, monkeypatch):
    save = checkpoint.save

    def stop_after_second(path, kind, content):
        save(path, kind, content)
        if kind == "training" and len(content["state"]) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", stop_after_second)
    with pytest.raises(KeyboardInterrupt):
        train(corpus, tmp_path)
    monkeypatch.setattr(checkpoint, "save", save)
    seeds = watch_networks(monkeypatch)
    (tmp_path / "kept.pt").write_bytes((tmp_path / "partial.pt").read_bytes())
    assert train(corpus, tmp_path).read_bytes() == trained.read_bytes()
    assert len(seeds) == 2  # of 4
    # Of other encoders it is not taken up.
    (tmp_path / "partial.pt").write_bytes((tmp_path / "kept.pt").read_bytes())
    write_encoder(tmp_path / "other.pt", "flow", seed=1)
    encoders = {"face": corpus[0] / "face.pt", "flow": tmp_path / "other.pt"}
    write_features(tmp_path / "flow.h5", "flow", corpus[1], tmp_path / "other.pt")
    features = {"face": corpus[0] / "face.h5", "flow": tmp_path / "flow.h5"}
    train(corpus, tmp_path, encoders=encoders, features=features)
    assert len(seeds) == 2 + 4


def test_frozen_encoders_are_the_default_and_are_not_stored(corpus, tmp_path):
    method = {name: value for name, value in JOINT.items() if name != "encoder_training"}
    left_out = train(corpus, tmp_path, method, encoders={}, frames=[])
    assert "encoders" not in checkpoint.load(left_out, "spotter")


def test_networks_are_pretrained_before_their_encoders_learn(corpus, tmp_path):
    folder, files = corpus
    method = {**JOINT, "network_pretraining": "masked"}
    training = {**SETTINGS, "repeats": 1, "masked_motion": {**MASKED, "steps": 2}}
    features = {stream: folder / f"{stream}.h5" for stream in STREAMS}
    other = {"flow": files["flow"], "frames": files["frames"], "labels": folder / "labels.csv"}
    others = {"other": {**other, "features": features}}
    trained = train(corpus, tmp_path, method, training, others=others)
    content = checkpoint.load(trained, "spotter")
    for number in range(3):
        rows = [row for row in content["history"] if row["network"] == number]
        assert [row["step"] for row in rows if "hidden" in row] == [2]
        assert [row["step"] for row in rows] == sorted(row["step"] for row in rows)
        assert rows[0].keys() == {"network", "step", "hidden"} and len(rows) == 3
    assert find(corpus, tmp_path, trained)["micro"][2:].all()
    with pytest.raises(InputError, match="spotting.learned: lacks masked_motion"):
        train(corpus, tmp_path, method)


def test_what_does_not_fit_is_named(corpus, trained, tmp_path):
    folder, files = corpus
    without = {name: value for name, value in SETTINGS.items() if name != "joint"}
    with pytest.raises(InputError, match="spotting.learned: lacks joint"):
        train(corpus, tmp_path, training=without)
    with pytest.raises(InputError, match="encoder of stream 'flow'"):
        train(corpus, tmp_path, encoders={"face": folder / "face.pt"})
    swapped = {"face": folder / "flow.pt", "flow": folder / "face.pt"}
    with pytest.raises(InputError, match="flow.pt: encoder of 'flow', not of 'face'"):
        train(corpus, tmp_path, encoders=swapped)
    with pytest.raises(InputError, match="no frames file of video 'v2'"):
        train(corpus, tmp_path, frames=files["frames"][:2])
    with pytest.raises(InputError, match="no frames file of video 'v3'"):
        find(corpus, tmp_path, trained, frames=[])


FROZEN = {name: value for name, value in JOINT.items() if name != "encoder_training"}


@pytest.fixture(scope="module")
def frozen(corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("frozen")
    return train(corpus, folder, FROZEN, encoders={}, frames=[])


def leaking(corpus, folder, **changes):
    """Features of an encoder that has seen s3, who is tested."""
    seen = {"seen": ["made/s0", "made/s3"], **changes}
    write_encoder(folder / "leak.pt", "flow", **seen)
    kind = {"pretraining": seen.get("pretraining", "inductive")}
    write_features(folder / "leak.h5", "flow", corpus[1], folder / "leak.pt", unseen=[], **kind)
    return {"face": corpus[0] / "face.h5", "flow": folder / "leak.h5"}


def test_features_of_an_encoder_that_saw_the_test_subjects_train_no_spotter(
    corpus, tmp_path, fault
):
    features = leaking(corpus, tmp_path)
    words = "leak.h5: comes from an encoder that was trained on subject 's3' of made"
    with pytest.raises(InputError, match=words):
        train(corpus, tmp_path, FROZEN, features=features, unseen=[("made", "s3")])
    encoders = {"face": corpus[0] / "face.pt", "flow": tmp_path / "leak.pt"}
    with pytest.raises(InputError, match="leak.pt: comes from .* 's3' of made"):
        train(corpus, tmp_path, encoders=encoders, unseen=[("made", "s3")])
    with pytest.raises(InputError, match="trains along with subject 's2' of made"):
        train(corpus, tmp_path, FROZEN, unseen=[("made", "s2")])
    swapped = {"face": corpus[0] / "flow.h5", "flow": corpus[0] / "flow.h5"}
    with pytest.raises(InputError, match="flow.h5: is of stream 'flow', expected 'face'"):
        train(corpus, tmp_path, FROZEN, features=swapped)
    assert not (tmp_path / "spotter.pt").exists()
    fault("leak: train")
    fault("leak: joint")


def test_a_spotter_reads_features_of_the_encoder_that_it_learned_from(
    corpus, frozen, tmp_path, fault
):
    own = {stream: corpus[0] / f"{stream}.h5" for stream in STREAMS}
    find(corpus, tmp_path, frozen, features=own, method=FROZEN)
    write_encoder(tmp_path / "other.pt", "flow", seed=1)
    write_features(tmp_path / "other.h5", "flow", corpus[1], tmp_path / "other.pt")
    with pytest.raises(InputError, match="other.h5: comes from another encoder than .*spotter.pt"):
        other = {**own, "flow": tmp_path / "other.h5"}
        find(corpus, tmp_path, frozen, features=other, method=FROZEN)
    fault("leak: spot features")
    alone = {"method": {**FROZEN, "streams": ["face"]}, "features": {"face": own["face"]}}
    with pytest.raises(InputError, match="spotter.pt: reads features of the flow, none were given"):
        find(corpus, tmp_path, frozen, **alone)


@pytest.mark.parametrize("how", [JOINT, FROZEN])
def test_a_spotter_whose_encoder_saw_the_test_subjects_is_refused(corpus, tmp_path, how, fault):
    features = leaking(corpus, tmp_path)
    encoders = {"face": corpus[0] / "face.pt", "flow": tmp_path / "leak.pt"}
    spotter = train(corpus, tmp_path, how, features=features, encoders=encoders)
    given = dict(method=how, features=features if how is FROZEN else {})
    words = "spotter.pt: comes from an encoder that was trained on subject 's3'"
    with pytest.raises(InputError, match=words):
        find(corpus, tmp_path, spotter, **given)
    assert not (tmp_path / "scores.h5").exists()
    fault("leak: spot encoder")


def test_transductive_encoders_see_everybody(corpus, tmp_path):
    everybody = {}
    for stream in STREAMS:
        encoder, path = tmp_path / f"{stream}.pt", tmp_path / f"{stream}.h5"
        seen = ["made/s3"]
        write_encoder(encoder, stream, pretraining="transductive", seen=seen)
        write_features(path, stream, corpus[1], encoder, pretraining="transductive")
        everybody[stream] = path
    told = dict(unseen=[("made", "s3")], transductive=True)
    spotter = train(corpus, tmp_path, FROZEN, features=everybody, **told)
    find(corpus, tmp_path, spotter, features=everybody, method=FROZEN, transductive=True)
    with pytest.raises(InputError, match="is 'transductive', expected one that is not"):
        find(corpus, tmp_path, spotter, features=everybody, method=FROZEN)
