"""Rule ablate."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot import verification
    from mespot.steps import ablate

    verification.require(snakemake.config, snakemake.input)
    settings = snakemake.params.settings
    ablate.run(
        corpora=snakemake.params.corpora,
        output=snakemake.output.table,
        **{key: settings[key] for key in ("iou", "n_bootstrap", "bootstrap_seed", "confidence")},
    )
