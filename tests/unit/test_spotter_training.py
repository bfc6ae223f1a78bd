"""Training of the networks of a spotter, on arrays."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mespot.networks.spotter import distance_steps
from mespot.spotting import decode
from mespot.spotting.thresholds import best_threshold
from mespot.training.ensemble import Member, predict
from mespot.training.spotter_loss import boundary_loss, ends_loss, score_loss
from mespot.training.spotter_training import (
    rise_and_fall,
    spotter_shape,
    train_network,
    training_steps,
)
from tests.unit.arrays import recordings, task_of


def train(known, seed=(0, 0), **changes):
    torch.set_num_threads(1)
    return train_network(task_of(known, **changes), seed)


def test_losses_are_zero_for_the_truth_and_grow_with_the_error():
    target = torch.zeros(1, 10, 2)
    target[0, 4, 0] = 1.0
    mask = torch.ones(1, 10)
    right = torch.where(target > 0, 12.0, -12.0)
    assert score_loss(right, target, mask, 2.0).max() < 1e-4
    wrong = score_loss(-right, target, mask, 2.0)
    assert wrong.min() > 1 and score_loss(-right, target, mask * 0, 2.0).max() == 0
    distances = torch.full((1, 10, 2, 2), 4.0)
    assert boundary_loss(distances, distances, target).max() == 0
    off = distances.clone()
    off[..., 0] = 13.0  # [-4, 4] against [-13, 4]: 9 of 18 frames
    assert boundary_loss(off, distances, target)[0] == pytest.approx(0.5)


def test_ends_as_distributions_share_a_distance_between_its_steps():
    target = torch.full((1, 10, 2, 2), 10.0)
    weight = torch.zeros(1, 10, 2)
    weight[0, 4, 0], weight[0, 5, 0] = 1.0, 2.0
    low, share = distance_steps(target[0, 4, 0])
    told = torch.full((1, 10, 2, 2, 20), -30.0)
    told[..., low[0]], told[..., low[0] + 1] = (1 - share[0]).log(), share[0].log()
    entropy = -2 * float(share[0] * share[0].log() + (1 - share[0]) * (1 - share[0]).log())
    assert ends_loss(told, target, weight).tolist() == pytest.approx([entropy, 0.0], abs=1e-4)
    assert ends_loss(told, target * 3, weight)[0] > 10


def test_steps_are_passes_over_the_recordings_up_to_a_limit():
    task = task_of(recordings(4), epochs=16)  # windows of 128 frames, 4 a step
    assert training_steps(task) == round(16 * 4 * 400 / (4 * 128))
    assert training_steps(task_of(recordings(4), epochs=16, max_steps=7)) == 7


def test_learns_to_spot_in_subjects_it_has_not_seen():
    known, unknown = recordings(6), recordings(4, seed=1)
    task = task_of(known)
    torch.set_num_threads(1)
    state, history = train_network(task, (0, 0))
    assert history[-1]["score_micro"] < 0.5 * history[0]["score_micro"]
    for c, name in enumerate(("micro", "macro")):
        candidates = []
        for one in unknown:
            prediction = predict(task.shape, [Member([], state, history)], one, task.recipe.lags)
            score, distances = prediction.score[:, c], prediction.distances[:, c]
            options = dict(durations=(4, 90), floor=0.05, nms_iou=0.2, vote_iou=0.5)
            candidates.append(decode.from_network(score, distances, one.span, **options))
        labels = [one.labels[name] for one in unknown]
        assert best_threshold(candidates, labels)[1] > 0.7, name


def test_every_group_of_parameters_has_a_learning_rate_that_rises_and_falls():
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))]} for _ in range(2)]
    optimizer = torch.optim.AdamW(groups, lr=1.0)
    schedule = rise_and_fall(optimizer, [2.0, 0.5], steps=100)
    rates = []
    for _ in range(100):
        rates.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        schedule.step()
    first, second = np.array(rates).T
    top = int(first.argmax())
    assert first[top] == pytest.approx(2.0, rel=1e-3) and 14 <= top <= 15
    assert (np.diff(first[: top + 1]) > 0).all() and (np.diff(first[top:]) < 0).all()
    assert 0 < first[-1] < 0.01 * first.max()
    assert second == pytest.approx(first / 4)


def test_same_seed_same_weights_other_seed_others():
    known = recordings(2)
    torch.manual_seed(5)
    drawn = torch.rand(1)
    torch.manual_seed(5)
    first, _ = train(known, epochs=2)
    assert torch.rand(1) == drawn  # torch's global generator was left alone
    again, _ = train(known, epochs=2)
    other, _ = train(known, seed=(0, 1), epochs=2)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["heads.weight"], other["heads.weight"])


def test_the_shape_follows_the_recordings_and_their_labels():
    one = recordings(1)[0]
    features = {name: np.zeros((400, 5, n), np.float32) for name, n in (("flow", 3), ("face", 2))}
    labels = {"micro": np.array([[10, 19], [30, 43]]), "macro": np.zeros((0, 2), int)}
    shape = spotter_shape([replace(one, features=features, labels=labels)], task_of([one]).recipe)
    assert (shape["regions"], shape["motion"], shape["context"]) == (5, 14, 1)
    assert shape["streams"] == {"face": 2, "flow": 3}
    # Half of 10 and 14 frames; no label; either.
    assert shape["lengths"] == pytest.approx([140**0.5 / 2, 1.0, 140**0.5 / 2])
