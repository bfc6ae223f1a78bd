"""The persons of a recording, made from tracks of faces, and which of them is followed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mespot.errors import InputError
from mespot.face.align import similarity
from mespot.face.tracks import Track

AUTO, LEFT, RIGHT, LARGEST = "auto", "left", "right", "largest"

# A face found elsewhere later is still the same person when its width is within this factor and its
# proportions are no farther apart than this, in widths of the face. The same person may differ by
# 0.045 after a turn of the head, and most persons differ by less: mostly it only helps to tell to
# which of two persons a face belongs.
_SAME_WIDTH, _SAME_SHAPE = 1.5, 0.05
# The mean shapes of a photograph differ by less than this from each other, in widths of the face,
# once an affine motion is taken off: up to 0.0005 with strong noise. Those of the calmest of
# fifteen persons differ by 0.0024. Shorter tracks than this many shapes say nothing.
_STILL, _ENOUGH = 0.001, 6
# How much longer counts against larger, for the face that is followed.
_STEADINESS = 1.5


class NoSuchFaceError(InputError):
    """A face was asked for by its number that is not there."""


@dataclass
class Person:
    """One lasting face.

    tracks: in the order in which they were added, the longest first. motion: how much the face
    moves by itself, in widths of the face; None if it was not seen for long enough.
    """

    tracks: list[Track]
    motion: float | None = None
    # A long recording may have ten thousand tracks, and each is compared with all others.
    _known: np.ndarray = field(
        default_factory=lambda: np.empty((16, 4)), init=False, repr=False, compare=False
    )
    _n_known: int = field(default=0, init=False, repr=False, compare=False)

    def together(self, track: Track) -> list[Track]:
        """The tracks that have some time in common with another one."""
        known = self._summary()
        during = (known[:, 0] <= track.frame[-1]) & (known[:, 1] >= track.frame[0])
        return [self.tracks[number] for number in np.flatnonzero(during)]

    def apart(self, track: Track) -> float:
        """Distance (px) between the middles of a track and of the nearest one of the person."""
        away = self._summary()[:, 2:] - track.centre
        return float(np.hypot(away[:, 0], away[:, 1]).min())

    def _summary(self) -> np.ndarray:
        """First and last frame and middle (x, y) of each track."""
        for number in range(self._n_known, len(self.tracks)):
            if number == len(self._known):
                self._known = np.concatenate([self._known, np.empty_like(self._known)])
            track = self.tracks[number]
            self._known[number] = (track.frame[0], track.frame[-1], *track.centre)
        self._n_known = len(self.tracks)
        return self._known[: self._n_known]

    @property
    def still(self) -> bool:
        """Whether the face has no motion of its own, as a picture of one."""
        return self.motion is not None and self.motion < _STILL

    @property
    def frames(self) -> int:
        """In how many frames the face was found."""
        return sum(len(track) for track in self.tracks)

    @property
    def size(self) -> float:
        """Median width of the face, px."""
        return float(np.median(np.concatenate([track.width for track in self.tracks])))

    @property
    def x(self) -> float:
        """Median place from the left edge of the recording, px."""
        return float(np.median(np.concatenate([track.x for track in self.tracks])))

    @property
    def y(self) -> float:
        """Median place from the upper edge, px."""
        return float(np.median(np.concatenate([track.y for track in self.tracks])))


def persons(tracks: Sequence[Track], min_frames: int) -> list[Person]:
    """The persons whose faces last, from left to right; short ones only if there are no others.

    min_frames: a face lasts if a track of it has so many frames.
    """
    lasting = [track for track in tracks if len(track) >= min_frames] or list(tracks)
    # sorted() is stable: of two equal tracks the one that began first comes first.
    lasting = sorted(lasting, key=lambda track: -len(track) * track.size)
    found: list[Person] = []
    for track in lasting:
        if any(_doubled(track, other) for one in found for other in one.together(track)):
            continue
        person = _same(track, found)
        if person is None:
            found.append(Person([track]))
        else:
            person.tracks.append(track)
    for person in found:
        person.motion = _own_motion(person.tracks)
    return sorted(found, key=lambda person: person.x)


def choose(found: Sequence[Person], wanted: str | int, shape: tuple[int, int]) -> Person:
    """The person that is followed.

    wanted: `auto`, `left`, `right`, `largest` or a number, 1 for the leftmost. shape: height and
    width of the recording. `auto` is who is seen for long, large and in the middle; a picture of a
    face only where nobody is known to move. Raises NoSuchFaceError.
    """
    if wanted == LEFT:
        return found[0]
    if wanted == RIGHT:
        return found[-1]
    if wanted == LARGEST:
        return max(found, key=lambda person: person.size)
    if wanted != AUTO:
        if not 1 <= int(wanted) <= len(found):
            faces = f"{len(found)} lasting face{'' if len(found) == 1 else 's'}"
            raise NoSuchFaceError(f"face {wanted} is not there: it has {faces}")
        return found[int(wanted) - 1]
    moving = any(person.motion is not None and not person.still for person in found)
    subjects = [person for person in found if not (moving and person.still)]
    return max(subjects, key=lambda person: _weight(person, shape))


def _weight(person: Person, shape: tuple[int, int]) -> float:
    middle = np.array([shape[1], shape[0]]) / 2
    away = np.hypot(person.x - middle[0], person.y - middle[1]) / np.hypot(*middle)
    return float(person.frames**_STEADINESS * person.size * (1 - away / 2))


def followed(tracks: Sequence[Track], person: Person, others: Sequence[Person]) -> list[Track]:
    """The tracks of a person, and what else must be of them: tracks at other times of about the
    same size and shape, however short, that are not of somebody else."""
    own = Person(list(person.tracks))
    known = {id(track) for one in (own, *others) for track in one.tracks}
    for track in sorted(tracks, key=lambda track: -len(track) * track.size):
        if id(track) not in known and _same(track, [own, *others]) is own:
            own.tracks.append(track)
    return own.tracks


def _same(track: Track, found: Sequence[Person]) -> Person | None:
    """The person to whom a track belongs who is not seen in its time."""
    best, least = None, np.inf
    for person in found:
        if person.together(track):
            continue
        ratio = abs(np.log(track.size / person.tracks[0].size))
        apart = _shape_distance(track, person.tracks[0])
        if ratio > np.log(_SAME_WIDTH) or apart > _SAME_SHAPE:
            continue
        place = person.apart(track) / track.size
        unlike = apart / _SAME_SHAPE + ratio / np.log(_SAME_WIDTH) + min(place, 4) / 4
        if unlike < least:
            best, least = person, unlike
    return best


def _doubled(track: Track, other: Track) -> bool:
    """Whether two tracks are two detections of one face: one has its centre in the other."""
    _, i, j = np.intersect1d(track.frame, other.frame, return_indices=True)
    if not len(i):
        return False
    a, b = (np.array([one.x, one.y, one.width]) for one in (track, other))
    away = np.hypot(a[0, i] - b[0, j], a[1, i] - b[1, j])
    return bool(np.mean(away <= np.maximum(a[2, i], b[2, j]) / 2) > 0.5)


def _shape_distance(one: Track, other: Track) -> float:
    """How far the proportions of two faces are apart, in widths of the face; 0 if unknown."""
    if one.shape is None or other.shape is None:
        return 0.0
    shapes = (one.shape[:, :2], other.shape[:, :2])
    flat = [shape - shape.mean(axis=0) for shape in shapes]
    a, b, _, _ = similarity(flat[0][None], flat[1])[0]
    moved = flat[0] @ np.array([[a, b], [-b, a]])
    width = np.ptp(flat[1], axis=0).max()
    return float(np.sqrt(((moved - flat[1]) ** 2).sum(axis=1).mean()) / width)


def _own_motion(tracks: Sequence[Track]) -> float | None:
    """How much a face moves by itself, as in `Person`.

    A flat picture before a moving camera changes by an affine map, so that is taken off.
    """
    shapes = [shape[:, :2] for track in tracks for shape in track.shapes]
    if len(shapes) < _ENOUGH:
        return None
    mean = np.mean(shapes, axis=0)
    ones = np.ones((len(mean), 1))
    moved = []
    for shape in shapes:
        places = np.hstack([shape, ones])
        moved.append(places @ np.linalg.lstsq(places, mean, rcond=None)[0])
    return float(np.std(moved, axis=0).mean() / np.ptp(mean, axis=0).max())
