"""Rule plot_ablation."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import plot_ablation

    plot_ablation.run(
        table=snakemake.input.table,
        full=snakemake.params.full,
        png=snakemake.output.png,
        pdf=snakemake.output.pdf,
        provenance=provenance,
    )
