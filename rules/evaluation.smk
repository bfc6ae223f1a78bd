# Scores: the metrics of each corpus, and the table that joins them.


rule score:
    input:
        labels=lambda wildcards: labels_of(wildcards.corpus),
        intervals=lambda wildcards: [
            path
            for method in methods_of(wildcards.corpus)
            for path in intervals_of(wildcards.corpus, method)
        ],
    output:
        metrics="results/{corpus}/metrics.csv",
    log:
        "results/{corpus}/logs/score.log",
    benchmark:
        "results/{corpus}/benchmarks/score.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        videos=lambda wildcards: CORPORA[wildcards.corpus].videos.subject.to_dict(),
        methods=lambda wildcards: [
            {
                "method": shown_method(wildcards.corpus, method),
                "pretraining": pretraining_of(method),
                "intervals": intervals_of(wildcards.corpus, method),
            }
            for method in methods_of(wildcards.corpus)
        ],
        settings=settings("evaluation"),
        code=code_digest("mespot.steps.score"),
    message:
        "Scoring {wildcards.corpus}"
    script:
        "../workflow_scripts/score.py"


rule write_submission:
    input:
        intervals=lambda wildcards: intervals_of(wildcards.corpus, wildcards.method),
    output:
        submission="results/{corpus}/submissions/{method}.csv",
    log:
        "results/{corpus}/logs/write_submission/{method}.log",
    benchmark:
        "results/{corpus}/benchmarks/write_submission/{method}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
    params:
        code=code_digest("mespot.steps.write_submission"),
    message:
        "Writing the intervals of {wildcards.method} as the MEGC challenges take them"
    script:
        "../workflow_scripts/write_submission.py"


rule join_metrics:
    input:
        metrics=metrics_of_all,
    output:
        metrics=report(
            "results/metrics.csv",
            caption="../docs/report/metrics.rst",
            category="Scores",
        ),
    log:
        "results/logs/join_metrics.log",
    benchmark:
        "results/benchmarks/join_metrics.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
    params:
        code=code_digest("mespot.steps.join_metrics"),
    message:
        "Joining the metrics of all corpora"
    script:
        "../workflow_scripts/join_metrics.py"
