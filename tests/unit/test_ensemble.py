"""Which subjects each network of a spotter has seen, and what the networks predict together."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mespot.networks.spotter import Spotter
from mespot.spotting.predictions import average_predictions
from mespot.training import ensemble
from mespot.training.ensemble import Member, held_out_predictions, predict
from mespot.training.interrupted import Interrupted
from mespot.training.spotter_input import SpotterInput
from tests.unit.arrays import recordings, task_of

LAGS = [3, 6]


def people(*subjects):
    return [("", subject) for subject in subjects]


def members_of(task, number, held_out=()):
    """Untrained networks."""
    with torch.random.fork_rng():
        torch.manual_seed(2)
        states = [Spotter(**task.shape).state_dict() for _ in range(number)]
    return [Member(list(held_out), state, []) for state in states]


def test_predict_leaves_unusable_frames_alone_and_spans_apart():
    one = recordings(1)[0]
    task = task_of([one])
    members = members_of(task, 1)
    span = np.repeat([0, -1, 1], [150, 20, len(one.span) - 170])
    cut = SpotterInput("s", "v", one.paths, {}, one.context, span)
    prediction = predict(task.shape, members, cut, LAGS)
    assert not prediction.score[150:170].any() and not prediction.distances[150:170].any()
    part = SpotterInput("s", "v", one.paths[170:], {}, one.context[170:], span[170:])
    alone = predict(task.shape, members, part, LAGS)
    assert prediction.score[170:] == pytest.approx(alone.score, abs=1e-5)
    assert alone.score.std() > 0


def test_averages_are_those_of_one_prediction_by_several_networks():
    known = recordings(1)
    task = task_of(known)
    one = replace(known[0], span=np.repeat([0, -1, 1], [60, 5, 335]))
    members = members_of(task, 3)
    together = predict(task.shape, members, one, LAGS)
    average = average_predictions([predict(task.shape, [member], one, LAGS) for member in members])
    assert average.score == pytest.approx(together.score, rel=1e-5)
    assert average.distances == pytest.approx(together.distances, rel=1e-5)
    assert not average.distances[60:65].any() and average.score.dtype == np.float32


def test_inner_groups_hold_every_subject_out_once():
    known = recordings(5)
    groups = ensemble.inner_groups(known, groups=3, seed=0)
    assert len(groups) == 3 and max(map(len, groups)) == 2
    assert sorted(sum(groups, [])) == people("s0", "s1", "s2", "s3", "s4")
    assert len(ensemble.inner_groups(known[:2], groups=3, seed=0)) == 2
    with pytest.raises(ValueError, match="two training subjects"):
        ensemble.inner_groups(known[:1], groups=3, seed=0)


def test_no_group_holds_all_that_there_is_to_learn_from():
    known = recordings(5)
    faceless = [replace(one, span=np.full(len(one.span), -1)) for one in known[:3]]
    for seed in range(6):
        groups = ensemble.inner_groups([*faceless, *known[3:]], groups=2, seed=seed)
        assert [sum(person in people("s3", "s4") for person in group) for group in groups] == [1, 1]


@pytest.fixture
def trainings(monkeypatch):
    """Networks that are not trained, and a list of the subjects and seed of each."""
    calls = []

    def untrained(task, seed, start=None):
        calls.append((sorted(r.subject for r in task.recordings), seed))
        return Spotter(**task.shape).state_dict(), [{"step": 1}]

    monkeypatch.setattr(ensemble, "train_network", untrained)
    return calls


def test_members_hold_subjects_out_and_resume(trainings, tmp_path):
    task = task_of(recordings(4), repeats=1)
    whole = ensemble.train_members(task)
    for member, (subjects, _) in zip(whole, trainings, strict=True):
        held_out = [subject for _, subject in member.held_out]
        assert sorted(subjects + held_out) == ["s0", "s1", "s2", "s3"]
    assert [len(member.held_out) for member in whole] == [2, 2, 0]
    calls = list(trainings)
    kept = Interrupted(tmp_path / "partial.pt", ["settings"], [])
    kept.save([dict(vars(whole[0]))])
    trainings.clear()
    resumed = ensemble.train_members(task, kept=kept)
    assert trainings == calls[1:] and len(kept.load()) == 3
    assert torch.equal(resumed[0].state["heads.weight"], whole[0].state["heads.weight"])


def test_another_draw_means_other_numbers_on_the_same_groups(trainings):
    task = task_of(recordings(4), repeats=2)
    for draw in (0, 1):
        ensemble.train_members(task, draw=draw)
    first, second = trainings[:4], trainings[4:]
    assert [subjects for subjects, _ in first] == [subjects for subjects, _ in second]
    assert [seed for _, seed in first] == [(3, i) for i in range(4)]
    assert [seed for _, seed in second] == [(3, i, 1) for i in range(4)]


def test_each_network_goes_on_before_it_is_kept(trainings, tmp_path):
    task, seen = task_of(recordings(3), repeats=1), []

    def note(member, own, seed):
        seen.append((sorted(r.subject for r in own.recordings), seed))
        return replace(member, encoders={"flow": {}})

    kept = Interrupted(tmp_path / "partial.pt", [], [])
    members = ensemble.train_members(task, go_on=note, kept=kept)
    assert seen == trainings
    assert all(member.encoders == {"flow": {}} for member in members)
    assert all(stored["encoders"] == {"flow": {}} for stored in kept.load())


def test_every_recording_is_predicted_by_the_network_that_never_saw_its_subject():
    task = task_of(recordings(3))
    members = [
        Member(people("s0", "s2"), {}, []),
        Member(people("s1"), {}, []),
        Member([], {}, []),
    ]
    asked = []

    def note(shape, chosen, recording, lags):
        asked.append((recording.subject, [member.held_out for member in chosen]))

    held_out_predictions(task, members, note)
    first, second = people("s0", "s2"), people("s1")
    assert asked == [("s0", [first]), ("s1", [second]), ("s2", [first])]


def test_companions_are_dealt_into_the_same_groups():
    own = recordings(4)
    others = [replace(one, corpus="samm_lv") for one in recordings(5)]
    groups = ensemble.inner_groups([*own, *others], groups=2, seed=0)
    for group in groups:
        corpora = [corpus for corpus, _ in group]
        assert corpora.count("") == 2 and corpora.count("samm_lv") in (2, 3)
    assert len({person for group in groups for person in group}) == 9
    # The same name in another corpus is another person: only one of the two is held out.
    members = [Member(group, {}, []) for group in groups]
    for one in (own[0], others[0]):
        assert one.person in groups[ensemble.group_of(members, one)]
    with pytest.raises(ValueError, match="two training subjects"):
        ensemble.inner_groups([own[0], *others], groups=2, seed=0)
