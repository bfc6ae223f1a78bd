"""When a video file shows each of its frames, without decoding any."""

from pathlib import Path

import av
import numpy as np

from mespot.errors import InputError
from mespot.recording.numbers import numbered_images
from mespot.recording.packets import contents, opened


def frame_edges(
    path: str | Path, fps: float | None, first_frame: int = 0
) -> tuple[int, np.ndarray]:
    """Number of the first frame and when each frame appears, in the time that a player shows.

    Returns `(N + 1,)` s for N frames: frame i lasts from `edges[i]` to `edges[i + 1]`. Of a video
    file these are its time stamps, whatever `fps` says: a recording of 200 frames a second that
    plays at 25 has the times of 25. The last frame lasts as long as the median one. Of a folder of
    images, whose numbers count at `fps`, they are the numbers from the first one on.

    Raises InputError for what cannot be read, and for a folder or a single frame without `fps`.
    """
    path = Path(path)
    if path.is_dir():
        if not fps:
            raise InputError(f"{path}: a folder of images needs fps, its frames a second")
        numbers = sorted(numbered_images(path))
        return numbers[0], np.arange(numbers[-1] - numbers[0] + 2) / fps
    if not path.is_file():
        raise InputError(f"{path}: no such video file or folder of images; correct the path")
    held = contents(path)
    stamps = held.stamps + _lead(path, int(held.pts[0]))
    if len(stamps) > 1:
        step = float(np.median(np.diff(stamps)))
    elif fps or held.rates:
        step = 1 / (fps or held.rates[0])
    else:
        raise InputError(f"{path}: states no frame rate; give its fps")
    return first_frame, np.append(stamps, stamps[-1] + step)


def _lead(path: Path, pts: int) -> float:
    """Seconds from where players begin, with the sound for example, to the first frame."""
    with opened(path) as (container, stream):
        if container.start_time is None or stream.time_base is None:
            return 0.0
        return max(0.0, float(pts * stream.time_base) - container.start_time / av.time_base)
