"""Aligned face crops of a recording, frame by frame.

`align_crops` finds where every crop lies, `cut_crops` cuts them out of the frames as they come in
and keeps only the few that a hidden moment of the face holds back.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from mespot.face import align
from mespot.spans import Frames, blocks

# Grey levels of one unit of what `reduced` makes. The mean over 4 x 4 pixels is a whole number of
# these units, so nothing is lost.
IMAGE_SCALE = 1 / 16


@dataclass(frozen=True)
class CropSettings:
    """How faces are cut out.

    size: side of the square crop, px. fill: share of it that the face oval's larger side takes.
    smoothing: standard deviation (s) of the Gaussian that smooths the alignment over time.
    """

    size: int
    fill: float
    smoothing: float


def align_crops(
    points: Frames, span: np.ndarray, rate: float, settings: CropSettings
) -> np.ndarray:
    """Transforms `(T, 2, 3)` float64 from the recording's pixels to the crop's, NaN without a face.

    points: `(T, 478, 2 or 3)` landmarks in the recording's pixels, or anything that gives frames of
    them by `points[first:last]`. span: `(T,)` int, -1 where there
    is no usable face. rate: working frames a second.
    """
    sigma = settings.smoothing * rate
    return align.crop_transforms(points, span, size=settings.size, fill=settings.fill, sigma=sigma)


def crop_points(transforms: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Landmarks `(N, 478, 3)` in the recording's pixels as float32 in those of the crops, depth in
    the same unit. transforms: of the same N frames."""
    return align.apply_in_depth(transforms, points).astype(np.float32)


@dataclass(frozen=True)
class CropPoints:
    """Landmarks of T frames in the crops' pixels, made by `crop_points` of those in the recording's
    when they are asked for. transforms: `(T, 2, 3)`."""

    transforms: np.ndarray
    points: Frames

    def __getitem__(self, frames: slice) -> np.ndarray:
        return crop_points(self.transforms[frames], self.points[frames])


def mean_points(points: Frames, usable: np.ndarray) -> np.ndarray:
    """Mean x and y `(478, 2)` float32 of landmarks `(T, 478, 3)` over the `usable` frames, `(T,)`
    bool; `(0, 2)` without any."""
    total = np.zeros((0, 2), np.float32)
    for first, last in blocks(0, len(usable)):
        here = usable[first:last]
        if here.any():
            part = points[first:last][here, :, :2]
            # Row after row, as the mean of the whole would be taken.
            total = (np.concatenate([total[None], part]) if len(total) else part).sum(axis=0)
    return total / np.float32(max(1, usable.sum()))


def cut_crops(
    images: Iterable[np.ndarray | None], transforms: np.ndarray, bridged: np.ndarray, size: int
) -> Iterator[np.ndarray]:
    """The crop `(size, size)` uint8 of each frame, in order.

    images: `(H, W, 3)` BGR or `(H, W)` grey; None where the recording has no image, which takes
    over the crop before it. transforms: those of `align_crops`; frames without one are black.
    bridged: `(T,)` bool, frames in which the face was hidden for a moment. They fade from the crop
    before to the one after: what hid the face must not look like motion. Each run of them lies
    between two frames with a face. Ends with the shorter of `images` and `transforms`.
    """
    black = np.zeros((size, size), np.uint8)
    usable = np.isfinite(transforms).all(axis=(1, 2))
    last, hidden = black, 0
    for image, transform, seen, bridge in zip(images, transforms, usable, bridged, strict=False):
        if seen and bridge:
            hidden += 1
            continue
        if not seen:
            crop = black
        elif image is None:
            crop = last
        else:
            crop = align.crop(image, transform, size)
        yield from _faded(last, crop, hidden)
        yield crop
        last, hidden = crop, 0
    yield from _faded(last, last, hidden)


def reduced(crops: np.ndarray, size: int) -> np.ndarray:
    """Crops (N, S, S) uint8 as pictures (N, size, size) uint16 in units of IMAGE_SCALE: the means
    over areas, which are finer than a grey level."""
    side = (size, size)
    if crops.shape[1:] != side:
        crops = np.stack(
            [
                cv2.resize(one.astype(np.float32), side, interpolation=cv2.INTER_AREA)
                for one in crops
            ]
        )
    return np.rint(crops.astype(np.float32) / IMAGE_SCALE).astype(np.uint16)


def _faded(before: np.ndarray, after: np.ndarray, count: int) -> Iterator[np.ndarray]:
    """`count` crops that lead evenly from one to another."""
    for step in range(1, count + 1):
        share = step / (count + 1)
        mixed = (1 - share) * before.astype(np.float32) + share * after.astype(np.float32)
        yield np.rint(mixed).astype(np.uint8)
