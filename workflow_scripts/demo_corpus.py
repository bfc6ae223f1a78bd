"""Rule demo_corpus."""

from mespot.runtime import job

with job(snakemake) as provenance:
    from mespot.steps import demo_corpus

    demo_corpus.run(
        videos_out=snakemake.output.videos,
        annotations_out=snakemake.output.annotations,
        video_path="videos/{video}.mp4",
        **snakemake.params.settings,
    )
