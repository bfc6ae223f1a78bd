"""Rule plot_timeline."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import plot_timeline

    plot_timeline.run(
        video=snakemake.wildcards.video,
        method=snakemake.params.method,
        scores=snakemake.input.scores,
        intervals=dict(zip(snakemake.params.methods, snakemake.input.intervals, strict=True)),
        labels=snakemake.input.get("labels") or None,
        frames=snakemake.input.get("frames"),
        source=snakemake.params.source,
        flow=snakemake.input.get("flow"),
        iou=snakemake.params.iou,
        png=snakemake.output.png,
        pdf=snakemake.output.pdf,
        provenance=provenance,
    )
