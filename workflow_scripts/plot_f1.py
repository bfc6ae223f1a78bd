"""Rule plot_f1."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import plot_f1

    plot_f1.run(
        corpus=snakemake.wildcards.corpus,
        metrics=snakemake.input.metrics,
        png=snakemake.output.png,
        pdf=snakemake.output.pdf,
        provenance=provenance,
    )
