import os
from dataclasses import fields
from itertools import islice

import cv2
import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import map_coordinates

from mespot.corpora.sheet import read_sheets
from mespot.demo import corpus, portraits
from mespot.demo import film as filming
from mespot.demo.action_units import CHANNELS, LOWER_LIDS, UPPER_LIDS, face_width
from mespot.demo.events import COMBINATIONS, SIDES, STRENGTH, Expression, expressions
from mespot.demo.identities import MARGIN
from mespot.demo.motion import Motion, motion
from mespot.demo.render import Renderer
from mespot.demo.settings import ScriptSettings
from mespot.errors import InputError
from mespot.steps import demo_corpus, demo_video
from mespot.store import tables
from tests.hostile.binaries import png

from .demo_face import SECTION, landmarks, person, settings


def still(n):
    return Motion(np.zeros((n, 6)), np.zeros(n), np.zeros((n, 2)), {}, np.zeros((n, 4)))


def film(script, action, **changes):
    chosen = settings(**changes)
    renderer = Renderer(person(), chosen, np.random.default_rng(0))
    return list(renderer.frames(script, action)), renderer


FULL_SIZE = {"width": 480, "height": 400, "face_width": 200}


@pytest.fixture(scope="module")
def renderer():
    return Renderer(person(**FULL_SIZE), settings(**FULL_SIZE), np.random.default_rng(0))


@pytest.mark.parametrize("units", [u for u, _ in COMBINATIONS if "26" not in u], ids="+".join)
def test_every_landmark_is_drawn_where_the_mesh_says(renderer, units):
    """A pixel at a landmark's new place looks into the portrait at its old one."""
    lids = [n for s in SIDES for n in UPPER_LIDS[s] + LOWER_LIDS[s]]
    skin = np.setdiff1d(np.arange(468), lids)
    landmarks_px = renderer.identity.points[:, :2]
    for amplitude, tolerance in ((0, 1e-3), (1, 0.1), (2.5, 0.5), (dict(COMBINATIONS)[units], 1)):
        relative = {(unit, side): STRENGTH[unit] for unit in units for side in SIDES}
        moved = renderer.rig.activations(relative, amplitude)
        for _ in range(3):  # each frame's solution begins at the last one's
            renderer.frame(moved, np.zeros(6), 0.0, np.zeros(2), np.zeros(4))
        new = landmarks_px + renderer.rig.displacement(moved)
        # A spline: OpenCV rounds places to 1/32 of a cell, here 1/8 px.
        cells = (new[:, ::-1] - MARGIN + 0.5) / 4 - 0.5
        seen = np.stack([map_coordinates(renderer.before[..., i], cells.T) for i in (0, 1)], axis=1)
        error = np.hypot(*(seen - landmarks_px)[skin].T)
        assert np.median(error) < 0.02 and error.max() < tolerance, amplitude


@pytest.mark.parametrize(
    ("unit", "landmark", "axis", "sign"), [("12", 291, 1, -1), ("20", 61, 0, -1)]
)
def test_the_picture_moves_as_the_mesh_does(unit, landmark, axis, sign):
    """Dense flow between rest and apex, at a lip corner: the amplitude that was asked for."""
    units = {(unit, "right"): 1.0, (unit, "left"): 1.0}
    label = Expression("macro", 2, 4, 8, 4.0, units, 4, 1.0)
    frames, renderer = film([label], still(9), noise=0.01)
    before, apex = (cv2.cvtColor(frames[i], cv2.COLOR_BGR2GRAY) for i in (1, 4))
    flow = cv2.calcOpticalFlowFarneback(before, apex, None, 0.5, 3, 15, 5, 7, 1.5, 0)
    x, y = np.round(renderer.identity.points[landmark, :2] - MARGIN).astype(int)
    wanted = renderer.rig.displacement(renderer.rig.activations(units, 4.0))[landmark]
    measured = np.median(flow[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 2), axis=0)
    assert np.hypot(*wanted) > 0.03 * face_width(renderer.identity.points)
    assert np.sign(measured[axis]) == sign
    assert np.allclose(measured, wanted, atol=0.45 * np.hypot(*wanted))
    # Nothing moves before the onset, after the offset, nor in the background.
    assert np.array_equal(frames[0].shape, (200, 240, 3))
    assert np.abs(frames[1].astype(int) - frames[0]).max() <= 2
    assert np.abs(frames[2].astype(int) - frames[1]).max() > 5
    assert np.abs(flow[:20, :20]).max() < 0.1


def test_activations_at_the_apex_are_those_of_the_label():
    chosen = settings()
    renderer = Renderer(person(), chosen, np.random.default_rng(0))
    script = expressions(chosen, np.random.default_rng(3))
    total = renderer.activations(script, still(chosen.n_frames))
    width = face_width(renderer.identity.points)
    for label in script:
        shift = renderer.rig.displacement(total[label.apex])
        assert np.hypot(*shift.T).max() / width * 100 == pytest.approx(label.amplitude)
    quiet = np.ones(chosen.n_frames, bool)
    for label in script:
        quiet[label.onset : label.offset + 1] = False
    assert not total[quiet].any() and total[~quiet].any(axis=1).all()


def test_distractors_show_in_the_picture():
    n = 3
    rest, renderer = film([], still(n), noise=0.01)
    eye = renderer.identity.points[386, :2] - MARGIN
    mouth = renderer.identity.points[14, :2] - MARGIN

    def change(action, place, reach):
        frames, _ = film([], action, noise=0.01)
        difference = np.abs(frames[-1].astype(float) - rest[-1]).mean(axis=-1)
        x, y = np.round(place).astype(int)
        near = difference[y - reach : y + reach, x - reach : x + reach].mean()
        return near, difference.mean()

    blink = still(n)
    blink.blink[:] = 1
    near, everywhere = change(blink, eye, 4)
    assert near > 8 and near > 20 * everywhere
    talk = still(n)
    talk.units.update({("26", side): np.full(n, 2.0) for side in ("left", "right")})
    near, everywhere = change(talk, mouth, 4)
    assert near > 8 and near > 10 * everywhere
    bright = still(n)
    bright.light[:, 0] = 0.1
    assert change(bright, eye, 4)[1] > 5
    turned = still(n)
    turned.pose[:, 0] = 6
    assert change(turned, mouth, 10)[1] > 2


def test_noise_is_new_in_every_frame_and_as_strong_as_asked():
    frames, _ = film([], still(3), noise=3.0)
    difference = frames[2].astype(float) - frames[1]
    assert 2.5 < difference.std() / np.sqrt(2) < 4.5
    assert not np.array_equal(frames[0], frames[1])


def test_frames_follow_from_the_seed():
    chosen = settings(seconds=0.5)
    pictures = []
    for _ in range(2):
        renderer = Renderer(person(), chosen, corpus.generator(1, "s01_1", corpus.SENSOR))
        action = motion(chosen, corpus.generator(1, "s01_1", corpus.MOTION))
        pictures.append(np.array(list(renderer.frames([], action))))
    assert pictures[0].shape == (15, 200, 240, 3)
    assert np.array_equal(*pictures)


def run_video(path, monkeypatch, **changes):
    monkeypatch.setattr(filming, "find_face", lambda *_: landmarks())
    section = SECTION | {"seconds": 0.5, "drawn_as": "s01_1"} | changes
    demo_video.run(video="s01_1", output=path, model="unused", **section)


def test_a_video_is_the_same_bytes_on_every_run(tmp_path, monkeypatch):
    for name in ("a.mp4", "b.mp4"):
        run_video(tmp_path / name, monkeypatch)
    run_video(tmp_path / "c.mp4", monkeypatch, seed=2)
    a, b, c = ((tmp_path / name).read_bytes() for name in ("a.mp4", "b.mp4", "c.mp4"))
    assert a == b != c
    video = cv2.VideoCapture(str(tmp_path / "a.mp4"))
    frames = []
    while (read := video.read())[0]:
        frames.append(read[1])
    assert len(frames) == 15 and frames[0].shape == (200, 240, 3)
    assert video.get(cv2.CAP_PROP_FPS) == 30 and frames[0].std() > 30


def test_an_interrupted_video_leaves_nothing(tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Renderer, "frame", stop)
    with pytest.raises(KeyboardInterrupt):
        run_video(tmp_path / "a.mp4", monkeypatch)
    assert list(tmp_path.iterdir()) == []


def test_a_video_that_was_cut_off_is_not_kept(tmp_path, monkeypatch):
    frames = Renderer.frames
    monkeypatch.setattr(Renderer, "frames", lambda *args: islice(frames(*args), 9))
    with pytest.raises(InputError, match="only 9 of 15 frames"):
        run_video(tmp_path / "a.mp4", monkeypatch)
    assert list(tmp_path.iterdir()) == []


def sheets(folder, **changes):
    names = [field.name for field in fields(ScriptSettings)]
    section = {name: value for name, value in (SECTION | changes).items() if name in names}
    demo_corpus.run(
        videos_out=folder / "videos.csv",
        annotations_out=folder / "annotations.csv",
        video_path="videos/{video}.mp4",
        **section | {"subjects": 2, "videos_per_subject": 2, "groups": [], "varied": {}},
    )
    return folder / "videos.csv", folder / "annotations.csv"


def test_the_sheets_are_a_corpus(tmp_path):
    videos, annotations = sheets(tmp_path)
    table = tables.read(videos, "videos")
    assert list(table.video) == ["s01_1", "s01_2", "s02_1", "s02_2"]
    assert list(table.subject) == ["s01", "s01", "s02", "s02"]
    assert table.path[3] == "videos/s02_2.mp4" and (table.fps == 30).all()
    (tmp_path / "videos").mkdir()
    for path in table.path:
        (tmp_path / path).touch()
    _, labels = read_sheets(videos, annotations)
    expected = [label for v in table.video for label in corpus.script(v, settings())]
    assert list(labels.onset) == [e.onset for e in expected]
    assert list(labels.offset) == [e.offset for e in expected]
    assert list(labels.type) == [e.type for e in expected]
    assert len(labels) > 5


def test_a_corpus_without_expressions_has_an_empty_sheet(tmp_path):
    _, annotations = sheets(tmp_path, micro_per_video=0, macro_per_video=0)
    table = tables.read(annotations, "annotations")
    assert table.empty and isinstance(table, pd.DataFrame)


def test_names_of_videos():
    def names(subjects, each):
        section = {"subjects": subjects, "videos_per_subject": each, "groups": []}
        return corpus.videos(section)

    assert names(2, 1) == [
        {"subject": "s01", "video": "s01_1"},
        {"subject": "s02", "video": "s02_1"},
    ]
    assert names(12, 3)[-1] == {"subject": "s12", "video": "s12_3"}
    assert all(
        corpus.numbers(entry["video"]) == (i // 3, i % 3) for i, entry in enumerate(names(101, 3))
    )


def test_built_in_portraits_are_there():
    assert portraits.names(None) == ["grace_hopper", "eileen_collins"]
    for name in portraits.names(None):
        image = portraits.load(None, name).image
        assert image.dtype == np.uint8 and image.ndim == 3 and min(image.shape[:2]) >= 500


def test_portraits_of_a_folder(tmp_path):
    for name in ("b.png", "a.jpg"):
        cv2.imwrite(str(tmp_path / name), np.full((50, 60, 3), 90, np.uint8))
    (tmp_path / "notes.txt").write_text("no portrait")
    assert portraits.names(str(tmp_path)) == ["a.jpg", "b.png"]
    assert portraits.load(str(tmp_path), "b.png").image.shape == (50, 60, 3)


def test_a_folder_that_is_empty_or_missing_is_refused(tmp_path):
    with pytest.raises(InputError, match="no portrait in this folder"):
        portraits.names(str(tmp_path))
    with pytest.raises(InputError, match="demo.portraits: not a folder"):
        portraits.names(str(tmp_path / "nowhere"))


def test_a_portrait_that_is_no_image_is_refused(tmp_path):
    (tmp_path / "a.jpg").write_text("not a picture")
    with pytest.raises(InputError, match=r"a\.jpg: no readable image"):
        portraits.load(str(tmp_path), "a.jpg")
    (tmp_path / "a.png").write_bytes(png(30_000, 30_000, rows=1))
    with pytest.raises(InputError, match=r"a\.png: has more than 40000000 pixels"):
        portraits.load(str(tmp_path), "a.png")
    os.mkfifo(tmp_path / "b.png")
    with pytest.raises(InputError, match=r"b\.png: is a pipe"):
        portraits.load(str(tmp_path), "b.png")


def test_unusable_faces_are_refused():
    points = landmarks()
    assert np.array_equal(portraits.check("a.jpg", [points]), points)
    with pytest.raises(InputError, match=r"a\.jpg: no face found"):
        portraits.check("a.jpg", [])
    with pytest.raises(InputError, match=r"a\.jpg: 2 faces found"):
        portraits.check("a.jpg", [points, points])
    with pytest.raises(InputError, match="the face is 36 px wide"):
        portraits.check("a.jpg", [points * 0.2])
    turned = points.copy()
    turned[1, 0] += 60
    with pytest.raises(InputError, match="turned aside"):
        portraits.check("a.jpg", [turned])


def test_channels_are_units_and_sides():
    assert len(set(CHANNELS)) == len(CHANNELS) and ("12", "left") in CHANNELS
