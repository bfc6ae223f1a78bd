"""Rule join_metrics."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import join_metrics

    join_metrics.run(
        metrics=list(snakemake.input.metrics),
        output=snakemake.output.metrics,
    )
