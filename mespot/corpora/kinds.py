"""The real corpora that mespot reads, by the name of their section in config.yaml."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mespot.corpora.notes import LEFT_OUT, REMARK, Note, Notes, shown
from mespot.errors import InputError
from mespot.store.paths import FOLDER, kind_at

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

MOTION = "motion"
MOTIONS = (MOTION, "more_motion")  # the corpora that have motion and no videos
KINDS = ("casme2", "samm_lv", "casme3", "casme3_b", "smic_e_long", "megc")


def loader(kind: str) -> ModuleType:
    """The module that reads a corpus: TITLE, recognise, videos and, with labels, workbooks, labels.

    It loads pandas, which the list of kinds does without.
    """
    from mespot.corpora import casme2, casme3, casme3_b, megc, samm_lv, smic_e_long

    modules = {
        "casme2": casme2,
        "samm_lv": samm_lv,
        "casme3": casme3,
        "casme3_b": casme3_b,
        "smic_e_long": smic_e_long,
        "megc": megc,
    }
    return modules[kind]


def title(kind: str) -> str:
    """What a corpus is called."""
    return "motion without videos" if kind == MOTION else str(loader(kind).TITLE)


def labelled(kind: str) -> bool:
    """Whether a corpus of this kind comes with labels."""
    return hasattr(loader(kind), "labels")


def read_videos(
    kind: str, root: str | Path, settings: Mapping[str, Any]
) -> tuple[pd.DataFrame, list[Note]]:
    """The table of videos of a corpus and what was odd in its folders. No frame folder is listed.

    Raises InputError when the root is empty or not of this kind (and says what it looks like).
    """
    root, notes = Path(root), Notes()
    if (there := kind_at(root)) != FOLDER:
        what = f"is a {there}" if there else "does not exist"
        raise InputError(f"{shown(root)}: {what}; give the folder of the corpus {kind}")
    try:
        videos = loader(kind).videos(root, settings, notes)
    except InputError as error:
        raise InputError(f"{error}{_looks_like(kind, root)}") from None
    if videos.empty:
        reason = f" ({notes.entries[0]})" if notes.entries else ""
        raise InputError(
            f"{shown(root)}: has no video of {kind}{reason}; give the folder of this corpus."
            f"{_looks_like(kind, root)}"
        )
    return videos, notes.entries


def _looks_like(kind: str, root: Path) -> str:
    others = []
    for name in KINDS:
        try:
            if name != kind and loader(name).recognise(root):
                others.append(name)
        except InputError:
            continue
    return f" It looks like {' or '.join(others)}." if others else ""


def workbooks(kind: str, root: str | Path, settings: Mapping[str, Any]) -> list[Path]:
    """The annotation workbooks of a corpus that has labels. Raises InputError without one."""
    return loader(kind).workbooks(Path(root), settings)


def read_labels(
    kind: str, paths: Sequence[str | Path], videos: pd.DataFrame, settings: Mapping[str, Any]
) -> tuple[pd.DataFrame, list[Note]]:
    """The table of labels and what was odd in the workbook.

    videos: table with at least subject and video. Raises InputError for a workbook that cannot be
    read, that is another one, or in which no row can be used.
    """
    notes = Notes()
    labels = loader(kind).labels([Path(path) for path in paths], videos, settings, notes)
    if labels.empty:
        left_out = [note for note in notes.entries if note.what == LEFT_OUT]
        first = f" (the first: {left_out[0]})" if left_out else ""
        raise InputError(
            f"{shown(paths[0])}: has no label that can be used, {len(left_out)} are left out"
            f"{first}; check that workbook and videos are of the same corpus"
        )
    return labels, notes.entries


def report(notes: Sequence[Note]) -> None:
    """Write notes to the log: what was changed or left out as warnings, the rest as information."""
    for note in notes:
        level = logging.INFO if note.what == REMARK else logging.WARNING
        log.log(level, "%s: %s", note.what, note)
