# Where recordings and labels come from: the built-in corpus, and the check of any corpus's labels.


rule demo_video:
    input:
        model=paths.LANDMARKER,
    output:
        video="results/demo/corpus/videos/{video}.mp4",
    log:
        "results/demo/logs/demo_video/{video}.log",
    benchmark:
        "results/demo/benchmarks/demo_video/{video}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=15,
    params:
        settings=of_job(settings.demo_video),
        code=code_digest("mespot.steps.demo_video"),
    message:
        "Rendering {wildcards.video}"
    script:
        "../workflow_scripts/demo_video.py"


rule demo_corpus:
    output:
        videos="results/demo/corpus/videos.csv",
        annotations="results/demo/corpus/annotations.csv",
    log:
        "results/demo/logs/demo_corpus.log",
    benchmark:
        "results/demo/benchmarks/demo_corpus.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
    params:
        settings=settings.demo_corpus(PLAN),
        code=code_digest("mespot.steps.demo_corpus"),
    message:
        "Writing the two sheets of the built-in corpus"
    script:
        "../workflow_scripts/demo_corpus.py"


rule label_frames:
    input:
        unpack(of_job(inputs.label_frames)),
    output:
        labels=paths.labels("{corpus}"),
    log:
        "results/{corpus}/logs/label_frames.log",
    benchmark:
        "results/{corpus}/benchmarks/label_frames.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        loader=of_job(reports.loader),
        left_out=of_job(reports.left_out),
        behaviours=of_job(reports.behaviours),
        code=code_digest("mespot.steps.label_frames"),
    message:
        "Checking the labels of {wildcards.corpus} against its recordings"
    script:
        "../workflow_scripts/label_frames.py"
