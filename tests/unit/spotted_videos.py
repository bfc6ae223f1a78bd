"""A small video of a face that is followed by hand, and `mespot spot` in this process."""

import hashlib

import cv2
import numpy as np

from mespot import api
from mespot.errors import InputError
from mespot.face import landmarks
from mespot.face.regions import REGIONS
from mespot.measured import Measured
from mespot.store import tables
from mespot.videos import batch, files, how, single, workers
from tests import trees
from tests.unit import models
from tests.unit.faces import face, texture

SIDE, FRAMES, RATE = 96, 60, 30.0
MODEL = b"a landmarker"


def pictures():
    picture = texture(np.random.default_rng(0), SIDE + FRAMES)
    views = [picture[t // 5 :, t // 4 :][:SIDE, :SIDE] for t in range(FRAMES)]
    return [cv2.merge([np.clip(view, 0, 255).astype(np.uint8)] * 3) for view in views]


def put_here(tmp_path, monkeypatch):
    """A working folder with anna.mp4 and a model; a landmarker that always sees one face."""

    def detect(frames, model, *, faces, confidence):
        assert model == MODEL
        for index, _ in enumerate(frames):
            place = (48 + 0.05 * index, 50) + np.random.default_rng(index).normal(0, 0.2, 2)
            yield [face(place, width=60, blink=0.1 * (index % 7))]

    monkeypatch.setattr(landmarks, "detect", detect)
    sha256 = hashlib.sha256(MODEL).hexdigest()
    (tmp_path / "face.task").write_bytes(MODEL)
    monkeypatch.setenv("MESPOT_LANDMARKER", str(tmp_path / "face.task"))
    monkeypatch.setitem(models.LANDMARKER, "sha256", sha256)
    given = how.DEFAULTS.read_text().split("sha256: ")
    (tmp_path / "defaults.yaml").write_text(f"{given[0]}sha256: {sha256}\n{given[1][64:]}")
    monkeypatch.setattr(how, "DEFAULTS", tmp_path / "defaults.yaml")
    monkeypatch.setattr(api, "DEFAULTS", tmp_path / "defaults.yaml")
    monkeypatch.setattr(how, "MODEL", models.untrained(tmp_path / "model.pt"))
    (tmp_path / "videos").mkdir()
    trees.video(tmp_path / "videos" / "anna.avi", pictures(), RATE)
    monkeypatch.chdir(tmp_path / "videos")
    return tmp_path


def spot_in_this_process(monkeypatch):
    """One process instead of several, and a file for the picture; what videos were worked on."""
    monkeypatch.setitem(files.WRITERS, files.TIMELINE, lambda found, path: path.write_text("png"))
    worked = []

    def share_out(pieces, count, prepare, argument):
        work = prepare(argument) if pieces else None
        for number, piece in enumerate(pieces):
            worked.append(piece.name)
            yield workers.Event(workers.PROGRESS, number, 0.5)
            try:
                yield workers.Event(workers.DONE, number, work(piece, lambda share: None))
            except InputError as error:
                yield workers.Event(workers.FAILED, number, str(error))

    monkeypatch.setattr(workers, "share_out", share_out)
    monkeypatch.setattr(batch, "lock_results", lambda folder: folder.mkdir(exist_ok=True))
    return worked


def measure_nothing(monkeypatch, **changed):
    """A face that does not move is taken for what is measured, which takes no time."""
    monkeypatch.setattr(single, "measure", lambda recording, *_: still_face(recording, **changed))


def still_face(recording, **changed):
    """What would be measured of a face that does not move. changed: other values."""
    frames, rate = recording.n_frames, recording.working_rate(RATE)
    values = dict(
        regional=np.zeros((frames, 2, len(REGIONS), 2), np.float32),
        rigid=np.zeros((frames, 2, 6), np.float32),
        span=np.zeros(frames, np.int16),
        native_frame=np.arange(frames, dtype=np.int32),
        time=np.arange(frames) / rate,
        blink=np.zeros(frames, np.float32),
        **{name: np.zeros(frames, bool) for name in ("occluded", "cut", "bridged")},
        found=np.ones(frames, bool),
        other_faces=np.zeros(frames, np.int16),
        head_rotation=np.zeros((frames, 3), np.float32),
        face_box=np.zeros((frames, 4), np.float32),
        transform=np.zeros((frames, 2, 3)),
        usual_points=np.zeros((478, 2)),
        rate=rate,
        lags=(1, 3),
        regions=tuple(REGIONS),
        crop_size=64,
        native_fps=recording.fps,
        n_native_frames=frames,
        first_native_frame=0,
        width=SIDE,
        height=SIDE,
    )
    return Measured(**{**values, **changed})


def summary(out):
    return tables.read(out / batch.SUMMARY, "found_videos").set_index("video")
