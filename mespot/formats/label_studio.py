"""Predictions for Label Studio: labels on the timeline of a video.

A range has the numbers of its first and last frame, and frames count from 1 there
(https://labelstud.io/tags/timelinelabels). Label Studio does not read the frame rate of a video: a
task has it as `fps`. The interface of the project must have a `Video` called video, with this rate,
and `TimelineLabels` called timelineLabels with the labels micro, macro and apex.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mespot.formats.coded import APEX, CodedVideo, tiers
from mespot.store.files import replacing

FROM_1 = 1
TIMELINE = "timelinelabels"


def write(videos: Sequence[CodedVideo], out: Path) -> None:
    """Write a task a video, with one prediction."""
    tasks = [_task(video) for video in videos]
    with replacing(out) as temporary:
        temporary.write_text(json.dumps(tasks, indent=2), encoding="utf-8")


def _task(video: CodedVideo) -> dict[str, Any]:
    first = video.known_times().first
    result = []
    for name, entries in tiers(video):
        label = name.partition(" ")[0]
        for entry in entries:
            region: dict[str, Any] = {
                "id": f"{name}-{entry.onset}".replace(" ", ""),
                "from_name": "timelineLabels",
                "to_name": "video",
                "type": TIMELINE,
                "value": {
                    "ranges": [
                        {
                            "start": entry.onset - first + FROM_1,
                            "end": entry.offset - first + FROM_1,
                        }
                    ],
                    TIMELINE: [label],
                },
            }
            if label == APEX:
                region["meta"] = {"text": [entry.interval.type]}
            if entry.interval.confidence is not None:
                region["score"] = entry.interval.confidence
            result.append(region)
    data = {
        "video": video.video if video.path is None else str(video.path),
        "fps": video.known_times().rate,
    }
    return {"data": data, "predictions": [{"model_version": "mespot", "result": result}]}
