# The ablation: its table and its figure. Encoders and methods at its seeds are made by the rules of
# the main run.


rule ablate:
    input:
        unpack(of_table(inputs.ablate, paths.ABLATION)),
    output:
        table=report(
            paths.ABLATION,
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
        corpora=of_job(reports.ablate),
        settings=settings.scoring(PLAN),
        code=code_digest("mespot.steps.ablate"),
    message:
        "Comparing the rows of the ablation with the whole method"
    script:
        "../workflow_scripts/ablate.py"


rule plot_ablation:
    input:
        table=rules.ablate.output.table,
    output:
        png=report(
            f"{paths.ABLATION_FIGURE}.png",
            caption="../docs/report/ablation.rst",
            category="Scores",
            labels={"figure": "ablation"},
        ),
        pdf=f"{paths.ABLATION_FIGURE}.pdf",
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
        full=of_job(reports.plot_ablation),
        code=code_digest("mespot.steps.plot_ablation"),
    message:
        "Drawing the ablation"
    script:
        "../workflow_scripts/plot_ablation.py"
