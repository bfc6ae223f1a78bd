"""BORIS projects (https://www.boris.unito.it), project format 7.0.

The classes are state events, apexes point events. A state event stops when its last frame ends.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mespot.formats.coded import APEX, CodedVideo, Entry, milliseconds, tiers
from mespot.store.files import replacing

_PLAYERS = [str(number) for number in range(1, 9)]
_DATE = "1970-01-01T00:00:00"  # a fixed one gives the same bytes for the same intervals


def write(videos: Sequence[CodedVideo], out: Path) -> None:
    """Write a project with an observation a video."""
    observations, behaviours = {}, ["micro", "macro", APEX]
    for video in videos:
        named = list(tiers(video))
        behaviours += [name for name, _ in named if name not in behaviours]
        observations[video.video] = _observation(video, named)
    subjects = list(dict.fromkeys(video.subject for video in videos))
    project = {
        "time_format": "hh:mm:ss",
        "project_date": _DATE,
        "project_name": out.stem,
        "project_description": "",
        "project_format_version": "7.0",
        "subjects_conf": {
            str(number): {"key": "", "name": name, "description": ""}
            for number, name in enumerate(subjects)
        },
        "behaviors_conf": {str(number): _behaviour(name) for number, name in enumerate(behaviours)},
        "observations": observations,
        "behavioral_categories": [],
        "independent_variables": {},
        "coding_map": {},
        "behaviors_coding_map": [],
        "converters": {},
    }
    with replacing(out) as temporary:
        # BORIS opens projects in the encoding of the system: ASCII is the same in all.
        temporary.write_text(json.dumps(project, indent=1), encoding="ascii")


def _behaviour(name: str) -> dict[str, Any]:
    point = name.startswith(APEX)
    key = {"micro": "m", "macro": "M", APEX: "a"}.get(name, "")
    return {
        "type": "Point event" if point else "State event",
        "key": key,
        "code": name,
        "description": "",
        "color": "",
        "category": "",
        "modifiers": {},
        "excluded": "",
        "coding map": "",
    }


def _observation(video: CodedVideo, named: list[tuple[str, list[Entry]]]) -> dict[str, Any]:
    times = video.known_times()
    media = video.video if video.media is None else str(video.media)
    seconds = float(times.edges[-1])
    events: list[tuple[int, int, list[Any]]] = []
    for name, entries in named:
        for entry in entries:
            ends = [(entry.start, entry.onset)]
            if not name.startswith(APEX):
                ends.append((entry.end, entry.offset + 1))
            note = entry.text if name.startswith(APEX) else _note(entry)
            for number, (time, frame) in enumerate(ends):
                at = milliseconds(time)
                event = [at / 1000, video.subject, name, "", "" if number else note]
                # Where one interval ends as the next begins, the stop comes first.
                events.append((at, -number, [*event, frame - times.first]))
    return {
        "file": {player: [media] if player == "1" else [] for player in _PLAYERS},
        "type": "MEDIA",
        "date": _DATE,
        "description": "",
        "time offset": 0.0,
        "events": [event for _, _, event in sorted(events, key=lambda one: one[:2])],
        "observation time interval": [0, 0],
        "independent_variables": {},
        "visualize_spectrogram": False,
        "visualize_waveform": False,
        "media_creation_date_as_offset": False,
        "media_scan_sampling_duration": 0,
        "image_display_duration": 1,
        "close_behaviors_between_videos": False,
        "media_info": {
            "length": {media: round(seconds, 3)},
            "fps": {media: times.rate},
            "hasVideo": {media: True},
            "hasAudio": {media: False},
            "offset": {"1": 0.0},
        },
    }


def _note(entry: Entry) -> str:
    confidence = entry.interval.confidence
    return "" if confidence is None else f"confidence {confidence:.3g}"
