"""The plan of a run: its corpora, encoders and methods, and the folds that each job belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mespot import config as configs
from mespot.corpora import ALL, corpora_of, open_corpus
from mespot.errors import InputError
from mespot.plan import variants
from mespot.plan.checks import (
    check_companions,
    check_pretraining,
    check_tested_elsewhere,
    check_training_subjects,
)
from mespot.plan.model import methods_of_model
from mespot.plan.roles import PlannedCorpus, planned_corpus


@dataclass(frozen=True)
class Plan:
    """Everything that the rules are derived from.

    config: checked. corpora: by name, those that are spotted in, those that only train along, and
    those only pretrained on. encoders, methods: recipes by name, as `variants` makes them: of the
    main run and the ablation, with companions, at seeds. shared: {stream: {encoder: the encoder
    whose network of this stream it uses}}; see `variants.shared_encoders`.
    """

    config: Mapping[str, Any]
    corpora: Mapping[str, PlannedCorpus]
    encoders: Mapping[str, Mapping[str, Any]]
    methods: Mapping[str, Mapping[str, Any]]
    shared: Mapping[str, Mapping[str, str]]

    # ------------------------------------------------------------------------------------ corpora

    @property
    def spotted(self) -> list[str]:
        """Corpora that have metrics."""
        return [name for name, corpus in self.corpora.items() if corpus.spotted]

    @property
    def scored(self) -> list[str]:
        """Those of them that have labels, so that methods can be compared."""
        return [name for name in self.spotted if self.corpora[name].labelled]

    @property
    def undecided(self) -> list[str]:
        """Those of them that cannot be scored, because nobody has decided on parts of them."""
        return [name for name in self.spotted if self.corpora[name].corpus.undecided]

    @property
    def ablated(self) -> list[str]:
        """Those of them in which methods of the ablation can spot."""
        return [name for name in self.scored if self.ablation_groups(name)]

    def has_encoders(self, corpus: str) -> bool:
        """Whether a corpus is coded by encoders: its recordings are videos, and so are those that
        its networks are trained on."""
        planned = self.corpora[corpus]
        return planned.has_faces and self.corpora[planned.networks_of].has_faces

    # ------------------------------------------------------------------------------------ methods

    def methods_of(self, corpus: str) -> list[str]:
        """Methods of the main run, named as in `method_on`: where there are no spotters, the
        training-free ones only, and where there are no encoders, those that read motion only."""
        learned = self.corpora[corpus].has_spotters
        named = self.config["methods"]  # the ablation has a table of its own
        possible = [name for name in named if learned or not self.learns(name)]
        return [self.method_on(corpus, name) for name in possible if self._can_read(corpus, name)]

    def method_on(self, corpus: str, name: str) -> str:
        """The name on a corpus of a method of config.yaml: `learned+samm_lv`."""
        return variants.method_on(self.config, corpus, name)

    def companions(self, corpus: str, method: str) -> list[str]:
        """The corpora that a method is trained along with on a corpus."""
        named = list(self.methods[method].get("with", []))
        if corpus in named:  # its test subjects would be among them
            raise InputError(
                f"{corpus}/{method}: {corpus} is no companion of its own; name another"
            )
        return named

    def preferred(self, chosen: str, methods: Sequence[str]) -> str:
        """The method `chosen` where it is one of `methods`, else the first learned one of them,
        else the first."""
        same = [name for name in methods if name == chosen]
        return (same or list(filter(self.learns, methods)) or list(methods))[0]

    def _can_read(self, corpus: str, method: str) -> bool:
        return self.has_encoders(corpus) or not self.methods[method].get("streams")

    def learns(self, method: str) -> bool:
        """Whether a method has a spotter that is trained."""
        return self.methods[method]["kind"] == "learned"

    def learns_encoders(self, method: str) -> bool:
        """Whether its encoders learn together with its spotter."""
        return self.methods[method].get("encoder_training", "frozen") == "joint"

    def masks_motion(self, method: str) -> bool:
        """Whether the networks of its spotter are pretrained on masked motion."""
        return self.methods[method].get("network_pretraining", "none") == "masked"

    def partner_of(self, method: str) -> str | None:
        """Its ensemble partner, if it has one."""
        return self.methods[method].get("ensemble_partner")

    def folds_of_method(self, corpus: str, method: str) -> list[str]:
        """Folds in which a method spots; the training-free one spots everywhere at once."""
        return self.corpora[corpus].folds if self.learns(method) else [ALL]

    def fold_of_video(self, corpus: str, method: str, video: str) -> str:
        """The fold in which a method spots in a video."""
        return self.corpora[corpus].corpus.fold_of(video) if self.learns(method) else ALL

    # ----------------------------------------------------------------------------------- encoders

    def encoders_of(self, corpus: str) -> list[str]:
        """Encoders of the main run, as the methods of a corpus read them: with its companions."""
        planned = self.corpora[corpus]
        if not (self.has_encoders(corpus) and (planned.trained or planned.spotted)):
            return []
        names = []
        for encoder in self.config["encoders"]:
            methods = self.config["methods"].items()
            readers = [name for name, method in methods if method.get("encoder") == encoder]
            read = [self.methods[self.method_on(corpus, name)]["encoder"] for name in readers]
            names += read or [encoder]
        return list(dict.fromkeys(names))

    def encoder_fold(self, corpus: str, encoder: str, fold: str) -> str:
        """The fold whose features of an encoder serve `fold`."""
        transductive = self.encoders[encoder]["pretraining"] == "transductive"
        if transductive or self.corpora[corpus].uses_other:
            return self.corpora[corpus].shared_fold()
        return fold

    def folds_of_encoder(self, corpus: str, encoder: str) -> list[str]:
        """Folds in which an encoder has features."""
        folds = self.corpora[corpus].folds
        return sorted({self.encoder_fold(corpus, encoder, fold) for fold in folds})

    def encoder_of(self, method: str, stream: str) -> str:
        """The encoder that makes the features of a stream that a method reads."""
        return self.shared[stream][self.methods[method]["encoder"]]

    def added_corpora(self, corpus: str, encoder: str) -> list[str]:
        """Corpora that an encoder of `corpus` learns from in addition to its training subjects.

        The corpus itself is never added: its test subjects stay out. A corpus that is spotted with
        networks of another one is added to transductive recipes only.
        """
        recipe = self.encoders[encoder]
        if recipe["pretraining"] == "none":
            return []
        left_out = {corpus}
        if recipe["pretraining"] == "inductive":
            left_out |= {name for name, other in self.corpora.items() if other.uses_other}
        return [n for n in variants.corpora_added(self.config, recipe) if n not in left_out]

    def unseen_by_encoders(self) -> set[tuple[str, str]]:
        """(corpus, added corpus): in the labelled one, encoders are tested that learn from the
        other one and may see nobody who is tested."""
        inductive = [
            name for name, one in self.encoders.items() if one["pretraining"] == "inductive"
        ]
        return {
            (corpus, added)
            for corpus, planned in self.corpora.items()
            if planned.labelled and self.has_encoders(corpus)
            for encoder in inductive
            for added in self.added_corpora(planned.networks_of, encoder)
        }

    def pretraining_videos(self, corpus: str, encoder: str, fold: str) -> list[tuple[str, str]]:
        """(corpus, video) of all that an encoder learns from in a fold, labels unseen."""
        added = self.added_corpora(corpus, encoder)
        if self.encoders[encoder]["pretraining"] == "transductive":
            # It sees everybody, also who is spotted with it on another corpus.
            served = [
                name
                for name, other in self.corpora.items()
                if other.networks_of == corpus and other.has_faces
            ]
            added += [name for name in served if name not in (corpus, *added)]
        own = [(corpus, video) for video in self.corpora[corpus].corpus.training_videos(fold)]
        return own + [(name, video) for name in added for video in self.corpora[name].videos]

    # ----------------------------------------------------------------------------------- ablation

    def ablation_groups(self, corpus: str) -> dict[str, list[str]]:
        """Groups of the ablation with their methods, named as in `methods_of`, of what can be
        spotted with on a corpus; none that is empty."""
        rows = self.config["ablation"]["rows"].items()
        left = {group: [m for m in methods if self._can_read(corpus, m)] for group, methods in rows}
        return {
            group: [self.method_on(corpus, name) for name in methods]
            for group, methods in left.items()
            if methods
        }

    def ablation_methods(self, corpus: str) -> list[str]:
        """Methods in these groups, each once."""
        groups = self.ablation_groups(corpus).values()
        return list(dict.fromkeys(name for names in groups for name in names))

    def ablation_full(self, corpus: str) -> str:
        """The method of the ablation that the others are compared with on a corpus."""
        full = self.method_on(corpus, self.config["ablation"]["full"])
        return self.preferred(full, self.ablation_methods(corpus))

    def ablation_runs(self, corpus: str) -> dict[str, list[str]]:
        """Method of the ablation -> its names at the seeds; the training-free one has one name."""
        trained_on = self.corpora[corpus].networks_of
        seeds = self.config["ablation"]["seeds"]
        names = {
            method: [variants.method_at(self.config, trained_on, method, seed) for seed in seeds]
            for method in self.ablation_methods(corpus)
        }
        return {method: list(dict.fromkeys(at_seeds)) for method, at_seeds in names.items()}


def open_plan(config: Mapping[str, Any], *, check_labels: bool) -> Plan:
    """Check a config and plan the run that it describes.

    check_labels: read the workbooks of real corpora too, so that one that cannot be used is
    reported before any job starts. Raises InputError for a config, sheet or corpus of no use.
    """
    configs.check(config)
    encoders = variants.all_encoders(config)
    names = corpora_of({**config, "encoders": encoders})
    opened = [open_corpus(name, config, check_labels=check_labels) for name in names]
    corpora = {corpus.name: planned_corpus(corpus, config) for corpus in opened}
    if any(method["kind"] == "learned" for method in config["methods"].values()):
        for corpus in corpora.values():
            check_training_subjects(corpus)
    check_companions(corpora, config)
    for corpus in corpora.values():
        if corpus.uses_other:
            check_tested_elsewhere(corpus, corpora[corpus.networks_of])
    plan = Plan(
        config=config,
        corpora=corpora,
        encoders=encoders,
        methods=variants.all_methods(config) | methods_of_model(config, corpora),
        shared=variants.shared_encoders(config),
    )
    check_pretraining(corpora, plan.unseen_by_encoders())
    return plan
