"""Rule score."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot import verification
    from mespot.steps import score

    verification.require(snakemake.config, snakemake.input)
    settings = snakemake.params.settings
    score.run(
        corpus=snakemake.wildcards.corpus,
        videos=snakemake.params.videos,
        labels=snakemake.input.get("labels") or None,
        methods=snakemake.params.methods,
        output=snakemake.output.metrics,
        **{key: settings[key] for key in ("iou", "n_bootstrap", "bootstrap_seed", "confidence")},
    )
