# What the rules of pretraining read, and what they are told.


def recipe(wildcards):
    """The recipe of an encoder: the section `pretrain` with what the recipe itself sets."""
    chosen = ENCODERS[wildcards.encoder]
    weights = "random" if chosen["pretraining"] == "none" else "pretrained"
    recipe = {**config["pretrain"], **chosen["settings"], "weights": weights}
    del recipe["corpora"]  # shows in the inputs
    return plain(recipe)


def added_corpora(encoder, corpus):
    """Corpora that an encoder of `corpus` is pretrained on beside the fold's training subjects.

    The corpus itself is never added: its test subjects stay out. Nor is what is spotted on,
    unless the recipe is transductive.
    """
    chosen = ENCODERS[encoder]
    if chosen["pretraining"] == "none":
        return []
    left_out = {corpus} | ({TEST} if chosen["pretraining"] == "inductive" else set())
    named = chosen["settings"].get("corpora", config["pretrain"]["corpora"])
    return [name for name in dict.fromkeys(named) if name not in left_out]


def pretraining_sources(wildcards):
    """What an encoder learns from: its fold's training videos and all of the added corpora."""
    corpus, folder = wildcards.corpus, stream_folder(wildcards.stream)
    added = added_corpora(wildcards.encoder, corpus)
    kind = ENCODERS[wildcards.encoder]["pretraining"]
    if corpus == TRAIN and kind == "transductive" and TEST not in added:
        added = [*added, TEST]
    videos = CORPORA[corpus].training_videos(wildcards.fold)
    sources = per_video(folder, corpus, videos)
    for name in added:
        sources += per_video(folder, name)
    return sources


def encoder_of(wildcards):
    """The encoder behind features: of the fold, or that of the corpus that was trained on."""
    corpus, fold = wildcards.corpus, wildcards.fold
    if corpus == TEST:
        corpus, fold = TRAIN, ALL
    return f"results/{corpus}/encoders/{wildcards.encoder}/{fold}/{wildcards.stream}.pt"
