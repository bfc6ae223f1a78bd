# Pages for people: one for each video, on which an expert looks at what was spotted and corrects it,
# and one about the whole run.


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
        runtime=of_job(runtimes.write_review),
    params:
        source=of_job(reports.faces_from),
        method=of_job(reports.review_method),
        code=code_digest("mespot.steps.write_review"),
    message:
        "Writing the review page of {wildcards.corpus}/{wildcards.video}"
    script:
        "../workflow_scripts/write_review.py"


rule write_report:
    input:
        metrics=rules.join_metrics.output.metrics,
        comparison=rules.compare_methods.output.comparison,
        figures=of_target("figures"),
    output:
        page=paths.OVERVIEW,
    log:
        "results/logs/write_report.log",
    benchmark:
        "results/benchmarks/write_report.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=15,
    params:
        iou=of_job(settings.iou),
        code=code_digest("mespot.steps.write_report"),
    message:
        "Writing one page about the run"
    script:
        "../workflow_scripts/write_report.py"
