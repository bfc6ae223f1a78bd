"""Rule demo_corpus: the two sheets of the built-in corpus, from its script alone."""

from pathlib import Path
from typing import Any

import pandas as pd

from mespot.demo import corpus
from mespot.store import tables


def run(
    *,
    videos_out: str | Path,
    annotations_out: str | Path,
    video_path: str,
    subjects: int,
    videos_per_subject: int,
    **section: Any,
) -> None:
    """Write the recording sheet and the annotation sheet.

    video_path: path of a video relative to the sheets, with `{video}` for its name. section: the
    keys of the section `demo` of config.yaml that say when who moves (ScriptSettings), and `varied`
    as far as it changes these.
    """
    entries = corpus.videos(subjects, videos_per_subject)
    rows = [
        {**entry, "path": video_path.format(video=entry["video"]), "fps": fps}
        for entry in entries
        for fps in [corpus.section_of(entry["video"], section)["fps"]]
    ]
    labels = corpus.annotations(entries, section)
    tables.write(videos_out, "videos", pd.DataFrame(rows))
    table = pd.DataFrame(labels) if labels else tables.empty("annotations")
    tables.write(annotations_out, "annotations", table)
