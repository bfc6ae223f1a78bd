"""Recordings: a video file or a folder of numbered images, read as working frames.

Working frames are the recording's frames nearest to k / rate seconds, k = 0, 1, 2, ... The last
frame is one too, where the end would be far from any of these. A recording that is not clearly
faster than `rate` keeps every frame. Time stamps come from the frame number and the native frame
rate. A container's own time stamps are not read, so a recording of varying frame rate counts as one
of its mean rate.
"""

import itertools
import logging
import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mespot.errors import InputError
from mespot.suffixes import IMAGE_SUFFIXES

log = logging.getLogger(__name__)

# A recording up to this much faster than the working rate is used frame by frame.
_SAME_RATE = 1.1
# Containers announce a frame or two that do not decode; more than this is a cut-off file.
_TOLERATED_FRAMES, _TOLERATED_SHARE = 3, 0.02
# Missing image numbers are filled by the image before them for this long (s).
_FILLED_GAP = 1.0


@dataclass(frozen=True)
class Frame:
    """One working frame.

    native: the recording's own frame number. Of an image it is the one in the name; a video file
    counts from the number of its first frame, usually 0. time: seconds since the first frame.
    image: (H, W, 3) uint8 BGR, or None where the images of a folder are missing for longer than a
    second.
    """

    native: int
    time: float
    image: np.ndarray | None


class Recording(ABC):
    """An opened recording: `fps`, `n_frames`, `first_frame`, `width`, `height` and its frames.

    `n_frames` is what the file announces until `frames` has run to its end; then it is exact.
    """

    def __init__(
        self, path: Path, fps: float, n_frames: int, first_frame: int, width: int, height: int
    ) -> None:
        self.path = path
        self.fps = fps
        self.n_frames = n_frames
        self.first_frame = first_frame
        self.width = width
        self.height = height

    @abstractmethod
    def frames(self, rate: float) -> Iterator[Frame]:
        """Working frames at about `rate` a second, in time order."""


def open_recording(
    path: str | Path, fps: float | None = None, first_frame: int | None = None
) -> Recording:
    """Open a video file or a folder of numbered images.

    fps: frames a second; needed for a folder, replaces the file's own value for a video.
    first_frame: the number of a video file's first frame, 0 if None; images have their own.
    Raises InputError when there is nothing readable at `path` or the frame rate is unknown.
    """
    path = Path(path)
    if fps is not None and not (math.isfinite(fps) and fps > 0):
        raise InputError(f"{path}: fps is {fps}; give the recording's frames a second")
    if path.is_dir():
        return _Folder(path, fps)
    if path.is_file():
        return _Video(path, fps, first_frame or 0)
    raise InputError(f"{path}: no such video file or folder of images; correct the sheet's path")


def working_rate(fps: float, rate: float) -> float:
    """Working frames a second of a recording of `fps` read at about `rate`."""
    return rate if fps > _SAME_RATE * rate else fps


def picked(fps: float, rate: float) -> Iterator[int]:
    """0-based native indices of the working frames of an endless recording, increasing."""
    step = fps / working_rate(fps, rate)
    k = 0
    while True:
        yield math.floor(k * step + 0.5)
        k += 1


def far_end(n_frames: int, fps: float, rate: float) -> int | None:
    """Index of the last frame if it must be read too: it is far from the last one that is picked.

    The frame that would be picked next may lie less than half a working frame beyond the end. The
    last frame is then the nearest to it. With it, every native frame has one that is read within
    half a working frame, rounded to whole frames (at 200 fps read at 30: 3 frames).
    """
    step = fps / working_rate(fps, rate)
    last = math.floor(math.floor((n_frames - 0.5) / step) * step + 0.5)
    if last >= n_frames:  # rounded up beyond the end
        last = math.floor(last - step + 0.5)
    return n_frames - 1 if n_frames - 1 - last > step / 2 else None


class _Video(Recording):
    def __init__(self, path: Path, fps: float | None, first_frame: int) -> None:
        if path.stat().st_size == 0:
            raise InputError(f"{path}: the file is empty; copy the recording again")
        capture = _capture(path)
        try:
            own = capture.get(cv2.CAP_PROP_FPS)
            announced = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
            ok, image = capture.read()
        finally:
            capture.release()
        if not ok:
            raise InputError(f"{path}: no frame can be read; is it a whole video file?")
        if fps is None:
            # 1000 and more is the time base that some containers give for an unknown rate.
            if not (math.isfinite(own) and 1 <= own < 1000):
                raise InputError(f"{path}: states no frame rate; fill in fps in the sheet")
            fps = own
        super().__init__(path, fps, max(announced, 1), first_frame, image.shape[1], image.shape[0])

    def frames(self, rate: float) -> Iterator[Frame]:
        capture = _capture(self.path)
        wanted = picked(self.fps, rate)
        target = next(wanted)
        end = far_end(self.n_frames, self.fps, rate)
        decoded = 0
        try:
            while capture.grab():
                if decoded in (target, end):
                    ok, image = capture.retrieve()
                    if not ok:
                        break
                    yield Frame(self.first_frame + decoded, decoded / self.fps, image)
                if decoded == target:
                    target = next(wanted)
                decoded += 1
        finally:
            capture.release()
        self._check_whole(decoded)
        self.n_frames = decoded

    def _check_whole(self, decoded: int) -> None:
        missing = self.n_frames - decoded
        if missing > max(_TOLERATED_FRAMES, _TOLERATED_SHARE * self.n_frames):
            raise InputError(
                f"{self.path}: announces {self.n_frames} frames, only {decoded} can be read: "
                "the file is cut off or damaged; copy it again"
            )
        if missing > 0:
            log.warning("%s: %d of %d frames missing at the end", self.path, missing, self.n_frames)


class _Folder(Recording):
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


def _capture(path: Path) -> cv2.VideoCapture:
    # One decoding thread: threads are the workflow's to give.
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    if not capture.isOpened():
        raise InputError(f"{path}: cannot be opened as a video; is it a whole video file?")
    return capture


def read_image(file: Path) -> np.ndarray:
    """An image (H, W, 3) uint8 BGR. Raises InputError for an empty or unreadable file."""
    data = file.read_bytes()
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise InputError(f"{file}: {'is empty' if not data else 'no readable image'}; copy it anew")
    return image
