"""Rule make_model."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import make_model

    make_model.run(
        spotter=snakemake.input.spotter,
        partner=snakemake.input.get("partner"),
        output=snakemake.output.model,
        provenance=provenance,
        **snakemake.params.settings,
    )
