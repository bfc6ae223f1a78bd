"""Rule track_face."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import track_face

    track_face.run(
        source=snakemake.input.source,
        corpus=snakemake.wildcards.corpus,
        video=snakemake.wildcards.video,
        model=snakemake.input.model,
        output=snakemake.output.landmarks,
        sheet=snakemake.config[snakemake.wildcards.corpus].get("videos"),
        provenance=provenance,
        **snakemake.params.recording,
        **snakemake.params.settings,
    )
