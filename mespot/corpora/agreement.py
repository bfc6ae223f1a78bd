"""Labels of several workbooks of one corpus: those that two have, and those that contradict."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mespot.corpora.notes import DOUBTFUL, LEFT_OUT, REMARK, Notes, shown

Label = dict[str, Any]

# Lowest IoU of two labels that may be meant for one expression: of one class, of two classes.
_ONE_CLASS, _TWO_CLASSES = 0.2, 0.5


def agreed(by_workbook: Sequence[tuple[Path, list[Label]]], notes: Notes) -> list[Label]:
    """The labels of all workbooks, each expression once.

    by_workbook: labels with video, type, onset, offset and `row`. The workbook with more classes,
    then with more labels, goes before others: a label that is nearly that of an earlier workbook,
    or has another class there, is left out. Noted are these, and those that only one of two
    workbooks has although both have labels of the class.
    """
    ordered = sorted(
        by_workbook, key=lambda pair: (-len({row["type"] for row in pair[1]}), -len(pair[1]))
    )
    kept: list[Label] = []
    read: list[tuple[Path, list[Label]]] = []
    for path, labels in ordered:
        before: dict[str, list[Label]] = {}
        for label in kept:
            before.setdefault(label["video"], []).append(label)
        own = []
        for label in labels:
            same = _same(label, before.get(label["video"], []))
            if same is None:
                own.append(label)
            elif _key(same) != _key(label):
                text = f"{_words(label)} contradicts {_words(same)} of {same['row']}, which is used"
                notes.add(LEFT_OUT, label["row"], f"{text}; the key `workbook` chooses workbooks")
        for other, others in read:
            _compare(path, labels, other, others, notes)
        kept += own
        read.append((path, labels))
    return kept


def _same(label: Label, others: Sequence[Label]) -> Label | None:
    """The label of another workbook that is meant for the same expression."""
    nearest = max(others, key=lambda other: _iou(label, other), default=None)
    if nearest is None:
        return None
    least = _ONE_CLASS if nearest["type"] == label["type"] else _TWO_CLASSES
    return nearest if _iou(label, nearest) > least else None


def _iou(one: Label, other: Label) -> float:
    shared = min(one["offset"], other["offset"]) - max(one["onset"], other["onset"]) + 1
    joint = max(one["offset"], other["offset"]) - min(one["onset"], other["onset"]) + 1
    return max(0, shared) / joint if joint > 0 else 0.0


def _compare(
    path: Path, labels: Sequence[Label], other: Path, others: Sequence[Label], notes: Notes
) -> None:
    """Note how many labels two workbooks share, and how many of a class only one of them has."""
    here, there = {_key(label) for label in labels}, {_key(label) for label in others}
    if shared := here & there:
        text = f"{len(shared)} labels stand in {shown(other.name)} too, each is used once"
        notes.add(REMARK, shown(path), text)
    classes = {label["type"] for label in labels} & {label["type"] for label in others}
    for only, place, lacks in ((here - there, path, other), (there - here, other, path)):
        for kind, count in sorted(Counter(key[1] for key in only if key[1] in classes).items()):
            text = f"{count} {kind} labels are not in {shown(lacks.name)}, which has others"
            notes.add(DOUBTFUL, shown(place), f"{text}; the key `workbook` chooses workbooks")


def _key(label: Label) -> tuple[Any, ...]:
    return label["video"], label["type"], label["onset"], label["offset"]


def _words(label: Label) -> str:
    return f"{label['type']} [{label['onset']}, {label['offset']}]"
