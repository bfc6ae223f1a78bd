"""The pictures in a review page: which frames it shows, and sheets of many small faces each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

SIDE = 144  # px of a face in the page
COLUMNS = 8
PER_SHEET = COLUMNS * COLUMNS
MOST_FRAMES = 3000  # in a page; with MOST_BYTES this is about 20 MB of text
MOST_BYTES = 5000  # of a frame, as a mean over its sheet
_QUALITIES = (82, 74, 64, 52, 40, 28, 16)
# Seconds before the onset and after the offset: the face at rest, and room to move the ends.
LEAD = 0.4


@dataclass(frozen=True)
class Chosen:
    """Frames with a picture: working indices in order, and how many candidates are covered."""

    frames: np.ndarray
    candidates: int


def choose_frames(
    time: np.ndarray, windows: Sequence[tuple[int, int]], most: int = MOST_FRAMES
) -> Chosen:
    """Which working frames get a picture.

    time: `(T,)` s. windows: working frames `(onset, offset)` of the candidates, the strongest
    first. A candidate has all of its frames or, once `most` frames are reached, none of its own.
    What is left goes evenly to the rest of the video, so that it can be looked at anywhere.
    """
    shown = np.zeros(len(time), bool)
    covered = 0
    for onset, offset in windows:
        first = int(np.searchsorted(time, time[onset] - LEAD))
        stop = int(np.searchsorted(time, time[offset] + LEAD, side="right"))
        if shown.sum() + (~shown[first:stop]).sum() > most:
            break
        shown[first:stop] = True
        covered += 1
    rest = np.flatnonzero(~shown)
    room = most - int(shown.sum())
    if len(rest) and room > 0:
        shown[rest[:: -(-len(rest) // room)]] = True
    return Chosen(np.flatnonzero(shown), covered)


def sheets(faces: Iterable[np.ndarray]) -> Iterator[bytes]:
    """JPEG images of up to PER_SHEET faces each, row by row; the last one may be lower.

    faces: square uint8 images, grey or BGR. Images that are hard to compress lose detail rather
    than make the page larger.
    """
    batch: list[np.ndarray] = []
    for face in faces:
        grey = face if face.ndim == 2 else cv2.cvtColor(face, cv2.COLOR_BGR2GRAY)
        batch.append(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
        if len(batch) == PER_SHEET:
            yield _sheet(batch)
            batch = []
    if batch:
        yield _sheet(batch)


def _sheet(faces: list[np.ndarray]) -> bytes:
    rows = -(-len(faces) // COLUMNS)
    sheet = np.zeros((rows * SIDE, COLUMNS * SIDE), np.uint8)
    for i, face in enumerate(faces):
        row, column = divmod(i, COLUMNS)
        sheet[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE] = face
    encoded = b""
    for quality in _QUALITIES:
        encoded = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(encoded) <= MOST_BYTES * len(faces):
            break
    return encoded
