# Per-frame features: one pass of an encoder over every video of the corpus.


rule extract_features:
    input:
        encoder=encoder_of,
        sources=lambda wildcards: per_video(
            stream_folder(wildcards.stream), wildcards.corpus
        ),
        frames=lambda wildcards: per_video("frames", wildcards.corpus),
    output:
        features="results/{corpus}/features/{encoder}/{fold}/{stream}.h5",
    log:
        "results/{corpus}/logs/extract_features/{encoder}/{fold}/{stream}.log",
    benchmark:
        "results/{corpus}/benchmarks/extract_features/{encoder}/{fold}/{stream}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=3000,
        runtime=120,
    params:
        code=code_digest("mespot.steps.extract_features"),
    message:
        "Features of {wildcards.stream} from {wildcards.encoder}, fold {wildcards.fold}"
    script:
        "../workflow_scripts/extract_features.py"
