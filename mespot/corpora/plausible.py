"""Labels that can be used and are hardly meant: told with their rows, never changed.

Nothing here is an error: a label that cannot be right is refused or cut where it is placed.
"""

from collections.abc import Mapping

import pandas as pd

from mespot.corpora.notes import DOUBTFUL, Notes
from mespot.expressions import CLASSES

# Seconds. A micro-expression lasts half a second at most, a macro-expression half a second to four.
# Annotators cut differently, so only what is far from these is told.
_LIMITS = {"micro": (0.04, 1.0), "macro": (0.2, 30.0)}
_USUAL = {"micro": "half a second at most", "macro": "half a second to four"}
# Where the rate is not known yet: no label is told that could be right at a usual one.
_RATES = (25.0, 200.0)
_SAME = 0.5  # IoU of two labels of one class that may be one expression, labelled twice


def doubt(labels: pd.DataFrame, rates: Mapping[str, float | None], notes: Notes) -> None:
    """Note labels of an unlikely length, those that overlap for the most part, and a class that
    nobody showed.

    labels: table with video, onset, offset, type and `row`. rates: frames a second of each video,
    None where it is not known.
    """
    rows = labels.to_dict("records")
    for row in rows:
        _doubt_length(row, rates.get(row["video"]), notes)
    for _, own in labels.sort_values("onset", kind="stable").groupby(["video", "type"]):
        _doubt_overlap(own.to_dict("records"), notes)


def doubt_classes(labels: pd.DataFrame, where: str, notes: Notes) -> None:
    """Note that a corpus which is known to have both classes has labels of one only."""
    missing = [kind for kind in CLASSES if kind not in set(labels["type"])]
    if missing and len(labels):
        kind = missing[0]
        text = f"no {kind} label at all, so every {kind}-expression that is spotted is a false"
        notes.add(DOUBTFUL, where, f"{text} alarm; is another workbook missing?")


def _doubt_length(row: Mapping, fps: float | None, notes: Notes) -> None:
    frames = int(row["offset"]) - int(row["onset"]) + 1
    slow, fast = _RATES if fps is None else (fps, fps)
    shortest, longest = _LIMITS[row["type"]]
    if frames / slow < shortest or frames == 1:
        rate = slow
    elif frames / fast > longest:
        rate = fast
    else:
        return
    notes.add(
        DOUBTFUL,
        row["row"],
        f"[{row['onset']}, {row['offset']}] is a {row['type']} of {frames / rate:.2f} s ({frames}"
        f" frames at {rate:g} frames a second); such expressions last {_USUAL[row['type']]};"
        " correct the frames or the type if they are wrong",
    )


def _doubt_overlap(rows: list[dict], notes: Notes) -> None:
    """Note labels of one video and class, in order of their onsets, that are nearly the same."""
    for before, row in zip(rows, rows[1:], strict=False):
        shared = min(before["offset"], row["offset"]) - row["onset"] + 1
        joint = max(before["offset"], row["offset"]) - before["onset"] + 1
        if shared / joint > _SAME:
            text = f"[{row['onset']}, {row['offset']}] and [{before['onset']}, {before['offset']}]"
            notes.add(
                DOUBTFUL,
                row["row"],
                f"{text} of {before['row']} are nearly the same {row['type']}-expression; leave"
                " one of them if two people labelled it",
            )
