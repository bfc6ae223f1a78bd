"""Rule optical_flow."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import optical_flow

    optical_flow.run(
        source=snakemake.input.source,
        fps=snakemake.params.recording["fps"],
        first_frame=snakemake.params.recording["first_frame"],
        frames=snakemake.input.frames,
        output=snakemake.output.flow,
        provenance=provenance,
        **snakemake.params.settings,
    )
