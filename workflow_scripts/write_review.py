"""Rule write_review."""

from mespot.runtime import job

with job(snakemake):
    from mespot.steps import write_review

    write_review.run(
        video=snakemake.wildcards.video,
        method=snakemake.params.method,
        scores=snakemake.input.scores,
        intervals=snakemake.input.intervals,
        candidates=snakemake.input.candidates,
        flow=snakemake.input.flow,
        frames=snakemake.input.get("frames"),
        source=snakemake.params.source,
        page=snakemake.output.page,
    )
