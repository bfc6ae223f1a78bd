"""A folder of numbered images."""

import itertools
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mespot.errors import InputError
from mespot.recording.frames import Frame, Recording
from mespot.recording.images import depth, scaled, stored_image
from mespot.recording.numbers import numbered_images, regular_step
from mespot.recording.picking import far_end, picked

log = logging.getLogger(__name__)

# Missing image numbers are filled by the image before them for this long (s).
_FILLED_GAP = 1.0


class Folder(Recording):
    """An opened folder of images; see `mespot.recording.open_recording`."""

    def __init__(self, path: Path, fps: float | None) -> None:
        if fps is None:
            raise InputError(f"{path}: a folder of images needs fps, its frames a second")
        self._files = numbered_images(path)
        numbers = sorted(self._files)
        first, last = numbers[0], numbers[-1]
        self._step = regular_step(numbers)
        self._places = (last - first) // self._step + 1
        missing = self._places - len(numbers)
        if missing > len(numbers):
            raise InputError(
                f"{path}: images {first} to {last}, but only {len(numbers)} of them; "
                "is this one recording?"
            )
        self._overexposed = False
        self._bits = depth([self._files[number] for number in numbers])
        image = stored_image(self._files[first])
        super().__init__(path, fps, last - first + 1, first, image.shape[1], image.shape[0])
        self.steady_fps = fps / self._step
        if self._step > 1:
            self.remarks.append(
                f"the numbers of the images rise by {self._step}: read as {self.steady_fps:g} "
                f"images a second of a recording of {fps:g}; if these are {fps:g} images a second, "
                f"give fps {fps * self._step:g}"
            )
        if missing:
            self.remarks.append(f"{missing} of {self._places} images missing, filled")
        if 8 < self._bits < 16:
            self.remarks.append(f"images of 16 bits, of which {self._bits} are used")

    def frames(self, rate: float) -> Iterator[Frame]:
        for remark in self.remarks:
            self.warn(log, "%s: %s", self.path, remark)
        numbers = np.array(sorted(self._files))
        fps = self.steady_fps
        places = itertools.takewhile(lambda place: place < self._places, picked(fps, rate))
        end = far_end(self._places, fps, rate)
        for place in itertools.chain(places, [] if end is None else [end]):
            native = self.first_frame + place * self._step
            source = int(numbers[np.searchsorted(numbers, native, side="right") - 1])
            image = None
            if native - source <= _FILLED_GAP * self.fps:
                image = self._image(source)
            yield Frame(native, place / fps, image)

    def _image(self, number: int) -> np.ndarray:
        file = self._files[number]
        image = stored_image(file)
        if image.shape[:2] != (self.height, self.width):
            raise InputError(
                f"{file}: {image.shape[1]}x{image.shape[0]} px, the first "
                f"image has {self.width}x{self.height}; is this one recording?"
            )
        if image.dtype != np.uint8 and not self._overexposed and image.max() >= 2**self._bits:
            self._overexposed = True
            log.warning(
                "%s: has values above the %d bits that sampled images of this folder use; they "
                "become white. Save the images with 8 bits if that is wrong",
                file,
                self._bits,
            )
        return scaled(image, self._bits)
