"""The one model for recordings of anybody: the corpora that it is trained on, and its method.

It is the method `model.method` of config.yaml, trained in the fold `all` of the first labelled
corpus, with all others that have labels as its companions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mespot.corpora.companions import companions_of
from mespot.errors import InputError
from mespot.plan import variants
from mespot.plan.roles import PlannedCorpus


def corpora_of_model(
    config: Mapping[str, Any], corpora: Mapping[str, PlannedCorpus]
) -> tuple[str, ...]:
    """The corpora of the run that have labels, and the companions that config.yaml names.

    The first one decides thresholds, lengths and how videos are read, so it has faces. Empty where
    no labelled corpus has, and without a method.
    """
    method = config["model"]["method"]
    if method is None:
        return ()
    labelled = [name for name in config["corpora"] if corpora[name].labelled]
    first = next((n for n in labelled if corpora[n].has_faces and not corpora[n].uses_other), None)
    if first is None:
        return ()
    named = companions_of(config, first, config["methods"][method])
    return tuple(dict.fromkeys([first, *labelled, *named]))


def methods_of_model(
    config: Mapping[str, Any], corpora: Mapping[str, PlannedCorpus]
) -> dict[str, dict[str, Any]]:
    """Its method, and the partner of it, in the form of `variants.all_methods`."""
    names = corpora_of_model(config, corpora)
    return variants.along(config, config["model"]["method"], names[1:]) if names else {}


def model_of(config: Mapping[str, Any], corpora: Mapping[str, PlannedCorpus]) -> tuple[str, str]:
    """The corpus in whose folder its spotter lies, and the name of its method there.

    Raises InputError where there is nothing to train on.
    """
    names = corpora_of_model(config, corpora)
    if not names:
        raise InputError(
            "config: there is no model to train: model.method is null, or no corpus of `corpora` "
            f"({', '.join(config['corpora'])}) has videos and labels; name a method, and a corpus"
        )
    return names[0], variants.together(config["model"]["method"], names[1:])
