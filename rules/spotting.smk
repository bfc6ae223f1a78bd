# Spotting: the temporal detector of each fold, and the intervals of the subjects held out.


rule train_spotter:
    input:
        unpack(training_inputs),
        labels="results/{corpus}/labels.csv",
    output:
        spotter="results/{corpus}/spotters/{method}/{fold}.pt",
    log:
        "results/{corpus}/logs/train_spotter/{method}/{fold}.log",
    benchmark:
        "results/{corpus}/benchmarks/train_spotter/{method}/{fold}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=3000,
        runtime=120,
    params:
        settings=method_settings,
        code=code_digest("mespot.steps.train_spotter"),
    message:
        "Training the spotter of {wildcards.method} without fold {wildcards.fold}"
    script:
        "../workflow_scripts/train_spotter.py"


rule spot:
    input:
        unpack(spotting_inputs),
    output:
        scores="results/{corpus}/scores/{method}/{fold}.h5",
        intervals="results/{corpus}/intervals/{method}/{fold}.csv",
        candidates="results/{corpus}/candidates/{method}/{fold}.csv",
        snapshots="results/{corpus}/snapshots/{method}/{fold}.csv",
    log:
        "results/{corpus}/logs/spot/{method}/{fold}.log",
    benchmark:
        "results/{corpus}/benchmarks/spot/{method}/{fold}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        settings=method_settings,
        code=code_digest("mespot.steps.spot"),
    message:
        "Spotting with {wildcards.method} in fold {wildcards.fold}"
    script:
        "../workflow_scripts/spot.py"
