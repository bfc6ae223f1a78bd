"""Pretraining of a spotter's network on hidden motion: what is hidden, what it learns from."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from mespot.networks.spotter import Spotter
from mespot.training import ensemble, spotter_training
from mespot.training.companions import told_apart
from mespot.training.interrupted import Interrupted
from mespot.training.masked_motion import (
    hidden_channels,
    hidden_loss,
    hidden_places,
    pretrain_network,
)
from mespot.training.recipes import MaskedMotionRecipe
from mespot.training.region_motion import frames_back, motion_channels
from mespot.training.spotter_training import spotter_shape, train_network
from tests.unit.arrays import recordings, task_of

LAGS = [3, 6]
MASKED = MaskedMotionRecipe(steps=4, mask_ratio=0.5, mask_seconds=0.5, learning_rate=0.01)


def masked_task(known, steps=4, **changes):
    task = task_of(known, **{"epochs": 1, **changes})
    return replace(task, recipe=replace(task.recipe, masked_motion=replace(MASKED, steps=steps)))


def equal(first, second):
    return first.keys() == second.keys() and all(torch.equal(first[n], second[n]) for n in first)


class Watched(nn.Module):
    """Tells nothing, and notes what the heads read."""

    def forward(self, read):
        self.read = read.detach()
        return torch.zeros(*read.shape[:2], 4 * 14)


class Told(nn.Module):
    """Tells what it was given, whatever it reads."""

    def __init__(self, motion):
        super().__init__()
        self.motion = motion

    def forward(self, read):
        return self.motion.flatten(2)


def test_half_of_the_regions_are_hidden_in_each_stretch():
    places = hidden_places(np.random.default_rng(0), (8, 100, 12), 15, 0.5)
    assert places.shape == (8, 100, 12) and places.mean() == pytest.approx(0.5, abs=0.05)
    stretches = places[:, ::15]
    assert (places == stretches.repeat(15, axis=1)[:, :100]).all()
    for axis in range(3):  # of every window, stretch and region alone
        assert (stretches != np.roll(stretches, 1, axis)).mean() == pytest.approx(0.5, abs=0.1)
    assert hidden_places(np.random.default_rng(0), (8, 100, 12), 15, 0.1).mean() < 0.2


def test_channels_are_hidden_where_they_tell_of_a_hidden_place():
    rng = np.random.default_rng(1)
    paths = rng.normal(size=(26, 2, 4)).astype(np.float32)
    assert len(frames_back(LAGS)) == motion_channels(paths, 1.0, LAGS, 6).shape[2] == 14
    places = np.zeros((1, 20, 2), bool)
    places[0, 5:9, 1] = True
    moved = paths.copy()
    moved[6:][places[0]] += 1
    changed = motion_channels(moved, 1.0, LAGS, 6) != motion_channels(paths, 1.0, LAGS, 6)
    # A displacement between two hidden places of one shift does not change; it is hidden too.
    hidden = hidden_channels(places, LAGS)[0]
    assert not (changed & ~hidden).any() and not hidden[:, 0].any()
    assert hidden[5:9, 1].all() and not hidden[15:].any() and not hidden[:5].any()
    assert (hidden[9:, 1] == changed[9:, 1]).all()


@pytest.mark.parametrize("seed", [0, 1])
def test_what_is_hidden_is_not_read(seed):
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    shape = dict(regions=4, motion=14, context=1, streams={"flow": 3}, code=2, width=8)
    network = Spotter(**shape, dilations=[1, 2, 4], dropout=0.0, lengths=[1.0, 1.0, 1.0])
    places = hidden_places(rng, (2, 40, 4), 8, 0.5)
    paths = rng.normal(size=(2, 46, 4, 4)).astype(np.float32)
    features = rng.normal(size=(2, 40, 4, 3)).astype(np.float32)
    mask = np.ones((2, 40), np.float32)
    mask[1, 30:] = 0  # beyond the end of a span

    def read(paths, features):
        batch = {
            "motion": np.stack([motion_channels(p, 1.0, LAGS, 6) for p in paths]),
            "features": {"flow": features},
            "context": np.zeros((2, 40, 1), np.float32),
            "mask": mask,
        }
        told = Watched()
        return told, float(hidden_loss(network, told, batch, places, LAGS))

    first, loss = read(paths, features)
    assert loss == pytest.approx(1.0)  # what tells nothing leaves all of the variance
    other, seen = paths.copy(), paths.copy()
    other[:, 6:][places] = rng.normal(size=(places.sum(), 4))
    seen[:, 6:][~places] += 0.5
    hidden = features.copy()
    hidden[places] = 9.0
    again, _ = read(other, hidden)
    assert torch.equal(first.read, again.read)
    assert not torch.equal(first.read, read(seen, features)[0].read)
    hidden[~places] = 9.0
    assert not torch.equal(first.read, read(paths, hidden)[0].read)


def test_the_loss_is_the_share_of_the_hidden_variance_that_is_left():
    rng = np.random.default_rng(0)
    motion = torch.from_numpy(rng.normal(size=(2, 20, 4, 14)).astype(np.float32))
    batch = {
        "motion": motion.numpy(),
        "features": {},
        "context": np.zeros((2, 20, 1), np.float32),
        "mask": np.ones((2, 20), np.float32),
    }
    shape = dict(regions=4, motion=14, context=1, streams={}, code=1, width=4)
    network = Spotter(**shape, dilations=[1], dropout=0.0, lengths=[1.0, 1.0, 1.0])
    places = hidden_places(rng, (2, 20, 4), 5, 0.5)
    for share, left in ((1.0, 0.0), (0.9, 0.01), (0.5, 0.25)):
        told = Told(share * motion / (1 + motion.abs()).sqrt())
        loss = hidden_loss(network, told, batch, places, LAGS)
        assert float(loss) == pytest.approx(left, abs=1e-4)


def test_hidden_motion_is_told_from_the_rest():
    torch.set_num_threads(1)
    start, history = pretrain_network(masked_task(recordings(4), steps=100), (0, 0))
    assert [row["step"] for row in history] == [20, 40, 60, 80, 100]
    # Some regions of these faces move together; what they do not share is noise.
    assert history[0]["hidden"] > 0.9 and history[-1]["hidden"] < 0.8


def test_no_label_is_read_and_the_same_seed_gives_the_same_start():
    known = told_apart([*recordings(2), replace(recordings(3)[2], corpus="other")], ["other"])
    task = masked_task(known)
    torch.manual_seed(5)
    drawn = torch.rand(1)
    torch.manual_seed(5)
    start, _ = pretrain_network(task, (0, 0))
    assert torch.rand(1) == drawn  # torch's global generator was left alone
    labels = {"micro": np.array([[50, 60]]), "macro": np.zeros((0, 2), np.int64)}
    others = [replace(one, labels=labels) for one in known]
    assert equal(start, pretrain_network(replace(task, recordings=others), (0, 0))[0])
    around = replace(task.windows, expression_share=1.0, region_dropout=0.5)
    assert equal(start, pretrain_network(replace(task, windows=around), (0, 0))[0])
    assert not equal(start, pretrain_network(task, (0, 1))[0])


def test_the_start_has_the_body_of_the_network_and_the_heads_are_fresh():
    known = recordings(2)
    known = [replace(r, features={"flow": np.ones((400, 5, 3), np.float32)}) for r in known]
    task = masked_task(known, max_steps=1, learning_rate=1e-9)
    start, _ = pretrain_network(task, (0, 0))
    state, _ = train_network(task, (0, 0), start)
    fresh, _ = train_network(task, (0, 0))
    assert {name.split(".")[0] for name in start} == {"codes", "input", "blocks"}
    for name, weights in state.items():
        expected = start.get(name, fresh[name])
        assert torch.allclose(weights, expected, atol=1e-6), name
        if name in start:
            assert not torch.allclose(weights, fresh[name], atol=1e-4), name


def test_the_start_changes_nothing_else_of_a_training(monkeypatch):
    drawn = []

    class Noted(Spotter):
        def __init__(self, **shape):
            super().__init__(**shape)
            drawn.append({name: x.clone() for name, x in self.body_weights().items()})

    monkeypatch.setattr(spotter_training, "Spotter", Noted)
    task = task_of(recordings(2), epochs=2, dropout=0.2)
    without, _ = train_network(task, (0, 0))
    with_it, _ = train_network(task, (0, 0), drawn[0])
    assert equal(without, with_it)


def test_each_network_is_pretrained_on_its_own_recordings_alone(monkeypatch, tmp_path):
    seen, starts = [], []

    def noted(task, seed):
        start, history = pretrain_network(task, seed)
        seen.append((sorted(one.subject for one in task.recordings), seed))
        starts.append(start)
        return start, history

    monkeypatch.setattr(ensemble, "pretrain_network", noted)
    known = recordings(3)
    plain = ensemble.train_members(task_of(known, epochs=1, repeats=1))
    assert seen == []
    task = masked_task(known, repeats=1)
    kept = Interrupted(tmp_path / "partial.pt", [], [])
    whole = ensemble.train_members(task, kept=kept)
    assert len(seen) == len(whole) == 3
    for member, (subjects, _) in zip(whole, seen, strict=True):
        held_out = [subject for _, subject in member.held_out]
        assert sorted([*subjects, *held_out]) == ["s0", "s1", "s2"]
    assert len({seed for _, seed in seen}) == 3
    for one, other in zip(plain, whole, strict=True):
        assert one.held_out == other.held_out and not equal(one.state, other.state)
        first, *rest = [row["step"] for row in other.history]
        assert other.history[0].keys() == {"step", "hidden"} and first == 4
        assert rest == [4 + row["step"] for row in one.history]
    # What was interrupted goes on with the same networks.
    kept.save([dict(vars(whole[0]))])
    again = ensemble.train_members(task, kept=kept)
    assert len(seen) == 5 and all(map(equal, *([m.state for m in s] for s in (whole, again))))


def test_a_task_without_motion_or_without_such_a_pretraining_is_refused():
    known = recordings(2)
    with pytest.raises(ValueError, match="no pretraining on masked motion"):
        pretrain_network(task_of(known), (0, 0))
    still = [replace(one, paths=one.paths[..., :0]) for one in known]
    task = masked_task(known)
    task = replace(task, recordings=still, shape=spotter_shape(still, task.recipe))
    with pytest.raises(ValueError, match="no motion"):
        pretrain_network(task, (0, 0))
