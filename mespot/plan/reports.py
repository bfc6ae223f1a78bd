"""What the rules that score, compare and draw are given in addition to their files."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mespot.corpora import ALL
from mespot.plan import inputs, paths
from mespot.plan.run import Plan
from mespot.provenance import plain
from mespot.streams import STREAMS


def recording(plan: Plan, corpus: str, video: str) -> dict[str, Any]:
    """What the sheet says of a video in addition to its path; fps is None for the file's own."""
    row = plan.corpora[corpus].corpus.videos.loc[video].to_dict()
    return {
        "fps": None if pd.isna(row["fps"]) else float(row["fps"]),
        "first_frame": None if pd.isna(row["first_frame"]) else int(row["first_frame"]),
        "subject": str(row["subject"]),
    }


def faces_from(plan: Plan, corpus: str, video: str) -> dict[str, Any] | None:
    """How the recording is opened that the faces of a video are cut out of; None without faces."""
    if not plan.corpora[corpus].has_faces:
        return None
    opened = recording(plan, corpus, video)
    path = str(plan.corpora[corpus].corpus.videos.path[video])
    return {"path": path, "fps": opened["fps"], "first_frame": opened["first_frame"]}


def series(plan: Plan, corpus: str, video: str) -> dict[str, Any]:
    """What the sheet says of a series of motion; None for what it leaves to the file."""
    row = plan.corpora[corpus].corpus.videos.loc[video]
    whole = ("first_frame", "every", "n_frames")
    return {
        "subject": str(row["subject"]),
        "video": video,
        "fps": None if pd.isna(row["fps"]) else float(row["fps"]),
        **{name: None if pd.isna(row[name]) else int(row[name]) for name in whole},
    }


def loader(plan: Plan, corpus: str) -> dict[str, Any] | None:
    """How the labels of a real corpus are read; None for sheets."""
    return plan.corpora[corpus].corpus.loader


def behaviours(plan: Plan, corpus: str) -> dict[str, list[str]] | None:
    """What names in files of annotation tools mean; None for a corpus without such files."""
    named = plan.corpora[corpus].corpus.behaviours
    return None if named is None else dict(plain(named))


def left_out(plan: Plan, corpus: str) -> list[str]:
    """Videos of the sheet that are not used, and whose labels do not count."""
    return plan.corpora[corpus].corpus.left_out


def companions(plan: Plan, corpus: str, method: str, fold: str = "") -> list[str]:
    """The corpora that a method is trained along with."""
    return plan.companions(corpus, method)


def pretraining_kind(
    plan: Plan, corpus: str, encoder: str, fold: str = "", stream: str = ""
) -> str:
    """Whom an encoder may see: inductive, transductive or none."""
    return str(plan.encoders[encoder]["pretraining"])


def transductive(plan: Plan, corpus: str, method: str, fold: str = "") -> bool:
    """Whether a method reads features of an encoder that may see everybody."""
    encoder = plan.methods[method].get("encoder")
    return encoder is not None and pretraining_kind(plan, corpus, encoder) == "transductive"


def judged(plan: Plan, corpus: str, fold: str, **names: str) -> list[list[str]]:
    """Corpus and subject of everybody who is spotted by the networks of a fold, and whom these
    must not have seen. Transductive encoders see them all the same. names: other wildcards."""
    networks_of, networks_fold = plan.corpora[corpus].networks_place(fold)
    if networks_fold != ALL:
        own = plan.corpora[networks_of].corpus.folds[networks_fold]
        return [[networks_of, str(subject)] for subject in own]
    return [
        [one.name, subject]
        for one in plan.corpora.values()
        if one.uses_other and one.networks_of == networks_of
        for subject in sorted({*one.subjects.values()})
    ]


def subjects(plan: Plan, corpus: str) -> dict[str, str]:
    """The subject of each video."""
    return plan.corpora[corpus].subjects


def timeline_methods(plan: Plan, corpus: str, video: str = "") -> list[str]:
    """The methods whose intervals a timeline shows."""
    return plan.methods_of(corpus)


def timeline_method(plan: Plan, corpus: str, video: str = "") -> str:
    """The one whose scores and faces it shows."""
    return inputs.timeline_method(plan, corpus)


def review_method(plan: Plan, corpus: str, video: str = "") -> str:
    """The name of the method whose intervals a review page shows."""
    return shown_method(plan, corpus, inputs.timeline_method(plan, corpus))


def shown_method(plan: Plan, corpus: str, method: str) -> str:
    """A method's name in tables: `learned@casme2` is one that was trained on casme2."""
    planned = plan.corpora[corpus]
    elsewhere = planned.uses_other and plan.learns(method)
    return f"{method}@{planned.networks_of}" if elsewhere else method


def pretraining_of(plan: Plan, corpus: str, method: str) -> str:
    """What metrics.csv says of how the method's encoder was pretrained: `inductive+casme3_b` where
    it saw other corpora too."""
    encoder = plan.methods[method].get("encoder")
    if not encoder:
        return "none"
    added = plan.added_corpora(plan.corpora[corpus].networks_of, encoder)
    return "+".join([plan.encoders[encoder]["pretraining"], *added])


def score(plan: Plan, corpus: str) -> list[dict[str, Any]]:
    """The methods of a corpus and their tables."""
    return [
        {
            "method": shown_method(plan, corpus, method),
            "pretraining": pretraining_of(plan, corpus, method),
            "intervals": inputs.of_method(plan, "intervals", corpus, method),
            "candidates": inputs.of_method(plan, "candidates", corpus, method),
        }
        for method in plan.methods_of(corpus)
    ]


def summarise(plan: Plan, corpus: str) -> dict[str, list[str]]:
    """The methods of a corpus, as tables name them, and their intervals."""
    methods = plan.methods_of(corpus) if plan.corpora[corpus].spotted else []
    return {
        shown_method(plan, corpus, method): inputs.of_method(plan, "intervals", corpus, method)
        for method in methods
    }


def compare_methods(plan: Plan) -> list[dict[str, Any]]:
    """The corpora, and the tables of every method on them."""
    return [
        {
            "corpus": corpus,
            "videos": plan.corpora[corpus].subjects,
            "labels": inputs.labels_of(plan, corpus) or None,
            "methods": [
                {
                    "method": shown_method(plan, corpus, method),
                    "intervals": inputs.of_method(plan, "intervals", corpus, method),
                }
                for method in plan.methods_of(corpus)
            ],
        }
        for corpus in plan.spotted
    ]


def ablate(plan: Plan) -> list[dict[str, Any]]:
    """The corpora, the groups of the ablation, and the tables of every run of its methods."""
    return [
        {
            "corpus": corpus,
            "videos": plan.corpora[corpus].subjects,
            "labels": paths.labels(corpus),
            "groups": {
                group: [shown_method(plan, corpus, method) for method in methods]
                for group, methods in plan.ablation_groups(corpus).items()
            },
            "full": shown_method(plan, corpus, plan.ablation_full(corpus)),
            "runs": {
                shown_method(plan, corpus, method): [
                    inputs.of_method(plan, "intervals", corpus, name) for name in names
                ]
                for method, names in plan.ablation_runs(corpus).items()
            },
        }
        for corpus in plan.ablated
    ]


def plot_ablation(plan: Plan) -> dict[str, str]:
    """The method that the others are compared with, on each corpus."""
    return {
        corpus: shown_method(plan, corpus, plan.ablation_full(corpus)) for corpus in plan.ablated
    }


def checkpoints(plan: Plan, corpus: str, encoder: str) -> dict[str, dict[str, str]]:
    """The encoder checkpoints of a recipe: stream -> fold -> path."""
    folds = plan.folds_of_encoder(corpus, encoder)
    return {s: {f: paths.encoder(corpus, encoder, f, s) for f in folds} for s in STREAMS}


def features(plan: Plan, corpus: str, encoder: str) -> dict[str, dict[str, str]]:
    """The features of a recipe: stream -> fold -> path."""
    folds = plan.folds_of_encoder(corpus, encoder)
    return {s: {f: paths.features(corpus, encoder, f, s) for f in folds} for s in STREAMS}


def test_videos(plan: Plan, corpus: str, encoder: str) -> dict[str, list[str]]:
    """The videos whose features are shown of each fold: those of its test subjects."""
    corpus_of = plan.corpora[corpus].corpus
    folds = plan.folds_of_encoder(corpus, encoder)
    return plain({fold: corpus_of.test_videos(fold) for fold in folds})
