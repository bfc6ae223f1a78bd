# One file for recordings of anybody: networks, thresholds, and how videos are read.


rule make_model:
    input:
        unpack(of_table(inputs.make_model, paths.MODEL)),
    output:
        model=paths.MODEL,
    log:
        "results/logs/make_model.log",
    benchmark:
        "results/benchmarks/make_model.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=3000,
        runtime=60,
    params:
        settings=of_job(settings.make_model),
        code=code_digest("mespot.steps.make_model"),
    message:
        "Making the model for recordings of anybody"
    script:
        "../workflow_scripts/make_model.py"
