# The page on which an expert looks at what was spotted in a video, and corrects it.


rule write_review:
    input:
        unpack(of_job(inputs.write_review)),
    output:
        page=paths.review("{corpus}", "{video}"),
    log:
        "results/{corpus}/logs/write_review/{video}.log",
    benchmark:
        "results/{corpus}/benchmarks/write_review/{video}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1500,
        runtime=15,
    params:
        method=of_job(reports.review_method),
        code=code_digest("mespot.steps.write_review"),
    message:
        "Writing the review page of {wildcards.corpus}/{wildcards.video}"
    script:
        "../workflow_scripts/write_review.py"
