"""Rule compare_methods."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot import verification
    from mespot.steps import compare_methods

    verification.require(snakemake.config, snakemake.input)
    settings = snakemake.params.settings
    compare_methods.run(
        corpora=snakemake.params.corpora,
        output=snakemake.output.comparison,
        **{key: settings[key] for key in ("iou", "n_bootstrap", "bootstrap_seed", "confidence")},
    )
