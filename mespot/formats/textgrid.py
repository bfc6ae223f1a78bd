"""Praat TextGrids, in the long text form: an interval tier a class, apexes as points.

https://www.fon.hum.uva.nl/praat/manual/TextGrid_file_formats.html
"""

from pathlib import Path

from mespot.formats.coded import APEX, CodedVideo, Entry, tiers
from mespot.store.files import replacing


def write(video: CodedVideo, out: Path) -> None:
    """Write the intervals of one video. The tiers go from 0 to the end of the video."""
    whole = float(video.known_times().edges[-1])
    named = list(tiers(video))
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', ""]
    lines += ["xmin = 0", f"xmax = {_number(whole)}", "tiers? <exists>", f"size = {len(named)}"]
    lines.append("item []:")
    for number, (name, entries) in enumerate(named, 1):
        points = name.startswith(APEX)
        rows = _points(entries) if points else _intervals(entries, whole)
        kind, what = ("TextTier", "points") if points else ("IntervalTier", "intervals")
        lines += [
            f"    item [{number}]:",
            f'        class = "{kind}"',
            f'        name = "{name}"',
            "        xmin = 0",
            f"        xmax = {_number(whole)}",
            f"        {what}: size = {len(rows)}",
        ]
        for index, row in enumerate(rows, 1):
            lines.append(f"        {what} [{index}]:")
            lines += [f"            {line}" for line in row]
    with replacing(out) as temporary:
        temporary.write_text("\n".join([*lines, ""]), encoding="utf-8", newline="\n")


def _intervals(entries: list[Entry], whole: float) -> list[list[str]]:
    """The intervals and, with empty texts, the gaps between them: a tier has none."""
    rows, at = [], 0.0
    for entry in entries:
        if entry.start > at:
            rows.append((at, entry.start, ""))
        rows.append((entry.start, entry.end, entry.text))
        at = entry.end
    if at < whole:
        rows.append((at, whole, ""))
    return [
        [f"xmin = {_number(start)}", f"xmax = {_number(end)}", f'text = "{text}"']
        for start, end, text in rows
    ]


def _points(entries: list[Entry]) -> list[list[str]]:
    return [[f"number = {_number(entry.start)}", f'mark = "{entry.text}"'] for entry in entries]


def _number(seconds: float) -> str:
    return f"{seconds:.6f}"
