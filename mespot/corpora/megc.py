"""The test sets of the MEGC challenges (2022 to 2025): long videos whose labels nobody has.

10 videos of SAMM at 200 fps and 20 clips of CAS(ME)^3 at 30 fps, in folders of images such as
`SAMM_Test_cropped/{video}` and `CAS_Test_cropped/{video}`. See https://megc2025.github.io.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.corpora.corpus_tables import video_row, videos_table
from mespot.corpora.layout import entries, inside, recordings
from mespot.corpora.notes import LEFT_OUT, Notes, shown
from mespot.errors import InputError

TITLE = "MEGC test set"
FPS = {"samm": 200.0, "cas": 30.0}


def parts(root: Path) -> list[tuple[Path, float]]:
    """The two folders of videos and their frame rates, by the word in their names."""
    rates = [(root / name, _fps(name)) for name in entries(root)[0]]
    named = [(path, fps) for path, fps in rates if fps is not None]
    if not named and (fps := _fps(root.name)) is not None:
        return [(root, fps)]
    return named


def _fps(name: str) -> float | None:
    match = re.match(r"(samm|cas)(?!.*long)", name.lower())  # SAMM_longvideos is no test set
    return FPS[match[1]] if match else None


def recognise(root: Path) -> bool:
    """Whether the root looks like a test set."""
    return {fps for _, fps in parts(root)} == set(FPS.values())


def videos(root: Path, settings: Mapping[str, Any], notes: Notes) -> pd.DataFrame:
    """The videos of both parts; each is a subject of its own unless its name says whose it is."""
    folders = parts(root)
    if not folders:
        raise InputError(
            f"{shown(root)}: has no folders SAMM_... and CAS_... with videos in them; "
            f"give the root of a {TITLE}"
        )
    rows: list[dict[str, Any]] = []
    for folder, fps in folders:
        if not inside(root, folder, notes):
            continue
        for name, path in recordings(folder, root, notes):
            if any(row["video"] == name for row in rows):
                notes.add(LEFT_OUT, shown(path), "a second video of this name")
                continue
            subject = name.split("_")[0] if fps == FPS["samm"] else name
            rows.append(video_row(subject, name, path, fps))
    return videos_table(rows)
