# The ablation: which runs of which methods it is made of, its table, its figure. Encoders and methods
# at its seeds are made by the rules of the main run.


rule ablate:
    input:
        labels=[labels_of(corpus) for corpus in ABLATED],
        intervals=all_ablation_intervals,
    output:
        table=report(
            "results/ablation.csv",
            caption="../docs/report/ablation.rst",
            category="Scores",
        ),
    log:
        "results/logs/ablate.log",
    benchmark:
        "results/benchmarks/ablate.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        corpora=lambda wildcards: [
            {
                "corpus": corpus,
                "videos": CORPORA[corpus].videos.subject.to_dict(),
                "labels": labels_of(corpus),
                "groups": {
                    group: [shown_method(corpus, method) for method in methods]
                    for group, methods in config["ablation"]["rows"].items()
                },
                "full": shown_method(corpus, config["ablation"]["full"]),
                "runs": ablation_intervals(corpus),
            }
            for corpus in ABLATED
        ],
        settings=settings("evaluation"),
        code=code_digest("mespot.steps.ablate"),
    message:
        "Comparing the rows of the ablation with the whole method"
    script:
        "../workflow_scripts/ablate.py"


rule plot_ablation:
    input:
        table="results/ablation.csv",
    output:
        png=report(
            "results/figures/ablation.png",
            caption="../docs/report/ablation.rst",
            category="Scores",
            labels={"figure": "ablation"},
        ),
        pdf="results/figures/ablation.pdf",
    log:
        "results/logs/plot_ablation.log",
    benchmark:
        "results/benchmarks/plot_ablation.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=15,
    params:
        full={
            corpus: shown_method(corpus, config["ablation"]["full"])
            for corpus in ABLATED
        },
        code=code_digest("mespot.steps.plot_ablation"),
    message:
        "Drawing the ablation"
    script:
        "../workflow_scripts/plot_ablation.py"
