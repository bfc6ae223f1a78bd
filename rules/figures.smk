# Figures: what a person looks at, each as PNG for the report and PDF for paper.


rule plot_timeline:
    input:
        unpack(of_job(inputs.plot_timeline)),
    output:
        png=report(
            "results/{corpus}/figures/timeline/{video}.png",
            caption="../docs/report/timeline.rst",
            category="Timelines",
            subcategory="{corpus}",
            labels={"video": "{video}"},
        ),
        pdf="results/{corpus}/figures/timeline/{video}.pdf",
    log:
        "results/{corpus}/logs/plot_timeline/{video}.log",
    benchmark:
        "results/{corpus}/benchmarks/plot_timeline/{video}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1500,
        runtime=of_job(runtimes.plot_timeline),
    params:
        source=of_job(reports.faces_from),
        methods=of_job(reports.timeline_methods),
        method=of_job(reports.timeline_method),
        iou=of_job(settings.iou),
        code=code_digest("mespot.steps.plot_timeline"),
    message:
        "Drawing the timeline of {wildcards.corpus}/{wildcards.video}"
    script:
        "../workflow_scripts/plot_timeline.py"


rule plot_losses:
    input:
        unpack(of_job(inputs.plot_losses)),
    output:
        png=report(
            "results/{corpus}/figures/losses/{encoder}.png",
            caption="../docs/report/losses.rst",
            category="Pretraining",
            subcategory="{corpus}",
            labels={"encoder": "{encoder}", "figure": "losses"},
        ),
        pdf="results/{corpus}/figures/losses/{encoder}.pdf",
    log:
        "results/{corpus}/logs/plot_losses/{encoder}.log",
    benchmark:
        "results/{corpus}/benchmarks/plot_losses/{encoder}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1500,
        runtime=15,
    params:
        checkpoints=of_job(reports.checkpoints),
        code=code_digest("mespot.steps.plot_losses"),
    message:
        "Drawing the losses of {wildcards.encoder}"
    script:
        "../workflow_scripts/plot_losses.py"


rule plot_reconstruction:
    input:
        unpack(of_job(inputs.plot_reconstruction)),
    output:
        png=report(
            "results/{corpus}/figures/reconstruction/{encoder}/{stream}.png",
            caption="../docs/report/reconstruction.rst",
            category="Pretraining",
            subcategory="{corpus}",
            labels={"encoder": "{encoder}", "figure": "reconstruction of {stream}"},
        ),
        pdf="results/{corpus}/figures/reconstruction/{encoder}/{stream}.pdf",
    log:
        "results/{corpus}/logs/plot_reconstruction/{encoder}/{stream}.log",
    benchmark:
        "results/{corpus}/benchmarks/plot_reconstruction/{encoder}/{stream}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=15,
    params:
        drift_seconds=of_job(settings.drift_seconds),
        code=code_digest("mespot.steps.plot_reconstruction"),
    message:
        "Drawing what {wildcards.encoder} reconstructs of {wildcards.stream}"
    script:
        "../workflow_scripts/plot_reconstruction.py"


rule plot_responses:
    input:
        unpack(of_job(inputs.plot_responses)),
    output:
        png=report(
            "results/{corpus}/figures/responses/{encoder}.png",
            caption="../docs/report/responses.rst",
            category="Pretraining",
            subcategory="{corpus}",
            labels={"encoder": "{encoder}", "figure": "responses of the features"},
        ),
        pdf="results/{corpus}/figures/responses/{encoder}.pdf",
    log:
        "results/{corpus}/logs/plot_responses/{encoder}.log",
    benchmark:
        "results/{corpus}/benchmarks/plot_responses/{encoder}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        features=of_job(reports.features),
        videos=of_job(reports.test_videos),
        drift_seconds=of_job(settings.drift_seconds),
        code=code_digest("mespot.steps.plot_responses"),
    message:
        "Drawing what the features of {wildcards.encoder} respond to"
    script:
        "../workflow_scripts/plot_responses.py"


rule plot_f1:
    input:
        metrics=rules.score.output.metrics,
    output:
        png=report(
            "results/{corpus}/figures/f1.png",
            caption="../docs/report/f1.rst",
            category="Scores",
            labels={"corpus": "{corpus}", "figure": "F1 by subject and method"},
        ),
        pdf="results/{corpus}/figures/f1.pdf",
    log:
        "results/{corpus}/logs/plot_f1.log",
    benchmark:
        "results/{corpus}/benchmarks/plot_f1.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=15,
    params:
        code=code_digest("mespot.steps.plot_f1"),
    message:
        "Drawing F1 by subject and method of {wildcards.corpus}"
    script:
        "../workflow_scripts/plot_f1.py"
