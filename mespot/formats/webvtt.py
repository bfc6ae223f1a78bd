"""WebVTT subtitles (https://www.w3.org/TR/webvtt1/): a cue an interval, shown while it lasts."""

from pathlib import Path

from mespot.formats.coded import CodedVideo, clock
from mespot.store.files import replacing


def write(video: CodedVideo, out: Path) -> None:
    """Write the cues of one video. A cue ends at the time at which it is no longer shown."""
    lines = ["WEBVTT", ""]
    for number, one in enumerate(video.timed(), 1):
        apex = "" if one.apex_start is None else f", apex {clock(one.apex_start)}"
        lines += [str(number), f"{clock(one.start)} --> {clock(one.end)}", f"{one.text}{apex}", ""]
    with replacing(out) as temporary:
        temporary.write_text("\n".join(lines), encoding="utf-8", newline="\n")
