# Spotting: the temporal detector of each fold, and the intervals of the subjects held out.


rule train_spotter:
    input:
        unpack(of_job(inputs.train_spotter)),
    output:
        spotter=paths.spotter("{corpus}", "{method}", "{fold}"),
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
        settings=of_job(settings.train_spotter),
        companions=of_job(reports.companions),
        unseen=of_job(reports.judged),
        transductive=of_job(reports.transductive),
        code=code_digest("mespot.steps.train_spotter"),
    message:
        "Training the spotter of {wildcards.method} without fold {wildcards.fold}"
    script:
        "../workflow_scripts/train_spotter.py"


rule spot:
    input:
        unpack(of_job(inputs.spot)),
    output:
        scores=paths.scores("{corpus}", "{method}", "{fold}"),
        intervals=paths.table("intervals", "{corpus}", "{method}", "{fold}"),
        candidates=paths.table("candidates", "{corpus}", "{method}", "{fold}"),
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
        settings=of_job(settings.spot),
        transductive=of_job(reports.transductive),
        code=code_digest("mespot.steps.spot"),
    message:
        "Spotting with {wildcards.method} in fold {wildcards.fold}"
    script:
        "../workflow_scripts/spot.py"
