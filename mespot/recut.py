"""Aligned faces at full size: cut out of their recording once more, or as they were kept.

Crops are too large to keep by default. What says where they lie is kept, so whoever needs them
reads the recording again, and gets the same crops to the byte.
"""

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from mespot.errors import InputError
from mespot.face.crops import cut_crops
from mespot.recording import Recording, ahead, images_of, open_recording, waiting
from mespot.spans import blocks

_BLOCK = 128  # kept crops that are read at once


class Kept(Protocol):
    """What is kept of the faces of a video; a mespot.store.io.Record of kind `frames` is one."""

    path: Path
    attrs: dict[str, Any]

    def __getitem__(self, name: str) -> np.ndarray: ...

    def part(self, name: str, frames: Any) -> np.ndarray: ...


def faces_of(
    source: Mapping[str, Any], kept: Kept, wanted: np.ndarray | None = None
) -> Generator[np.ndarray]:
    """The crops `(S, S)` uint8 of the `wanted` working frames, in rising order; None: of all.

    source: arguments of mespot.recording.open_recording, `path` among them. The recording is read
    up to the last of these frames; where crops were kept at full size, it is not read at all.
    Raises InputError where it has other frames than the faces.
    """
    if kept.part("image", slice(0, 1)).shape[1] == kept.attrs["crop_size"]:
        yield from _kept_whole(kept, wanted)
        return
    recording = open_recording(**source)
    fault = InputError(
        f"{recording.path}: has other frames than {kept.path} was made from; delete that file and "
        "run again"
    )
    yield from cut_again(
        recording,
        kept.attrs["rate"],
        kept["native_frame"],
        transforms=kept["transform"],
        bridged=kept["bridged"],
        size=kept.attrs["crop_size"],
        fault=fault,
        wanted=wanted,
    )


def _kept_whole(kept: Kept, wanted: np.ndarray | None) -> Iterator[np.ndarray]:
    count = len(kept["native_frame"])
    frames = np.arange(count) if wanted is None else np.asarray(wanted)
    for first, last in blocks(0, count, _BLOCK):
        here = frames[(frames >= first) & (frames < last)]
        if len(here):
            images = kept.part("image", slice(first, last))[here - first]
            yield from np.rint(images * kept.attrs["image_scale"]).astype(np.uint8)


def cut_again(
    recording: Recording,
    rate: float,
    native: np.ndarray,
    *,
    transforms: np.ndarray,
    bridged: np.ndarray,
    size: int,
    fault: InputError,
    wanted: np.ndarray | None = None,
) -> Generator[np.ndarray]:
    """As `faces_of`, of an open recording.

    rate: as it was asked for when the recording was tracked. native: `(T,)` the numbers of its
    working frames. transforms, bridged, size: as for mespot.face.crops.cut_crops. Raises `fault`
    unless the recording has these frames.
    """
    shown = np.ones(len(native), bool)
    if wanted is not None:
        shown[:] = False
        shown[wanted] = True
    if not shown.any():
        return
    last = int(np.flatnonzero(shown)[-1])
    held = waiting(recording.width, recording.height)
    with closing(ahead(recording.frames(rate), held)) as frames:
        crops = cut_crops(images_of(frames, native, fault), transforms, bridged, size)
        for t, crop in enumerate(crops):
            if shown[t]:
                yield crop
            if t == last < len(native) - 1:
                return
