"""A spotter and its encoders that learn together, on arrays."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mespot.device import generator
from mespot.networks.reconstruction import ReconstructionNetwork
from mespot.networks.spotter import Spotter
from mespot.spotting import signals
from mespot.training import encoders, joint
from mespot.training.clips import Standardisation
from mespot.training.encoders import Encoder, EncoderInput
from mespot.training.ensemble import Member
from mespot.training.joint_encoders import JointEncoders
from mespot.training.origin import Origin
from mespot.training.recipes import JointRecipe, SpotterRecipe
from mespot.training.spotter_input import SpotterInput, standardised
from mespot.training.spotter_training import SpotterTask
from mespot.training.windows import WindowRecipe, WindowSampler
from tests.unit.small_networks import built, plain_scale, shape_of
from tests.unit.spotters import TRAINING

NETWORK = shape_of("flow")
SCALE = Standardisation([0.1, 0.0, 0.0], [0.5, 1.0, 2.0], "raw", 1, [0.0] * 3, [1.0] * 3)
VALUES = {"stream": "flow", "input_size": 8, "reference_seconds": 1.0}
SIDE, REGIONS = 8, 2
ORIGIN = Origin("inductive", (("made", "s0"),), "")
WEIGHTS = np.array([[[0.5, 0.5], [0, 0]], [[0, 0], [0.25, 0.75]]], np.float32)
WINDOWS = WindowRecipe(48, [1], expression_share=1.0, streams=["flow"], stretch=1.3)
CHANGES = dict(weight_decay=0.0, weight_average=0.9, boundary_weight=0.0)
RECIPE = SpotterRecipe.of({**TRAINING, **CHANGES}, streams=["flow"])
TUNING = JointRecipe(steps=60, batch_size=2, learning_rate=0.02, encoder_learning_rate=0.02)
SHAPE = dict(
    regions=REGIONS,
    motion=0,
    context=1,
    streams={"flow": 2},
    code=2,
    width=8,
    dilations=[1, 2],
    dropout=0.1,
    lengths=[5.0, 20.0, 10.0],
)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def initial():
    network = ReconstructionNetwork(**NETWORK)
    network.initialise(generator(0))
    return network


def encoder(network, **values):
    return Encoder(NETWORK, network.state_dict(), SCALE, {**VALUES, **values}, ORIGIN)


def recordings(frames=120, number=2, motion=0):
    """Videos of noise whose second channel shows the expression, and nothing else does."""
    made, videos = [], {}
    for i in range(number):
        rng = np.random.default_rng(i)
        values = rng.normal(scale=0.2, size=(frames, 3, SIDE, SIDE))
        onset = 30 + 10 * i
        values[onset : onset + 11, 1] += 2.0
        labels = {"micro": np.array([[onset, onset + 10]]), "macro": np.zeros((0, 2), int)}
        path = np.tile(np.arange(frames, dtype=np.float32)[:, None, None], (1, REGIONS, motion))
        features = {"flow": np.zeros((frames, REGIONS, 2), np.float32)}
        context = np.zeros((frames, 1), np.float32)
        span = np.zeros(frames, int)
        made.append(SpotterInput(f"s{i}", f"v{i}", path, features, context, span, labels))
        videos["", f"v{i}"] = EncoderInput(values.astype(np.float16), WEIGHTS)
    return made, videos


def joint_encoders(network, videos, units=(1.0, 1.0)):
    return JointEncoders(
        encoders={"flow": encoder(network)},
        inputs={"flow": videos},
        drift_frames=dict.fromkeys(videos, 60),
        scale={"flow": np.array(units)},
    )


def blind():
    """An encoder that does not see the second channel."""
    network = initial()
    with torch.no_grad():
        network.stem.weight[:, 16:32] = 0.0
    return network


def go_on(network, tuning=TUNING, seed=(0, 0)):
    """A network of a spotter after joint training with this encoder."""
    known, videos = recordings()
    with torch.random.fork_rng():
        torch.manual_seed(1)
        state = Spotter(**SHAPE).state_dict()
    member = Member([("", "s9")], state, [{"step": 5.0}])
    task = SpotterTask(SHAPE, known, WINDOWS, replace(RECIPE, joint=tuning))
    return joint.train_jointly(joint_encoders(network, videos), member, task, seed)


@pytest.mark.parametrize("frames", [1, 7, 90])
@pytest.mark.parametrize("drift_frames", [20, 21])
def test_drift_is_taken_off_as_the_stored_features_lose_it(frames, drift_frames):
    signal = np.random.default_rng(0).normal(size=(frames, 3, 2)).cumsum(axis=0)
    expected = signals.without_drift(signal, np.zeros(frames, int), drift_frames)
    result = joint.minus_moving_average(torch.from_numpy(signal), drift_frames)
    np.testing.assert_allclose(result.numpy(), expected, atol=1e-9)


@pytest.mark.parametrize("first", [0, 5, 20, 35])
def test_windows_are_coded_as_the_whole_span_is(first):
    network = initial()
    values = np.random.default_rng(3).normal(size=(60, 3, SIDE, SIDE)).astype(np.float16)
    span = np.repeat([0, -1, 1], [10, 2, 48])
    video = EncoderInput(values, WEIGHTS)
    whole = encoders.features(network, encoder(network), video, span)
    start, stop = (0, 10) if first < 10 else (12, 60)
    last = min(first + 25, stop)
    with torch.no_grad():
        code = encoders.coded(network, encoder(network), video, (first, last), (start, stop))
    assert code.shape == (last - first, REGIONS, 2) and code.std() > 0.1
    np.testing.assert_allclose(code.numpy(), whole[first:last].astype(float), atol=2e-3)


def test_motion_is_scaled_before_the_encoder():
    network = initial()
    values = np.random.default_rng(3).normal(size=(20, 3, SIDE, SIDE)).astype(np.float16)

    def coded(values, amplitude, **of):
        video, whole = EncoderInput(values, WEIGHTS), (0, 20)
        with torch.no_grad():
            return encoders.coded(network, encoder(network, **of), video, whole, whole, amplitude)

    twice = coded(values * np.float16(2), 1.0)
    torch.testing.assert_close(coded(values, 2.0), twice)
    # A face with its looks left in does not get brighter with motion.
    looks = dict(stream="face", reference_seconds=0)
    torch.testing.assert_close(coded(values, 2.0, **looks), coded(values, 1.0))


def test_the_reference_is_not_scaled():
    network = built(shape_of("face"), generator(0))
    values = np.random.default_rng(3).normal(size=(20, 2, SIDE, SIDE)).astype(np.float16)
    face = {"stream": "face", "input_size": SIDE, "reference_seconds": 1.0}
    one = Encoder(shape_of("face"), network.state_dict(), plain_scale("face"), face, ORIGIN)

    def coded(values, amplitude):
        video = EncoderInput(values, WEIGHTS)
        with torch.no_grad():
            return encoders.coded(network, one, video, (0, 20), (0, 20), amplitude)

    twice = values * np.array([2, 1], np.float16)[:, None, None]
    torch.testing.assert_close(coded(values, 2.0), coded(twice, 1.0))
    assert not torch.allclose(coded(values, 2.0), coded(values * np.float16(2), 1.0))


def test_all_motion_of_a_window_is_scaled_alike():
    known, _ = recordings(motion=4)
    sampler = WindowSampler(known, replace(WINDOWS, stretch=1.0), np.random.default_rng(0))
    windows = joint.draw_windows(sampler, 2.0, 60)
    batch = sampler.stacked(windows)
    for motion, window in zip(batch["motion"], windows, strict=True):
        path = window.times(48) * window.amplitude / 5  # units of the network
        assert motion[:, 0, 2] == pytest.approx(path, rel=1e-5)
    amplitudes = [window.amplitude for window in windows]
    assert 0.5 <= min(amplitudes) < 0.7 and 1.5 < max(amplitudes) <= 2.0


def test_windows_of_encoders_are_those_of_their_stored_features():
    """Mirrored, with regions and streams left out, and padded; over whole spans, so that drift is
    the same."""
    network, (known, videos) = initial(), recordings(number=1)
    own = joint_encoders(network, videos, units=(0.5, 2.0))
    how = replace(
        WINDOWS,
        frames=150,
        stretch=1.0,
        mirror=[1, 0],
        region_dropout=0.3,
        stream_dropout=0.3,
        whole_frames=True,
    )
    feature = own.features("flow", network.state_dict(), known[0]).astype(np.float32)
    still = signals.without_drift(feature, known[0].span, 60).astype(np.float32)
    stored = standardised(replace(known[0], features={"flow": still}), own.scale, 1.0)
    sampler = WindowSampler([stored], how, np.random.default_rng(0))
    windows = [sampler.draw() for _ in range(30)]
    expected = sampler.stacked(windows)["features"]["flow"]
    with torch.no_grad():
        features = joint.window_features({"flow": network}, own, sampler, windows)["flow"]
    assert expected.any(axis=(1, 2, 3)).any() and not expected.any(axis=(1, 2, 3)).all()
    assert not expected[:, 120:].any()
    np.testing.assert_allclose(features.numpy(), expected, atol=4e-3)


def test_only_the_encoder_can_tell_and_learns_to():
    network = blind()
    member = go_on(network)
    start, learned = network.state_dict(), member.encoders["flow"]
    for name in ("stem.weight", "encoder.0.1.weight", "to_code.weight"):
        assert not torch.equal(start[name], learned[name]), name
    assert torch.equal(start["to_amounts.weight"], learned["to_amounts.weight"])  # the decoder's
    losses = [row["score_micro"] for row in member.history[1:]]
    assert [row["step"] for row in member.history] == [5, 25, 45, 65]
    assert member.held_out == [("", "s9")]
    frozen = go_on(network, tuning=replace(TUNING, encoder_learning_rate=1e-9))
    assert losses[-1] < 0.5 * losses[0]
    assert losses[-1] < 0.5 * frozen.history[-1]["score_micro"]


def test_same_seed_same_weights_other_seed_others():
    network, few = initial(), replace(TUNING, steps=3)
    torch.manual_seed(5)
    drawn = torch.rand(1)
    torch.manual_seed(5)
    first = go_on(network, few)
    assert torch.rand(1) == drawn  # torch's global generator was left alone
    again, other = go_on(network, few), go_on(network, few, seed=(0, 1))
    for one, same in ((first.state, again.state), (first.encoders["flow"], again.encoders["flow"])):
        assert all(torch.equal(one[name], same[name]) for name in one)
    name = "stem.weight"
    assert not torch.equal(first.encoders["flow"][name], other.encoders["flow"][name])
