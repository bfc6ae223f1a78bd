"""The video that `mespot inspect --video` writes: the recording with what was tracked in it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mespot.errors import InputError
from mespot.face.regions import REGIONS
from mespot.plots.overlay import Bar, Moment, draw
from mespot.recording import Recording, ahead, open_recording
from mespot.recording.writing import writing
from mespot.store import io, tables
from mespot.store.contents import contents
from mespot.store.digests import of_inputs
from mespot.store.files import replacing
from mespot.suffixes import VIDEO_SUFFIXES
from mespot.videos import files

_BLOCK = 256  # working frames whose landmarks are read at once
_WHICH = (
    "has no face to draw; give the landmarks of a run, results/{corpus}/landmarks/{video}.h5, or"
    " the scores.h5 that `mespot spot` has written"
)


@dataclass(frozen=True)
class _Tracked:
    """A person over T working frames, and what was found. points: of some frames, `(n, 478, 3)`.
    The other arrays are `(T,)`, see mespot.face.landmarks.Track. lanes: name -> bars."""

    native_frame: np.ndarray
    time: np.ndarray
    span: np.ndarray
    found: np.ndarray
    bridged: np.ndarray
    cut: np.ndarray
    other_faces: np.ndarray
    points: Callable[[int, int], np.ndarray]
    lanes: dict[str, list[Bar]]


def write(path: Path, out: Path, given: Path | None) -> None:
    """Write the video.

    path: landmarks of a run, or frames or flow beside them; or results of `mespot spot`. given:
    where the recording lies, None for where the file says. Raises InputError for any other file,
    for a recording that is gone or another one, and for a place where nothing may be written.
    """
    if out.suffix.lower() != ".mp4":
        raise InputError(f"{out}: is no .mp4; name a file that ends so")
    if (path.parent / files.DONE).is_file():
        with _of_spotted(path.parent, out, given) as (recording, tracked):
            _write(recording, tracked, out)
        return
    record = io.read(_landmarks(path), "landmarks")
    source = given or _place(record)
    _check_place(out, source, [record.path.parents[1] / "corpus"])
    recording = open_recording(
        source, record.attrs["native_fps"], record.attrs["first_native_frame"]
    )
    _check_same(recording, record)
    _write(recording, _of_run(record), out)


# ---------------------------------------------------------------- what is known of a run


def _landmarks(path: Path) -> Path:
    """The landmarks that a file is, or that lie beside it in a run."""
    kind = ""
    if path.suffix.lower() == ".h5":
        kind = str(contents(path)[0].attrs.get("kind"))
    if kind in ("frames", "flow") and path.parent.name == kind:
        beside = path.parents[1] / "landmarks" / path.name
        return beside if beside.is_file() else path
    if kind != "landmarks":
        raise InputError(f"{path}: {_WHICH}")
    return path


def _place(record: io.Record) -> Path:
    """Where the recording lies: landmarks say nothing of it, but those of the built-in corpus lie
    beside it."""
    folder = record.path.parents[1] / "corpus" / "videos"
    for suffix in sorted(VIDEO_SUFFIXES):
        path = folder / f"{record.attrs['video']}{suffix}"
        if path.is_file():
            return path
    raise InputError(
        f"{record.path}: does not say where its recording lies; name it: --recording PATH"
    )


def _check_same(recording: Recording, record: io.Record) -> None:
    """Raises InputError unless it is the recording that was tracked."""
    made = json.loads(record.attrs.get("provenance", "{}"))
    digest = made.get("inputs", {}).get("source") if isinstance(made, dict) else None
    size = record.attrs["width"], record.attrs["height"]
    same = digest is None or digest == of_inputs({"source": str(recording.path)})["source"]
    if not same or (recording.width, recording.height) != size:
        raise InputError(
            f"{recording.path}: is not the recording that was tracked in {record.path}, or was "
            "changed since; name that one: --recording PATH"
        )


def _of_run(record: io.Record) -> _Tracked:
    run, video = record.path.parents[1], record.attrs["video"]
    found = {}
    if record.path.parent.name == "landmarks":
        if (run / "labels.csv").is_file():
            found["labels"] = tables.read(run / "labels.csv", "labels")
        for folder in sorted((run / "intervals").glob("*/")):
            if paths := sorted(folder.glob("*.csv")):
                found[folder.name] = tables.read_intervals(paths).drop_duplicates()
    names = ("native_frame", "time", "span", "found", "bridged", "cut", "other_faces")
    arrays = {name: record[name] for name in names}
    fps = float(record.attrs["native_fps"])
    return _Tracked(
        **arrays,
        points=lambda start, stop: record.part("points", slice(start, stop)),
        lanes={
            name: _bars(table[table["video"] == video], arrays["native_frame"], arrays["time"], fps)
            for name, table in found.items()
        },
    )


# ---------------------------------------------------------------- what `mespot spot` has written


@contextmanager
def _of_spotted(
    folder: Path, out: Path, given: Path | None
) -> Iterator[tuple[Recording, _Tracked]]:
    """Results keep no landmarks, so the face is followed once more, as it was then."""
    stamp = files.stamp_of(folder)
    if stamp is None:
        raise InputError(f"{folder}: its results are not whole; spot again")
    scores = io.read(folder / files.SCORES, "found")
    table = tables.read(folder / files.INTERVALS, "found")
    source = given or Path(stamp["video"][0])
    _check_place(out, source, [], allowed=folder)
    recording = open_recording(source, scores.attrs["native_fps"], None)
    if "followed_by" not in stamp:
        raise InputError(f"{folder}: its results are of an earlier version; spot again")
    from mespot.videos.single import followed_again

    print(f"following the face in {source}")
    with tempfile.TemporaryDirectory(prefix="mespot-") as scratch:
        followed = followed_again(recording, stamp["followed_by"], scratch)
        native = scores["native_frame"]
        if not np.array_equal(followed.native_frame, native):
            raise InputError(
                f"{source}: is not the recording that was spotted in, or was changed since; name "
                "that one: --recording PATH"
            )
        track, fps = followed.track, float(scores.attrs["native_fps"])
        yield (
            recording,
            _Tracked(
                native_frame=native,
                time=scores["time"],
                span=scores["span"],
                found=track.found,
                bridged=track.bridged,
                cut=track.cut,
                other_faces=track.other_faces,
                points=lambda start, stop: track.part(start, stop).points,
                lanes={"found": _bars(table, native, scores["time"], fps)},
            ),
        )


# ---------------------------------------------------------------- both


def _check_place(out: Path, source: Path, closed: list[Path], allowed: Path | None = None) -> None:
    """Raises InputError where the recording is gone, and where recordings are, because nothing is
    written there. closed: further such folders. allowed: a folder that may lie beside one."""
    if not source.exists():
        raise InputError(
            f"{source}: the recording is not there any more; put it back, or say where it is: "
            "--recording PATH"
        )
    place = Path(os.path.realpath(out))
    if allowed is not None and place.is_relative_to(os.path.realpath(allowed)):
        return
    for folder in (source.parent, *closed):
        if place.is_relative_to(os.path.realpath(folder)):
            raise InputError(
                f"{out}: lies in {folder}, where recordings are and nothing is written; name a "
                "file elsewhere"
            )


def _bars(table: pd.DataFrame, native: np.ndarray, time: np.ndarray, fps: float) -> list[Bar]:
    """Intervals of native frames as times; the last frame counts whole."""
    numbers, first = np.unique(native, return_index=True)
    bars = []
    for row in table.sort_values(["onset", "offset"]).to_dict("records"):
        start, end = (float(np.interp(row[at], numbers, time[first])) for at in ("onset", "offset"))
        sure = row.get("confidence")
        words = row["type"] if sure is None or pd.isna(sure) else f"{row['type']} {sure:.2f}"
        bars.append(Bar(row["type"], start, end + 1 / fps, words))
    return bars


def _write(recording: Recording, tracked: _Tracked, out: Path) -> None:
    from tqdm import tqdm

    moments = _Moments(tracked)
    with (
        replacing(out) as temporary,
        writing(temporary, recording.steady_fps) as add,
        closing(ahead(recording.frames(recording.steady_fps))) as frames,
    ):
        for frame in tqdm(frames, total=recording.n_frames, disable=None, unit=" frames"):
            if frame.image is None:  # the picture before it stands until the next
                continue
            lanes = {name: _near(bars, frame.time) for name, bars in tracked.lanes.items()}
            picture = draw(frame.image, moments.at(frame.native), REGIONS, lanes)
            add(picture, frame.time)


def _near(bars: list[Bar], time: float) -> list[Bar]:
    return [bar for bar in bars if bar.end > time - 4 and bar.start < time + 4]


class _Moments:
    """What is known of each frame of the recording, asked for in order."""

    def __init__(self, tracked: _Tracked) -> None:
        self._of = tracked
        self._start, self._points = 0, np.zeros((0, 0, 3))

    def at(self, native: int) -> Moment:
        """Between two working frames of one span, landmarks lie on the line between theirs."""
        of = self._of
        right = min(int(np.searchsorted(of.native_frame, native)), len(of.native_frame) - 1)
        left = max(0, right - 1) if of.native_frame[right] > native else right
        numbers = of.native_frame[[left, right]].astype(float)
        share = 0.0 if left == right else (native - numbers[0]) / (numbers[1] - numbers[0])
        near = left if share < 0.5 else right
        time = float((1 - share) * of.time[left] + share * of.time[right])
        if not (of.found[near] or of.bridged[near]):
            return Moment(native, time, None, "no face", self._remarks(near))
        points = self._point(near)
        if left != right and of.span[left] == of.span[right] >= 0:
            points = (1 - share) * self._point(left) + share * self._point(right)
        state = "bridged" if of.bridged[near] else "face" if of.span[near] >= 0 else "not usable"
        return Moment(native, time, points[:, :2], state, self._remarks(near))

    def _remarks(self, at: int) -> list[str]:
        others = int(self._of.other_faces[at])
        return [
            *([f"{others} other face{'s' if others > 1 else ''}"] if others else []),
            *(["cut"] if self._of.cut[at] else []),
        ]

    def _point(self, at: int) -> np.ndarray:
        if not self._start <= at < self._start + len(self._points):
            self._start = at
            self._points = self._of.points(at, min(at + _BLOCK, len(self._of.span)))
        return np.asarray(self._points[at - self._start], dtype=float)
