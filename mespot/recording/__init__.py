"""Recordings: a video file or a folder of numbered images, read as working frames.

Working frames are the recording's frames nearest to k / rate seconds, k = 0, 1, 2, ... (see
`mespot.recording.picking`). The time stamps of a video file are those of its container, and its
pictures are shown as a player shows them. In a folder of images, the number of an image and the
native rate give the time.
"""

from pathlib import Path

from mespot.errors import InputError
from mespot.recording.ahead import ahead, waiting
from mespot.recording.folder import Folder
from mespot.recording.frames import Frame, Recording, images_of, stated_rate
from mespot.recording.given import Pictures
from mespot.recording.images import read_image
from mespot.recording.numbers import last_number, numbered_images, regular_step
from mespot.recording.picking import far_end, picked, working_rate
from mespot.recording.video import Video

__all__ = [
    "Frame",
    "Pictures",
    "Recording",
    "ahead",
    "far_end",
    "images_of",
    "last_number",
    "numbered_images",
    "open_recording",
    "picked",
    "read_image",
    "regular_step",
    "waiting",
    "working_rate",
]


def open_recording(
    path: str | Path, fps: float | None = None, first_frame: int | None = None
) -> Recording:
    """Open a video file or a folder of numbered images.

    fps: frames a second. A folder needs it: its numbers count at this rate. For a video file it
    replaces the file's own rate. Where the file's rate varies, its time stamps still count; they
    are stretched if `fps` is far from both its mean and its usual rate (slow motion).
    first_frame: the number of a video file's first frame, 0 if None; images have their own.
    Raises InputError when there is nothing readable at `path` or the frame rate is unknown.
    """
    path = Path(path)
    if fps is not None:
        try:
            fps = stated_rate(fps)
        except ValueError:
            raise InputError(
                f"{path}: fps is {fps!r}; give the recording's frames a second"
            ) from None
    if path.is_dir():
        return Folder(path, fps)
    if path.is_file():
        return Video(path, fps, first_frame or 0)
    raise InputError(f"{path}: no such video file or folder of images; correct the path")
