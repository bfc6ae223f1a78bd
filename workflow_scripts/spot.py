"""Rule spot."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import spot

    settings = snakemake.params.settings
    method = settings["method"]
    features = {s: snakemake.input.get(f"{s}_features") for s in method.get("streams", [])}
    spot.run(
        flow=list(snakemake.input.flow),
        features={stream: path for stream, path in features.items() if path},
        scores_out=snakemake.output.scores,
        intervals_out=snakemake.output.intervals,
        candidates_out=snakemake.output.candidates,
        provenance=provenance,
        whose=dict(snakemake.wildcards.items()),
        method=method,
        training_free=settings.get("training_free"),
        decoding=settings.get("decoding"),
        spotter=snakemake.input.get("spotter"),
        partner=snakemake.input.get("partner"),
        frames=list(snakemake.input.get("frames", [])),
        transductive=snakemake.params.transductive,
    )
