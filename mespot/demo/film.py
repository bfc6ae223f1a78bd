"""Films a recording of the built-in corpus: from its settings to a video file."""

import logging
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mespot.demo import corpus, portraits
from mespot.demo.beards import bearded
from mespot.demo.identities import identity, portrait_of
from mespot.demo.mixing import mixed
from mespot.demo.motion import motion
from mespot.demo.render import Renderer
from mespot.demo.settings import NONE, VideoSettings
from mespot.demo.shots import shots
from mespot.errors import InputError
from mespot.face.landmarks import ModelError, detect

log = logging.getLogger(__name__)


def film(video: str, path: Path, model: str | Path, section: Mapping[str, Any]) -> None:
    """Write one video to `path`, .mp4.

    video: its name, such as s03_1, for the log. model: MediaPipe's face landmarker. section: the
    section `demo` of config.yaml, as mespot.demo.corpus.own_section gives it. Raises InputError for
    a portrait that cannot be used, and when the disk is full.
    """
    cv2.setNumThreads(1)
    name, own = corpus.for_video(section)
    settings = VideoSettings.from_config(own)
    names = portraits.names(settings.portraits, settings.people)
    number, variant = portrait_of(corpus.numbers(name)[0], len(names))
    portrait = portraits.load(settings.portraits, names[number])
    looks = corpus.generator(settings.seed, name, corpus.LOOKS)
    partner = None
    if settings.mixed and len(names) > 1:
        partner = names[(number + 1 + int(looks.integers(len(names) - 1))) % len(names)]
    points = find_face(portrait, model, settings.portraits)
    if partner is not None:
        other = portraits.load(settings.portraits, partner)
        of_other = find_face(other, model, settings.portraits)
        portrait, points = mixed(portrait, points, other, of_other, settings.mixed)
    smile = None
    if settings.smiles is not None and settings.smile_share:
        smile = _smiling(names[number], settings.smiles, model)
        if partner is not None:
            smile = mixed(*smile, *_smiling(partner, settings.smiles, model), settings.mixed)
    person = identity(
        portrait,
        points,
        variant,
        (settings.width, settings.height),
        settings.face_width,
        corpus.generator(settings.seed, name, corpus.IDENTITY),
        smile,
    )
    if settings.beard != NONE:
        person = bearded(person, settings.beard, looks)
    script = corpus.script(name, settings)
    distractors = motion(settings, corpus.generator(settings.seed, name, corpus.MOTION))
    sensor = corpus.generator(settings.seed, name, corpus.SENSOR)
    renderer = Renderer(person, settings, sensor, looks)
    cut = shots(settings, script, corpus.generator(settings.seed, name, corpus.SHOTS))
    write = write_video if settings.crf is None else write_compressed
    write(path, renderer.frames(script, distractors, cut), settings)
    what = (video, settings.n_frames, portrait.name, variant, len(script))
    log.info("%s: %d frames of %s, variant %d, with %d labels", *what)


def _smiling(name: str, folder: str, model: str | Path) -> tuple[portraits.Portrait, np.ndarray]:
    """The smiling portrait of whom a neutral one shows, and its landmarks."""
    portrait = portraits.load(folder, portraits.same_person(name, folder))
    return portrait, find_face(portrait, model, folder)


def find_face(portrait: portraits.Portrait, model: str | Path, folder: str | None) -> np.ndarray:
    """Landmarks (478, 3) of the portrait's face, px.

    folder: where the portrait comes from, for messages; None for a built-in one.
    """
    content, frames = Path(model).read_bytes(), [(0.0, portrait.image)]
    try:
        faces = next(detect(frames, content, faces=2, confidence=0.5))
    except ModelError as error:
        raise InputError(f"{model}: {error}; delete it, run again") from error
    where = portrait.name if folder is None else f"{folder}/{portrait.name}"
    return portraits.check(where, [face.points for face in faces])


def write_video(path: Path, frames: Iterable[np.ndarray], settings: VideoSettings) -> None:
    """MPEG-4 at OpenCV's own rate, 0.1 to 0.3 Mbyte a second.

    Micro-expressions come through it: their motion (Lucas-Kanade at the landmarks, 0.5 to 4 px) was
    0.87 to 1.02 of the motion before noise and compression, with an error of 0.03 to 0.1 px.
    Motion JPEG took 7 to 20 times the space.
    """
    writer = cv2.VideoWriter(
        str(path),
        cv2.CAP_FFMPEG,
        cv2.VideoWriter.fourcc(*"mp4v"),
        settings.fps,
        (settings.width, settings.height),
    )
    if not writer.isOpened():
        raise InputError(f"{path}: OpenCV cannot write MPEG-4 here; install opencv-contrib-python")
    for frame in frames:
        writer.write(frame)
    writer.release()
    _check_length(path, settings)


def write_compressed(path: Path, frames: Iterable[np.ndarray], settings: VideoSettings) -> None:
    """H.264 of the constant quality `crf`, as most cameras and video calls write it."""
    import av

    with av.open(str(path), "w", format="mp4") as container:
        rate = Fraction(settings.fps).limit_denominator(1001)
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = settings.width, settings.height, "yuv420p"
        stream.thread_count = 1
        stream.options = {"crf": f"{settings.crf:g}", "preset": "veryfast"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="bgr24")))
        container.mux(stream.encode())
    _check_length(path, settings)


def _check_length(path: Path, settings: VideoSettings) -> None:
    """Raises InputError when frames are missing: the writers do not say when the disk was full."""
    written = int(cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FRAME_COUNT))
    if written != settings.n_frames:
        raise InputError(
            f"{path.parent}: only {written} of {settings.n_frames} frames of a video could be"
            " written; free space on that disk and run again"
        )
