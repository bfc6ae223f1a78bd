"""Rule plot_losses."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import plot_losses

    plot_losses.run(
        encoder=snakemake.wildcards.encoder,
        checkpoints=snakemake.params.checkpoints,
        png=snakemake.output.png,
        pdf=snakemake.output.pdf,
        provenance=provenance,
    )
