"""A recording and its working frames, whatever they are stored in."""

import logging
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from numbers import Real
from pathlib import Path

import numpy as np

from mespot.errors import InputError
from mespot.recording import picking


@dataclass(frozen=True)
class Frame:
    """One working frame.

    native: the recording's own frame number. Of an image it is the one in the name; a video file
    counts from the number of its first frame, usually 0. time: seconds since the first frame.
    image: (H, W, 3) uint8 BGR, or None where the recording has no picture for this moment. Then
    native is the number of the frame before it. broken: the picture is lost or spoilt because the
    file is damaged, so what lies before and after it is not one piece.
    """

    native: int
    time: float
    image: np.ndarray | None
    broken: bool = False


class Recording(ABC):
    """An opened recording: `fps`, `n_frames`, `first_frame`, `width`, `height` and its frames.

    `fps` is the mean rate, `steady_fps` the rate at which frames come where none is left out. They
    are the same where the rate does not vary. `n_frames` is what the file announces until `frames`
    has run to its end; then it is exact. `remarks` are sentences on what is unusual about it.
    """

    _warned: frozenset[tuple[object, ...]] = frozenset()

    def __init__(
        self, path: Path, fps: float, n_frames: int, first_frame: int, width: int, height: int
    ) -> None:
        self.path = path
        self.fps = fps
        self.steady_fps = fps
        self.remarks: list[str] = []
        self.n_frames = n_frames
        self.first_frame = first_frame
        self.width = width
        self.height = height

    def working_rate(self, rate: float) -> float:
        """Working frames a second of this recording, read at about `rate`."""
        return picking.working_rate(self.steady_fps, rate)

    def warn(self, log: logging.Logger, message: str, *values: object) -> None:
        """Log a warning, but only once where the recording is read again."""
        if (message, *values) not in self._warned:
            self._warned |= {(message, *values)}
            log.warning(message, *values)

    @abstractmethod
    def frames(self, rate: float) -> Iterator[Frame]:
        """Working frames at about `rate` a second, in time order."""


def stated_rate(fps: object) -> float:
    """The frames a second that somebody states, as any kind of number. Raises ValueError for what
    is none."""
    rate = float(fps) if isinstance(fps, Real) and not isinstance(fps, bool) else 0.0
    if not 0 < rate < math.inf:
        raise ValueError(fps)
    return rate


def images_of(
    frames: Iterable[Frame], native: np.ndarray, fault: InputError
) -> Iterator[np.ndarray | None]:
    """The image of each frame. Raises `fault` unless the frames have the numbers `native` (T,)."""
    numbers = iter(native.tolist())
    for frame in frames:
        if frame.native != next(numbers, None):
            raise fault
        yield frame.image
    if next(numbers, None) is not None:
        raise fault
