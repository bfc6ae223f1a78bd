"""Minutes that a job which decodes a recording asks a cluster for, a function of each rule's name.

Of a recording only the size of its file is asked. A folder is not listed, and one that is still to
be made is small. The least is enough for an hour of 640x480 at 30 frames a second.
"""

from __future__ import annotations

from pathlib import Path

from mespot.plan.run import Plan

# An hour of 3840x2160 is decoded in 40 minutes. As a file it has 4 GB and more.
_EACH_GB = 20
_MOST = 480  # files that are hardly compressed are read faster than that


def track_face(plan: Plan, corpus: str, video: str) -> int:
    return _minutes(plan, corpus, video, 45)


def crop_frames(plan: Plan, corpus: str, video: str) -> int:
    return _minutes(plan, corpus, video, 20)


def optical_flow(plan: Plan, corpus: str, video: str) -> int:
    return _minutes(plan, corpus, video, 30)


def plot_timeline(plan: Plan, corpus: str, video: str) -> int:
    return _minutes(plan, corpus, video, 15)


def write_review(plan: Plan, corpus: str, video: str) -> int:
    return _minutes(plan, corpus, video, 15)


def _minutes(plan: Plan, corpus: str, video: str, least: int) -> int:
    source = Path(plan.corpora[corpus].corpus.videos.path[video])
    size = source.stat().st_size if source.is_file() else 0
    return min(_MOST, least + round(_EACH_GB * size / 1e9))
