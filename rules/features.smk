# Per-frame features: one pass of an encoder over every video of the corpus.


rule extract_features:
    input:
        unpack(of_job(inputs.extract_features)),
    output:
        features=paths.features("{corpus}", "{encoder}", "{fold}", "{stream}"),
    log:
        "results/{corpus}/logs/extract_features/{encoder}/{fold}/{stream}.log",
    benchmark:
        "results/{corpus}/benchmarks/extract_features/{encoder}/{fold}/{stream}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=3000,
        runtime=120,
    params:
        unseen=of_job(reports.judged),
        pretraining=of_job(reports.pretraining_kind),
        code=code_digest("mespot.steps.extract_features"),
    message:
        "Features of {wildcards.stream} from {wildcards.encoder}, fold {wildcards.fold}"
    script:
        "../workflow_scripts/extract_features.py"
