# Self-supervised pretraining: one masked reconstruction network a recipe, fold and stream.


rule pretrain:
    input:
        unpack(of_job(inputs.pretrain)),
    output:
        encoder=paths.encoder("{corpus}", "{encoder}", "{fold}", "{stream}"),
    log:
        "results/{corpus}/logs/pretrain/{encoder}/{fold}/{stream}.log",
    benchmark:
        "results/{corpus}/benchmarks/pretrain/{encoder}/{fold}/{stream}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=3000,
        runtime=120,
    params:
        settings=of_job(settings.pretrain),
        unseen=of_job(reports.judged),
        pretraining=of_job(reports.pretraining_kind),
        code=code_digest("mespot.steps.pretrain"),
    message:
        "Pretraining {wildcards.encoder} on {wildcards.stream} without fold {wildcards.fold}"
    script:
        "../workflow_scripts/pretrain.py"
