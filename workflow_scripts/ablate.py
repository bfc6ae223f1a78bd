"""Rule ablate."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import ablate

    settings = snakemake.params.settings
    ablate.run(
        corpora=snakemake.params.corpora,
        output=snakemake.output.table,
        **{key: settings[key] for key in ("iou", "n_bootstrap", "bootstrap_seed", "confidence")},
    )
