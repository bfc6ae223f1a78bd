"""Pictures that another program has in memory, as a recording."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from mespot.errors import InputError
from mespot.recording.frames import Frame, Recording, stated_rate
from mespot.recording.picking import far_end, picked

_NAMES = (str, bytes, os.PathLike)


class Pictures(Recording):
    """Pictures `(H, W, 3)` uint8 BGR, or `(H, W)` grey, of one size, `fps` a second; the first has
    number 0. Those of an iterator are kept in memory, because they are looked at twice.

    Raises InputError for no picture at all and for a frame rate that is none, and, when they are
    read, for pictures of another size or type.
    """

    def __init__(self, pictures: Iterable[np.ndarray], fps: float | None) -> None:
        if isinstance(pictures, (bytes, Mapping)):
            raise InputError(f"pictures: is {type(pictures).__name__}; give a list of pictures")
        if isinstance(pictures, Sequence) and any(isinstance(one, _NAMES) for one in pictures[:1]):
            raise InputError(
                f"pictures: number 0 is {pictures[0]!r}, a name; give one video, or pictures that "
                "are read already"
            )
        try:
            rate = stated_rate(fps)
        except ValueError:
            raise InputError(f"pictures: fps is {fps!r}; give their frames a second") from None
        held: Sequence[np.ndarray] | np.ndarray
        held = pictures if isinstance(pictures, (Sequence, np.ndarray)) else list(pictures)
        if not len(held):
            raise InputError("pictures: there is none; give at least one")
        self._held = held
        if isinstance(pictures, np.ndarray) and pictures.ndim == 3 and pictures.shape[2] in (3, 4):
            raise InputError(
                f"pictures: an array {pictures.shape} is one picture; give several: a list of "
                "them, or an array (T, H, W, 3)"
            )
        if np.ndim(held[0]) not in (2, 3):
            raise InputError(
                f"pictures: number 0 has shape {np.shape(held[0])}; give pictures (H, W, 3) or "
                "(H, W)"
            )
        height, width = np.shape(held[0])[:2]
        super().__init__(Path("pictures"), rate, len(held), 0, width, height)

    def frames(self, rate: float) -> Iterator[Frame]:
        count, fps = self.n_frames, self.fps
        places = itertools.takewhile(lambda place: place < count, picked(fps, rate))
        end = far_end(count, fps, rate)
        for place in itertools.chain(places, [] if end is None else [end]):
            yield Frame(place, place / fps, self._checked(place))

    def _checked(self, number: int) -> np.ndarray:
        picture = np.asarray(self._held[number])
        shapes = ((self.height, self.width), (self.height, self.width, 3))
        if picture.dtype != np.uint8 or picture.shape not in shapes:
            raise InputError(
                f"pictures: number {number} has shape {picture.shape} and type {picture.dtype}; "
                f"all must be uint8, {shapes[1]} BGR or {shapes[0]} grey"
            )
        return picture if picture.ndim == 3 else cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
