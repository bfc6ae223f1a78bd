# Scores: the metrics of each corpus, the table that joins them, and methods against each other.


rule score:
    input:
        labels=lambda wildcards: labels_of(wildcards.corpus),
        intervals=lambda wildcards: of_all_methods("intervals", wildcards.corpus),
        candidates=lambda wildcards: of_all_methods("candidates", wildcards.corpus),
        snapshots=lambda wildcards: of_all_methods("snapshots", wildcards.corpus),
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
                "pretraining": pretraining_of(wildcards.corpus, method),
                "epochs": has_snapshots(method),
                **{
                    kind: of_method(kind, wildcards.corpus, method)
                    for kind in ("intervals", "candidates", "snapshots")
                },
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
        intervals=lambda wildcards: of_method(
            "intervals", wildcards.corpus, wildcards.method
        ),
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


rule compare_methods:
    input:
        labels=[path for path in map(labels_of, SPOTTED) if path],
        intervals=compared_intervals,
    output:
        comparison=report(
            "results/comparison.csv",
            caption="../docs/report/comparison.rst",
            category="Scores",
        ),
    log:
        "results/logs/compare_methods.log",
    benchmark:
        "results/benchmarks/compare_methods.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        corpora=[
            {
                "corpus": corpus,
                "videos": CORPORA[corpus].videos.subject.to_dict(),
                "labels": labels_of(corpus) or None,
                "methods": [
                    {
                        "method": shown_method(corpus, method),
                        "intervals": of_method("intervals", corpus, method),
                    }
                    for method in methods_of(corpus)
                ],
            }
            for corpus in SPOTTED
        ],
        settings=settings("evaluation"),
        code=code_digest("mespot.steps.compare_methods"),
    message:
        "Comparing every pair of methods"
    script:
        "../workflow_scripts/compare_methods.py"
