"""On a GPU: the same result each time, and nearly that of the CPU. Skipped where there is none."""

import numpy as np
import pytest
import torch

from mespot import device
from mespot.steps import extract_features
from mespot.store import io
from mespot.training import checkpoint, encoders, joint
from tests.unit import test_joint as made
from tests.unit.stored_videos import waves, write_flow, write_frames
from tests.unit.test_pretrain import Killed, pretrain

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")

# The layers of config.yaml: which kernels a GPU takes follows from the sizes.
REAL = dict(channels=16, code_channels=8, encoder_depth=2, batch_size=2, clip_length=16)


@pytest.fixture(autouse=True)
def strict():
    device.deterministic()


@pytest.fixture
def without_gpu(monkeypatch):
    """Calls a function as if there were none."""

    def call(function, *arguments, **keywords):
        with monkeypatch.context() as context:
            context.setattr(torch.cuda, "is_available", lambda: False)
            return function(*arguments, **keywords)

    return call


@pytest.fixture(scope="module", params=["flow", "face"])
def videos(request, tmp_path_factory):
    """The stream, its files and the frames files of two videos in which all moves in waves."""
    folder = tmp_path_factory.mktemp(request.param)
    flow, frames = [], []
    for index in range(2):
        flow.append(folder / f"flow{index}.h5")
        frames.append(folder / f"frames{index}.h5")
        of = dict(video=f"v{index}", subject=f"s{index}")
        moved = waves(160, index)
        write_flow(flow[-1], flow=moved, **of)
        y, x = np.mgrid[:32, :32]
        shift = np.sin(np.arange(160)[:, None, None] / (4 + index))
        image = 128 + 60 * np.sin((x + shift) / 3) + 40 * np.sin((y + shift) / 4)
        points = np.random.default_rng(index).uniform(0, 32, (478, 2))
        write_frames(frames[-1], image=image.clip(0, 255).astype(np.uint8), points=points, **of)
    return request.param, flow if request.param == "flow" else frames, frames


def weights_of(path):
    return checkpoint.load(path, "encoder")["state"]


def explained(path):
    return checkpoint.load(path, "encoder")["history"][-1]["validation_explained_masked"]


def test_pretraining_repeats_to_the_bit_and_learns_as_on_a_cpu(tmp_path, videos, without_gpu):
    stream, sources, _ = videos
    how = dict(REAL, stream=stream, epochs=3, steps_per_epoch=20)
    folders = [tmp_path / name for name in ("first", "again", "cpu")]
    for folder in folders:
        folder.mkdir()
    first = pretrain(folders[0], sources, **how)
    again = pretrain(folders[1], sources, **how)
    on_cpu = without_gpu(pretrain, folders[2], sources, **how)
    for name, value in weights_of(first).items():
        assert value.device.type == "cpu"
        assert torch.equal(value, weights_of(again)[name]), name
    # Half the digits in the forward pass: another path to about as good a network.
    assert explained(on_cpu) > 0.1
    assert explained(first) == pytest.approx(explained(on_cpu), abs=0.1)


def test_an_interrupted_pretraining_ends_the_same(tmp_path, videos, monkeypatch):
    stream, sources, _ = videos
    how = dict(REAL, stream=stream, epochs=2, steps_per_epoch=5)
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
    whole = pretrain(tmp_path / "whole", sources, **how)
    save = checkpoint.save

    def then_die(path, kind, content):
        save(path, kind, content)
        if kind == "training" and content["state"]["step"] == 7:
            raise Killed

    monkeypatch.setattr(checkpoint, "save", then_die)
    with pytest.raises(Killed):
        pretrain(tmp_path / "cut", sources, **how, save_seconds=0.0)
    monkeypatch.setattr(checkpoint, "save", save)
    cut = pretrain(tmp_path / "cut", sources, **how)
    for name, value in weights_of(whole).items():
        assert torch.equal(value, weights_of(cut)[name]), name


def test_features_are_those_of_the_cpu_but_for_rounding(tmp_path, videos, without_gpu):
    stream, sources, frames = videos
    trained = pretrain(tmp_path, sources, **REAL, stream=stream, epochs=1, steps_per_epoch=10)
    features = {}
    for name in ("gpu", "again", "cpu"):
        output = tmp_path / f"{name}.h5"
        whose = {"corpus": "made", "encoder": "e", "fold": "g1", "stream": stream}
        arguments = dict(sources=sources, frames=frames, output=output, provenance={})
        arguments |= dict(whose=whose, unseen=[], pretraining="inductive")
        if name == "cpu":
            without_gpu(extract_features.run, checkpoint_path=trained, **arguments)
        else:
            extract_features.run(checkpoint_path=trained, **arguments)
        features[name] = features_of(output)
    np.testing.assert_array_equal(features["gpu"], features["again"])
    # bfloat16 keeps eight bits; what is left is far below what features vary by.
    off = np.abs(features["gpu"] - features["cpu"])
    assert features["cpu"].std() > 0 and off.mean() < 0.02 * features["cpu"].std()


def features_of(path):
    records = io.read_videos(path, "features")
    return np.concatenate([records[video]["feature"].astype(float) for video in ("v0", "v1")])


def test_encoders_learn_with_a_spotter(without_gpu):
    network = made.initial()
    first, again = made.go_on(network), made.go_on(network)
    on_cpu = without_gpu(made.go_on, network)
    for one, same in ((first.state, again.state), (first.encoders["flow"], again.encoders["flow"])):
        for name, value in one.items():
            assert value.device.type == "cpu" and torch.equal(value, same[name]), name
    losses = [member.history[-1]["score_micro"] for member in (first, on_cpu)]
    assert losses[0] == pytest.approx(losses[1], rel=0.3)
    assert losses[0] < 0.6 * first.history[1]["score_micro"]


def test_the_gpu_rounds_as_the_processor_can():
    half = torch.cuda.is_bf16_supported(including_emulation=False)
    with device.autocast(torch.device("cuda")):
        assert torch.is_autocast_enabled("cuda") == half
    assert device.device().type == "cuda"


def test_a_window_is_coded_as_on_a_cpu():
    values = np.random.default_rng(3).normal(size=(60, 3, made.SIDE, made.SIDE))
    video = encoders.EncoderInput(values.astype(np.float16), made.WEIGHTS)

    def coded(where):
        network = made.initial().to(where)
        with torch.no_grad():
            code = encoders.coded(network, made.encoder(network), video, (5, 30), (0, 60), 1.5)
        assert code.device.type == where
        return joint.minus_moving_average(code, 20).cpu().numpy()

    on_gpu, on_cpu = coded("cuda"), coded("cpu")
    assert on_cpu.shape == (25, made.REGIONS, 2) and on_cpu.std() > 0.01
    assert np.abs(on_gpu - on_cpu).mean() < 0.02 * on_cpu.std()
