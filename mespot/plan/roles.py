"""What a run does with each corpus: train on it, spot in it, or only pretrain on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mespot.corpora import ALL, Corpus, fold_from, trained_for


@dataclass(frozen=True)
class PlannedCorpus:
    """A corpus and its part in the run.

    networks_of: the corpus on which the networks that are used here were trained; mostly itself.
    trained: whether networks are trained on its recordings. spotted: whether intervals are spotted
    in them and scored. A corpus that is neither only trains along with others, or is pretrained on.
    """

    corpus: Corpus
    networks_of: str
    trained: bool
    spotted: bool

    @property
    def name(self) -> str:
        return self.corpus.name

    @property
    def labelled(self) -> bool:
        """Whether there are labels to learn from and to score by."""
        return self.corpus.annotations is not None

    @property
    def has_faces(self) -> bool:
        """Whether there are videos with faces: without, there is nothing that an encoder reads."""
        return self.corpus.has_faces

    @property
    def has_spotters(self) -> bool:
        """Whether learned methods spot here, with spotters of its own or of another corpus."""
        return self.labelled or self.uses_other

    @property
    def uses_other(self) -> bool:
        """Whether the networks that are used here were trained on another corpus."""
        return self.networks_of != self.name

    @property
    def videos(self) -> list[str]:
        """All its videos, in the order of its sheet."""
        return list(self.corpus.videos.index)

    @property
    def folds(self) -> list[str]:
        """The folds of what learns from labels; the fold `all` where nobody is held out."""
        return list(self.corpus.folds) or [ALL]

    @property
    def subjects(self) -> dict[str, str]:
        """The subject of each video."""
        return {str(v): str(s) for v, s in self.corpus.videos.subject.items()}

    def networks_place(self, fold: str) -> tuple[str, str]:
        """Corpus and fold of the networks that serve `fold` here.

        Recordings that train along with another corpus have features of its networks, too, in a
        fold of the name that `fold_from` gives.
        """
        return trained_for(fold) or (self.name, fold)

    def shared_fold(self) -> str:
        """The fold of an encoder that holds nobody out."""
        return fold_from(self.networks_of) if self.uses_other else ALL


def planned_corpus(corpus: Corpus, config: Mapping[str, Any]) -> PlannedCorpus:
    """A corpus with the part that config.yaml gives it."""
    named = corpus.name in config["corpora"]
    train, test = config["evaluation"]["train"], config["evaluation"]["test"]
    tested_elsewhere = named and corpus.name == test
    return PlannedCorpus(
        corpus,
        networks_of=train if tested_elsewhere else corpus.name,
        trained=named and not tested_elsewhere,
        spotted=named and corpus.name != train,
    )
