"""Events in a BORIS project, formats 4 to 7."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from mespot.errors import InputError
from mespot.formats.found import Annotated, Event, json_content
from mespot.formats.state_events import Mark, joined, names_of

_CURE = "open it in BORIS and save it again"


def read(path: Path) -> list[Annotated]:
    """The events of each observation. Raises InputError for what is no project."""
    project = json_content(path, "BORIS")
    if not (isinstance(project, dict) and isinstance(project.get("observations"), dict)):
        raise InputError(f"{path}: is no BORIS project: it has no observations; {_CURE}")
    points = {
        str(one.get("code"))
        for one in _values(project.get("behaviors_conf"))
        if str(one.get("type", "")).lower().startswith("point")
    }
    return [_observation(path, name, one, points) for name, one in project["observations"].items()]


def _values(section: Any) -> list[dict[str, Any]]:
    listed = section.values() if isinstance(section, dict) else section or []
    return [one for one in listed if isinstance(one, dict)]


def _observation(path: Path, name: str, one: Any, points: set[str]) -> Annotated:
    where = f"{path}: observation {name!r}"
    if not isinstance(one, dict) or not isinstance(one.get("events", []), list):
        raise InputError(f"{where}: is no observation; {_CURE}")
    fault = ""
    if one.get("type") != "MEDIA":
        fault = (
            f"is of an observation of type {one.get('type')!r}, which has no video; code a video"
        )
    players = one.get("file")
    listed = players if isinstance(players, dict) else {}
    files = {key: [str(file) for file in value] for key, value in listed.items() if value}
    shifted = [player for player in files if _shift(one, player) != 0]
    if shifted and len(shifted) == len(files):
        fault = f"is of player {shifted[0]}, whose media has an offset; set it to 0 in BORIS"
    if any(len(queue) > 1 for queue in files.values()):
        fault = "is of an observation of several videos in a row; make an observation of each video"
    offset = _number(one.get("time offset") or 0)
    if offset is None:
        raise InputError(f"{where}: its time offset is no number; {_CURE}")
    events, marks = [], []
    for number, event in enumerate(one.get("events", []), 1):
        place = f"{where}, event {number}"
        time = _number(event[0]) if isinstance(event, list) and len(event) >= 3 else None
        if time is None and fault and isinstance(event, list) and len(event) >= 3:
            time = offset  # images have no times
        if time is None:
            raise InputError(f"{place}: is no event with a time, subject and behavior; {_CURE}")
        subject, behaviour = str(event[1]), str(event[2])
        modifier = str(event[3] or "") if len(event) > 3 else ""
        modifier = "" if modifier.strip("|") in ("", "None") else modifier
        text = modifier or (str(event[4] or "") if len(event) > 4 else "")
        names = names_of(behaviour, modifier)
        if fault:
            events.append(Event(names, time - offset, None, place, text, subject, fault))
        elif behaviour in points:
            events.append(Event(names, time - offset, None, place, text, subject))
        else:
            marks.append(Mark(time - offset, subject, behaviour, modifier, place))
    # What another player shows earlier or later is not where the events say.
    playing = [player for player in files if player not in shifted] or list(files)
    media = [(file, 0.0) for player in playing for file in files[player]]
    return Annotated(where, media or [(name, 0.0)], events + joined(marks))


def _shift(observation: dict[str, Any], player: str) -> float | None:
    """The offset of a player's media, s; None for what is no number."""
    info = observation.get("media_info")
    offsets = info.get("offset") if isinstance(info, dict) else None
    return _number(offsets.get(player) or 0) if isinstance(offsets, dict) else 0.0


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
