"""Where learned features come from: the encoder that made them, and whom it has seen.

Whoever reads features compares their origin with what the job expects, so that no subject is
spotted through a network that was trained on it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mespot.errors import InputError

if TYPE_CHECKING:  # figures read origins, and need no torch
    from torch import Tensor

# Corpus and subject: the same name in another corpus is another person.
Person = tuple[str, str]
TRANSDUCTIVE = "transductive"
REMEDY = "delete the file and run again, Snakemake makes it anew"


@dataclass(frozen=True)
class Origin:
    """An encoder. pretraining: as in config.yaml, whom it was allowed to see. seen: everybody whom
    it has learned from. digest: of its weights and of the scale of its input."""

    pretraining: str
    seen: tuple[Person, ...]
    digest: str

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Origin:
        """From the attributes of a features file, or what a checkpoint of a spotter holds."""
        seen = tuple(_person(text) for text in stored["seen"])
        return cls(str(stored["pretraining"]), seen, str(stored["encoder_digest"]))

    def stored(self) -> dict[str, Any]:
        """As `of` reads it."""
        seen = ["/".join(person) for person in self.seen]
        return {"pretraining": self.pretraining, "seen": seen, "encoder_digest": self.digest}

    def check(
        self, path: str | Path, unseen: Collection[Sequence[str]], *, transductive: bool
    ) -> None:
        """Raises InputError when the encoder is no help in judging the people of `unseen`.

        path: of what holds this origin. transductive: the method says that its encoder may see
        everybody, which the tables then tell; no other encoder has seen anybody of `unseen`.
        """
        if transductive != (self.pretraining == TRANSDUCTIVE):
            expected = TRANSDUCTIVE if transductive else "one that is not transductive"
            raise InputError(
                f"{path}: comes from an encoder whose pretraining is {self.pretraining!r}, "
                f"expected {expected}; {REMEDY}"
            )
        if not transductive:
            refuse_seen(path, self.seen, unseen, "comes from an encoder that was trained on")

    def check_same(self, path: str | Path, other: Origin, others: str | Path) -> None:
        """Raises InputError when `others`, of the origin `other`, has another encoder than this."""
        if self.digest != other.digest:
            raise InputError(
                f"{path}: comes from another encoder than {others}; delete both and run again"
            )


def refuse_seen(
    path: str | Path, seen: Collection[Person], unseen: Collection[Sequence[str]], how: str
) -> None:
    """Raises InputError that names the first of `unseen` who is among `seen`. how: "was trained
    on", for example."""
    known = sorted(set(seen) & {(corpus, subject) for corpus, subject in unseen})
    if known:
        corpus, subject = known[0]
        raise InputError(
            f"{path}: {how} subject {subject!r} of {corpus}, so a result there would be worth"
            f" nothing; give one of a fold that holds out {subject!r}, or {REMEDY}"
        )


def encoder_digest(state: Mapping[str, Tensor], scale: object) -> str:
    """Of the weights of a network and the scale of its input."""
    digest = hashlib.sha256(repr(scale).encode())
    for name, tensor in sorted(state.items()):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(tensor.numpy()).data)
    return digest.hexdigest()


def people(records: Iterable[Any]) -> list[Person]:
    """Everybody in the records of recordings, once."""
    return sorted({(str(one.attrs["corpus"]), str(one.attrs["subject"])) for one in records})


def _person(text: str) -> Person:
    corpus, _, subject = text.partition("/")
    return corpus, subject
