"""The person of a recording, followed from its first frame to its last."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mespot.errors import InputError
from mespot.face import landmarks
from mespot.recording import Frame
from mespot.store.scratch import ScratchFolder


@dataclass(frozen=True)
class Tracked:
    """A person over T working frames.

    track: where the face is. native_frame: `(T,)` int32, the recording's own numbers of the frames.
    time: `(T,)` float64, s.
    """

    track: landmarks.Track
    native_frame: np.ndarray
    time: np.ndarray


def follow(
    frames: Iterable[Frame],
    rate: float,
    settings: landmarks.TrackingSettings,
    model: str | Path,
    scratch: str | Path,
) -> Tracked:
    """Find the face in every frame of a recording and follow one person.

    frames: those of mespot.recording. rate: working frames a second. model: MediaPipe's face
    landmarker. scratch: an existing folder for landmarks that would fill the memory (6 kB a face);
    the room is given back with the result. Raises InputError when the model is none, the recording
    cannot be read to its end or the folder is full.
    """
    numbers, times = array("i"), array("d")
    broken: set[int] = set()

    def noted() -> Iterator[tuple[float, np.ndarray | None]]:
        for frame in frames:
            if frame.broken:
                broken.add(len(numbers))
            numbers.append(frame.native)
            times.append(frame.time)
            yield frame.time, frame.image

    aside = ScratchFolder(scratch)
    try:
        track = landmarks.track_face(
            noted(),
            Path(model).read_bytes(),
            rate,
            settings,
            broken,
            aside.file,
        )
    except landmarks.ModelError as error:
        raise InputError(f"{model}: {error}; delete it, run again") from error
    except OSError as error:
        raise aside.fault(error) if aside.is_full(error) else error from error
    return Tracked(track, np.array(numbers, np.int32), np.array(times, np.float64))
