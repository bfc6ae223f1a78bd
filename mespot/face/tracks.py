"""The faces of a recording through time, joined to tracks by place as they come in.

Of each face only its place and size are kept in memory, and a mean shape every half second. The
landmarks lie on a shelf.
"""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from mespot.face.cuts import Cut, Steps, portrait, scene
from mespot.face.shelf import Face, Shelf

# Two detections are one face when their centres are less than this share of its width apart for
# each working frame between them, but at most the second number.
_STEP, _REACH = 0.25, 0.75
# At a cut to another scene, a face moves by more than this share of its width, over so many frames.
_JUMP, _NEAR = 0.03, 3
# Landmarks of which the mean shape is kept, and over how long (s).
_SHAPE, _SHAPE_SECONDS = slice(None, None, 7), 0.5


class Track:
    """One face through time.

    frame, number: of each detection the frame and its number on the shelf. x, y, width: centre and
    size of each, px. shapes: mean landmarks (69, 3) of each half second. after_cut: the face of
    the track before was cut, or the whole picture.
    """

    def __init__(self, rate: float, after_cut: bool = False) -> None:
        self.frame, self.number = array("i"), array("i")
        self.x, self.y, self.width = array("f"), array("f"), array("f")
        self.shapes: list[np.ndarray] = []
        self.steps: Steps | None = Steps(rate)
        self.after_cut = after_cut
        self._rate = rate
        self._sum = np.zeros(1)
        self._summed = 0

    def __len__(self) -> int:
        return len(self.frame)

    def add(self, frame: int, face: Face, number: int) -> None:
        x, y = face.centre
        self._append(frame, number, x, y, face.width)
        self._sum = self._sum + face.points[_SHAPE].astype(np.float64)
        self._summed += 1
        if self._summed >= _SHAPE_SECONDS * self._rate:
            self.shapes.append((self._sum / self._summed).astype(np.float32))
            self._sum, self._summed = np.zeros(1), 0

    def _append(self, frame: int, number: int, x: float, y: float, width: float) -> None:
        self.frame.append(frame)
        self.number.append(number)
        self.x.append(x)
        self.y.append(y)
        self.width.append(width)

    def split(self, cut: int) -> "Track":
        """Take the detections from frame `cut` on away, as a track of their own."""
        later, at = Track(self._rate, after_cut=True), bisect_left(self.frame, cut)
        columns = (self.frame, self.number, self.x, self.y, self.width)
        for row in zip(*(column[at:] for column in columns), strict=True):
            later._append(*row)
        for column in columns:
            del column[at:]
        # The cut is found a few frames late: the last mean shape may have something of both sides.
        if self._summed < len(later) and self.shapes:
            self.shapes.pop()
        self._sum, self._summed = np.zeros(1), 0
        return later

    def jumps(self, cut: int) -> bool:
        """Whether the face is elsewhere after a cut, or not there on either side of it. If it is
        not, somebody came into the picture or an inset was shown."""
        at = bisect_left(self.frame, cut)
        if not 0 < at < len(self) or self.frame[at] - self.frame[at - 1] > 2:
            return True
        places = np.array([self.x, self.y, self.width])
        before, after = places[:, max(0, at - _NEAR) : at], places[:, at : at + _NEAR]
        jump = np.abs(np.median(after, axis=1) - np.median(before, axis=1))
        return bool(jump.max() > _JUMP * self.width[at - 1])

    # What follows is asked for when the track has ended, and often.

    @cached_property
    def shape(self) -> np.ndarray | None:
        """Its median shape, None for a track that is too short to have one."""
        return np.median(self.shapes, axis=0) if self.shapes else None

    @cached_property
    def centre(self) -> np.ndarray:
        """Its median place, px."""
        return np.array([np.median(self.x), np.median(self.y)])

    @cached_property
    def size(self) -> float:
        """Its median width, px."""
        return float(np.median(self.width))


class Tracks:
    """The faces of a recording, joined to tracks as they come in.

    max_gap: a face may be away for so many frames. scenes: first frames of other scenes. mixed:
    frames with something of both sides of a cut.
    """

    def __init__(self, rate: float, max_gap: int, shelf: Shelf) -> None:
        self.tracks: list[Track] = []
        self.scenes: set[int] = set()
        self.mixed: set[int] = set()
        self._rate, self._max_gap, self._shelf = rate, max_gap, shelf
        self._active: list[Track] = []
        self._scene = Steps(rate)

    def add(self, index: int, faces: Sequence[Face], grey: np.ndarray | None) -> None:
        """The faces of the next frame, and its grey picture where there is one."""
        for track in self._active:
            if index - track.frame[-1] > self._max_gap + 1:
                track.steps = None  # it holds pictures
        self._active = [track for track in self._active if track.steps is not None]
        joined = _joined(index, faces, self._active)
        for i, face in enumerate(faces):
            if i not in joined:
                joined[i] = Track(self._rate)
                self.tracks.append(joined[i])
                self._active.append(joined[i])
            track = joined[i]
            track.add(index, face, self._shelf.put(face))
            if grey is not None and track.steps is not None:
                cut = track.steps.add(index, portrait(grey, face.points))
                if cut is not None:
                    self._split(track, cut)
        cut = None if grey is None else self._scene.add(index, scene(grey))
        if cut is not None:
            self.scenes.add(cut.first)
            for track in list(self._active):
                if track.jumps(cut.first):
                    self._split(track, cut)

    def _split(self, track: Track, cut: Cut) -> None:
        """End a track before a cut; what came after it is a new one."""
        if track.frame[0] >= cut.first:
            return
        if track.frame[-1] >= cut.first:
            later = track.split(cut.first)
            self.tracks.append(later)
            self._active.append(later)
        track.steps = None
        if cut.mixed is not None:
            self.mixed.add(cut.mixed)


def _joined(index: int, faces: Sequence[Face], tracks: Sequence[Track]) -> dict[int, Track]:
    """The tracks that faces go on, by place: the nearest pairs first."""
    pairs = []
    for i, face in enumerate(faces):
        for j, track in enumerate(tracks):
            centre = face.centre
            apart = np.hypot(centre[0] - track.x[-1], centre[1] - track.y[-1]) / track.width[-1]
            if apart <= min(_STEP * (index - track.frame[-1]), _REACH):
                pairs.append((float(apart), i, j))
    joined: dict[int, int] = {}
    for _, i, j in sorted(pairs):
        if i not in joined and j not in joined.values():
            joined[i] = j
    return {i: tracks[j] for i, j in joined.items()}
