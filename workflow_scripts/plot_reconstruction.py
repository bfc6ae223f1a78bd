"""Rule plot_reconstruction."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import plot_reconstruction

    plot_reconstruction.run(
        encoder=snakemake.input.encoder,
        flow=snakemake.input.flow,
        frames=snakemake.input.frames,
        labels=snakemake.input.get("labels") or None,
        drift_seconds=snakemake.params.drift_seconds,
        png=snakemake.output.png,
        pdf=snakemake.output.pdf,
        provenance=provenance,
    )
