"""Rule label_frames."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import label_frames

    label_frames.run(
        annotations=snakemake.input.annotations,
        landmarks=list(snakemake.input.landmarks),
        output=snakemake.output.labels,
        provenance=provenance,
    )
