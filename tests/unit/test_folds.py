"""Folds: every subject held out exactly once, deterministic, balanced."""

import pytest

from mespot.corpora.folds import folds
from mespot.errors import InputError

SUBJECTS = ["006", "s10", "s2", "s1", "s7", "s8", "s9"]


def test_leave_one_subject_out():
    assert folds(["b", "006", "b"], "loso", seed=0) == {"006": ["006"], "b": ["b"]}


@pytest.mark.parametrize(("k", "sizes"), [(2, [4, 3]), (3, [3, 2, 2]), (7, [1] * 7)])
def test_groups_are_balanced_and_cover_everyone_once(k, sizes):
    made = folds(SUBJECTS, k, seed=1)
    assert list(made) == [f"g{i + 1}" for i in range(k)]
    assert [len(members) for members in made.values()] == sizes
    assert sorted(sum(made.values(), [])) == sorted(SUBJECTS)


def test_groups_depend_on_the_seed_and_not_on_the_order():
    assert folds(SUBJECTS, 3, seed=1) == folds(SUBJECTS[::-1], 3, seed=1)
    assert len({str(folds(SUBJECTS, 3, seed=seed)) for seed in range(5)}) > 1


@pytest.mark.parametrize("scheme", [1, 0, -2, 2.0, True, "LOSO", "2", None])
def test_other_schemes_are_refused(scheme):
    with pytest.raises(InputError, match="must be 'loso' or a whole number"):
        folds(SUBJECTS, scheme, seed=0)


def test_too_few_subjects():
    with pytest.raises(InputError, match="8 groups are too many for 7 subjects"):
        folds(SUBJECTS, 8, seed=0)
    with pytest.raises(InputError, match=r"1 subject\(s\)"):
        folds(["a"], "loso", seed=0)
