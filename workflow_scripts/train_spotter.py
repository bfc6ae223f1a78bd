"""Rule train_spotter."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import train_spotter

    method = snakemake.params.settings["method"]
    encoders = {s: snakemake.input.get(f"{s}_encoder") for s in method["streams"]}
    output = snakemake.output.spotter
    train_spotter.run(
        method=method,
        spotting=snakemake.params.settings["spotting"],
        flow=list(snakemake.input.flow),
        features={stream: snakemake.input[f"{stream}_features"] for stream in method["streams"]},
        labels=snakemake.input.labels,
        output=output,
        # No output of the rule, so that Snakemake leaves it for the next run after a kill.
        partial=f"{output}.partial",
        provenance=provenance,
        encoders={stream: path for stream, path in encoders.items() if path},
        frames=list(snakemake.input.get("frames", [])),
        beside=snakemake.input.get("beside"),
    )
