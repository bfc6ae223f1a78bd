"""Rule optical_flow."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import optical_flow

    optical_flow.run(
        source=snakemake.params.source,
        frames=snakemake.input.frames,
        landmarks=snakemake.input.landmarks,
        output=snakemake.output.flow,
        provenance=provenance,
        **snakemake.params.settings,
    )
