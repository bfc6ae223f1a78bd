"""Which face is followed, which gaps are bridged, and where a face is usable."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mespot.face import landmarks
from mespot.face.landmarks import ModelError, TrackingSettings, assemble, choose_face
from tests.unit.faces import face

MAIN = (112.0, 112.0)


def test_the_larger_face_is_followed_whatever_its_place_in_the_list():
    frames = []
    for t in range(40):
        large, small = face((100 + t, 110)), face((300, 80 + t / 2), width=90)
        frames.append([small, large] if t % 3 else [large, small])
    chosen = choose_face(frames, max_gap=30)
    assert [one.centre[0] for one in chosen] == pytest.approx([100 + t for t in range(40)], abs=1)
    assert all(one.width > 150 for one in chosen)


def test_a_large_face_that_passes_by_is_not_followed():
    frames = [[face((100, 110), 120)] for _ in range(90)]
    for t in range(40, 50):
        frames[t].append(face((320, 110), 200))
    assert all(one.width < 150 for one in choose_face(frames, max_gap=30))


def test_a_passer_by_does_not_stand_in_while_the_person_is_away():
    frames = [[face(MAIN)] for _ in range(60)] + [[face((300, 60), 70)] for _ in range(60)]
    chosen = choose_face(frames, max_gap=30)
    assert all(one is not None for one in chosen[:60])
    assert chosen[60:] == [None] * 60


def test_a_person_who_comes_back_elsewhere_is_followed_again():
    frames = [[face(MAIN)]] * 60 + [[]] * 60 + [[face((300, 130), 170)]] * 60
    chosen = choose_face(frames, max_gap=30)
    assert [one is not None for one in chosen] == [True] * 60 + [False] * 60 + [True] * 60


def test_no_face_at_all():
    assert choose_face([[], [], []], max_gap=30) == [None, None, None]
    track = assemble([None, None, None], max_gap=30, min_span=2)
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


def test_lasting_faces_beside_the_followed_one_are_counted():
    frames = [[face(MAIN)] for _ in range(120)]
    for t in range(30, 90):
        frames[t].append(face((400 + t, 110), 90))
    frames[45].pop()  # missed for a moment
    for t in range(100, 105):
        frames[t].append(face((600, 110), 90))  # not for long
    chosen = choose_face(frames, max_gap=30)
    counts = landmarks.other_faces(frames, chosen, max_gap=5, min_span=20)
    assert counts.tolist() == [0] * 30 + [1] * 60 + [0] * 30


def test_a_second_detection_on_the_followed_face_is_no_other_face():
    frames = [[face(MAIN), face((140, 120), 150)] for _ in range(60)]
    chosen = choose_face(frames, max_gap=5)
    assert not landmarks.other_faces(frames, chosen, max_gap=5, min_span=20).any()


def test_who_stays_when_the_person_has_left_is_another_face():
    frames = [[face(MAIN)] for _ in range(60)] + [[face((300, 60), 70)] for _ in range(40)]
    chosen = choose_face(frames, max_gap=5)
    counts = landmarks.other_faces(frames, chosen, max_gap=5, min_span=20)
    assert counts.tolist() == [0] * 60 + [1] * 40
