"""What `mespot corpus check` prints and writes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.cli import config_lines
from mespot.corpora import kinds
from mespot.corpora.check import Checked, CheckedRecording
from mespot.corpora.notes import CHANGED, DOUBTFUL, LEFT_OUT, MISSING, REMARK, shown
from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.store import tables
from mespot.store.files import replacing

SHOWN = 60  # notes of one sort on the screen; --out writes them all
_TITLES = {
    MISSING: "stops a run until it is corrected",
    LEFT_OUT: "left out",
    CHANGED: "changed before use",
    DOUBTFUL: "doubtful, used as it is",
    REMARK: "good to know",
}


def page(checked: Checked) -> str:
    """What is printed: the table, then the notes."""
    return "\n".join([*summary(checked), *notes(checked, SHOWN)])


def summary(checked: Checked) -> list[str]:
    """A row a subject and one for all, then what a video and a label last."""
    labels = checked.labels
    kinds_of: Counter = Counter()
    if labels is not None:
        kinds_of.update(zip(labels["subject"], labels["type"], strict=True))
    with_labels = set() if labels is None else set(labels["video"])
    rows = []
    for subject in dict.fromkeys(one.subject for one in checked.recordings):
        own = [one for one in checked.recordings if one.subject == subject]
        rows.append(_row(subject, own, with_labels, kinds_of))
    totals = [sum(row[i] for row in rows) for i in range(1, 7)]
    rows.append(["all", *totals])
    head = ["subject", "videos", "labelled", "frames", "seconds", *CLASSES]
    if labels is None:
        head, rows = _without_labels(head), [_without_labels(row) for row in rows]
    title = f"{checked.kind}: {kinds.title(checked.kind)} in {shown(checked.root)}"
    lines = [title, f"{len(rows) - 1} subjects", "", *_aligned([head, *rows]), ""]
    frames = [one.frames for one in checked.recordings if one.frames]
    rates = sorted({one.fps for one in checked.recordings if one.frames})
    lines.append(
        f"frames a video: {min(frames)} to {max(frames)}, mean {sum(frames) / len(frames):.0f}; "
        f"{' and '.join(f'{rate:g}' for rate in rates)} frames a second"
    )
    if labels is not None:
        place = "annotations.csv" if checked.kind == kinds.MOTION else "the workbook"
        lines.append(f"labels: {checked.stated} in {place}, {len(labels)} used")
        lines += _durations(checked, labels)
    return lines


def _row(
    subject: str, own: list[CheckedRecording], with_labels: set[str], kinds_of: Counter
) -> list[Any]:
    return [
        subject,
        len(own),
        sum(one.video in with_labels for one in own),
        sum(one.frames for one in own),
        round(sum(one.frames / one.fps for one in own if one.frames)),
        kinds_of[subject, "micro"],
        kinds_of[subject, "macro"],
    ]


def _without_labels(row: list[Any]) -> list[Any]:
    return [row[0], row[1], row[3], row[4]]


def _aligned(rows: list[list[Any]]) -> list[str]:
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]


def _durations(checked: Checked, labels: pd.DataFrame) -> list[str]:
    fps = {one.video: one.fps for one in checked.recordings}
    lines = []
    for kind in CLASSES:
        own = labels[labels["type"] == kind]
        if own.empty:
            continue
        frames = (own["offset"] - own["onset"] + 1).astype(int)
        seconds = frames / own["video"].map(fps).astype(float)
        lines.append(
            f"{kind}: {frames.min()} to {frames.max()} frames, mean {frames.mean():.1f} "
            f"({seconds.min():.2f} to {seconds.max():.2f} s)"
        )
    return lines


def notes(checked: Checked, limit: int | None = None) -> list[str]:
    """Everything odd, by what becomes of it."""
    lines = []
    for what, title in _TITLES.items():
        own = [note for note in checked.notes if note.what == what]
        if not own:
            continue
        lines += ["", f"{title} ({len(own)}):", *(f"  {note}" for note in own[:limit])]
        if limit is not None and len(own) > limit:
            lines.append(f"  and {len(own) - limit} more; --out writes them all")
    return lines or ["", "nothing odd"]


def write(checked: Checked, folder: Path) -> list[str]:
    """Write videos.csv, annotations.csv and notes.txt; returns how to run mespot on them."""
    if folder.resolve().is_relative_to(checked.root.resolve()):
        raise InputError(f"{folder}: lies in the corpus; name a folder elsewhere")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        videos = checked.videos.copy()
        videos["path"] = [
            Path(path).relative_to(checked.root).as_posix() for path in videos["path"]
        ]
        tables.write(folder / "videos.csv", "numbered_videos", videos)
        if checked.labels is not None:
            tables.write(folder / "annotations.csv", "annotations", checked.labels)
        with replacing(folder / "notes.txt") as temporary:
            text = "\n".join([*summary(checked), *notes(checked)])
            Path(temporary).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be written: {error.strerror}; name another folder"
        ) from None
    sheets = {
        "videos": folder / "videos.csv",
        "annotations": None if checked.labels is None else folder / "annotations.csv",
        "root": checked.root,
    }
    return [
        "",
        f"written to {folder}; to run mespot on these sheets:",
        config_lines.corpus("sheet", sheets),
    ]
