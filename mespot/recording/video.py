"""A video file, read by the time stamps of its container."""

import logging
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np

from mespot.errors import InputError
from mespot.recording.clock import clock
from mespot.recording.frames import Frame, Recording
from mespot.recording.packets import contents
from mespot.recording.picking import Working, working_frames
from mespot.recording.pictures import Decoded, decoded

log = logging.getLogger(__name__)

# Containers announce a frame or two that do not decode; more than this is a cut-off file.
_TOLERATED_FRAMES, _TOLERATED_SHARE = 3, 0.02
_PLACES_NAMED = 5


class Video(Recording):
    """An opened video file; see `mespot.recording.open_recording`."""

    def __init__(self, path: Path, fps: float | None, first_frame: int) -> None:
        if path.stat().st_size == 0:
            raise InputError(f"{path}: the file is empty; copy the recording again")
        self.path = path
        self._contents = contents(path)
        if self._contents.ends_early:
            self._check_whole(len(self._contents.pts), self._contents.announced)
        made = clock(self._contents.stamps, self._contents.rates, float(self._contents.tick), fps)
        if made is None:
            raise InputError(f"{path}: states no frame rate; give its fps")
        self._clock = made
        first = next(decoded(path, self._contents), None)
        if first is None:
            raise InputError(f"{path}: no frame can be read; is it a whole video file?")
        height, width = first.picture().shape[:2]
        super().__init__(path, made.fps, len(self._contents.pts), first_frame, width, height)
        self.steady_fps = made.steady
        if not made.constant:
            steps = np.diff(made.times)
            self.remarks.append(
                f"the frame rate varies: {steps.min():.3f} to {steps.max():.3f} s from frame to "
                f"frame, {made.fps:.2f} frames a second on average; read by its time stamps at "
                f"{made.steady:.2f} frames a second"
            )

    def frames(self, rate: float) -> Iterator[Frame]:
        self._tell_rate(rate)
        working = working_frames(self._clock.places, self._clock.steady, rate)
        wanted = next(working, None)
        read = -1
        broken: list[int] = []
        for one in decoded(self.path, self._contents):
            broken += range(read + 1, one.index)
            read = one.index
            if one.broken:
                broken.append(one.index)
            while wanted is not None and wanted.index <= one.index:
                yield self._frame(wanted, one)
                wanted = next(working, None)
        self._check_whole(read + 1, self._contents.announced)
        self._tell_damage(broken)
        self.n_frames = read + 1

    def _frame(self, working: Working, one: Decoded) -> Frame:
        native = self.first_frame + working.index
        if working.empty:
            return Frame(native, working.place / self._clock.steady, None)
        time = float(self._clock.times[working.index])
        if one.broken or one.index != working.index:
            return Frame(native, time, None, broken=True)
        picture = one.picture()
        if picture.shape[:2] != (self.height, self.width):
            # Video calls change the size when the line gets better or worse.
            size = self.width, self.height
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        return Frame(native, time, picture)

    def _check_whole(self, read: int, announced: int) -> None:
        missing = announced - read
        if missing > max(_TOLERATED_FRAMES, _TOLERATED_SHARE * announced):
            raise InputError(
                f"{self.path}: announces {announced} frames, only {read} can be read: "
                "the file is cut off or damaged; copy it again"
            )
        if missing > 0:
            self.warn(log, "%s: %d of %d frames missing at the end", self.path, missing, announced)

    def _tell_rate(self, rate: float) -> None:
        for remark in self.remarks:
            working = working_frames(self._clock.places, self._clock.steady, rate)
            empty = [one.empty for one in working]
            self.warn(
                log,
                "%s: %s; %d of %d working frames without a picture of their own",
                self.path,
                remark,
                sum(empty),
                len(empty),
            )

    def _tell_damage(self, broken: list[int]) -> None:
        """Name the places that are damaged; broken: numbers of the frames, increasing."""
        runs = [
            [index for _, index in run]
            for _, run in groupby(enumerate(broken), lambda pair: pair[1] - pair[0])
        ]
        for run in runs[:_PLACES_NAMED]:
            first, last = run[0], run[-1]
            self.warn(
                log,
                "%s: damaged from %.2f to %.2f s: frames %d to %d are lost or spoilt and not used; "
                "copy the file again if you have a whole one",
                self.path,
                self._clock.times[first],
                self._clock.times[last],
                self.first_frame + first,
                self.first_frame + last,
            )
        if len(runs) > _PLACES_NAMED:
            more, frames = len(runs) - _PLACES_NAMED, sum(map(len, runs[_PLACES_NAMED:]))
            self.warn(log, "%s: damaged at %d more places, %d frames", self.path, more, frames)
