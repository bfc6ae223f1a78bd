import numpy as np
import pytest
import torch

from mespot.spotting import decode
from mespot.spotting.thresholds import best_threshold
from mespot.training import spot
from mespot.training.spotter_input import (
    SpotterInput,
    feature_channels,
    feature_scale,
    motion_channels,
    standardised,
)
from mespot.training.windows import WindowRecipe
from tests.unit.moving_regions import LAGS, lagged, moving_face

RECIPE = spot.SpotterRecipe(
    epochs=20,
    batch_size=4,
    learning_rate=0.01,
    weight_decay=0.01,
    weight_average=0.95,
    boundary_weight=0.5,
    focus=2.0,
    inner_groups=2,
    repeats=1,
)
WINDOWS = WindowRecipe(128, [3, 6], expression_share=0.7, stretch=1.2, amplitude=1.2)
SHAPE = dict(
    regions=5,
    motion=6,
    context=1,
    streams={},
    code=2,
    width=12,
    dilations=[1, 2, 4, 8],
    dropout=0.0,
    lengths=[6.0, 22.0],
)


def recordings(number, seed=0):
    found = []
    for i in range(number):
        path, labels = moving_face(np.random.default_rng([seed, i]))
        span = np.zeros(len(path), int)
        motion = motion_channels(lagged(path, LAGS), LAGS, span, use_lags=[3, 6], drift_frames=240)
        context = np.zeros((len(path), 1), np.float32)
        found.append(SpotterInput(f"s{i}", f"v{i}", motion, {}, context, span, labels))
    return found


def train(known, seed=(0, 0), recipe=RECIPE):
    torch.set_num_threads(1)
    return spot.train_network(SHAPE, known, WINDOWS, recipe, seed)


def test_losses_are_zero_for_the_truth_and_grow_with_the_error():
    target = torch.zeros(1, 10, 2)
    target[0, 4, 0] = 1.0
    mask = torch.ones(1, 10)
    right = torch.where(target > 0, 12.0, -12.0)
    assert spot.score_loss(right, target, mask, 2.0).max() < 1e-4
    wrong = spot.score_loss(-right, target, mask, 2.0)
    assert wrong.min() > 1 and spot.score_loss(-right, target, mask * 0, 2.0).max() == 0
    distances = torch.full((1, 10, 2, 2), 4.0)
    assert spot.boundary_loss(distances, distances, target).max() == 0
    off = distances.clone()
    off[..., 0] = 13.0  # [-4, 4] against [-13, 4]: 9 of 18 frames
    assert spot.boundary_loss(off, distances, target)[0] == pytest.approx(0.5)


def test_learns_to_spot_in_subjects_it_has_not_seen():
    known, unknown = recordings(6), recordings(4, seed=1)
    state, history = train(known)
    assert history[-1]["score_micro"] < 0.5 * history[0]["score_micro"]
    networks = spot.rebuilt(SHAPE, [state])
    for c, name in enumerate(("micro", "macro")):
        candidates = []
        for one in unknown:
            said = spot.predict(networks, one)
            options = dict(durations=(4, 90), floor=0.05, nms_iou=0.2, vote_iou=0.5)
            candidates.append(
                decode.from_network(said.score[:, c], said.distances[:, c], one.span, **options)
            )
        labels = [one.labels[name] for one in unknown]
        assert best_threshold(candidates, labels, tolerance=0.0)[1] > 0.7, name


def test_every_group_of_parameters_has_a_learning_rate_that_rises_and_falls():
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))]} for _ in range(2)]
    optimizer = torch.optim.AdamW(groups, lr=1.0)
    schedule = spot.rise_and_fall(optimizer, [2.0, 0.5], steps=100)
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
    short = spot.SpotterRecipe(**{**vars(RECIPE), "epochs": 2})
    torch.manual_seed(5)
    drawn = torch.rand(1)
    torch.manual_seed(5)
    first, _ = train(known, recipe=short)
    assert torch.rand(1) == drawn  # torch's global generator was left alone
    again, _ = train(known, recipe=short)
    other, _ = train(known, seed=(0, 1), recipe=short)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["heads.weight"], other["heads.weight"])


def test_predict_leaves_unusable_frames_alone_and_spans_apart():
    one = recordings(1)[0]
    state, _ = train([one], recipe=spot.SpotterRecipe(**{**vars(RECIPE), "epochs": 1}))
    networks = spot.rebuilt(SHAPE, [state])
    span = np.repeat([0, -1, 1], [150, 20, len(one.span) - 170])
    cut = SpotterInput("s", "v", one.motion, {}, one.context, span)
    said = spot.predict(networks, cut)
    assert not said.score[150:170].any() and not said.distances[150:170].any()
    part = SpotterInput("s", "v", one.motion[170:], {}, one.context[170:], span[170:])
    alone = spot.predict(networks, part)
    assert said.score[170:] == pytest.approx(alone.score, abs=1e-5)


def test_inner_groups_hold_every_subject_out_once():
    known = recordings(5)
    held = spot.inner_groups(known, groups=3, seed=0)
    assert len(held) == 3 and max(map(len, held)) == 2
    assert sorted(sum(held, [])) == ["s0", "s1", "s2", "s3", "s4"]
    assert len(spot.inner_groups(known[:2], groups=3, seed=0)) == 2
    with pytest.raises(ValueError, match="two training subjects"):
        spot.inner_groups(known[:1], groups=3, seed=0)


def test_members_hold_subjects_out_and_resume(monkeypatch):
    seen = []

    def fake(shape, known, windows, recipe, seed):
        seen.append((sorted(r.subject for r in known), seed))
        return spot.Spotter(**shape).state_dict(), [{"step": 1}]

    monkeypatch.setattr(spot, "train_network", fake)
    known = recordings(4)
    saved = []
    arguments = (SHAPE, known, WINDOWS, RECIPE, 7)
    members = spot.train_members(*arguments, save=lambda m: saved.append(list(m)))
    assert [len(s) for s in saved] == [1, 2, 3]
    for member, (subjects, _) in zip(members, seen, strict=True):
        assert sorted(subjects + member.held_out) == ["s0", "s1", "s2", "s3"]
    assert [len(member.held_out) for member in members] == [2, 2, 0]
    whole = list(seen)
    seen.clear()
    resumed = spot.train_members(*arguments, done=saved[0])
    assert seen == whole[1:] and resumed[0] is saved[0][0]
    assert len(spot.held_out_predictions(SHAPE, known, members)) == 4


def test_features_lose_their_rest_and_get_one_scale():
    rng = np.random.default_rng(0)
    span = np.repeat([0, -1], [300, 20])
    found = []
    for size in (2.0, 2.0):
        feature = 100 + rng.normal(scale=size, size=(320, 3, 2)).astype(np.float32)
        channels = feature_channels(feature, span, drift_frames=60)
        assert abs(channels[:300].mean()) < 0.1 and not channels[300:].any()
        empty = np.zeros((320, 3, 0), np.float32)
        found.append(SpotterInput("s", "v", empty, {"face": channels}, empty[:, 0], span))
    scale = feature_scale(found)
    assert scale["face"] == pytest.approx(2.0, rel=0.1)
    assert standardised(found[0], scale).features["face"][:300].std() == pytest.approx(1, rel=0.1)


def test_motion_channels_do_not_depend_on_the_flows_gain():
    path, _ = moving_face(np.random.default_rng(0))
    span = np.zeros(len(path), int)
    options = dict(use_lags=[1, 6], drift_frames=240)
    one = motion_channels(lagged(path, LAGS), LAGS, span, **options)
    half = motion_channels(lagged(path, LAGS) / 2, LAGS, span, **options)
    assert one.shape == (len(path), 5, 6) and one.std() > 0.5
    assert half == pytest.approx(one, rel=1e-4, abs=1e-4)
