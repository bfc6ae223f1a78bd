"""Corpora: each one gives the same two tables, videos and annotations.

What is needed to plan a run stands here too: `from mespot.corpora import ALL, open_corpus`. It is
loaded when it is asked for, because parts of the command use modules of this folder without it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mespot.corpora.corpus import ALL, Corpus, corpora_of, fold_from, open_corpus, trained_for

__all__ = ["ALL", "Corpus", "corpora_of", "fold_from", "open_corpus", "trained_for"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("mespot.corpora.corpus"), name)
