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
    **section: Any,
) -> None:
    """Write the recording sheet and the annotation sheet.

    video_path: path of a video relative to the sheets, with `{video}` for its name. section: the
    keys of the section `demo` of config.yaml that say who there is, and when who moves: those of
    ScriptSettings, the numbers of subjects and videos, `groups` and `varied`, as far as these two
    change the others.
    """
    entries = corpus.videos(section)
    labels = corpus.annotations(entries, section)
    rows = [
        {
            **entry,
            "path": video_path.format(video=entry["video"]),
            "fps": corpus.for_video(corpus.own_section(entry["video"], section))[1]["fps"],
        }
        for entry in entries
    ]
    tables.write(videos_out, "videos", pd.DataFrame(rows))
    table = pd.DataFrame(labels) if labels else tables.empty("annotations")
    tables.write(annotations_out, "annotations", table)
