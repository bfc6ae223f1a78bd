"""What is refused when a run is planned, because its trainings could not be used."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mespot.corpora.companions import companions_of
from mespot.corpora.corpus import recording_of
from mespot.corpora.motion import read_regions
from mespot.errors import InputError
from mespot.plan.roles import PlannedCorpus


def check_training_subjects(planned: PlannedCorpus) -> None:
    """Learned methods choose thresholds on subjects that a network has not seen: they need two.

    Raises InputError where a fold of a labelled corpus has fewer.
    """
    if not (planned.trained and planned.labelled):
        return
    of = planned.subjects
    for fold in planned.folds:
        videos = planned.corpus.training_videos(fold)
        subjects = len({of[video] for video in videos})
        if subjects < 2:
            raise InputError(
                f"{planned.name}: fold {fold} has {subjects} training subject(s), and learned "
                "methods need two; add subjects, set evaluation.folds to loso, or leave the labels "
                "out to get the intervals of the training-free method"
            )


def check_scored(planned: PlannedCorpus) -> None:
    """Raises InputError for recordings with stretches that nobody has decided on: what is spotted
    there would count as wrong."""
    if planned.corpus.undecided is not None:
        raise InputError(
            f"{planned.name}: what is spotted in it cannot be scored, because nobody has decided on"
            " parts of it (sheet.undecided); ask for results/model.pt, or decide on all of it"
        )


def called(function: Callable[..., Any], plan: Any, wildcards: Mapping[str, str]) -> Any:
    """What a function of the planning gives for the wildcards of a job. Raises InputError for a
    name that the plan does not know, as of a mistyped target."""
    try:
        return function(plan, **wildcards)
    except KeyError as error:
        named = ", ".join(f"{name} {value}" for name, value in wildcards.items())
        raise InputError(f"{named}: {error} is no part of this run; correct the target") from None


def check_companions(corpora: Mapping[str, PlannedCorpus], config: Mapping[str, Any]) -> None:
    """Raises InputError where a companion has recordings of the corpus itself, whose test subjects
    it would bring into the training, and where the lists of face regions differ."""
    methods = [*config["methods"].values(), *config["ablation"]["methods"].values()]
    pairs = [
        (c, other)
        for c in config["corpora"]
        for m in methods
        for other in companions_of(config, c, m)
    ]
    for corpus, companion in dict.fromkeys(pairs):
        _check_pair(corpora[corpus], corpora[companion])


def check_along(
    corpora: Mapping[str, PlannedCorpus], corpus: str, companions: Sequence[str]
) -> None:
    """The same for the companions of one corpus."""
    for companion in companions:
        _check_pair(corpora[corpus], corpora[companion])


def check_pretraining(
    corpora: Mapping[str, PlannedCorpus], pairs: Iterable[tuple[str, str]]
) -> None:
    """Raises InputError where a corpus that encoders learn from in addition has recordings of the
    one in which they are tested. pairs: (tested, added)."""
    for tested, added in sorted(pairs):
        if twice := _shared(corpora[tested], corpora[added]):
            raise InputError(
                f"{twice}: is in {tested} and in {added}, so encoders would learn from recordings "
                "that they are tested in; take it out of one, remove the corpus from "
                "pretrain.corpora, or set `pretraining: transductive` for the encoder"
            )


def check_tested_elsewhere(planned: PlannedCorpus, trained: PlannedCorpus) -> None:
    """Raises InputError where recordings are spotted in by networks that were trained on them."""
    if twice := _shared(planned, trained):
        raise InputError(
            f"{twice}: is in {trained.name} and in {planned.name}, so networks would spot in what"
            " they were trained on; take it out of one, or set evaluation.test to another corpus"
        )


def _check_pair(planned: PlannedCorpus, companion: PlannedCorpus) -> None:
    if twice := _shared(planned, companion):
        raise InputError(
            f"{twice}: is in {planned.name} and in {companion.name}, so test subjects would"
            " train along; take it out of one, or name another corpus in `with`"
        )
    first, second = planned.corpus.regions, companion.corpus.regions
    if first and second and read_regions(first) != read_regions(second):
        raise InputError(
            f"{second}: has other regions than {first}, so {companion.name} cannot train along with"
            f" {planned.name}; bring both to the same regions in one order, or remove `with`"
        )


def _shared(*corpora: PlannedCorpus) -> str | None:
    """The first recording that is in both corpora, also through links."""
    one, other = ({recording_of(path): path for path in c.corpus.videos.path} for c in corpora)
    return min((str(one[key]) for key in one.keys() & other.keys()), default=None)
