"""Rule import_motion."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import import_motion

    import_motion.run(
        source=snakemake.input.source,
        corpus=snakemake.wildcards.corpus,
        recording=snakemake.params.recording,
        regions=snakemake.input.get("regions") or None,
        output=snakemake.output.flow,
        provenance=provenance,
        **snakemake.params.settings,
    )
