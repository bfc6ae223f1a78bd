"""CAS(ME)^3, part B: 1,508 videos of 116 subjects without labels, made for pretraining."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.corpora import casme3
from mespot.corpora.notes import Notes

TITLE = "CAS(ME)^3 part B"


def recognise(root: Path) -> bool:
    """Whether the root looks like part B."""
    return bool(casme3.trees(root, "part_b"))


def videos(root: Path, settings: Mapping[str, Any], notes: Notes) -> pd.DataFrame:
    """The videos of part B."""
    return casme3.videos(root, settings, notes, "part_b")
