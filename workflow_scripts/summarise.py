"""Rule summarise."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import summarise

    summarise.run(
        corpus=snakemake.wildcards.corpus,
        subjects=snakemake.params.subjects,
        landmarks=list(snakemake.input.get("landmarks", [])),
        flow=list(snakemake.input.get("flow", [])),
        frames=list(snakemake.input.get("frames", [])),
        methods=snakemake.params.methods,
        output=snakemake.output.summary,
    )
