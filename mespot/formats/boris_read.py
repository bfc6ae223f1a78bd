"""Events in a BORIS project, formats 4 to 7."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mespot.errors import InputError
from mespot.formats.found import Annotated, Event, json_content
from mespot.formats.json_parts import a_list, a_number, a_text, an_object, shown, texts, wrong
from mespot.formats.state_events import Mark, joined, names_of

_CURE = "open it in BORIS and save it again"
_POINT, _STATE = "point", "state"


def read(path: Path) -> list[Annotated]:
    """The events of each observation. Raises InputError for what is no project."""
    project = json_content(path, "BORIS")
    if not (isinstance(project, dict) and isinstance(project.get("observations"), dict)):
        raise InputError(f"{path}: is no BORIS project: it has no observations; {_CURE}")
    kinds = _kinds(path, project.get("behaviors_conf"))
    return [_observation(path, name, one, kinds) for name, one in project["observations"].items()]


def _kinds(path: Path, section: Any) -> dict[str, str]:
    """Behaviour -> whether its events are points or states."""
    kinds = {}
    for key, value in an_object(section, str(path), "behaviors_conf", _CURE).items():
        where = f"{path}: behaviors_conf, behavior {key!r}"
        one = an_object(value, where, "it", _CURE)
        code = a_text(one.get("code"), where, "code", _CURE)
        kind = a_text(one.get("type"), where, "type", _CURE).lower()
        if not kind.startswith((_POINT, _STATE)):
            raise wrong(where, "type", one.get("type"), "'Point event' or 'State event'", _CURE)
        kinds[code] = _POINT if kind.startswith(_POINT) else _STATE
    return kinds


def _observation(path: Path, name: str, one: Any, kinds: dict[str, str]) -> Annotated:
    where = f"{path}: observation {name!r}"
    one = an_object(one, where, "it", _CURE)
    fault = ""
    if one.get("type") != "MEDIA":
        kind = shown(one.get("type"))
        fault = f"is of an observation of type {kind}, which has no video; code a video"
    files = _files(where, one.get("file"))
    offsets = _offsets(where, one.get("media_info"))
    shifted = [player for player in files if offsets.get(player)]
    if shifted and len(shifted) == len(files):
        fault = f"is of player {shifted[0]}, whose media has an offset; set it to 0 in BORIS"
    if any(len(queue) > 1 for queue in files.values()):
        fault = "is of an observation of several videos in a row; make an observation of each video"
    given = one.get("time offset")
    offset = 0.0 if given is None else a_number(given)
    if offset is None:
        raise InputError(f"{where}: its time offset is no number: {shown(given)}; {_CURE}")
    events, marks = [], []
    for number, event in enumerate(a_list(one.get("events"), where, "events", _CURE), 1):
        place = f"{where}, event {number}"
        long_enough = isinstance(event, list) and len(event) >= 3
        time = a_number(event[0]) if long_enough else None
        if time is None and fault and long_enough:
            time = offset  # images have no times
        if time is None:
            raise InputError(f"{place}: is no event with a time, subject and behavior; {_CURE}")
        told = ("subject", "behavior", "modifier", "comment")
        cells = [
            a_text(value, place, name, _CURE)
            for name, value in zip(told, [*event[1:5], "", ""], strict=False)
        ]
        subject, behaviour, modifier, comment = cells
        modifier = "" if modifier.strip("|") in ("", "None") else modifier
        text = modifier or comment
        names = names_of(behaviour, modifier)
        unclear = fault
        if behaviour not in kinds:
            unclear = fault or (
                "is of a behavior that the project does not define, so it may be a point or a"
                " state; add it to the ethogram in BORIS"
            )
        if unclear:
            events.append(Event(names, time - offset, None, place, text, subject, unclear))
        elif kinds[behaviour] == _POINT:
            events.append(Event(names, time - offset, None, place, text, subject))
        else:
            marks.append(Mark(time - offset, subject, behaviour, modifier, place))
    # What another player shows earlier or later is not where the events say.
    playing = [player for player in files if player not in shifted] or list(files)
    media = [(file, 0.0) for player in playing for file in files[player]]
    return Annotated(where, media or [(name, 0.0)], events + joined(marks))


def _files(where: str, section: Any) -> dict[str, list[str]]:
    """The files of each player that has any. Observations without a video have an empty list."""
    if section is None or section == []:
        return {}
    players = an_object(section, where, "file", _CURE)
    found = {
        player: [] if queue is None else texts(queue, where, f"file of player {player}", _CURE)
        for player, queue in players.items()
    }
    return {player: queue for player, queue in found.items() if queue}


def _offsets(where: str, section: Any) -> dict[str, float]:
    """The offset of each player's media, s; older projects do not say it."""
    if section is None or section == []:
        return {}
    given = an_object(section, where, "media_info", _CURE).get("offset")
    if given is None:
        return {}
    offsets = {}
    for player, value in an_object(given, where, "media_info, offset", _CURE).items():
        offset = 0.0 if value is None or value == "" else a_number(value)
        if offset is None:
            raise wrong(where, f"media_info, offset of player {player}", value, "a number", _CURE)
        offsets[player] = offset
    return offsets
