"""Rule spot."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import spot

    method = snakemake.params.settings["method"]
    streams = method.get("streams", [])
    spot.run(
        method=method,
        spotting=snakemake.params.settings["spotting"],
        flow=list(snakemake.input.flow),
        features={stream: snakemake.input[f"{stream}_features"] for stream in streams},
        spotter=snakemake.input.get("spotter"),
        scores_out=snakemake.output.scores,
        intervals_out=snakemake.output.intervals,
        candidates_out=snakemake.output.candidates,
        snapshots_out=snakemake.output.snapshots,
        provenance=provenance,
    )
