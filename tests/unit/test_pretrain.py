import logging
import math

import numpy as np
import pytest
import torch

from mespot.device import generator
from mespot.errors import InputError
from mespot.networks.reconstruction import ReconstructionNetwork
from mespot.steps import pretrain as step
from mespot.training import checkpoint
from mespot.training.clips import ClipPool, Standardisation, standardise
from mespot.training.pretrain import evaluate, fit, learning_rate, reconstruct
from mespot.training.recipes import PretrainingRecipe, pretraining
from tests.unit.stored_videos import CROP, waves, write_flow, write_frames

SETTINGS = dict(
    seed=3,
    input_size=16,
    reference_seconds=0.5,
    clip_length=8,
    memory_frames=1000,
    validation_fraction=0.2,
    channels=8,
    code_channels=4,
    downsample=4,
    encoder_depth=1,
    decoder_depth=1,
    mask_kind="pixel",
    mask_ratio=0.5,
    patch_size=4,
    patch_frames=0,
    target="raw",
    target_reach=2,
    visible_weight=0.5,
    epochs=3,
    steps_per_epoch=4,
    batch_size=2,
    learning_rate=0.01,
    weight_decay=0.01,
)
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("flow")
    paths = [folder / f"v{index}.h5" for index in range(2)]
    for index, path in enumerate(paths):
        write_flow(path, video=path.stem, subject=f"s{index}", flow=waves(80, index))
    return paths


def pretrain(
    folder,
    sources,
    stream="flow",
    weights="pretrained",
    save_seconds=1000.0,
    pretraining_kind="inductive",
    unseen=(),
    **changes,
):
    output, partial = folder / "flow.pt", folder / "flow.partial.pt"
    step.run(
        whose={"corpus": "made", "encoder": "e", "fold": "g1", "stream": stream},
        pretraining=pretraining_kind,
        unseen=unseen,
        stream=stream,
        sources=sources,
        output=output,
        partial=partial,
        provenance={"rule": "pretrain"},
        weights=weights,
        settings={**SETTINGS, **changes},
        save_seconds=save_seconds,
    )
    assert not partial.exists()
    return output


def recipe(**changes):
    return pretraining({**SETTINGS, **changes}, stream="face", weights="pretrained")[2]


class Killed(Exception):
    pass


def test_learns_to_reconstruct_held_out_clips(tmp_path, sources):
    output = pretrain(tmp_path, sources, epochs=6, steps_per_epoch=15, batch_size=4)
    history = checkpoint.load(output, "encoder")["history"]
    assert [row["epoch"] for row in history] == list(range(7))
    assert [row["step"] for row in history] == list(range(0, 91, 15))
    first, last = history[0], history[-1]
    assert first["validation_explained_masked"] == pytest.approx(0)
    assert last["validation_explained_masked"] > 0.5
    assert last["validation_explained_motion"] > 0.5
    assert last["validation_masked"] < 0.5 * first["validation_masked"]
    assert last["training_masked"] < 0.5 * history[1]["training_masked"]
    assert all(math.isfinite(value) for value in last.values())


def test_same_seed_same_bytes_other_seed_other_weights(tmp_path, sources):
    outputs = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        (tmp_path / name).mkdir()
        outputs.append(pretrain(tmp_path / name, sources, seed=seed).read_bytes())
    assert outputs[0] == outputs[1] != outputs[2]


@pytest.mark.parametrize("at", [1, 4, 11])
def test_a_killed_run_is_continued_to_the_same_bytes(tmp_path, sources, monkeypatch, caplog, at):
    (tmp_path / "whole").mkdir()
    undisturbed = pretrain(tmp_path / "whole", sources).read_bytes()
    save, saved = checkpoint.save, []

    def save_then_die(path, kind, content):
        save(path, kind, content)
        saved.append(kind)
        if len(saved) == at:
            raise Killed

    monkeypatch.setattr(checkpoint, "save", save_then_die)
    with pytest.raises(Killed):
        pretrain(tmp_path, sources, save_seconds=0.0)
    assert not (tmp_path / "flow.pt").exists()
    monkeypatch.setattr(checkpoint, "save", save)
    with caplog.at_level(logging.INFO):
        assert pretrain(tmp_path, sources).read_bytes() == undisturbed
    assert f"continuing from step {at}" in caplog.messages


def leave_partial(folder, sources, monkeypatch):
    with monkeypatch.context() as patch:
        save = checkpoint.save

        def save_then_die(path, kind, content):
            save(path, kind, content)
            raise Killed

        patch.setattr(checkpoint, "save", save_then_die)
        with pytest.raises(Killed):
            pretrain(folder, sources, save_seconds=0.0)


NO_EFFECT = {"patch_size": 2, "patch_frames": 3, "target_reach": 3, "reference_seconds": 2.0}


@pytest.mark.parametrize("key", NO_EFFECT)
def test_keys_without_effect_change_nothing(tmp_path, sources, key):
    """Those of patches, of a target's reach and of the face, for pixels, raw and the flow."""
    for name in ("without", "with"):
        (tmp_path / name).mkdir()
    without = pretrain(tmp_path / "without", sources, epochs=1).read_bytes()
    changed = pretrain(tmp_path / "with", sources, epochs=1, **{key: NO_EFFECT[key]})
    assert changed.read_bytes() == without


@pytest.mark.parametrize("change", ["settings", "data", "corrupt"])
def test_a_partial_that_does_not_fit_is_ignored(tmp_path, sources, monkeypatch, caplog, change):
    leave_partial(tmp_path, sources, monkeypatch)
    changes, used = {}, sources
    if change == "settings":
        changes = {"learning_rate": 0.02}
    elif change == "data":
        used = [sources[0], tmp_path / "other.h5"]
        write_flow(used[1], video="v1", subject="s1", flow=waves(80, 9))
    else:
        (tmp_path / "flow.partial.pt").write_bytes(b"half a file")
    with caplog.at_level(logging.WARNING):
        continued = pretrain(tmp_path, used, **changes).read_bytes()
    assert "starting anew" in caplog.text
    (tmp_path / "fresh").mkdir()
    assert continued == pretrain(tmp_path / "fresh", used, **changes).read_bytes()


def test_random_weights_are_the_initial_network_with_its_scales(tmp_path, sources):
    for name in ("random", "pretrained"):
        (tmp_path / name).mkdir()
    random = checkpoint.load(pretrain(tmp_path / "random", sources, weights="random"), "encoder")
    trained = checkpoint.load(pretrain(tmp_path / "pretrained", sources), "encoder")
    assert [row["step"] for row in random["history"]] == [0]
    assert random["standardisation"] == trained["standardisation"]
    assert random["state"].keys() == trained["state"].keys()
    assert random["state"]["stem.weight"].std() > 0
    assert not torch.equal(random["state"]["stem.weight"], trained["state"]["stem.weight"])
    for name in ("training_masked", "training_visible"):
        assert math.isnan(random["history"][0][name])


def test_a_checkpoint_rebuilds_its_network_and_says_who_was_seen(tmp_path, sources):
    content = checkpoint.load(pretrain(tmp_path, sources), "encoder")
    ReconstructionNetwork(**content["network"]).load_state_dict(content["state"])
    assert content["seen"] == ["made/s0", "made/s1"]
    assert content["settings"]["stream"] == "flow"
    assert PretrainingRecipe(**content["settings"]["recipe"]).mask_ratio == 0.5
    assert Standardisation(**content["standardisation"]).target == "raw"


def test_the_face_stream_goes_the_same_way(tmp_path):
    random = np.random.default_rng(0)
    image = random.integers(0, 255, (60, CROP, CROP), dtype=np.uint8)
    write_frames(tmp_path / "v.h5", video="v", image=image, points=np.zeros((478, 2)))
    output = pretrain(
        tmp_path, [tmp_path / "v.h5"], stream="face", target="temporal_difference", epochs=1
    )
    assert checkpoint.load(output, "encoder")["network"]["in_channels"] == 1


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"downsample": 5}, "pretrain.input_size"),
        ({"clip_length": 90}, "pretrain.clip_length"),
        ({"target": "temporal_difference", "target_reach": 4}, "pretrain.target_reach"),
    ],
)
def test_settings_that_do_not_fit_are_named(tmp_path, sources, changes, key):
    with pytest.raises(InputError, match=key):
        pretrain(tmp_path, sources, **changes)


def test_a_foreign_source_is_refused(tmp_path, sources):
    with pytest.raises(InputError, match="v0.h5: holds flow"):
        pretrain(tmp_path, sources, stream="face")


def test_learning_rate_rises_then_falls_to_nothing():
    plan = recipe(epochs=10, steps_per_epoch=10, learning_rate=1.0)
    rates = [learning_rate(plan, step) for step in range(100)]
    assert rates[:10] == pytest.approx([0.1 * (step + 1) for step in range(10)])
    assert max(rates) == 1.0
    assert all(after < before for before, after in zip(rates[10:], rates[11:], strict=False))
    assert rates[-1] < 0.001


class Copy(torch.nn.Module):
    """Gives each hidden pixel a fixed value and each visible one itself."""

    def __init__(self, value):
        super().__init__()
        self.value = torch.nn.Parameter(torch.tensor(value))

    def forward(self, clip, mask):
        return torch.where(mask, self.value, clip)


def test_errors_of_hidden_and_visible_pixels_are_kept_apart():
    clips = torch.randn(4, 1, 8, 16, 16, generator=generator(0))
    scale = standardise(clips, reconstructed=1, target="raw", target_reach=1)
    measured = evaluate(Copy(0.0), clips, scale, recipe(), CPU)
    assert measured["validation_visible"] == pytest.approx(0, abs=1e-9)
    assert measured["validation_explained_visible"] == pytest.approx(1)
    assert measured["validation_masked"] == pytest.approx(1, abs=0.1)
    assert measured["validation_explained_masked"] == pytest.approx(0, abs=1e-6)
    # Each pixel's mean over 8 independent frames explains an eighth.
    assert measured["validation_explained_motion"] == pytest.approx(1 - 8 / 7, abs=0.05)


def test_a_static_face_explains_no_motion():
    still = torch.randn(4, 1, 1, 16, 16, generator=generator(0)).expand(4, 1, 8, 16, 16)
    clips = still + 0.01 * torch.randn(4, 1, 8, 16, 16, generator=generator(1))

    class Still(Copy):
        def forward(self, clip, mask):
            return clip.mean(2, keepdim=True).expand_as(clip)

    scale = standardise(clips, reconstructed=1, target="raw", target_reach=1)
    measured = evaluate(Still(0.0), clips, scale, recipe(), CPU)
    assert measured["validation_explained_masked"] > 0.99
    assert measured["validation_explained_motion"] == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(("weight", "learnt"), [(0.0, 0.0), (1.0, 1.0)])
def test_visible_weight_decides_what_is_learned(weight, learnt):
    class Copying(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.share = torch.nn.Parameter(torch.zeros(()))

        def forward(self, clip, mask):
            return self.share * clip.masked_fill(mask, 0.0)

    stretch = np.random.default_rng(0).normal(size=(60, 1, 16, 16)).astype(np.float16)
    pool = ClipPool([stretch], 8)
    scale = standardise(pool.grid(8), reconstructed=1, target="raw", target_reach=1)
    network = Copying()
    plan = recipe(visible_weight=weight, epochs=1, steps_per_epoch=60, learning_rate=0.1)
    fit(network, pool, pool, scale, plan, where=CPU)
    assert network.share.item() == pytest.approx(learnt, abs=0.1)


def test_nothing_hidden_leaves_the_visible_part(tmp_path, sources):
    changes = {"mask_ratio": 0.0, "visible_weight": 1.0, "steps_per_epoch": 15, "batch_size": 4}
    history = checkpoint.load(pretrain(tmp_path, sources, **changes), "encoder")["history"]
    assert all(row["validation_masked"] == 0 for row in history)
    assert history[-1]["validation_visible"] < 0.9 * history[0]["validation_visible"]


def test_reconstruction_for_a_figure(tmp_path, sources):
    encoder = checkpoint.load(pretrain(tmp_path, sources, target="temporal_difference"), "encoder")
    network = ReconstructionNetwork(**encoder["network"])
    network.load_state_dict(encoder["state"])
    scale = Standardisation(**encoder["standardisation"])
    values = np.random.default_rng(0).normal(size=(8, 3, 16, 16)).astype(np.float16)
    shown = reconstruct(network, values, scale, recipe(), generator(0))
    assert set(shown) == {"input", "masked", "target", "output", "error"}
    assert all(array.shape == values.shape for array in shown.values())
    mean, std = (np.array(part)[:, None, None] for part in (scale.mean, scale.std))
    np.testing.assert_allclose(shown["input"] * std + mean, values, atol=1e-4)
    hidden = np.isnan(shown["masked"])
    assert hidden.mean() == pytest.approx(0.5)
    np.testing.assert_array_equal(shown["masked"][~hidden], shown["input"][~hidden])
    np.testing.assert_allclose(shown["error"], shown["output"] - shown["target"], atol=1e-6)
    undefined = np.isnan(shown["target"]).all((1, 2, 3))
    assert undefined.tolist() == [True, True, *[False] * 4, True, True]


def test_who_is_tested_is_not_learned_from(tmp_path, sources, fault):
    with pytest.raises(InputError, match="v0.h5: is pretrained on along with subject 's1' of made"):
        pretrain(tmp_path, sources, unseen=[("made", "s1")])
    # As random weights, for the scale of the input is measured too.
    with pytest.raises(InputError, match="subject 's1' of made"):
        pretrain(tmp_path, sources, weights="random", unseen=[("made", "s1")])
    fault("leak: pretrain", 2)
    seen = dict(pretraining_kind="transductive", unseen=[("made", "s1")], weights="random")
    content = checkpoint.load(pretrain(tmp_path, sources, **seen), "encoder")
    assert content["pretraining"] == "transductive" and "made/s1" in content["seen"]
