# What the rules of spotting read, and what they are told.


def learns_encoders(method):
    """Whether the encoders of a method learn together with its spotter."""
    return METHODS[method].get("encoder_training", "frozen") == "joint"


def of_streams(wildcards, kind, end):
    """The `features` or `encoders` of the streams that a method reads, stream -> path."""
    corpus, method = wildcards.corpus, METHODS[wildcards.method]
    paths = {}
    for stream in method.get("streams", []):
        encoder = SHARED[stream][method["encoder"]]
        fold = encoder_fold(corpus, encoder, wildcards.fold)
        paths[stream] = f"results/{corpus}/{kind}/{encoder}/{fold}/{stream}.{end}"
    return paths


def spotter_inputs(wildcards, videos):
    """Motion of the given videos, and the features of the streams that the method reads."""
    inputs = {"flow": per_video("flow", wildcards.corpus, videos)}
    for stream, path in of_streams(wildcards, "features", "h5").items():
        inputs[f"{stream}_features"] = path
    return inputs


def training_inputs(wildcards):
    videos = CORPORA[wildcards.corpus].training_videos(wildcards.fold)
    inputs = spotter_inputs(wildcards, videos)
    if learns_encoders(wildcards.method):
        for stream, path in of_streams(wildcards, "encoders", "pt").items():
            inputs[f"{stream}_encoder"] = path
        inputs["frames"] = per_video("frames", wildcards.corpus, videos)
    other = METHODS[wildcards.method].get("ensemble_partner")
    if other:
        inputs["beside"] = (
            f"results/{wildcards.corpus}/spotters/{other}/{wildcards.fold}.pt"
        )
    return inputs


def spotting_inputs(wildcards):
    videos = CORPORA[wildcards.corpus].test_videos(wildcards.fold)
    if learns_encoders(wildcards.method):
        # The spotter brings its encoders: it reads videos, not the features of others.
        inputs = {
            folder: per_video(folder, wildcards.corpus, videos)
            for folder in ("flow", "frames")
        }
    else:
        inputs = spotter_inputs(wildcards, videos)
    if METHODS[wildcards.method]["kind"] == "learned":
        corpus, fold = wildcards.corpus, wildcards.fold
        if corpus == TEST:
            corpus, fold = TRAIN, ALL
        inputs["spotter"] = f"results/{corpus}/spotters/{wildcards.method}/{fold}.pt"
    return inputs


def method_settings(wildcards):
    """What the method itself says and the settings of its kind of spotter."""
    method = METHODS[wildcards.method]
    # A spotter reads what it was trained to read.
    learned_elsewhere = wildcards.corpus == TEST and method["kind"] == "learned"
    found = for_corpus(config, TRAIN if learned_elsewhere else wildcards.corpus)
    # What is run at a seed of the ablation says so itself.
    seed = {"seed": method["seed"]} if "seed" in method else {}
    method = {key: value for key, value in method.items() if key != "seed"}
    spotting = plain({**found["spotting"], **seed})
    if not learns_encoders(wildcards.method):
        del spotting["learned"]["joint"]  # concerns the others only
    return plain({"method": method, "spotting": spotting})
