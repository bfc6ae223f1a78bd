"""Labels whose end is not visible: the workbooks of CAS(ME)^2 and CAS(ME)^3 give them offset 0."""

from typing import Any

from mespot.corpora.notes import CHANGED, LEFT_OUT, Notes


def complete(row: dict[str, Any], convention: str, notes: Notes) -> bool:
    """Give a label with offset 0 an end, and empty an apex 0; False where it is to be left out.

    row: a label with onset, apex, offset and `row`, which is changed. convention: the end is the
    `apex`, the `mirror` image of the onset behind the apex, or `plus20` frames after the apex;
    `drop` leaves such labels out.
    """
    if row["apex"] == 0:
        notes.add(CHANGED, row["row"], "apex 0: left empty")
        row["apex"] = None
    if row["offset"] != 0:
        return True
    onset, apex = row["onset"], row["apex"]
    if convention == "drop" or apex is None:
        why = "missing_offset is drop" if apex is not None else "and the row has no apex"
        notes.add(LEFT_OUT, row["row"], f"offset 0 (the end is not visible), {why}")
        return False
    ends = {"apex": apex, "mirror": 2 * apex - onset, "plus20": apex + 20}
    row["offset"] = ends[convention]
    text = f"offset 0 (the end is not visible): {row['offset']} by the convention {convention}"
    notes.add(CHANGED, row["row"], text)
    return True
