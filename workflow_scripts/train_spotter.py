"""Rule train_spotter."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import train_spotter

    settings = snakemake.params.settings
    streams = settings["method"]["streams"]
    encoders = {stream: snakemake.input.get(f"{stream}_encoder") for stream in streams}
    output = snakemake.output.spotter
    train_spotter.run(
        method=settings["method"],
        training=settings["training"],
        flow=list(snakemake.input.flow),
        features={stream: snakemake.input[f"{stream}_features"] for stream in streams},
        labels=snakemake.input.labels,
        output=output,
        # No output of the rule, so that Snakemake leaves it for the next run after a kill.
        partial=f"{output}.partial",
        provenance=provenance,
        encoders={stream: path for stream, path in encoders.items() if path},
        frames=list(snakemake.input.get("frames", [])),
    )
