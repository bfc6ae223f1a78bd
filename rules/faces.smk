# Faces: the pinned MediaPipe model, landmarks, aligned crops, optical flow.


rule face_landmarker:
    output:
        model=ensure(paths.LANDMARKER, sha256=config["landmarker"]["sha256"]),
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
        settings=settings.face_landmarker(PLAN),
        code=code_digest("mespot.steps.face_landmarker"),
    message:
        "Fetching MediaPipe's face landmark model"
    script:
        "../workflow_scripts/face_landmarker.py"


rule track_face:
    input:
        unpack(of_job(inputs.track_face)),
        model=rules.face_landmarker.output.model,
    output:
        landmarks=paths.of_video("landmarks", "{corpus}", "{video}"),
    log:
        "results/{corpus}/logs/track_face/{video}.log",
    benchmark:
        "results/{corpus}/benchmarks/track_face/{video}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1500,
        runtime=of_job(runtimes.track_face),
    params:
        recording=of_job(reports.recording),
        settings=of_job(settings.track_face),
        code=code_digest("mespot.steps.track_face"),
    message:
        "Finding the face in {wildcards.corpus}/{wildcards.video}"
    script:
        "../workflow_scripts/track_face.py"


rule crop_frames:
    input:
        unpack(of_job(inputs.crop_frames)),
    output:
        frames=paths.of_video("frames", "{corpus}", "{video}"),
    log:
        "results/{corpus}/logs/crop_frames/{video}.log",
    benchmark:
        "results/{corpus}/benchmarks/crop_frames/{video}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1500,
        runtime=of_job(runtimes.crop_frames),
    params:
        recording=of_job(reports.recording),
        settings=of_job(settings.crop_frames),
        code=code_digest("mespot.steps.crop_frames"),
    message:
        "Aligning the face in {wildcards.corpus}/{wildcards.video}"
    script:
        "../workflow_scripts/crop_frames.py"


# Motion that was measured elsewhere takes the place of all of the above.
ruleorder: import_motion > optical_flow


rule import_motion:
    input:
        unpack(of_job(inputs.import_motion)),
    output:
        flow=paths.of_video("flow", f"{{corpus,{'|'.join(MOTIONS)}}}", "{video}"),
    log:
        "results/{corpus}/logs/import_motion/{video}.log",
    benchmark:
        "results/{corpus}/benchmarks/import_motion/{video}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        recording=of_job(reports.series),
        settings=of_job(settings.import_motion),
        code=code_digest("mespot.steps.import_motion"),
    message:
        "Reading the motion of {wildcards.corpus}/{wildcards.video}"
    script:
        "../workflow_scripts/import_motion.py"


rule optical_flow:
    input:
        unpack(of_job(inputs.optical_flow)),
    output:
        flow=paths.of_video("flow", "{corpus}", "{video}"),
    log:
        "results/{corpus}/logs/optical_flow/{video}.log",
    benchmark:
        "results/{corpus}/benchmarks/optical_flow/{video}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=1500,
        runtime=of_job(runtimes.optical_flow),
    params:
        source=of_job(reports.faces_from),
        settings=of_job(settings.optical_flow),
        code=code_digest("mespot.steps.optical_flow"),
    message:
        "Measuring the motion in {wildcards.corpus}/{wildcards.video}"
    script:
        "../workflow_scripts/optical_flow.py"
