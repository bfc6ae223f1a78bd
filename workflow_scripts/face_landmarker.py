"""Rule face_landmarker."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import face_landmarker

    face_landmarker.run(
        output=snakemake.output.model,
        **snakemake.params.settings,
    )
