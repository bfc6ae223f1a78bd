# What the stages share: the checked config, the corpora and the paths of all artefacts. Functions that
# give the rules of one stage their inputs lie in rules/inputs/.

from itertools import chain
from pathlib import Path

import pandas as pd
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from mespot.config import check, for_corpus
from mespot.corpora import ALL, corpora_of, fold_from, open_corpus
from mespot.errors import InputError
from mespot.provenance import code_digest, plain
from mespot.runtime import lock_results
from mespot.variants import all_encoders, all_methods, shared_encoders

try:
    check(config)
    # The ablation's among them; METHODS without it are config["methods"].
    ENCODERS, METHODS = all_encoders(config), all_methods(config)
    SHARED = shared_encoders(config)
    # Jobs parse this file too: what is wrong with the labels they need not be told again.
    CORPORA = {
        name: open_corpus(name, config, check_labels=workflow.is_main_process)
        for name in corpora_of({**config, "encoders": ENCODERS})
    }
except InputError as error:
    raise WorkflowError(str(error)) from None

ENVIRONMENT = "../envs/mespot.yaml"
# Trained on the first, spotted on the second; None: each corpus by its own folds.
TRAIN, TEST = config["evaluation"]["train"], config["evaluation"]["test"]
# Corpora with metrics: those that are named, without the one that is only trained on.
SPOTTED = [name for name in config["corpora"] if name != TRAIN]

if workflow.is_main_process:
    for name in CORPORA:
        for note in CORPORA[name].notes:
            logger.warning(f"mespot: {name}: {note.what}: {note}")


wildcard_constraints:
    corpus="[A-Za-z0-9_-]+",
    encoder="[A-Za-z0-9_-]+",
    method="[A-Za-z0-9_-]+",
    fold="[A-Za-z0-9._-]+",
    video="[A-Za-z0-9._-]+",
    stream="face|flow",


def settings(*sections):
    """Config sections as one param: builtins with sorted keys, which Snakemake compares by repr."""
    return plain(
        {key: value for section in sections for key, value in config[section].items()}
    )


def settings_of(section):
    """The same of one section as it holds for the corpus of the job."""
    return lambda wildcards: plain(for_corpus(config, wildcards.corpus)[section])


def methods_of(corpus):
    """Every method where there are labels to learn from, the training-free ones elsewhere."""
    methods = config["methods"]  # the ablation has a table of its own
    learned = CORPORA[corpus].annotations is not None or corpus == TEST
    return [m for m in methods if learned or methods[m]["kind"] == "training_free"]


def folds_of_method(corpus, method):
    if METHODS[method]["kind"] == "training_free":
        return [ALL]
    return list(CORPORA[corpus].folds)


def encoder_fold(corpus, encoder, fold):
    """The fold whose encoder serves `fold`: `all` where nobody is held out."""
    transductive = ENCODERS[encoder]["pretraining"] == "transductive"
    if corpus == TEST:
        return fold_from(TRAIN)
    return ALL if transductive or not CORPORA[corpus].folds else fold


def folds_of_encoder(corpus, encoder):
    folds = list(CORPORA[corpus].folds) or [ALL]
    return sorted({encoder_fold(corpus, encoder, fold) for fold in folds})


def recording(wildcards):
    """What the sheet says of a video beside its path; fps is None where the file's own is meant."""
    row = CORPORA[wildcards.corpus].videos.loc[wildcards.video]
    return {
        "fps": None if pd.isna(row.fps) else float(row.fps),
        "first_frame": None if pd.isna(row.first_frame) else int(row.first_frame),
        "subject": str(row.subject),
    }


def stream_folder(stream):
    """The per-video artefacts that a stream's network reads."""
    return {"flow": "flow", "face": "frames"}[stream]


def per_video(folder, corpus, videos=None):
    if videos is None:
        videos = CORPORA[corpus].videos.index
    return [f"results/{corpus}/{folder}/{video}.h5" for video in videos]


def artefacts_of(corpus):
    """Every artefact of one corpus, by stage."""
    root = f"results/{corpus}"
    if corpus not in config["corpora"]:  # only pretrained on
        return {
            name: per_video(name, corpus) for name in ("landmarks", "frames", "flow")
        }
    labelled = CORPORA[corpus].annotations is not None
    features = [
        f"{encoder}/{fold}/{stream}"
        for encoder in config["encoders"]
        for fold in folds_of_encoder(corpus, encoder)
        for stream in ("face", "flow")
    ]
    encoders = features if corpus != TEST else []
    spotted = {
        f"{method}/{fold}": METHODS[method]["kind"]
        for method in methods_of(corpus)
        for fold in folds_of_method(corpus, method)
    }
    learned = [name for name, kind in spotted.items() if kind == "learned"]
    if corpus == TRAIN:
        named = config["methods"].items()
        learned = [f"{m}/{ALL}" for m, method in named if method["kind"] == "learned"]
        spotted = {}
    elif corpus == TEST:
        learned = []
    scored = corpus in SPOTTED
    figures = [f"timeline/{video}" for video in CORPORA[corpus].videos.index if scored]
    for encoder, recipe in config["encoders"].items():
        if recipe["pretraining"] != "none" and corpus != TEST:
            figures.append(f"losses/{encoder}")
            figures += [
                f"reconstruction/{encoder}/{stream}" for stream in ("face", "flow")
            ]
    if labelled and scored:
        figures += ["f1", *(f"responses/{encoder}" for encoder in config["encoders"])]
    found = {
        "landmarks": per_video("landmarks", corpus),
        "labels": [f"{root}/labels.csv"] if labelled else [],
        "frames": per_video("frames", corpus),
        "flow": per_video("flow", corpus),
        "encoders": [f"{root}/encoders/{name}.pt" for name in encoders],
        "features": [f"{root}/features/{name}.h5" for name in features],
        "spotters": [f"{root}/spotters/{name}.pt" for name in learned],
        "scores": [f"{root}/scores/{name}.h5" for name in spotted],
        "intervals": [f"{root}/intervals/{name}.csv" for name in spotted],
        "candidates": [f"{root}/candidates/{name}.csv" for name in spotted],
        "snapshots": [f"{root}/snapshots/{name}.csv" for name in spotted],
        "metrics": [f"{root}/metrics.csv"] if scored else [],
        "submissions": [
            f"{root}/submissions/{method}.csv"
            for method in methods_of(corpus)
            if corpus == "megc"
        ],
        "figures": [
            f"{root}/figures/{name}.{end}" for name in figures for end in ("png", "pdf")
        ],
    }
    if corpus == "demo":
        found["corpus"] = [
            *CORPORA[corpus].videos.path,
            *map(str, CORPORA[corpus].annotations),
        ]
    return found


def artefacts(target):
    """The files behind a target, over all corpora of the config."""
    names = {"all": ["metrics", "figures", "features", "intervals", "submissions"]}.get(
        target, [target]
    )
    files = [
        f
        for corpus in CORPORA
        for name in names
        for f in artefacts_of(corpus).get(name, [])
    ]
    if target in ("all", "metrics"):
        return ["results/metrics.csv", "results/comparison.csv", *files]
    return files


def rebuild_deleted():
    """Have artefacts that were deleted made again, and what depends on them.

    Left to itself Snakemake sees no reason to remake a missing intermediate file as long as what
    was made from it is there. Called from an input function, when the graph of jobs is being
    built: only jobs that the requested target rests on can be forced. While the final table is
    missing too, Snakemake remakes what it needs by itself.
    """
    ablated = Path("results/ablation.csv").exists()
    if workflow.is_main_process and (ablated or Path("results/metrics.csv").exists()):
        files = [f for corpus in CORPORA for f in chain(*artefacts_of(corpus).values())]
        if ablated:
            files += ablation_artefacts()
        workflow.dag.forcefiles.update(f for f in files if not Path(f).exists())


def begin_run():
    """Refuse a second run over the same results, as soon as the first job would start."""
    if workflow.is_main_process:
        try:
            lock_results("results")
        except InputError as error:
            raise WorkflowError(str(error)) from None
