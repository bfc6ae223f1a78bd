"""What another program or a notebook uses: `import mespot`.

`spot` does everything. `track`, `crops` and `flow` are its first stages, and `score` compares what
was found with labels. All take files or arrays and return arrays and tables; none writes a file.
"""

from __future__ import annotations

import argparse
import functools
import inspect
import tempfile
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from mespot.cli import score_report
from mespot.config import check, load
from mespot.errors import InputError
from mespot.face.crops import CropSettings, align_crops, crop_points, cut_crops
from mespot.face.flow import strain
from mespot.face.landmarks import TrackingSettings, blink
from mespot.face.motion import MotionSettings, frame_motions
from mespot.face.occlusion import FaceWatch, usual_points
from mespot.face.persons import NoSuchFaceError
from mespot.face.regions import REGIONS
from mespot.landmarker import kept
from mespot.measured import head_rotation
from mespot.recording import Pictures, Recording, images_of, open_recording
from mespot.scoring.rules import RULES
from mespot.spans import without
from mespot.tracked import follow
from mespot.videos.found import Found
from mespot.videos.how import DEFAULTS, How
from mespot.videos.single import Spotter
from mespot.videos.sources import stem_of

__all__ = ["Crops", "Faces", "Found", "Motion", "crops", "flow", "score", "spot", "track"]

Video = str | Path | Iterable[np.ndarray]
Settings = Mapping[str, Mapping[str, Any]]
P = ParamSpec("P")
R = TypeVar("R")


def _known_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """The same function, which refuses arguments that it does not have by our own error."""
    own = inspect.signature(function)

    @functools.wraps(function)
    def checked(*given: P.args, **named: P.kwargs) -> R:
        try:
            own.bind(*given, **named)
        except TypeError as error:
            known = ", ".join(own.parameters)
            raise InputError(
                f"mespot.{function.__name__}: {error}; its arguments are {known}"
            ) from None
        return function(*given, **named)

    return checked


@dataclass(frozen=True)
class Faces:
    """Landmarks of one person over T working frames; NaN where there is no face.

    points: `(T, 478, 3)` float32, MediaPipe's landmarks, px of the recording, depth in the same
    unit. blendshapes: `(T, 52)` float32. rotation: `(T, 3)` float32, yaw, pitch and roll, degrees.
    found: `(T,)` bool. bridged: `(T,)` bool, interpolated over a short gap. span: `(T,)` int16, the
    usable span of a frame, -1 where there is none. frame: `(T,)` int, number in the recording.
    time: `(T,)` s. rate: working frames a second.
    """

    points: np.ndarray
    blendshapes: np.ndarray
    rotation: np.ndarray
    found: np.ndarray
    bridged: np.ndarray
    span: np.ndarray
    frame: np.ndarray
    time: np.ndarray
    rate: float


@dataclass(frozen=True)
class Crops:
    """Aligned faces over T working frames.

    images: `(T, S, S)` uint8, grey, black where there is no usable face. points: `(T, 478, 3)`
    landmarks in px of the crops. transforms: `(T, 2, 3)` from px of the recording to px of the
    crop. span: as in `Faces`, without frames in which something hides the face. frame, time, rate:
    as in `Faces`. blink: `(T,)` 0..1.
    """

    images: np.ndarray
    points: np.ndarray
    transforms: np.ndarray
    span: np.ndarray
    frame: np.ndarray
    time: np.ndarray
    rate: float
    blink: np.ndarray


@dataclass(frozen=True)
class Motion:
    """Motion of a face over T working frames, without that of the head; px are those of the crop.

    flow: `(T, G, G, 2)` float32, px since the frame before, u to the right, v down. strain:
    `(T, G, G)` float32, 1/frame. regional: `(T, L, R, 2)` float32, mean displacement of each of R
    regions over each of L lags, px. lags: frames. regions: their names. span, frame, time, rate: as
    in `Faces`.
    """

    flow: np.ndarray
    strain: np.ndarray
    regional: np.ndarray
    lags: tuple[int, ...]
    regions: tuple[str, ...]
    span: np.ndarray
    frame: np.ndarray
    time: np.ndarray
    rate: float


@_known_arguments
def spot(
    video: Video,
    *,
    model: str | Path | None = None,
    training_free: bool = False,
    fps: float | None = None,
    face: str | int = "auto",
    name: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Found:
    """Find the micro- and macro-expressions in one video.

    video: a video file, a folder of numbered images, or pictures `(H, W, 3)` uint8 BGR. model: a
    results/model.pt; None for the one that comes along. training_free: without any model. fps:
    frames a second, which pictures and folders of images need. face: who is followed where several
    faces last: auto, left, right, largest, or a number from left to right. name: of the video in
    the tables. progress: called with how much is done, and of how much, until the motion of the
    face is measured; networks and tables take some seconds more.

    Raises InputError for a video that cannot be read or has fewer than 12 frames a second, and
    where there is no model.

    >>> import mespot
    >>> found = mespot.spot("anna.mp4")
    >>> rows = found.intervals[["type", "onset_s", "offset_s", "confidence"]]
    >>> found.plot().savefig("anna.png")
    """
    spotter = Spotter.of(How.of(model, training_free=training_free, face=face))
    recording = _opened(video, fps)
    with tempfile.TemporaryDirectory(prefix="mespot-") as scratch:
        return spotter.spot(recording, name or stem_of(recording.path), scratch, progress)


@_known_arguments
def track(video: Video, *, fps: float | None = None, settings: Settings | None = None) -> Faces:
    """Follow one person through a video, by MediaPipe's face landmarker.

    video, fps: as for `spot`. settings: values other than the defaults, such as
    `{"tracking": {"max_gap": 0.5}}`; config.yaml explains the keys. Raises InputError for a video
    that cannot be read. One that is too slow for `spot` is tracked, too.

    >>> import mespot
    >>> faces = mespot.track("anna.mp4")
    >>> faces.points.shape == (len(faces.time), 478, 3)
    True
    """
    whole = _settings(settings)
    tracking = dict(whole["tracking"])
    wanted = tracking.pop("rate")
    recording = _opened(video, fps)
    rate = recording.working_rate(wanted)
    with tempfile.TemporaryDirectory(prefix="mespot-") as scratch:
        model, how = kept(whole["landmarker"]), TrackingSettings(**tracking)
        try:
            followed = follow(recording.frames(wanted), rate, how, model, scratch)
        except NoSuchFaceError as error:
            raise InputError(f"{recording.path}: {error}; choose another") from error
        part = followed.track.part(0, len(followed.time))
    return Faces(
        points=part.points,
        blendshapes=part.blendshapes,
        rotation=head_rotation(part.pose),
        found=followed.track.found,
        bridged=followed.track.bridged,
        span=followed.track.span,
        frame=followed.native_frame,
        time=followed.time,
        rate=rate,
    )


@_known_arguments
def crops(
    video: Video,
    faces: Faces | None = None,
    *,
    fps: float | None = None,
    settings: Settings | None = None,
) -> Crops:
    """Cut the face out of every working frame, aligned, so that the head's motion is gone.

    faces: as `track` gives them of the same video; None: they are tracked first. video, fps,
    settings: as for `track`. Raises InputError as `track` does, and for faces of another video.

    >>> import mespot
    >>> faces = mespot.track("anna.mp4")
    >>> crops = mespot.crops("anna.mp4", faces)
    >>> crops.images.shape == (len(faces.time), 224, 224)
    True
    """
    whole = _settings(settings)
    if not isinstance(faces, (Faces, type(None))):
        raise InputError(f"faces: is {type(faces).__name__}; give what mespot.track gives")
    if isinstance(video, Iterable) and not isinstance(video, (str, Path, np.ndarray)):
        video = list(video)  # it is looked at twice
    known = track(video, fps=fps, settings=settings) if faces is None else faces
    cut = CropSettings(**{key: whole["crop"][key] for key in ("size", "fill", "smoothing")})
    recording = _opened(video, fps)
    fault = InputError(f"{recording.path}: the faces are of another video; track this one")
    pictures = images_of(recording.frames(whole["tracking"]["rate"]), known.frame, fault)
    transforms = align_crops(known.points, known.span, known.rate, cut)
    watch = FaceWatch(usual_points(transforms, known.points, known.span), cut.size, known.rate)
    cropped = cut_crops(pictures, transforms, known.bridged, cut.size)
    images = np.stack(list(watch.watched(cropped, known.span.copy())))
    return Crops(
        images=images,
        points=crop_points(transforms, known.points),
        transforms=transforms,
        span=without(known.span, watch.hidden()),
        frame=known.frame,
        time=known.time,
        rate=known.rate,
        blink=blink(known.blendshapes),
    )


@_known_arguments
def flow(
    video: Video | Crops, *, fps: float | None = None, settings: Settings | None = None
) -> Motion:
    """Measure how the skin moves between aligned faces, and how each face region does.

    video: what `crops` gives; or a video, whose faces are cut out first. fps, settings: as for
    `track`. Raises InputError as `track` does.

    >>> import mespot
    >>> motion = mespot.flow(mespot.crops("anna.mp4"))
    >>> brow = motion.regions.index("left_inner_brow")
    >>> upwards = -motion.regional[:, 0, brow, 1]
    """
    whole = _settings(settings)
    cut = video if isinstance(video, Crops) else crops(video, fps=fps, settings=settings)
    section = whole["flow"]
    how = MotionSettings(**{**section, "lags": tuple(section["lags"])})
    frames = frame_motions(
        cut.images,
        cut.points,
        cut.span,
        rate=cut.rate,
        size=cut.images.shape[1],
        settings=how,
    )
    measured = list(frames)
    field = np.stack([one.flow for one in measured])
    return Motion(
        flow=field,
        strain=strain(field, cut.images.shape[1] / how.grid),
        regional=np.stack([one.regional for one in measured]),
        lags=how.lags,
        regions=tuple(REGIONS),
        span=cut.span,
        frame=cut.frame,
        time=cut.time,
        rate=cut.rate,
    )


@_known_arguments
def score(
    labels: str | Path | pd.DataFrame,
    predictions: str | Path | pd.DataFrame,
    videos: str | Path | pd.DataFrame | None = None,
    *,
    rule: str = "strict",
    bootstrap: int = 2000,
    seed: int = 1,
) -> dict[str, Any]:
    """Score predicted intervals against labels, as `mespot score` does.

    labels: `subject`, `video`, `type`, `onset`, `offset`, in native frames, inclusive. predictions:
    the same, without `subject`, such as `Found.intervals`; `confidence` where it is known. videos:
    `subject`, `video`, `fps`, `n_frames`; without it, only the videos with labels count. All are
    tables or CSV files. rule: one of docs/protocol.md, or `all`. bootstrap, seed: of the interval
    of F1. Returns {`rules`: {rule: table}, ...}. What was read in another way than written is a
    warning. Raises InputError for a table that cannot be scored.

    >>> import mespot, pandas
    >>> truth = {"subject": ["anna"], "video": ["anna"], "type": ["micro"]}
    >>> labels = pandas.DataFrame({**truth, "onset": [30], "offset": [40]})
    >>> found = pandas.DataFrame({**truth, "onset": [31], "offset": [42]})
    >>> table = mespot.score(labels, found)["rules"]["strict"]
    >>> float(table.query("expression == 'micro' and subject == 'all'")["f1"].iloc[0])
    1.0
    """
    if rule != "all" and rule not in RULES:
        raise InputError(f"rule: there is no {rule!r}; use {', '.join(RULES)} or all")
    for name, number, least in (("bootstrap", bootstrap, 1), ("seed", seed, 0)):
        if not isinstance(number, Integral) or number < least:
            raise InputError(f"{name}: {number!r} must be a whole number from {least} on")
    with tempfile.TemporaryDirectory(prefix="mespot-") as folder:
        given = {"labels": labels, "predictions": predictions, "videos": videos}
        paths = {name: _as_file(table, Path(folder) / name) for name, table in given.items()}
        options = argparse.Namespace(
            labels=paths["labels"],
            predictions=[paths["predictions"]],
            videos=paths["videos"],
            rule=rule,
            labelled_only=False,
            recall=[0.5],
            confidence=0.95,
            bootstrap=int(bootstrap),
            seed=int(seed),
        )
        remarks: list[str] = []
        try:
            result = score_report.score(options, remarks)
        except InputError as error:  # a table in memory has no path
            raise InputError(str(error).replace(f"{folder}/", "")) from None
        remarks = [remark.replace(f"{folder}/", "") for remark in remarks]
    for remark in remarks:
        warnings.warn(remark, stacklevel=2)
    return result


def _as_file(table: Any, path: Path) -> Path | None:
    if isinstance(table, pd.DataFrame):
        table.to_csv(path, index=False)
        return path
    if not isinstance(table, (str, Path)) and not (table is None and path.name == "videos"):
        raise InputError(f"{path.name}: is {type(table).__name__}; give a table or a CSV file")
    return None if table is None else Path(table)


def _opened(video: Video, fps: float | None) -> Recording:
    if isinstance(video, (str, Path)):
        return open_recording(video, fps)
    if not isinstance(video, Iterable):
        raise InputError(
            f"video: is {type(video).__name__}; give a file, a folder of images, or pictures"
        )
    return Pictures(video, fps)


def _settings(changes: Settings | None) -> dict[str, dict[str, Any]]:
    """The defaults of config.yaml with other values put over them, checked as config.yaml is."""
    config = load(DEFAULTS)
    sections = {name: dict(config[name]) for name in ("tracking", "crop", "flow", "landmarker")}
    if not isinstance(changes, (Mapping, type(None))):
        raise InputError(f"settings: is {changes!r:.80}; give {{section: {{key: value}}}}")
    for section, keys in (changes or {}).items():
        if section not in sections:
            raise InputError(f"settings: there is no {section}; use {', '.join(sections)}")
        if not isinstance(keys, Mapping):
            raise InputError(f"settings: {section} is {keys!r:.80}; give {{key: value}}")
        sections[section] |= keys
    check({**config, **sections}, "settings")
    return sections
