"""Rule train_spotter."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import train_spotter

    given, settings = snakemake.input, snakemake.params.settings
    streams = settings["method"]["streams"]
    encoders = {stream: given.get(f"{stream}_encoder") for stream in streams}
    others = {
        corpus: {
            "flow": list(given[f"{corpus}_flow"]),
            "labels": given[f"{corpus}_labels"],
            "features": {stream: given[f"{corpus}_{stream}_features"] for stream in streams},
            "frames": list(given.get(f"{corpus}_frames", [])),
            "undecided": given.get(f"{corpus}_undecided") or None,
        }
        for corpus in snakemake.params.companions
    }
    output = snakemake.output.spotter
    train_spotter.run(
        whose=dict(snakemake.wildcards.items()),
        unseen=snakemake.params.unseen,
        transductive=snakemake.params.transductive,
        method=settings["method"],
        training=settings["training"],
        flow=list(given.flow),
        features={stream: given[f"{stream}_features"] for stream in streams},
        labels=given.labels,
        output=output,
        # No output of the rule, so that Snakemake leaves it for the next run after a kill.
        partial=f"{output}.partial",
        provenance=provenance,
        encoders={stream: path for stream, path in encoders.items() if path},
        frames=list(given.get("frames", [])),
        others=others,
        undecided=given.get("undecided") or None,
    )
