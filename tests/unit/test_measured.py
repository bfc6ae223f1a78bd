"""From a recording to motion without files: the same numbers as by the steps, in blocks."""

import shutil
import threading

import h5py
import numpy as np
import pytest

from mespot import config
from mespot.errors import InputError
from mespot.face import landmarks
from mespot.face.landmarks import assemble
from mespot.face.shelf import Shelf
from mespot.measured import head_rotation, measure
from mespot.recording import ahead, open_recording, waiting
from mespot.steps import crop_frames, optical_flow, track_face
from mespot.store.scratch import ScratchFolder
from mespot.training import checkpoint
from tests import trees
from tests.unit.faces import face, texture
from tests.workflow.project import ROOT

SIDE, FRAMES, RATE = 96, 130, 30.0
AWAY = {*range(30, 36), *range(60, 95)}  # a gap that is bridged, and one that is not
SETTINGS = {
    "tracking": dict(
        rate=RATE, max_faces=2, confidence=0.5, max_gap=0.5, min_span=0.5, face="auto"
    ),
    "crop": dict(size=64, fill=0.8, smoothing=0.05),
    "flow": dict(algorithm="lucas_kanade", preset=None, grid=16, lags=[1, 3]),
}


def followed(index):
    """The face in a frame: it drifts, trembles, nods and winks."""
    rng = np.random.default_rng(index)
    place = (48 + 0.05 * index, 50) + rng.normal(0, 0.2, 2)
    return face(place, width=60, blink=0.1 * (index % 7), turn=index / 10)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    picture = texture(np.random.default_rng(0), SIDE + FRAMES)
    folder = tmp_path_factory.mktemp("recorded") / "v"
    views = [picture[t // 3 :, t // 2 :][:SIDE, :SIDE] for t in range(FRAMES)]
    pictures = [np.clip(view, 0, 255).astype(np.uint8) for view in views]
    return trees.images(folder, "img{}.png", range(5, FRAMES + 5), pictures)


@pytest.fixture
def seen(monkeypatch, tmp_path):
    """The file of a landmarker that sees `followed`, and sometimes somebody else."""

    def detect(frames, model, *, faces, confidence):
        for index, _ in enumerate(frames):
            other = [face((20, 20), width=15)] if 20 < index < 90 else []
            yield other + ([] if index in AWAY else [followed(index)])

    monkeypatch.setattr(landmarks, "detect", detect)
    (tmp_path / "face.task").write_bytes(b"model")
    return tmp_path / "face.task"


def by_the_steps(recording, model, folder):
    """Data sets and attributes of the landmarks and the flow that the steps write."""
    files = {name: folder / f"{name}.h5" for name in ("landmarks", "frames", "flow")}
    source = dict(source=recording, fps=RATE, provenance={})
    track_face.run(
        corpus="c",
        video="v",
        subject="s",
        model=model,
        output=files["landmarks"],
        **source,
        **SETTINGS["tracking"],
    )
    crop_frames.run(
        landmarks=files["landmarks"], output=files["frames"], kept=16, **source, **SETTINGS["crop"]
    )
    optical_flow.run(
        source={"path": recording, "fps": RATE},
        frames=files["frames"],
        landmarks=files["landmarks"],
        output=files["flow"],
        provenance={},
        **SETTINGS["flow"],
    )
    arrays = {}
    for name in ("landmarks", "frames", "flow"):
        with h5py.File(files[name]) as file:
            arrays |= {key: file[key][:] for key in file} | dict(file.attrs)
    return arrays


# Of some regions of that face, by version of the models that have learned from such numbers: the
# mean size of their displacements over the lags of config.yaml, hundredths of a px. Rows are lags.
KNOWN_REGIONS = ("left_inner_brow", "right_eye", "left_cheek", "upper_lip")
KNOWN = {
    2: [
        [1.682, 0.651, 0.905, 0.504],
        [3.759, 1.851, 2.257, 1.031],
        [6.254, 2.971, 2.616, 1.195],
    ]
}


def test_motion_is_measured_as_when_the_models_of_this_version_were_made(recording, seen, tmp_path):
    """No digest of the code: most edits of these 34 modules change no number. A hundredth does not
    matter to a network."""
    whole = config.load(ROOT / "config.yaml")
    settings = {name: whole[name] for name in ("tracking", "crop", "flow")}
    video = tmp_path / "v"
    video.mkdir()
    for number in range(5, 55):
        shutil.copy(recording / f"img{number}.png", video)
    measured = measure(open_recording(video, RATE), settings, seen, tmp_path)
    places = [measured.regions.index(name) for name in KNOWN_REGIONS]
    moved = np.abs(measured.regional[measured.span >= 0][:, :, places])
    version = checkpoint.KINDS["model"][0]
    np.testing.assert_allclose(
        100 * moved.mean(axis=(0, 3)),
        KNOWN[version],
        rtol=0.01,
        err_msg="motion is measured in another way than before, so models made before read what "
        "they have not learned from: raise the version of `model` in mespot/training/checkpoint.py,"
        " make the model that comes along again, and put in these numbers for the new version",
    )


def test_the_same_numbers_as_by_the_steps(recording, seen, tmp_path):
    expected = by_the_steps(recording, seen, tmp_path)
    told = []
    scratch = tmp_path / "scratch"
    measured = measure(
        open_recording(recording, RATE), SETTINGS, seen, scratch, lambda *done: told.append(done)
    )
    same = set(vars(measured)) - {"head_rotation", "face_box", "usual_points", "regions"}
    assert {"regional", "rigid", "blink", "span", "time", "found", "native_frame"} < same
    for name in same:
        there = expected[name]
        np.testing.assert_array_equal(getattr(measured, name), there, err_msg=name)
    assert list(measured.regions) == list(expected["regions"])
    assert measured.regional[50].any() and measured.span.max() == 1
    # Of what is not in those files: where the face is, and how it is turned.
    with_face = measured.found | measured.bridged
    assert np.isfinite(measured.face_box).all(axis=1).tolist() == with_face.tolist()
    mean = expected["mean_points"].reshape(-1, 2)
    np.testing.assert_allclose(measured.usual_points, mean, atol=0.2)
    left, top, right, bottom = measured.face_box[20]
    assert 15 < left < 25 and 75 < right < 85 and top < 25 < 75 < bottom
    np.testing.assert_allclose(measured.head_rotation[20], [2, 0, 0], atol=0.01)
    assert told[-1] == (2 * FRAMES, 2 * FRAMES) and len(told) == 2 * FRAMES
    assert list(scratch.iterdir()) == []


def test_what_hides_the_face_splits_spans_as_by_the_steps(recording, seen, tmp_path, monkeypatch):
    def add(self, crop, usable):
        """Something is seen to hide the face a few frames late."""
        self._hidden.append(False)
        if len(self._hidden) in (20, 52, 120, FRAMES):
            self._hidden[-5:] = [True] * 5

    monkeypatch.setattr("mespot.face.occlusion.FaceWatch.add", add)
    expected = by_the_steps(recording, seen, tmp_path)
    measured = measure(open_recording(recording, RATE), SETTINGS, seen, tmp_path)
    for name in ("regional", "rigid", "span", "occluded"):
        np.testing.assert_array_equal(getattr(measured, name), expected[name], err_msg=name)
    assert measured.occluded.sum() == 20 and measured.span.max() == 4
    assert not measured.regional[15:20].any() and measured.regional[14].any()


def test_a_face_that_is_not_there_is_refused(recording, seen, tmp_path):
    wanted = SETTINGS | {"tracking": SETTINGS["tracking"] | {"face": 7}}
    with pytest.raises(InputError, match="face 7 is not there"):
        measure(open_recording(recording, RATE), wanted, seen, tmp_path)


def test_a_recording_without_a_face(recording, tmp_path, monkeypatch):
    monkeypatch.setattr(landmarks, "detect", lambda frames, model, **_: ([] for _ in frames))
    measured = measure(open_recording(recording, RATE), SETTINGS, recording / "img5.png", tmp_path)
    assert (measured.span == -1).all() and not measured.regional.any()
    assert np.isnan(measured.face_box).all() and not measured.found.any()


def test_a_fault_of_the_recording_is_told(recording, seen, tmp_path):
    opened = open_recording(recording, RATE)
    frames = opened.frames(RATE)
    opened.frames = lambda rate: iter([next(frames)])  # another frame each time
    with pytest.raises(InputError, match="was changed while it was read"):
        measure(opened, SETTINGS, seen, tmp_path)


@pytest.mark.parametrize("at", [10, FRAMES + 10])
def test_no_thread_is_left_when_it_is_stopped(recording, seen, tmp_path, at):
    def stop(done, total):
        if done == at:
            raise KeyboardInterrupt

    running = threading.active_count()
    with pytest.raises(KeyboardInterrupt) as held:
        measure(open_recording(recording, RATE), SETTINGS, seen, tmp_path, stop)
    assert held.tb is not None and threading.active_count() == running


def test_parts_of_a_track_are_those_of_the_whole(tmp_path):
    shelf = Shelf(ScratchFolder(tmp_path).file())
    plain = [None if index in AWAY else followed(index) for index in range(FRAMES)]
    numbers = [None if one is None else shelf.put(one) for one in plain]
    kept = [None if number is None else shelf.face(number) for number in numbers]
    whole = assemble(plain, max_gap=15, min_span=5)
    track = assemble(kept, max_gap=15, min_span=5)
    for name in ("points", "blendshapes", "pose"):
        parts = [getattr(track.part(t, min(t + 4, FRAMES)), name) for t in range(0, FRAMES, 4)]
        np.testing.assert_array_equal(np.concatenate(parts), getattr(whole, name))


def test_yaw_pitch_and_roll_of_a_pose():
    poses = np.stack([face(turn=20).pose, face(turn=-5).pose, np.full((4, 4), np.nan)])
    np.testing.assert_allclose(head_rotation(poses)[:2], [[20, 0, 0], [-5, 0, 0]], atol=1e-3)
    assert np.isnan(head_rotation(poses)[2]).all()


@pytest.mark.parametrize(
    ("size", "held"), [((640, 480), 4), ((1920, 1080), 4), ((3840, 2160), 1), ((7680, 4320), 1)]
)
def test_fewer_large_pictures_wait(size, held):
    assert waiting(*size) == held


def test_items_ahead_come_in_order_and_the_thread_ends():
    assert list(ahead(range(50))) == list(range(50))
    running = threading.active_count()
    endless = ahead(iter(int, 1))
    assert [next(endless) for _ in range(10)] == [0] * 10
    endless.close()
    assert threading.active_count() == running

    def failing():
        yield 1
        raise InputError("no more")

    items = ahead(failing())
    assert next(items) == 1
    with pytest.raises(InputError, match="no more"):
        next(items)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file/scratch: landmarks cannot be put aside"):
        ScratchFolder(tmp_path / "file/scratch").file()
