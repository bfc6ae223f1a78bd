"""Rule spot."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import spot

    method = snakemake.params.settings["method"]
    features = {s: snakemake.input.get(f"{s}_features") for s in method.get("streams", [])}
    spot.run(
        method=method,
        spotting=snakemake.params.settings["spotting"],
        flow=list(snakemake.input.flow),
        features={stream: path for stream, path in features.items() if path},
        spotter=snakemake.input.get("spotter"),
        scores_out=snakemake.output.scores,
        intervals_out=snakemake.output.intervals,
        candidates_out=snakemake.output.candidates,
        provenance=provenance,
        frames=list(snakemake.input.get("frames", [])),
    )
