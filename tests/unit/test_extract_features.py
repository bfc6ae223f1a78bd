import numpy as np
import pytest
import torch

from mespot.device import generator
from mespot.errors import InputError
from mespot.face.regions import REGIONS
from mespot.networks.reconstruction import ReconstructionNetwork
from mespot.steps import extract_features as step
from mespot.store import io
from mespot.training import checkpoint, encoders
from mespot.training.clips import as_builtins
from mespot.training.encoders import Encoder, EncoderInput
from mespot.training.origin import Origin
from tests.unit.small_networks import plain_scale, shape_of
from tests.unit.stored_videos import CROP, GRID, waves, write_flow, write_frames

NETWORK = shape_of("flow", channels=8, code_channels=4)
SCALE = plain_scale("flow")
ORIGIN = Origin("inductive", (("made", "s0"),), "")
WHOSE = {"corpus": "made", "encoder": "e", "fold": "g1", "stream": "flow"}
WEIGHTS = np.full((2, 4, 4), 1 / 16, np.float32)


@pytest.fixture
def network():
    built = ReconstructionNetwork(**NETWORK)
    built.initialise(generator(0))
    return built


def values(frames, seed=0):
    return np.random.default_rng(seed).normal(size=(frames, 3, 16, 16)).astype(np.float16)


def features(network, clip, span=None, weights=WEIGHTS, **options):
    span = np.zeros(len(clip), np.int16) if span is None else span
    encoder = Encoder(NETWORK, network.state_dict(), SCALE, {"stream": "flow"}, ORIGIN)
    video = EncoderInput(clip, weights)
    return encoders.features(network, encoder, video, span, **options).astype(float)


@pytest.mark.parametrize("chunk", [1, 7, 50])
def test_the_chunk_length_does_not_matter(network, chunk):
    clip = values(50)
    whole = features(network, clip)
    assert whole.std() > 0.1
    np.testing.assert_allclose(features(network, clip, chunk=chunk), whole, atol=2e-3)


def test_features_are_the_code_pooled_over_the_region(network):
    clip = values(9)
    weights = np.zeros((2, 4, 4), np.float32)
    weights[0, 1, 2] = 1
    weights[1, 0, :2] = 0.5
    with torch.no_grad():
        code = network.encode(torch.from_numpy(clip).float().transpose(0, 1)[None])[0]
    result = features(network, clip, weights=weights)
    assert result.shape == (9, 2, 4)
    np.testing.assert_allclose(result[:, 0], code[:, :, 1, 2].T, atol=2e-3)
    np.testing.assert_allclose(result[:, 1], code[:, :, 0, :2].mean(-1).T, atol=2e-3)


def test_nothing_crosses_spans(network):
    clip = values(40)
    span = np.array([0] * 15 + [-1] * 3 + [1] * 22, np.int16)
    result = features(network, clip, span)
    assert (result[15:18] == 0).all()
    changed = clip.copy()
    changed[:18] = values(18, seed=1)
    again = features(network, changed, span)
    np.testing.assert_array_equal(again[18:], result[18:])
    np.testing.assert_allclose(result[18:], features(network, clip[18:]), atol=2e-3)
    # Spans that follow each other without a gap are as separate.
    touching = np.array([0] * 18 + [1] * 22, np.int16)
    np.testing.assert_array_equal(features(network, changed, touching)[18:], result[18:])


@pytest.fixture
def files(tmp_path, network):
    """Two videos; the landmarks of one all lie in the upper left of the crop."""
    sources, frames = [], []
    for index, video in enumerate(("v0", "v1")):
        sources.append(tmp_path / f"flow_{video}.h5")
        frames.append(tmp_path / f"frames_{video}.h5")
        flow = waves(30, index)
        span = np.array([-1] * 2 + [0] * 28, np.int16)
        write_flow(sources[-1], video=video, flow=flow, span=span)
        points = np.full((478, 2), CROP / 8) + np.random.default_rng(0).normal(size=(478, 2))
        image = np.zeros((30, CROP, CROP), np.uint8)
        write_frames(frames[-1], video=video, image=image, points=points, span=span)
    checkpoint.save(
        tmp_path / "encoder.pt",
        "encoder",
        {
            "network": NETWORK,
            "state": network.state_dict(),
            "standardisation": as_builtins(SCALE),
            "settings": {
                "stream": "flow",
                "values": {"stream": "flow", "input_size": GRID, "reference_seconds": 1.0},
            },
            "whose": WHOSE,
            "pretraining": "inductive",
            "seen": ["made/s0", "other/s1"],
            "history": [],
            "provenance": {},
        },
    )
    return sources, frames


def extract(folder, sources, frames, **changes):
    given = {"whose": WHOSE, "unseen": [("made", "s1")], "pretraining": "inductive"}
    step.run(
        **{**given, **changes},
        checkpoint_path=folder / "encoder.pt",
        sources=sources,
        frames=frames,
        output=folder / "features.h5",
        provenance={"rule": "extract_features"},
    )
    return io.read_videos(folder / "features.h5", "features")


def test_writes_every_working_frame_of_every_video(tmp_path, files, network):
    sources, frames = files
    records = extract(tmp_path, sources, reversed(frames))
    assert list(records) == ["v0", "v1"]
    for record in records.values():
        assert record["feature"].shape == (30, len(REGIONS), 4)
        assert record["feature"].dtype == np.float16
        assert record["native_frame"].tolist() == list(range(30))
        assert record["span"].tolist() == [-1] * 2 + [0] * 28
        assert record.attrs["regions"] == list(REGIONS)
        assert record.attrs["stream"] == "flow"
    assert not np.allclose(records["v0"]["feature"], records["v1"]["feature"])


def test_regions_are_where_the_landmarks_are(tmp_path, files, network):
    sources, frames = files
    features = extract(tmp_path, sources, frames)["v0"]["feature"].astype(float)
    flow = np.round(waves(30, 0) * 1000) / 1000
    clip = np.concatenate([flow, np.zeros((30, GRID, GRID, 1))], -1)[2:]
    with torch.no_grad():
        code = network.encode(torch.from_numpy(clip).float().permute(3, 0, 1, 2)[None])[0]
    corner = code[:, :, 0, 0].T.numpy()
    elsewhere = code[:, :, 3, 3].T.numpy()
    error = np.abs(features[2:].mean(1) - corner).mean()
    assert error < 0.3 * np.abs(elsewhere - corner).mean()


def test_a_video_without_a_usable_face_has_no_features(tmp_path, files):
    sources, frames = files
    nowhere = np.full(30, -1, np.int16)
    write_flow(sources[1], video="v1", flow=waves(30, 1), span=nowhere)
    image = np.zeros((30, CROP, CROP), np.uint8)
    write_frames(frames[1], video="v1", image=image, points=np.full((478, 2), np.nan), span=nowhere)
    records = extract(tmp_path, sources, frames)
    assert (records["v1"]["feature"] == 0).all()
    assert np.isfinite(records["v0"]["feature"]).all()


def test_a_video_without_frames_file_is_named(tmp_path, files):
    sources, frames = files
    with pytest.raises(InputError, match="v1"):
        extract(tmp_path, sources, frames[:1])


def test_a_corrupt_checkpoint_is_named(tmp_path, files):
    (tmp_path / "encoder.pt").write_bytes(b"nothing")
    with pytest.raises(InputError, match="encoder.pt"):
        extract(tmp_path, *files)


def test_an_encoder_does_not_code_whom_it_has_seen(tmp_path, files, fault):
    for person in (("made", "s0"), ("other", "s1")):
        words = f"encoder.pt: comes from an encoder .* '{person[1]}' of {person[0]}"
        with pytest.raises(InputError, match=words):
            extract(tmp_path, *files, unseen=[("made", "s9"), person])
    assert not (tmp_path / "features.h5").exists()
    fault("leak: features", 2)
    # The same name in another corpus is another person.
    extract(tmp_path, *files, unseen=[("other", "s0"), ("made", "s1")])
    attrs = io.attributes(tmp_path / "features.h5", "features")
    assert attrs["seen"] == ["made/s0", "other/s1"] and attrs["pretraining"] == "inductive"
    assert len(attrs["encoder_digest"]) == 64


def test_a_transductive_encoder_is_one_only_where_the_method_says_so(tmp_path, files):
    content = checkpoint.load(tmp_path / "encoder.pt", "encoder")
    own = {name: value for name, value in content.items() if name not in ("kind", "version")}
    everybody = {**own, "pretraining": "transductive", "provenance": {}}
    with pytest.raises(InputError, match="is 'inductive', expected transductive"):
        extract(tmp_path, *files, pretraining="transductive")
    checkpoint.save(tmp_path / "encoder.pt", "encoder", everybody)
    with pytest.raises(InputError, match="is 'transductive', expected one that is not"):
        extract(tmp_path, *files)
    seen = [("made", "s0")]
    assert extract(tmp_path, *files, pretraining="transductive", unseen=seen)


def test_an_encoder_of_another_stream_is_refused(tmp_path, files):
    with pytest.raises(InputError, match="encoder.pt: encoder of 'flow', not of 'face'"):
        extract(tmp_path, *files, whose={**WHOSE, "stream": "face"})
