# Faces: the pinned MediaPipe model, landmarks, aligned crops, optical flow.


rule face_landmarker:
    output:
        model=ensure(
            "results/resources/face_landmarker.task",
            sha256=config["landmarker"]["sha256"],
        ),
    log:
        "results/resources/logs/face_landmarker.log",
    benchmark:
        "results/resources/benchmarks/face_landmarker.tsv"
    retries: 2
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        settings=settings("landmarker"),
        code=code_digest("mespot.steps.face_landmarker"),
    message:
        "Fetching MediaPipe's face landmark model"
    script:
        "../workflow_scripts/face_landmarker.py"


rule track_face:
    input:
        source=lambda wildcards: CORPORA[wildcards.corpus].videos.path[wildcards.video],
        model="results/resources/face_landmarker.task",
    output:
        landmarks="results/{corpus}/landmarks/{video}.h5",
    log:
        "results/{corpus}/logs/track_face/{video}.log",
    benchmark:
        "results/{corpus}/benchmarks/track_face/{video}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1500,
        runtime=20,
    params:
        recording=lambda wildcards: recording(wildcards),
        settings=settings_of("tracking"),
        code=code_digest("mespot.steps.track_face"),
    message:
        "Finding the face in {wildcards.corpus}/{wildcards.video}"
    script:
        "../workflow_scripts/track_face.py"


rule crop_frames:
    input:
        source=lambda wildcards: CORPORA[wildcards.corpus].videos.path[wildcards.video],
        landmarks="results/{corpus}/landmarks/{video}.h5",
    output:
        frames="results/{corpus}/frames/{video}.h5",
    log:
        "results/{corpus}/logs/crop_frames/{video}.log",
    benchmark:
        "results/{corpus}/benchmarks/crop_frames/{video}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        recording=lambda wildcards: recording(wildcards),
        settings=settings_of("crop"),
        code=code_digest("mespot.steps.crop_frames"),
    message:
        "Aligning the face in {wildcards.corpus}/{wildcards.video}"
    script:
        "../workflow_scripts/crop_frames.py"


rule optical_flow:
    input:
        frames="results/{corpus}/frames/{video}.h5",
    output:
        flow="results/{corpus}/flow/{video}.h5",
    log:
        "results/{corpus}/logs/optical_flow/{video}.log",
    benchmark:
        "results/{corpus}/benchmarks/optical_flow/{video}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1500,
        runtime=30,
    params:
        settings=settings_of("flow"),
        code=code_digest("mespot.steps.optical_flow"),
    message:
        "Measuring the motion in {wildcards.corpus}/{wildcards.video}"
    script:
        "../workflow_scripts/optical_flow.py"
