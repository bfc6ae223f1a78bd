"""Rule pretrain."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import pretrain

    settings = dict(snakemake.params.settings)
    output = snakemake.output.encoder
    pretrain.run(
        whose=dict(snakemake.wildcards.items()),
        unseen=snakemake.params.unseen,
        pretraining=snakemake.params.pretraining,
        stream=snakemake.wildcards.stream,
        sources=list(snakemake.input.sources),
        output=output,
        # No output of the rule, so that Snakemake leaves it for the next run after a kill.
        partial=f"{output}.partial",
        provenance=provenance,
        weights=settings.pop("weights"),
        settings=settings,
        # No param: it changes no result.
        save_seconds=snakemake.config["pretrain"]["save_seconds"],
    )
