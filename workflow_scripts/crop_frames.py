"""Rule crop_frames."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import crop_frames

    crop_frames.run(
        source=snakemake.input.source,
        fps=snakemake.params.recording["fps"],
        first_frame=snakemake.params.recording["first_frame"],
        landmarks=snakemake.input.landmarks,
        output=snakemake.output.frames,
        provenance=provenance,
        **snakemake.params.settings,
    )
