"""Rule extract_features."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import extract_features

    extract_features.run(
        checkpoint_path=snakemake.input.encoder,
        sources=list(snakemake.input.sources),
        frames=list(snakemake.input.frames),
        output=snakemake.output.features,
        provenance=provenance,
    )
