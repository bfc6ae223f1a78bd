"""Results in the form of the ActivityNet challenges (http://activity-net.org/challenges/2018/).

Segments are in seconds of the video file. Intervals without a confidence get the score 1.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from mespot.formats.coded import CodedVideo
from mespot.store.files import replacing


def write(videos: Sequence[CodedVideo], out: Path) -> None:
    """Write the intervals of all videos; a video without any has an empty list."""
    results = {
        video.video: [
            {
                "label": one.type,
                "segment": [round(one.start, 6), round(one.end, 6)],
                "score": 1.0 if one.confidence is None else one.confidence,
            }
            for one in video.timed()
        ]
        for video in videos
    }
    external = {"used": False, "details": ""}
    content = {"version": "VERSION 1.3", "results": results, "external_data": external}
    with replacing(out) as temporary:
        temporary.write_text(json.dumps(content, indent=2), encoding="utf-8")
