"""`mespot corpus check`: what is in a corpus, what is odd and what will be left out."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mespot.corpora import kinds
from mespot.corpora.found import CHANGED, LEFT_OUT, MISSING, REMARK, shown
from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.store import tables
from mespot.store.files import replacing

if TYPE_CHECKING:
    from mespot.corpora.check import Checked

SHOWN = 60  # notes of one sort on the screen; --out writes them all
_TITLES = {
    MISSING: "stops a run until it is mended",
    LEFT_OUT: "left out",
    CHANGED: "used otherwise than it stands",
    REMARK: "to be known",
}


def add(subparsers: Any) -> None:
    """Add `corpus` with its one action `check`."""
    parser = subparsers.add_parser("corpus", help="look at a corpus before any work")
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    action = actions.add_parser(
        "check",
        help="say what is in a corpus, what is odd and what will be left out",
        description="Say what is in a corpus, what is odd and what will be left out. Exit status 1"
        " where it cannot be used at all.",
    )
    action.add_argument("root", type=Path, metavar="ROOT", help="folder of the corpus")
    action.add_argument(
        "--kind", required=True, choices=list(kinds.KINDS), help="which corpus it is"
    )
    action.add_argument("--workbook", help="annotation workbook; else the one in ROOT")
    action.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a key of its section in config.yaml, such as missing_offset=drop",
    )
    action.add_argument(
        "--images", action="store_true", help="open every image, not five of each video (slow)"
    )
    action.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write the two sheets and all notes there"
    )
    action.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the table; 1 where the corpus cannot be used."""
    # Here: it opens images with OpenCV, which no other subcommand needs.
    from mespot.corpora.check import check

    settings = loader_settings(options.kind, options.workbook, options.set)
    try:
        checked = check(options.kind, options.root, settings, every_image=options.images)
    except InputError as error:
        print(f"{options.kind}: cannot be used: {error}")
        return 1
    print("\n".join([*summary(checked), *notes(checked, SHOWN)]))
    if options.out is not None:
        print("\n".join(write(checked, options.out)))
    return 0


def loader_settings(kind: str, workbook: str | None, given: Sequence[str]) -> dict[str, Any]:
    """The settings of a loader: its defaults and what the command line says otherwise."""
    settings = dict(kinds.DEFAULTS[kind])
    changes = [pair.partition("=") for pair in given]
    if workbook is not None:
        changes.append(("workbook", "=", workbook))
    for key, _, value in changes:
        if key not in settings:
            known = ", ".join(settings) or "none"
            raise InputError(f"{key}: no setting of {kind}; there are {known}")
        allowed = kinds.CHOICES.get((kind, key))
        if allowed is not None and value not in allowed:
            raise InputError(f"{key}: {value!r} is none of {', '.join(allowed)}")
        settings[key] = value
    return settings


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
    title = f"{checked.kind}: {kinds.KINDS[checked.kind].TITLE} in {shown(checked.root)}"
    lines = [title, f"{len(rows) - 1} subjects", "", *_aligned([head, *rows]), ""]
    frames = [one.frames for one in checked.recordings if one.frames]
    rates = sorted({one.fps for one in checked.recordings})
    lines.append(
        f"frames a video: {min(frames)} to {max(frames)}, mean {sum(frames) / len(frames):.0f}; "
        f"{' and '.join(f'{rate:g}' for rate in rates)} frames a second"
    )
    if labels is not None:
        lines.append(f"labels: {checked.stated} in the workbook, {len(labels)} used")
        lines += _durations(checked, labels)
    return lines


def _row(subject: str, own: list, with_labels: set[str], kinds_of: Counter) -> list[Any]:
    return [
        subject,
        len(own),
        sum(one.video in with_labels for one in own),
        sum(one.frames for one in own),
        round(sum(one.frames / one.fps for one in own)),
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
        raise InputError(f"{folder}: lies in the corpus; write somewhere else")
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
        raise InputError(f"{folder}: cannot be written: {error.strerror}") from None
    annotations = "null" if checked.labels is None else folder / "annotations.csv"
    return [
        "",
        f"written to {folder}; to run mespot on these sheets:",
        "  corpora: [sheet]",
        f"  sheet: {{videos: {folder / 'videos.csv'}, annotations: {annotations}, "
        f"root: {checked.root}}}",
    ]
