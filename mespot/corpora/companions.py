"""Companions: corpora that train along with the training subjects of another corpus.

The keys `with` of config.yaml name them. Nothing here opens a corpus, so that a config can be
checked by it.
"""

from collections.abc import Mapping
from typing import Any

from mespot.corpora.kinds import MOTIONS


def companions(config: Mapping[str, Any]) -> dict[str, str]:
    """Every corpus that is named as a companion -> the first key of config.yaml that names it."""
    named = dict.fromkeys(config["evaluation"]["with"], "evaluation.with")
    for where, methods in (
        ("methods", config["methods"]),
        ("ablation.methods", config["ablation"]["methods"]),
    ):
        for name, method in methods.items():
            for corpus in method.get("with", []):
                named.setdefault(corpus, f"{where}.{name}.with")
    return named


def companions_of(
    config: Mapping[str, Any], corpus: str, method: Mapping[str, Any]
) -> tuple[str, ...]:
    """The companions of `corpus` in a method of config.yaml, in the order named there.

    A corpus is no companion of its own. One without faces is none of a method that reads streams.
    """
    if method["kind"] != "learned":
        return ()
    named = method.get("with", config["evaluation"]["with"])
    unread = MOTIONS if method["streams"] else ()
    return tuple(name for name in named if name != corpus and name not in unread)
