# Scores: the metrics of each corpus, the table that joins them, and methods against each other.


rule score:
    input:
        unpack(of_job(inputs.score)),
    output:
        metrics=paths.metrics("{corpus}"),
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
        videos=of_job(reports.subjects),
        methods=of_job(reports.score),
        settings=settings.scoring(PLAN),
        code=code_digest("mespot.steps.score"),
    message:
        "Scoring {wildcards.corpus}"
    script:
        "../workflow_scripts/score.py"


rule summarise:
    input:
        unpack(of_job(inputs.summarise)),
    output:
        summary=paths.summary("{corpus}"),
    log:
        "results/{corpus}/logs/summarise.log",
    benchmark:
        "results/{corpus}/benchmarks/summarise.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        subjects=of_job(reports.subjects),
        methods=of_job(reports.summarise),
        code=code_digest("mespot.steps.summarise"),
    message:
        "Summing up {wildcards.corpus}"
    script:
        "../workflow_scripts/summarise.py"


rule write_submission:
    input:
        unpack(of_job(inputs.write_submission)),
    output:
        submission=paths.submission("{corpus}", "{method}"),
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
        unpack(of_table(inputs.join_metrics, paths.METRICS)),
    output:
        metrics=report(
            paths.METRICS,
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
        mem_mb=1000,
        runtime=30,
    params:
        code=code_digest("mespot.steps.join_metrics"),
    message:
        "Joining the metrics of all corpora"
    script:
        "../workflow_scripts/join_metrics.py"


rule compare_methods:
    input:
        unpack(of_table(inputs.compare_methods, paths.COMPARISON)),
    output:
        comparison=report(
            paths.COMPARISON,
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
        corpora=of_job(reports.compare_methods),
        settings=settings.scoring(PLAN),
        code=code_digest("mespot.steps.compare_methods"),
    message:
        "Comparing every pair of methods"
    script:
        "../workflow_scripts/compare_methods.py"
