"""Events that BORIS has exported as a table, tabular (a row a start or stop) or aggregated."""

from __future__ import annotations

import re
from pathlib import Path

from mespot.formats.found import Annotated, Event, content
from mespot.formats.json_parts import a_number
from mespot.formats.state_events import START, STOP, Mark, joined, names_of
from mespot.store.sheet_cells import is_missing, seconds
from mespot.store.sheet_errors import Errors, value_of
from mespot.store.sheet_rows import Row, written

# Other names of columns, of older versions too, in the form in which they are looked for.
_ALIASES = {
    "time": "time",
    "behavior": "behavior",
    "behavior_type": "side",
    "status": "side",
    "start_(s)": "start",
    "stop_(s)": "stop",
    "observation_id": "observation",
    "media_file_name": "media",
    "media_file_path": "media",
    "media_file": "media",
    "source": "source",
    "time_offset_(s)": "offset",
    "comment": "comment",
    "comment_start": "comment",
}
_TABULAR = ["time", "behavior", "side"]
_AGGREGATED = ["start", "stop", "behavior", "side"]
_OPTIONAL = ["observation", "subject", "media", "source", "offset", "comment"]
_UNKNOWN = {"", "na", "not found"}
_NOBODY = "no focal subject"  # for events of no subject; projects have an empty name there


def read(path: Path) -> list[Annotated]:
    """The events of each observation in the table. Raises InputError with file, row and column."""
    content(path)
    errors = Errors(path)
    head = path.read_bytes()[:100_000].replace(b"\0", b"").lower()
    aggregated = b"start (s)" in head
    aliases = dict(_ALIASES)
    for number in range(1, 10):
        aliases[f"modifier_#{number}"] = f"modifier_{number}"
    modifiers = [f"modifier_{number}" for number in range(1, 10)]
    columns = _AGGREGATED if aggregated else _TABULAR
    rows = written(errors, columns, [*_OPTIONAL, *modifiers], aliases=aliases).rows
    observations: dict[str, list[Row]] = {}
    for line, row in rows:
        observations.setdefault(row.get("observation") or _media(row), []).append((line, row))
    read_rows = _aggregated if aggregated else _tabular
    found = [
        Annotated(
            f"{path}: observation {name!r}",
            _linked(errors, listed) or ([(name, 0.0)] if name else []),
            read_rows(errors, listed),
        )
        for name, listed in observations.items()
    ]
    errors.raise_any()
    return found


def _media(row: dict[str, str]) -> str:
    """The media file of a row, without the player that has shown it."""
    for column in ("media", "source"):
        text = re.sub(r"^player #\d+:\s*", "", row.get(column, ""))
        if text.lower() not in _UNKNOWN:
            return text
    return ""


def _linked(errors: Errors, rows: list[Row]) -> list[tuple[str, float]]:
    files: dict[str, int] = {}
    for line, row in rows:
        if file := _media(row):
            files.setdefault(file, line)
    if len(files) > 1:
        first, second, *_ = files
        text = f"'{second}', but other rows of this observation have '{first}'; export each"
        errors.add(files[second], "media", f"{text} video as an observation of its own")
    elif any(re.search(r";|\|player #", file) for file in files):
        line = next(iter(files.values()))
        errors.add(line, "source", "names several videos; make an observation of each video")
    return [(file, 0.0) for file in files]


def _modifier(row: dict[str, str]) -> str:
    given = (row.get(f"modifier_{number}", "") for number in range(1, 10))
    return "|".join(one for one in given if one and not is_missing(one))


def _subject(row: dict[str, str]) -> str:
    name = row.get("subject", "")
    return "" if name.lower() == _NOBODY else name


def _time(errors: Errors, line: int, row: dict[str, str], column: str) -> float | None:
    text = row[column]
    time = value_of(errors, line, column, text, seconds)
    shift = row.get("offset", "")
    if time is None or not shift or is_missing(shift):
        return time
    later = a_number(shift.replace(",", "."))
    if later is None:
        errors.add(line, "offset", f"'{shift}' must be a number of seconds; export the table again")
        return None
    return time - later


def _tabular(errors: Errors, rows: list[Row]) -> list[Event]:
    events, marks = [], []
    for line, row in rows:
        time = _time(errors, line, row, "time")
        side = row["side"].upper()
        modifier, where = _modifier(row), errors.where(line)
        if time is None:
            continue
        if side.startswith("POINT"):
            text = modifier or row.get("comment", "")
            names = names_of(row["behavior"], modifier)
            events.append(Event(names, time, None, where, text, _subject(row)))
        elif side in (START, STOP):
            subject = _subject(row)
            marks.append(Mark(time, subject, row["behavior"], modifier, where, side))
        else:
            errors.add(line, "side", f"'{row['side']}' must be START, STOP or POINT; export again")
    return events + joined(marks)


def _aggregated(errors: Errors, rows: list[Row]) -> list[Event]:
    events = []
    for line, row in rows:
        start = _time(errors, line, row, "start")
        point = row["side"].upper().startswith("POINT")
        modifier, where = _modifier(row), errors.where(line)
        end, fault = None, ""
        if not point and is_missing(row["stop"]):
            fault = "has no stop; complete it in BORIS (Observations > Fix unpaired events)"
        elif not point:
            end = _time(errors, line, row, "stop")
        if start is None:
            continue
        names = names_of(row["behavior"], modifier)
        text = modifier or row.get("comment", "")
        events.append(Event(names, start, end, where, text, _subject(row), fault))
    return events
