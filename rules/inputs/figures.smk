# What the rules of figures read, and what they are told.


def timeline_fold(corpus, method, video):
    if METHODS[method]["kind"] == "training_free":
        return ALL
    return CORPORA[corpus].fold_of(video)


def timeline_method(corpus):
    """The method whose curves and faces a timeline shows."""
    chosen = config["figures"]["method"]
    return chosen if chosen in methods_of(corpus) else methods_of(corpus)[0]


def timeline_scores(wildcards):
    method = timeline_method(wildcards.corpus)
    fold = timeline_fold(wildcards.corpus, method, wildcards.video)
    return f"results/{wildcards.corpus}/scores/{method}/{fold}.h5"


def timeline_intervals(wildcards):
    corpus = wildcards.corpus
    return [
        f"results/{corpus}/intervals/{m}/{timeline_fold(corpus, m, wildcards.video)}.csv"
        for m in methods_of(corpus)
    ]


def checkpoints_of(wildcards):
    """The encoder checkpoints of a recipe: stream -> fold -> path."""
    root = f"results/{wildcards.corpus}/encoders/{wildcards.encoder}"
    return {
        stream: {
            fold: f"{root}/{fold}/{stream}.pt"
            for fold in folds_of_encoder(wildcards.corpus, wildcards.encoder)
        }
        for stream in ("face", "flow")
    }


def features_of(wildcards):
    """The features of a recipe: stream -> fold -> path."""
    root = f"results/{wildcards.corpus}/features/{wildcards.encoder}"
    return {
        stream: {
            fold: f"{root}/{fold}/{stream}.h5"
            for fold in folds_of_encoder(wildcards.corpus, wildcards.encoder)
        }
        for stream in ("face", "flow")
    }


def shown_fold(wildcards):
    """The fold whose networks the reconstruction figure shows: the first."""
    return folds_of_encoder(wildcards.corpus, wildcards.encoder)[0]


def shown_videos(wildcards):
    """Videos among whose expressions it picks one: some of those that the fold tests."""
    return CORPORA[wildcards.corpus].test_videos(shown_fold(wildcards))[:8]
