"""Pictures written as a video file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

_TICK = Fraction(1, 90_000)  # s; holds all usual rates and any time to a hundredth of a millisecond


@contextmanager
def writing(path: str | Path, fps: float) -> Iterator[Callable[[np.ndarray, float], None]]:
    """A function that adds a picture `(H, W, 3)` uint8 BGR, all of one size, and its time in s.

    Times increase; each picture stands until the next one, so a varying rate is kept. fps: about
    how many there are a second. H.264 in MP4, one thread; an odd width or height gets one more.

    Raises OSError when the file cannot be written.
    """
    try:
        with av.open(f"file:{path}", "w", format="mp4") as container:
            stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
            stream.pix_fmt = "yuv420p"
            stream.codec_context.time_base = _TICK
            stream.codec_context.thread_count = 1
            stream.options = {"crf": "20", "preset": "veryfast"}
            last = -1

            def add(picture: np.ndarray, time: float) -> None:
                nonlocal last
                height, width = picture.shape[:2]
                if last < 0:
                    stream.width, stream.height = width + width % 2, height + height % 2
                if (width % 2, height % 2) != (0, 0):
                    picture = cv2.copyMakeBorder(
                        picture, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE
                    )
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24")
                last = max(last + 1, round(time / _TICK))
                frame.pts, frame.time_base = last, _TICK
                container.mux(stream.encode(frame))

            yield add
            if last >= 0:
                container.mux(stream.encode(None))
    except av.FFmpegError as error:
        raise OSError(error.errno, error.strerror) from error
