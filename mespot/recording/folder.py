"""A folder of numbered images."""

import itertools
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mespot.errors import InputError
from mespot.recording.frames import Frame, Recording
from mespot.recording.images import read_image
from mespot.recording.picking import far_end, picked
from mespot.suffixes import IMAGE_SUFFIXES

log = logging.getLogger(__name__)

# Missing image numbers are filled by the image before them for this long (s).
_FILLED_GAP = 1.0


class Folder(Recording):
    """An opened folder of images; see `mespot.recording.open_recording`."""

    def __init__(self, path: Path, fps: float | None) -> None:
        if fps is None:
            raise InputError(f"{path}: a folder of images needs fps in the sheet")
        self._files = numbered_images(path)
        numbers = sorted(self._files)
        n_frames = numbers[-1] - numbers[0] + 1
        missing = n_frames - len(numbers)
        if missing > len(numbers):
            raise InputError(
                f"{path}: images {numbers[0]} to {numbers[-1]}, but only {len(numbers)} of them; "
                "is this one recording?"
            )
        if missing:
            log.warning("%s: %d of %d image numbers missing, filled", path, missing, n_frames)
        image = read_image(self._files[numbers[0]])
        super().__init__(path, fps, n_frames, numbers[0], image.shape[1], image.shape[0])

    def frames(self, rate: float) -> Iterator[Frame]:
        numbers = np.array(sorted(self._files))
        indices = itertools.takewhile(lambda index: index < self.n_frames, picked(self.fps, rate))
        end = far_end(self.n_frames, self.fps, rate)
        for index in itertools.chain(indices, [] if end is None else [end]):
            native = self.first_frame + index
            source = int(numbers[np.searchsorted(numbers, native, side="right") - 1])
            image = None
            if native - source <= _FILLED_GAP * self.fps:
                image = read_image(self._files[source])
                if image.shape[:2] != (self.height, self.width):
                    raise InputError(
                        f"{self._files[source]}: {image.shape[1]}x{image.shape[0]} px, the first "
                        f"image has {self.width}x{self.height}; is this one recording?"
                    )
            yield Frame(native, index / self.fps, image)


def numbered_images(folder: Path) -> dict[int, Path]:
    """Images of a folder by the last number in their name; hidden and other files are left out.

    Raises InputError when there is none or two carry one number.
    """
    files: dict[int, Path] = {}
    for file in sorted(folder.iterdir()):
        if file.name.startswith(".") or file.suffix.lower() not in IMAGE_SUFFIXES:
            continue
        digits = re.findall(r"\d+", file.stem)
        if not digits:
            log.warning("%s: an image without a number in its name, left out", file)
            continue
        number = int(digits[-1])
        if number in files:
            raise InputError(f"{file}: has the same number as {files[number].name}; remove one")
        files[number] = file
    if not files:
        raise InputError(f"{folder}: no frames: no numbered images in this folder")
    return files
