"""Which face is followed, which gaps are bridged, and where a face is usable."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mespot.face import landmarks
from mespot.face.landmarks import ModelError, TrackingSettings, assemble
from mespot.face.shelf import Shelf
from tests.unit.faces import face

MAIN = (112.0, 112.0)


def follow(monkeypatch, frames, max_gap=30, min_span=20, wanted="auto", shape=(224, 448), rate=30):
    """The track of the person that is followed through hand-made detections, without pictures."""

    def detect(pictures, model, *, faces, confidence):
        yield from (faces for faces, _ in zip(frames, pictures, strict=True))

    monkeypatch.setattr(landmarks, "detect", detect)
    settings = TrackingSettings(4, 0.5, max_gap / rate, min_span / rate, wanted)
    blank = np.zeros((*shape, 3), np.uint8)
    return landmarks.track_face([(0.0, blank)] * len(frames), b"", rate, settings)


def middles(track):
    return (track.points[:, :, 0].min(axis=1) + track.points[:, :, 0].max(axis=1)) / 2


def widths(track):
    return np.ptp(track.points[:, :, 0], axis=1)


def test_the_larger_face_is_followed_whatever_its_place_in_the_list(monkeypatch):
    frames = []
    for t in range(40):
        large, small = face((100 + t, 110)), face((300, 80 + t / 2), width=90)
        frames.append([small, large] if t % 3 else [large, small])
    track = follow(monkeypatch, frames)
    assert middles(track) == pytest.approx([100 + t for t in range(40)], abs=1)
    assert (widths(track) > 150).all() and (track.other_faces == 1).all()


def test_a_large_face_that_comes_later_is_not_followed(monkeypatch):
    frames = [[face((100, 110), 100)] for _ in range(90)]
    for t in range(45, 90):
        frames[t].insert(0, face((320, 110), 200))
    track = follow(monkeypatch, frames)
    assert (widths(track) < 150).all()
    assert track.other_faces.tolist() == [0] * 45 + [1] * 45


def test_a_passer_by_does_not_stand_in_while_the_person_is_away(monkeypatch):
    frames = [[face(MAIN)] for _ in range(60)] + [[face((300, 60), 70)] for _ in range(60)]
    track = follow(monkeypatch, frames)
    assert track.found.tolist() == [True] * 60 + [False] * 60
    assert track.other_faces.tolist() == [0] * 60 + [1] * 60


def test_a_person_who_comes_back_elsewhere_is_followed_again(monkeypatch):
    frames = [[face(MAIN)]] * 60 + [[]] * 60 + [[face((300, 130), 170)]] * 60
    track = follow(monkeypatch, frames)
    assert track.found.tolist() == [True] * 60 + [False] * 60 + [True] * 60
    assert len(track.persons) == 1


def test_who_stays_is_not_taken_for_the_person_who_has_left(monkeypatch):
    beside = face((330, 110), 150)
    frames = [[beside, face(MAIN)]] * 60 + [[beside]] * 60 + [[face(MAIN), beside]] * 60
    track = follow(monkeypatch, frames, wanted="left")
    assert track.found.tolist() == [True] * 60 + [False] * 60 + [True] * 60
    assert [person.frames for person in track.persons] == [120, 180]


def alive(t, centre, width=100.0):
    """A face with some motion of its own at time t (frames)."""
    one = face(centre, width)
    points = one.points.copy()
    points[::3, 1] += 0.02 * width * np.sin(t / 9 + np.arange(160))
    return type(one)(points, one.blendshapes, one.pose)


def test_a_picture_is_followed_only_where_nobody_moves(monkeypatch):
    jitter = np.random.default_rng(1)

    def shaken(one):
        noise = jitter.normal(0, 0.3, one.points.shape).astype(np.float32)
        return type(one)(one.points + noise, one.blendshapes, one.pose)

    frames = [[shaken(face((300, 110), 200)), alive(t, (80, 110))] for t in range(150)]
    track = follow(monkeypatch, frames)
    assert [person.still for person in track.persons] == [False, True]
    assert track.followed == 0 and (widths(track) < 150).all()
    assert follow(monkeypatch, frames, wanted="largest").followed == 1
    only = follow(monkeypatch, [one[:1] for one in frames])
    assert only.found.all() and only.persons[0].still


def test_no_face_at_all(monkeypatch):
    track = follow(monkeypatch, [[], [], []])
    assert track.persons == [] and track.followed is None
    assert not track.found.any() and not track.bridged.any()
    assert (track.span == -1).all()
    assert np.isnan(track.points).all()
    assert (landmarks.blink(track.blendshapes) == 0).all()


def test_a_short_gap_is_bridged_on_a_straight_line():
    chosen = [face((100, 100))] * 10 + [None] * 4 + [face((110, 105), blink=0.5, turn=20)] * 10
    track = assemble(chosen, max_gap=5, min_span=5)
    assert track.bridged.tolist() == [False] * 10 + [True] * 4 + [False] * 10
    assert not (track.bridged & track.found).any()
    assert (track.span == 0).all()
    step = track.points[10] - track.points[9]
    np.testing.assert_allclose(step[:, :2], np.tile([2.0, 1.0], (478, 1)), atol=1e-4)
    assert track.blendshapes[11, 0] == pytest.approx(0.2)
    turns = Rotation.from_matrix(track.pose[9:15, :3, :3]).as_euler("yxz", degrees=True)[:, 0]
    np.testing.assert_allclose(turns, [0, 4, 8, 12, 16, 20], atol=1e-3)


def test_a_gap_as_long_as_the_limit_ends_the_span():
    one = face()
    for length, spans in ((29, 1), (30, 2)):
        track = assemble([one] * 40 + [None] * length + [one] * 40, max_gap=30, min_span=30)
        assert track.span.max() + 1 == spans
        assert track.bridged.sum() == (length if spans == 1 else 0)
    assert track.span.tolist() == [0] * 40 + [-1] * 30 + [1] * 40


def test_a_span_that_is_too_short_is_unusable_and_not_counted():
    one = face()
    chosen = [None] * 5 + [one] * 10 + [None] * 40 + [one] * 50 + [None] * 3
    track = assemble(chosen, max_gap=30, min_span=30)
    assert track.span.tolist() == [-1] * 55 + [0] * 50 + [-1] * 3
    assert track.found.sum() == 60


def test_blink_is_that_of_the_more_closed_eye():
    shapes = np.zeros((2, 52), np.float32)
    shapes[0, 9], shapes[1, 10], shapes[1, 9] = 0.7, 0.4, 0.1
    np.testing.assert_allclose(landmarks.blink(shapes), [0.7, 0.4])
    names = landmarks.blendshape_names()
    assert len(names) == 52 and names[0] == "_neutral"
    assert [names[index] for index in landmarks.BLINK] == ["eyeBlinkLeft", "eyeBlinkRight"]


def test_bytes_that_are_no_model_are_refused():
    with pytest.raises(ModelError, match="face landmarker"):
        list(landmarks.detect([], b"nonsense", faces=2, confidence=0.5))


def test_seconds_become_frames_of_the_recording(monkeypatch):
    away = range(40, 52)

    def detect(frames, model, *, faces, confidence):
        assert (model, faces, confidence) == (b"m", 3, 0.4)
        yield from ([] if number in away else [face()] for number, _ in enumerate(frames))

    monkeypatch.setattr(landmarks, "detect", detect)
    spans = {}
    for rate in (10.0, 25.0):  # the gap lasts 1.2 s or 0.48 s
        settings = TrackingSettings(max_faces=3, confidence=0.4, max_gap=1.0, min_span=3.0)
        track = landmarks.track_face([(0.0, None)] * 90, b"m", rate, settings)
        spans[rate] = track.span.tolist()
    assert spans == {10.0: [0] * 40 + [-1] * 12 + [1] * 38, 25.0: [0] * 90}


def test_lasting_faces_beside_the_followed_one_are_counted(monkeypatch):
    frames = [[face(MAIN)] for _ in range(120)]
    for t in range(30, 90):
        frames[t].append(face((400 + t, 110), 90))
    frames[45].pop()  # missed for a moment
    for t in range(100, 105):
        frames[t].append(face((600, 110), 90))  # not for long
    track = follow(monkeypatch, frames, max_gap=5, shape=(224, 700))
    assert track.other_faces.tolist() == [0] * 30 + [1] * 60 + [0] * 30


def test_a_second_detection_on_the_followed_face_is_no_other_face(monkeypatch):
    frames = [[face(MAIN), face((140, 120), 150)] for _ in range(60)]
    track = follow(monkeypatch, frames, max_gap=5)
    assert not track.other_faces.any() and len(track.persons) == 1


def test_cuts_end_spans_and_are_not_bridged():
    one = face()
    chosen = [one] * 40 + [None] * 4 + [one] * 46 + [one] * 30
    track = assemble(chosen, max_gap=30, min_span=20, cuts={42, 90}, mixed={89}, settling=3)
    assert not track.bridged.any() and np.flatnonzero(track.cut).tolist() == [42, 90]
    assert track.span.tolist() == [0] * 40 + [-1] * 5 + [1] * 44 + [-1] * 4 + [2] * 27


def test_faces_on_a_shelf_come_back_the_same(monkeypatch, tmp_path):
    frames = [[face((100 + t / 4, 110), blink=t / 600)] for t in range(600)]
    kept = follow(monkeypatch, frames)
    with (tmp_path / "shelf").open("w+b") as file:
        shelf = Shelf(file)
        numbers = [shelf.put(faces[0]) for faces in frames]
        back = [shelf.face(number) for number in numbers]
    np.testing.assert_array_equal([one.points for one in back], kept.points)
    np.testing.assert_array_equal([one.blendshapes for one in back], kept.blendshapes)
    np.testing.assert_array_equal([one.pose for one in back], kept.pose)
