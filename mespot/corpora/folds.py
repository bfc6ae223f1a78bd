"""Folds of the subject-independent evaluation: which subjects are held out together."""

from collections.abc import Iterable

import numpy as np

from mespot.errors import InputError

# Of what a learned method is trained on: one is tested, and thresholds are chosen on two others.
LEAST_SUBJECTS = 3


def folds(subjects: Iterable[str], scheme: str | int, seed: int) -> dict[str, list[str]]:
    """Fold name -> its test subjects, each subject in exactly one fold.

    scheme `loso`: leave one subject out, a fold for each subject and named after it. An int k: k
    groups `g1` ... `gk` whose sizes differ by at most one; `seed` decides who is with whom,
    whatever the order of `subjects`.

    Raises InputError with fewer than two subjects (nobody would be left to train on), with more
    groups than subjects, and for any other scheme.
    """
    names = sorted(set(subjects))
    if len(names) < 2:
        raise InputError(
            f"folds: {len(names)} subject(s) in the corpus, but a fold tests one and trains on"
            " others; add subjects"
        )
    if scheme == "loso":
        return {name: [name] for name in names}
    if isinstance(scheme, bool) or not isinstance(scheme, int) or scheme < 2:
        raise InputError(f"folds: {scheme!r} must be 'loso' or a whole number of at least 2")
    if scheme > len(names):
        raise InputError(
            f"folds: {scheme} groups are too many for {len(names)} subjects; use at most"
            f" {len(names)}, or 'loso'"
        )
    order = np.random.default_rng(seed).permutation(len(names))
    return {
        f"g{g + 1}": sorted(names[i] for i in part)
        for g, part in enumerate(np.array_split(order, scheme))
    }
