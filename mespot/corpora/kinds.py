"""The real corpora that mespot reads, by the name of their section in config.yaml."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from mespot.corpora import casme2, casme3, casme3_b, megc, samm_lv, smic_e_long, workbook
from mespot.corpora.found import LEFT_OUT, REMARK, Note, Notes, shown
from mespot.errors import InputError

log = logging.getLogger(__name__)

KINDS: dict[str, ModuleType] = {
    "casme2": casme2,
    "samm_lv": samm_lv,
    "casme3": casme3,
    "casme3_b": casme3_b,
    "smic_e_long": smic_e_long,
    "megc": megc,
}
# What the settings of a corpus are when nothing is said; config.yaml has them with their reasons.
DEFAULTS: dict[str, dict[str, Any]] = {
    "casme2": {"workbook": None, "tree": None, "missing_offset": "apex"},
    "samm_lv": {"workbook": None, "began_before": "keep", "rounding": "half_up"},
    "casme3": {"workbook": None},
    "casme3_b": {},
    "smic_e_long": {"workbook": None, "camera": "HS"},
    "megc": {},
}
# What a setting may be, where it is one of a few words.
CHOICES = {
    ("casme2", "tree"): casme2.TREES,
    ("casme2", "missing_offset"): casme2.CONVENTIONS,
    ("samm_lv", "began_before"): ("keep", "drop"),
    ("samm_lv", "rounding"): workbook.ROUNDING,
    ("smic_e_long", "camera"): tuple(smic_e_long.FPS),
}


def labelled(kind: str) -> bool:
    """Whether a corpus of this kind comes with labels."""
    return hasattr(KINDS[kind], "labels")


def read_videos(
    kind: str, root: str | Path, settings: Mapping[str, Any]
) -> tuple[pd.DataFrame, list[Note]]:
    """The table of videos of a corpus and what was odd in its folders. No frame folder is listed.

    Raises InputError when the root is not of this kind (and says of which it looks) or empty.
    """
    root, notes = Path(root), Notes()
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise InputError(f"{shown(root)}: {what}; give the folder of the corpus {kind}")
    try:
        videos = KINDS[kind].videos(root, settings, notes)
    except InputError as error:
        raise InputError(f"{error}{_looks_like(kind, root)}") from None
    if videos.empty:
        left_out = f" ({notes.found[0]})" if notes.found else ""
        raise InputError(
            f"{shown(root)}: has no video of {kind}{left_out}{_looks_like(kind, root)}"
        )
    return videos, notes.found


def _looks_like(kind: str, root: Path) -> str:
    others = []
    for name, module in KINDS.items():
        try:
            if name != kind and module.recognise(root):
                others.append(name)
        except InputError:
            continue
    return f" It looks like {' or '.join(others)}." if others else ""


def workbooks(kind: str, root: str | Path, settings: Mapping[str, Any]) -> list[Path]:
    """The annotation workbooks of a corpus that has labels. Raises InputError without one."""
    return KINDS[kind].workbooks(Path(root), settings)


def read_labels(
    kind: str, paths: Sequence[str | Path], videos: pd.DataFrame, settings: Mapping[str, Any]
) -> tuple[pd.DataFrame, list[Note]]:
    """The table of labels and what was odd in the workbook.

    videos: table with at least subject and video. Raises InputError for a workbook that cannot be
    read, that is another one, or in which no row can be used.
    """
    notes = Notes()
    labels = KINDS[kind].labels([Path(path) for path in paths], videos, settings, notes)
    if labels.empty:
        reasons = [note for note in notes.found if note.what == LEFT_OUT]
        first = f", the first because: {reasons[0]}" if reasons else ""
        raise InputError(
            f"{shown(paths[0])}: no label of it can be used: {len(reasons)} left out{first}"
        )
    return labels, notes.found


def report(notes: Sequence[Note]) -> None:
    """Write notes to the log: what was changed or left out as warnings, the rest as information."""
    for note in notes:
        level = logging.INFO if note.what == REMARK else logging.WARNING
        log.log(level, "%s: %s", note.what, note)
