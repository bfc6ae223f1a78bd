"""Annotations that Label Studio has exported as JSON or JSON-MIN: labels on a video's timeline.

Ranges there have frames that count from 1 and include the last one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mespot.errors import InputError
from mespot.formats.found import Annotated, Event, json_content
from mespot.formats.label_studio import FROM_1, TIMELINE
from mespot.suffixes import VIDEO_SUFFIXES

_CURE = "export it from Label Studio as JSON"
_UPLOADED = re.compile(r"^[0-9a-f]{8}-")  # put before the names of files that were uploaded
# Of results that are no labels on the timeline of a video but could hold expressions, the cure.
_OTHERS = {
    "timeserieslabels": "label the video with TimelineLabels: how times of a series count is not"
    " in the file",
    "labels": "label the video with TimelineLabels: this label is on sound, text or another medium",
}


def read(path: Path) -> list[Annotated]:
    """The annotations of each task. Raises InputError for what is no export of Label Studio."""
    tasks = json_content(path, "Label Studio")
    if isinstance(tasks, dict):
        tasks = [tasks]
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise InputError(f"{path}: is no list of tasks of Label Studio; {_CURE}")
    return [_task(path, number, task) for number, task in enumerate(tasks, 1)]


def _task(path: Path, number: int, task: dict[str, Any]) -> Annotated:
    where = f"{path}: task {task.get('id', number)}"
    full = isinstance(task.get("data"), dict)
    media = list(_media(task["data"] if full else task))
    results = list(_full(where, task) if full else _short(task))
    events = [event for place, result in results for event in _events(place or where, result)]
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


def _full(where: str, task: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The results of the one annotation of a task."""
    given = task.get("annotations", task.get("completions"))
    kept = [
        one
        for one in (given if isinstance(given, list) else [])
        if isinstance(one, dict) and not one.get("was_cancelled")
    ]
    if len(kept) > 1:
        raise InputError(
            f"{where}: has {len(kept)} annotations; keep one, or export those of one annotator"
        )
    if not kept:
        if task.get("predictions"):
            raise InputError(
                f"{where}: has predictions and no annotation; accept or correct them in Label"
                " Studio first, or remove the task"
            )
        return
    result = kept[0].get("result")
    for number, one in enumerate(result if isinstance(result, list) else [], 1):
        if not isinstance(one, dict):
            raise InputError(f"{where}: result {number} is none of Label Studio's; {_CURE}")
        name = one.get("id", number)
        yield f"{where}, result {name!r}", {**one, **_dict(one.get("value"))}


def _short(task: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The results of a task in JSON-MIN, which has lists of values under the names of tags."""
    for value in task.values():
        for one in value if isinstance(value, list) else []:
            if isinstance(one, dict) and ("ranges" in one or "start" in one):
                yield "", one


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _events(where: str, result: dict[str, Any]) -> Iterator[Event]:
    meta = _dict(result.get("meta")).get("text")
    text = " ".join(map(str, meta)) if isinstance(meta, list) else str(meta or "")
    for kind, fault in _OTHERS.items():
        for label in result.get(kind) or []:
            yield Event((str(label),), 0.0, None, where, text, fault=f"is no range; {fault}")
    for label in result.get(TIMELINE) or []:
        ranges = result.get("ranges")
        for one in ranges if isinstance(ranges, list) else []:
            ends = [_dict(one).get(side) for side in ("start", "end")]
            whole = [number for end in ends if (number := _whole(end)) is not None]
            if len(whole) != 2 or whole[0] < FROM_1:
                fault = f"has the range {one!r:.80}, which is not of frames from 1 on; {_CURE}"
                yield Event((str(label),), 0.0, None, where, text, fault=fault)
                continue
            yield Event((str(label),), whole[0] - FROM_1, whole[1] - FROM_1, where, text)


def _whole(value: Any) -> int | None:
    """A number of a frame; JSON may hold 3 as 3.0."""
    if type(value) not in (int, float) or not abs(value) < 2**31 or value != int(value):
        return None
    return int(value)
