"""Rule plot_responses."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import plot_responses

    plot_responses.run(
        encoder=snakemake.wildcards.encoder,
        features=snakemake.params.features,
        videos=snakemake.params.videos,
        flow=snakemake.input.flow,
        labels=snakemake.input.labels,
        drift_seconds=snakemake.params.drift_seconds,
        png=snakemake.output.png,
        pdf=snakemake.output.pdf,
        provenance=provenance,
    )
