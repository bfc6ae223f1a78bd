# What the rules of evaluation read, and what they are told.


def labels_of(corpus):
    return [] if CORPORA[corpus].annotations is None else f"results/{corpus}/labels.csv"


def pretraining_of(corpus, method):
    """What metrics.csv says of how the method's encoder was pretrained: `inductive+casme3_b`."""
    encoder = METHODS[method].get("encoder")
    if not encoder:
        return "none"
    added = added_corpora(encoder, TRAIN if corpus == TEST else corpus)
    return "+".join([ENCODERS[encoder]["pretraining"], *added])


def shown_method(corpus, method):
    """A method's name in metrics.csv: `learned@casme2` is one that was trained on casme2."""
    elsewhere = corpus == TEST and METHODS[method]["kind"] == "learned"
    return f"{method}@{TRAIN}" if elsewhere else method


def has_snapshots(method):
    """Whether earlier epochs of the method's spotter are looked at beside the last one."""
    learned = METHODS[method]["kind"] == "learned" and not learns_encoders(method)
    return learned and config["spotting"]["learned"]["snapshots"] > 1


def of_method(kind, corpus, method):
    """The tables of a kind (`intervals`, `candidates`, `snapshots`) of a method, one a fold."""
    folds = folds_of_method(corpus, method)
    return [f"results/{corpus}/{kind}/{method}/{fold}.csv" for fold in folds]


def of_all_methods(kind, corpus):
    return [
        path
        for method in methods_of(corpus)
        for path in of_method(kind, corpus, method)
    ]


def compared_intervals(wildcards):
    rebuild_deleted()
    return [path for corpus in SPOTTED for path in of_all_methods("intervals", corpus)]


def metrics_of_all(wildcards):
    rebuild_deleted()
    return expand("results/{corpus}/metrics.csv", corpus=SPOTTED)
