"""What an encoder reads of a video: the channels of one stream, averaged over pixel areas.

A video becomes an array (T, C, S, S) float16: u, v (crop px/frame) and strain (1/frame) of the
flow, or the grey aligned face and its reference, what it looks like without the motion. Half floats
keep a hundredth of a pixel, and a video of 900 frames in 17 MB.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Protocol

import cv2
import numpy as np

from mespot.face.flow import strain
from mespot.spans import blocks, usable_spans

# Channels of a stream that are hidden and reconstructed. In some a reference follows, never hidden.
CHANNELS = {"flow": ("u", "v", "strain"), "face": ("grey",)}
WITH_REFERENCE = frozenset({"face"})

# 1/frame. Skin does not stretch so much: there the flow has failed, as at a cut.
_MOST_STRAIN = 0.33

# Frames of a face that are made at once, with those that its reference reaches to.
_BLOCK = 64


class StoredVideo(Protocol):
    """What is read of a stored video; mespot.store.io.Record is one."""

    attrs: dict[str, Any]

    def __getitem__(self, name: str) -> np.ndarray: ...

    def part(self, name: str, frames: Any) -> np.ndarray: ...


def form(stream: str) -> dict[str, int]:
    """What follows from a stream's channels for its ReconstructionNetwork, as keyword arguments."""
    return {"in_channels": len(CHANNELS[stream]), "reference": stream in WITH_REFERENCE}


def video_values(record: StoredVideo, **settings: Any) -> np.ndarray:
    """All frames of VideoValues, `(T, C, S, S)` float16."""
    values = VideoValues(record, **settings)
    return values[0 : len(values)]


class VideoValues:
    """Channels of one stream of one video; `values[first:last]` reads these frames and makes them.

    Frames are (C, S, S) float16, 0 where no face is usable. `record` is of kind `flow` or `frames`;
    the channels are those of CHANNELS and the reference, where there is one. That of a face is the
    mean face of the `reference_seconds` around each frame, within the span, and the face is its
    deviation from it: what moves is left, and a subject's looks, the light and the slow turns of
    the head are not. With 0 the reference is the mean face of the span and nothing is taken off.
    Both are in units of the contrast of the span's mean face, around its mean grey. Flow is motion
    already and stays as it is.

    clip_length: frames of the clips in which pixels are hidden. The reference is never hidden, and
    its change from frame to frame is the difference of the frames that enter and leave it. So it
    reaches a clip's length to both sides at least: then none of these belongs to the clip.

    A face needs its span's mean face, for which the whole span is read once, when it is first asked
    for. A frame does not depend on what is asked for along with it.
    """

    def __init__(
        self,
        record: StoredVideo,
        *,
        stream: str,
        input_size: int,
        reference_seconds: float = 0.0,
        clip_length: int = 1,
    ) -> None:
        self._record, self._stream, self._size = record, stream, input_size
        self._span = record["span"]
        self._reach = 0
        if stream in WITH_REFERENCE and reference_seconds > 0:
            frames = round(reference_seconds * record.attrs["rate"] / 2)
            self._reach = max(1, clip_length - 1, frames)

    def __len__(self) -> int:
        return len(self._span)

    def __getitem__(self, frames: slice) -> np.ndarray:
        first, last, _ = frames.indices(len(self))
        channels = sum(form(self._stream).values())
        values = np.zeros((max(0, last - first), channels, self._size, self._size), np.float16)
        make = self._faces if self._stream in WITH_REFERENCE else self._flow
        for start, made in make(first, last):
            values[start - first : start - first + len(made)] = made
        values[self._span[first:last] < 0] = 0
        return values

    def _flow(self, first: int, last: int) -> Iterator[tuple[int, np.ndarray]]:
        """Number of the first frame and values (N, 3, S, S) of one block after the other."""
        read, attrs = self._record.part, self._record.attrs
        for start, stop in blocks(first, last, _BLOCK):
            part = slice(start, stop)
            flow = read("flow", part).astype(np.float32) * attrs["scale"]
            spacing = attrs["crop_size"] / flow.shape[2]
            stretched = np.minimum(strain(flow, spacing), _MOST_STRAIN)
            frames = np.concatenate([flow, stretched[..., None]], axis=-1)
            yield start, np.moveaxis(_resized(frames, self._size), -1, 1)

    def _faces(self, first: int, last: int) -> Iterator[tuple[int, np.ndarray]]:
        """The same of faces and references, (N, 2, S, S).

        Blocks are counted from the beginning of the span, so that a frame's values are the same
        whatever is asked for.
        """
        size = max(_BLOCK, 4 * self._reach)
        for begin, end in usable_spans(self._span):
            if begin >= last or end <= first:
                continue
            mean = self._means[begin]
            low = begin + max(0, first - begin) // size * size
            for start, stop in blocks(low, min(end, last), size):
                stop = min(start + size, end)
                around = max(begin, start - self._reach), min(end, stop + self._reach)
                images = self._images(slice(*around))[..., None]
                faces = _in_contrast(np.moveaxis(_resized(images, self._size), -1, 1), mean)
                made = _around_reference(faces, start - around[0], stop - start, self._reach)
                if self._reach == 0:
                    reference = _in_contrast(mean, mean).astype(np.float32)
                    made[:, 1] = reference
                inside = slice(max(first, start) - start, min(last, stop) - start)
                yield start + inside.start, made[inside]

    @cached_property
    def _means(self) -> dict[int, np.ndarray]:
        """The mean face (S, S) float64 of each span, by the number of its first frame."""
        means = {}
        for begin, end in usable_spans(self._span):
            total: Any = 0
            for start, stop in blocks(begin, end, _BLOCK):
                total = total + self._images(slice(start, stop)).sum(axis=0, dtype=np.float64)
            size = (self._size, self._size)
            means[begin] = cv2.resize(total, size, interpolation=cv2.INTER_AREA) / (end - begin)
        return means

    def _images(self, frames: slice) -> np.ndarray:
        """Pictures of the face (N, H, W) float32, in grey levels."""
        scale = np.float32(self._record.attrs["image_scale"])
        return self._record.part("image", frames) * scale


def _in_contrast(faces: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Faces around the grey of the mean face, in units of its contrast."""
    # Never divide by less than a grey level: a black picture has no contrast.
    return (faces - float(mean.mean())) / max(float(mean.std()), 1.0)


def _around_reference(faces: np.ndarray, first: int, count: int, reach: int) -> np.ndarray:
    """`count` of the faces (T, 1, S, S), from number `first`, as (count, 2, S, S): deviation from
    the reference, and reference.

    The reference is the mean of the `reach` frames before and after each, as far as they are among
    the faces. With `reach` 0 it is left to the caller, and nothing is taken off.
    """
    own = faces[first : first + count]
    if reach == 0:
        return np.concatenate([own, own], axis=1)
    sums = np.concatenate([np.zeros_like(faces[:1], np.float64), faces.cumsum(0, np.float64)])
    frame = np.arange(first, first + count)
    low, high = np.maximum(frame - reach, 0), np.minimum(frame + reach + 1, len(faces))
    reference = (sums[high] - sums[low]) / (high - low)[:, None, None, None]
    reference = reference.astype(faces.dtype)
    return np.concatenate([own - reference, reference], axis=1)


def _resized(frames: np.ndarray, size: int) -> np.ndarray:
    """Frames (N, H, W, C) averaged over areas to (N, size, size, C) float32."""
    if frames.shape[1] == size:
        return frames.astype(np.float32, copy=False)
    # As floats: the mean over an area is finer than a grey level, and so is what moves. One frame
    # stays in the processor's cache on the way.
    small = [
        cv2.resize(frame.astype(np.float32, copy=False), (size, size), interpolation=cv2.INTER_AREA)
        for frame in frames
    ]
    return np.stack(small).reshape(len(frames), size, size, -1)
