# What the rules of the ablation read, and what they are told.

from types import SimpleNamespace

from mespot.variants import method_at

# Where it can be told how well a method spots.
ABLATED = [name for name in SPOTTED if CORPORA[name].annotations is not None]


def trained_on(corpus):
    """The corpus whose spotters and encoders are used on `corpus`."""
    return TRAIN if corpus == TEST else corpus


def ablation_runs(corpus):
    """Methods of the ablation, each with the names that it has at the seeds."""
    seeds = config["ablation"]["seeds"]
    return {
        # The training-free method has one name only.
        method: list(
            dict.fromkeys(
                method_at(config, trained_on(corpus), method, seed) for seed in seeds
            )
        )
        for method in chain(*config["ablation"]["rows"].values())
    }


def ablation_intervals(corpus):
    """The tables of intervals behind the ablation: method -> seed -> fold."""
    return {
        shown_method(corpus, method): [of_method("intervals", corpus, m) for m in names]
        for method, names in ablation_runs(corpus).items()
    }


def all_ablation_intervals(wildcards):
    rebuild_deleted()
    return [
        path
        for corpus in ABLATED
        for runs in ablation_intervals(corpus).values()
        for path in chain(*runs)
    ]


def artefacts_of_fold(corpus, method, fold):
    """What is made by pretraining and spotting for a method in one fold."""
    job = SimpleNamespace(corpus=corpus, method=method, fold=fold)
    files = [
        f"results/{corpus}/{kind}/{method}/{fold}.csv"
        for kind in ("intervals", "candidates", "snapshots")
    ]
    files.append(f"results/{corpus}/scores/{method}/{fold}.h5")
    files += [
        path
        for name, path in spotting_inputs(job).items()
        if name == "spotter" or name.endswith("_features")
    ]
    other = METHODS[method].get("ensemble_partner")
    if other:
        job = SimpleNamespace(corpus=corpus, method=other, fold=fold)
        files.append(spotting_inputs(job)["spotter"])
    for stream in METHODS[method].get("streams", []):
        encoder = SHARED[stream][METHODS[method]["encoder"]]
        job = SimpleNamespace(
            corpus=corpus,
            encoder=encoder,
            fold=encoder_fold(corpus, encoder, fold),
            stream=stream,
        )
        files.append(encoder_of(job))
    return files


def ablation_artefacts():
    """What the ablation makes beside the artefacts of the main run."""
    return [
        path
        for corpus in ABLATED
        for method in chain(*ablation_runs(corpus).values())
        for fold in folds_of_method(corpus, method)
        for path in artefacts_of_fold(corpus, method, fold)
    ]
