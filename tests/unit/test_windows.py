from dataclasses import replace

import numpy as np
import pytest

from mespot.training.companions import at_rate
from mespot.training.recipes import SpotterRecipe
from mespot.training.spotter_input import SpotterInput
from mespot.training.windows import (
    WindowRecipe,
    WindowSampler,
    mirrored,
    targets,
    window_recipe,
)
from tests.unit.spotters import TRAINING


def one(frames=100, span=None, labels=((40, 49),)):
    paths = np.zeros((frames, 2, 4), np.float32)
    paths[..., 2:] = np.arange(frames, dtype=np.float32)[:, None, None]  # it tells the time
    return SpotterInput(
        "s1",
        "v1",
        paths,
        {"flow": np.ones((frames, 2, 3), np.float32)},
        np.arange(frames, dtype=np.float32)[:, None],
        np.zeros(frames, int) if span is None else span,
        {"micro": np.array(labels).reshape(-1, 2), "macro": np.zeros((0, 2), int)},
    )


def sampler(recording, frames=32, lags=(2,), **changes):
    recipe = WindowRecipe(frames, list(lags), expression_share=1.0, streams=["flow"], **changes)
    return WindowSampler([recording], recipe, np.random.default_rng(0))


def test_targets_of_one_expression():
    score, distances = targets(
        {"micro": np.array([[10, 20]]), "macro": np.zeros((0, 2), int)}, np.arange(40.0), 1.0
    )
    assert score[15, 0] == 1.0 and score[10, 0] == pytest.approx(np.exp(-8 * (5 / 11) ** 2))
    assert score[9, 0] == score[21, 0] == 0 and not score[:, 1].any()
    assert distances[12, 0].tolist() == [2, 8]


def test_targets_follow_the_stretch():
    at = np.arange(60) / 1.5
    score, distances = targets({"micro": np.array([[10, 20]]), "macro": np.zeros((0, 2))}, at, 1.5)
    assert (score[:, 0] > 0).sum() == 16  # 11 frames, slowed down
    peak = int(score[:, 0].argmax())
    assert distances[peak, 0].sum() == pytest.approx(15.0)


def test_overlapping_labels_take_the_nearer_middle():
    known = {"micro": np.array([[0, 20], [15, 25]]), "macro": np.zeros((0, 2), int)}
    _, distances = targets(known, np.arange(30.0), 1.0)
    assert distances[10, 0].tolist() == [10, 10]
    assert distances[18, 0].tolist() == [3, 7]


def test_where_nothing_is_labelled_corpora_take_turns_by_their_frames():
    first, second = one(frames=300, labels=()), replace(one(frames=100), corpus="other")

    def share(recordings):
        recipe = WindowRecipe(32, [2], expression_share=0.0)
        draws = WindowSampler(recordings, recipe, np.random.default_rng(0))
        return np.mean([draws.draw().recording for _ in range(400)])

    assert share([first, replace(second, labels=first.labels)]) == pytest.approx(0.25, abs=0.06)
    assert share([replace(first, labels=second.labels), second]) == pytest.approx(0.5, abs=0.06)


def test_a_window_lies_inside_an_expression_that_is_longer():
    draws = sampler(one(frames=200, labels=[(40, 159)]), stretch=1.25)
    for _ in range(50):
        window = draws.draw()
        at = window.times(32)
        assert at[0] >= 40 and at[-1] <= 159
        assert (draws.cut(window)["score"][:, 0] > 0).all()


def test_windows_hold_the_expression_and_fit_their_labels():
    batch = sampler(one()).batch(16)
    assert batch["score"].shape == (16, 32, 3)
    assert batch["features"]["flow"].shape == (16, 32, 2, 3)
    for time, score, distances in zip(
        batch["context"][..., 0], batch["score"], batch["distances"], strict=True
    ):
        inside = score[:, 0] > 0
        assert inside.any()
        assert time[inside] - distances[inside, 0, 0] == pytest.approx(40.0, abs=1e-4)
        assert time[inside] + distances[inside, 0, 1] == pytest.approx(49.0, abs=1e-4)


def test_windows_stay_in_one_span_and_pad():
    span = np.repeat([0, -1, 1], [30, 10, 60])
    batch = sampler(one(span=span, labels=((5, 14),)), frames=64).batch(12)
    time, mask = batch["context"][..., 0], batch["mask"]
    assert time[mask > 0].max() < 30 and (mask.sum(axis=1) == 30).all()
    assert not batch["motion"][mask == 0].any() and not batch["score"][mask == 0].any()


def test_a_stretched_window_slows_the_path_and_all_that_is_read_of_it():
    record = one()
    record.paths[..., :2] = np.arange(100, dtype=np.float32)[:, None, None] ** 2 / 100
    source = sampler(record, lags=[2, 5], stretch=1.4)
    for _ in range(8):
        window = source.draw()
        motion = source.cut(window)["motion"][:, 0]
        at = np.clip(window.times(32), 0, 99)
        for lag, channel in ((2, 0), (5, 2)):
            before = np.clip(window.times(32) - lag / window.stretch, 0, 99)
            moved = (at**2 - before**2) / 100
            share = motion[:, channel] / moved
            # One unit for the lag, whatever the window's pace; a path is linear between frames.
            assert share[8:] == pytest.approx(share[20], rel=0.02)
        assert motion[:, 4] == pytest.approx(motion[0, 4] * at**2 / at[0] ** 2, rel=0.01, abs=0.01)


def test_displacements_reach_back_before_the_window_but_not_before_the_span():
    record = one(span=np.repeat([0, 1], [40, 60]), labels=((50, 59),))
    record.paths[..., :2] = np.arange(100, dtype=np.float32)[:, None, None]
    source = sampler(record, frames=20, lags=[6])
    drawn = replace(source.draw(), first=44.0, span=(40, 100))
    motion = source.cut(drawn)["motion"][:, 0, 0]
    assert motion[2:] == pytest.approx(motion[10]) and motion[10] > 0
    assert motion[0] == pytest.approx(motion[10] * 4 / 6)  # frames 40 to 44


def test_mirror_swaps_sides_and_turns_the_horizontal():
    assert mirrored(["left_brow", "chin", "right_brow"]) == [2, 1, 0]
    assert mirrored(["outer_right_eye", "mouth"]) == [0, 1]
    record = one()
    record.paths[:, 0] = [5, 10, 30, 40]
    record.paths[:, 1] = [25, 30, 70, 80]
    windows = sampler(record, mirror=[1, 0]).batch(20)["motion"][:, 3]
    seen = {tuple(np.round(w[:, [2, 3, 8, 9]].ravel(), 3).tolist()) for w in windows}
    assert seen == {(1, 2, 3, 4, 5, 6, 7, 8), (-5, 6, -7, 8, -1, 2, -3, 4)}


def test_amplitude_and_drop_out():
    record = one()
    record.paths[:] = 5.0
    batch = sampler(record, amplitude=2.0, region_dropout=0.5, stream_dropout=0.5).batch(40)
    size = batch["motion"][:, 0, :, 2]
    kept = size[size > 0]
    assert 0.3 < (size == 0).mean() < 0.7
    assert 0.5 <= kept.min() < 0.8 and 1.3 < kept.max() <= 2.0
    assert 0.6 < (batch["features"]["flow"][:, 0, :, 0] == 0).mean() < 0.9


def test_recordings_without_labels_are_sampled_anywhere():
    batch = sampler(one(labels=())).batch(4)
    assert not batch["score"].any() and batch["mask"].all()


def test_a_drawn_window_says_what_is_cut():
    source = sampler(
        one(), stretch=1.3, amplitude=2.0, mirror=[1, 0], region_dropout=0.3, stream_dropout=0.3
    )
    windows = [source.draw() for _ in range(60)]
    batch = source.stacked(windows)
    for i, window in enumerate(windows):
        time = batch["context"][i, :, 0]
        assert window.span == (0, 100) and window.first >= 0
        assert time == pytest.approx(window.times(32), rel=1e-5)
        path = time[:, None] * window.kept() * window.amplitude
        assert batch["motion"][i, ..., 9] == pytest.approx(path / 10, rel=1e-4, abs=1e-4)
        shown = batch["features"]["flow"][i, :, :, 0]
        assert (shown == window.kept("flow")).all()
    assert {window.mirror is None for window in windows} == {True, False}
    assert {window.regions for window in windows} > {(True, True), (True, False), (False, True)}
    assert {"flow" in window.streams for window in windows} == {True, False}
    assert not source.draw().kept("face").any()  # a stream that is not read


def test_windows_on_whole_frames():
    source = sampler(one(), whole_frames=True)
    firsts = [source.draw().first for _ in range(20)]
    assert all(first == round(first) for first in firsts) and len(set(firsts)) > 5


@pytest.mark.parametrize(("mirror", "order"), [(True, [1, 0, 2]), (False, None)])
def test_the_recipe_of_windows_is_in_frames_and_regions(mirror, order):
    changes = {"window_seconds": 4.0, "mirror": mirror, "stream_dropout": 0.3}
    recipe = SpotterRecipe.of({**TRAINING, **changes}, streams=["flow"])
    regions = ["left_eye", "right_eye", "chin"]
    windows = window_recipe(recipe, streams=["flow"], rate=25.0, regions=regions)
    assert windows.frames == 100 and windows.mirror == order
    assert windows.stream_dropout == 0.3 and list(windows.streams) == ["flow"]


def test_corpora_take_turns_in_proportion_to_their_labels():
    own = one(labels=((40, 49), (60, 69), (80, 89)))
    other = replace(one(frames=4000, labels=((40, 49),)), corpus="samm_lv")
    nothing = replace(one(span=np.full(100, -1), labels=()), corpus="demo")
    recipe = WindowRecipe(32, [2], expression_share=0.5)
    source = WindowSampler([own, other, nothing], recipe, np.random.default_rng(0))
    drawn = [source.draw().recording for _ in range(400)]
    assert 0.68 < drawn.count(0) / 400 < 0.82 and drawn.count(2) == 0


def test_windows_show_what_is_not_known_and_learn_nothing_from_it():
    known = np.zeros(300, bool)
    known[100:140] = True
    part = replace(one(frames=300, labels=((110, 119), (200, 209))), known=known)
    recipe = WindowRecipe(32, [2], expression_share=0.5, streams=["flow"])
    draws = WindowSampler([one(frames=300, labels=()), part], recipe, np.random.default_rng(0))
    parts = [window for window in (draws.draw() for _ in range(200)) if window.recording == 1]
    assert 20 < len(parts) < 180
    for window in parts:
        cut, at = draws.cut(window), window.times(32)
        assert cut["mask"].all() and cut["known"].any()
        inside = (at >= 100) & (at < 140)
        # Half a frame at the border is of the frame before.
        assert (cut["known"][inside] == 1).all() and not cut["known"][(at < 99) | (at > 140)].any()
        assert not cut["score"][(at < 99) | (at > 140)].any()
    assert {bool(draws.cut(window)["score"].any()) for window in parts} == {True, False}


def test_what_is_known_follows_another_rate():
    part = replace(one(frames=90), known=np.arange(90) >= 30)
    slower = at_rate(part, 30.0, 15.0)
    assert len(slower.known) == len(slower.span) == 45
    assert np.flatnonzero(slower.known)[0] == 15
