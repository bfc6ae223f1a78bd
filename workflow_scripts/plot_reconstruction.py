"""Rule plot_reconstruction."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import plot_reconstruction

    plot_reconstruction.run(
        encoder=snakemake.input.encoder,
        source=snakemake.input.source[0],
        labels=snakemake.input.get("labels") or None,
        png=snakemake.output.png,
        pdf=snakemake.output.pdf,
        provenance=provenance,
    )
