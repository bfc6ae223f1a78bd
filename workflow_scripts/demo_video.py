"""Rule demo_video."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import demo_video

    demo_video.run(
        video=snakemake.wildcards.video,
        model=snakemake.input.model,
        output=snakemake.output.video,
        **snakemake.params.settings,
    )
