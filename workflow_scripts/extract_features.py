"""Rule extract_features."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import extract_features

    extract_features.run(
        whose=dict(snakemake.wildcards.items()),
        unseen=snakemake.params.unseen,
        pretraining=snakemake.params.pretraining,
        checkpoint_path=snakemake.input.encoder,
        sources=list(snakemake.input.sources),
        frames=list(snakemake.input.frames),
        output=snakemake.output.features,
        provenance=provenance,
    )
