"""Rule make_model."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot import verification
    from mespot.steps import make_model

    verification.require(snakemake.config, snakemake.input)
    make_model.run(
        spotter=snakemake.input.spotter,
        partner=snakemake.input.get("partner"),
        output=snakemake.output.model,
        provenance=provenance,
        **snakemake.params.settings,
    )
