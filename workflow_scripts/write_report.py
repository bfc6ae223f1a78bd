"""Rule write_report."""

from mespot.runtime import job

with job(snakemake):
    from mespot.steps import write_report

    write_report.run(
        results="results",
        iou=snakemake.params.iou,
        page=snakemake.output.page,
    )
