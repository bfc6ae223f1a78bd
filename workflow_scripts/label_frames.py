"""Rule label_frames."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import label_frames

    label_frames.run(
        annotations=list(snakemake.input.annotations),
        landmarks=list(snakemake.input.landmarks),
        flow=list(snakemake.input.flow),
        output=snakemake.output.labels,
        loader=snakemake.params.loader,
        left_out=snakemake.params.left_out,
        behaviours=snakemake.params.behaviours,
        sources=list(snakemake.input.sources),
        provenance=provenance,
    )
