"""Rule write_submission."""

from mespot.runtime import job

with job(snakemake):
    from mespot.steps import write_submission

    write_submission.run(
        intervals=list(snakemake.input.intervals),
        output=snakemake.output.submission,
    )
