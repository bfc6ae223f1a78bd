"""Annotations that Label Studio has exported as JSON or JSON-MIN: labels on a video's timeline.

Ranges there have frames that count from 1 and include the last one. Labels and choices of other
kinds have no frames: they become events with a fault, which is told where their names are asked
for. Ratings, texts and relations are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mespot.errors import InputError
from mespot.formats.found import Annotated, Event, json_content
from mespot.formats.json_parts import a_list, a_text, an_object, shown, texts, wrong
from mespot.formats.label_studio import FROM_1, TIMELINE
from mespot.suffixes import VIDEO_SUFFIXES

_CURE = "export it from Label Studio as JSON"
_LABEL = "label the video with TimelineLabels"
_UPLOADED = re.compile(r"^[0-9a-f]{8}-")  # put before the names of files that were uploaded
_NAMELESS = "(no label)"
_FULL = ("annotations", "completions", "predictions")  # of tasks that are not JSON-MIN


def read(path: Path) -> list[Annotated]:
    """The annotations of each task; tasks that nobody has annotated are left out.

    Raises InputError for what is no export of Label Studio.
    """
    tasks = json_content(path, "Label Studio")
    if isinstance(tasks, dict):
        tasks = [tasks]
    if not isinstance(tasks, list) or not all(isinstance(task, dict) and task for task in tasks):
        raise InputError(f"{path}: is no list of tasks of Label Studio; {_CURE}")
    if not tasks:
        raise InputError(f"{path}: has no task in it; {_CURE}")
    found = (_task(path, number, task) for number, task in enumerate(tasks, 1))
    return [one for one in found if one is not None]


def _task(path: Path, number: int, task: dict[str, Any]) -> Annotated | None:
    name = task.get("id")
    where = f"{path}: task {name if type(name) in (int, str) else number}"
    if not isinstance(task.get("data"), dict) and not set(_FULL) & set(task):
        return Annotated(where, list(_media(task)), list(_short(where, task)), frames=True)
    media = list(_media(an_object(task.get("data"), where, "data", _CURE)))
    results = _results(where, task)
    if results is None:
        return None
    events = [
        event
        for count, result in enumerate(results, 1)
        for event in _of_result(where, count, result)
    ]
    return Annotated(where, media, events, frames=True)


def _media(data: dict[str, Any]) -> Iterator[tuple[str, float]]:
    for value in data.values():
        if isinstance(value, str):
            file = value.rpartition("?d=")[2] or value
            name = file.replace("\\", "/").rpartition("/")[2]
            if Path(name.split("?")[0]).suffix.lower() in VIDEO_SUFFIXES:
                yield file.split("?")[0], 0.0
                if _UPLOADED.match(name):
                    yield _UPLOADED.sub("", name.split("?")[0]), 0.0


def _results(where: str, task: dict[str, Any]) -> list[Any] | None:
    """The results of the one annotation of a task; None where nobody has annotated it."""
    key = "annotations" if "annotations" in task else "completions"
    kept = []
    for number, given in enumerate(a_list(task.get(key, []), where, key, _CURE), 1):
        place = f"{where}, annotation {number}"
        one = an_object(given, place, "it", _CURE)
        cancelled = one.get("was_cancelled", False)
        if not isinstance(cancelled, (bool, type(None))):
            raise wrong(place, "was_cancelled", cancelled, "true or false", _CURE)
        if not cancelled:
            kept.append((place, one))
    if len(kept) > 1:
        raise InputError(
            f"{where}: has {len(kept)} annotations; keep one, or export those of one annotator"
        )
    if kept:
        place, one = kept[0]
        return a_list(one.get("result"), place, "result", _CURE)
    if task.get("predictions"):
        raise InputError(
            f"{where}: has predictions and no annotation; accept or correct them in Label"
            " Studio first, or remove the task"
        )
    return None


def _of_result(where: str, number: int, result: Any) -> Iterator[Event]:
    """The labels of one result of a full export."""
    if not isinstance(result, dict):
        raise InputError(f"{where}: result {number} is none of Label Studio's; {_CURE}")
    name = result.get("id", number)
    place = f"{where}, result {shown(name)}"
    kind = a_text(result.get("type"), place, "type", _CURE)
    if kind == "relation":  # an arrow between two results, without a value
        return
    value = an_object(result.get("value"), place, "value", _CURE)
    yield from _events(place, value, _note(place, result.get("meta")), kind)


def _short(where: str, task: dict[str, Any]) -> Iterator[Event]:
    """The labels of a task in JSON-MIN, which has values under the names of tags and of data."""
    for name, value in task.items():
        if isinstance(value, dict) and (_kinds(value) or "ranges" in value):
            if set(value) != {"choices"}:
                raise wrong(where, name, value, "a list", _CURE)
            yield from _events(where, value, "", "choices")
        labels = isinstance(value, list) and any(
            isinstance(one, dict) and (_kinds(one) or "ranges" in one) for one in value
        )
        for number, one in enumerate(value if labels else [], 1):
            place = f"{where}, {name} {number}"
            region = an_object(one, place, "it", _CURE)
            yield from _events(place, region, _note(place, region.get("meta")), "")


def _note(where: str, meta: Any) -> str:
    if meta is None:
        return ""
    text = an_object(meta, where, "meta", _CURE).get("text")
    if isinstance(text, list):
        return " ".join(texts(text, where, "text of meta", _CURE))
    return a_text(text, where, "text of meta", _CURE)


def _kinds(value: dict[str, Any]) -> list[str]:
    """The keys under which a value has names of labels."""
    return [key for key in value if key.endswith("labels") or key in ("choices", "taxonomy")]


def _events(where: str, value: dict[str, Any], note: str, type_of_result: str) -> Iterator[Event]:
    """Of one region or choice, an event for each label and range."""
    kinds = _kinds(value)
    for kind in kinds:
        if kind == "taxonomy":  # lists of names, from the general one on
            paths = a_list(value[kind], where, kind, _CURE)
            names = [texts(one, where, kind, _CURE)[-1] for one in paths if one != []]
        else:
            names = texts(value[kind], where, kind, _CURE)
        for name in names or [_NAMELESS]:
            if kind == TIMELINE:
                yield from _ranges(where, name, value.get("ranges"), note)
            else:
                fault = f"is no range of frames; {_cure(kind, type_of_result)}"
                yield Event((name,), 0.0, None, where, note, fault=fault)
    if not kinds and ("ranges" in value or type_of_result.endswith("labels")):
        fault = f"has no label; give it one, or {_CURE}"
        yield Event((_NAMELESS,), 0.0, None, where, note, fault=fault)


def _cure(kind: str, type_of_result: str) -> str:
    """What to do about a label that has no frames."""
    if kind == "timeserieslabels":
        return f"{_LABEL}: how times of a series count is not in the file"
    if kind in ("choices", "taxonomy"):
        return f"{_LABEL}: a choice is of the whole task"
    if type_of_result == "videorectangle":
        return f"{_LABEL}: this is a box that is followed through the video"
    if kind == "labels":
        return f"{_LABEL}: this label is on sound, text or another medium"
    return f"{_LABEL}: {kind} mark a place in a picture or text"


def _ranges(where: str, name: str, ranges: Any, note: str) -> Iterator[Event]:
    """The frames of a label on the timeline, from 0 on."""
    if not isinstance(ranges, list) or not ranges:
        fault = f"has no list of ranges, but {shown(ranges)}; {_CURE}"
        fault = f"has an empty list of ranges; {_CURE}" if ranges == [] else fault
        yield Event((name,), 0.0, None, where, note, fault=fault)
        return
    for one in ranges:
        ends = [one.get(side) for side in ("start", "end")] if isinstance(one, dict) else [one]
        whole = [number for end in ends if (number := _whole(end)) is not None]
        if len(whole) != 2 or whole[0] < FROM_1:
            told = " to ".join(map(shown, ends))
            fault = f"has the range {told}, which is not of frames from 1 on; {_CURE}"
            yield Event((name,), 0.0, None, where, note, fault=fault)
            continue
        yield Event((name,), whole[0] - FROM_1, whole[1] - FROM_1, where, note)


def _whole(value: Any) -> int | None:
    """A number of a frame; JSON may hold 3 as 3.0."""
    if type(value) not in (int, float) or not abs(value) < 2**31 or value != int(value):
        return None
    return int(value)
