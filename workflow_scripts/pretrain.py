"""Rule pretrain."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import pretrain

    output = snakemake.output.encoder
    pretrain.run(
        stream=snakemake.wildcards.stream,
        sources=list(snakemake.input.sources),
        output=output,
        # No output of the rule, so that Snakemake leaves it for the next run after a kill.
        partial=f"{output}.partial",
        provenance=provenance,
        **snakemake.params.settings,
    )
