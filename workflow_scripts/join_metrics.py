"""Rule join_metrics."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot import verification
    from mespot.steps import join_metrics

    verification.require(snakemake.config, snakemake.input)
    join_metrics.run(
        metrics=list(snakemake.input.metrics),
        output=snakemake.output.metrics,
    )
