"""Hidden faces are found in crops that are drawn: a textured face, and a hand before it."""

import cv2
import numpy as np

from mespot.face.occlusion import FaceWatch, changed, unexplained, usual_points
from mespot.face.regions import REGIONS
from tests.unit.faces import mesh, texture

SIZE, RATE = 224, 30


def face_points():
    """Landmarks whose eyes and lips are where they are in a face."""
    points, rng = mesh(np.random.default_rng(0)), np.random.default_rng(5)
    places = {"right_eye": (80, 88), "left_eye": (144, 88), "upper_lip": (112, 152)}
    for name, place in {**places, "lower_lip": (112, 164)}.items():
        spread = rng.uniform(-1, 1, (len(REGIONS[name]), 2)) * (18, 7)
        points[list(REGIONS[name]), :2] = place + spread
    return points


POINTS = face_points()
FACE = texture(np.random.default_rng(1), SIZE, 5)
HAND = texture(np.random.default_rng(2), SIZE, 5) + 20


def crops(places, rng=None, frames=None):
    """The face, and a hand of 70 px at each of `places` (x, y) or nowhere (None)."""
    rng = rng or np.random.default_rng(3)
    for index, place in enumerate(places):
        image = FACE.copy() if frames is None else frames[index].copy()
        if place is not None:
            mask = np.zeros((SIZE, SIZE), np.uint8)
            cv2.circle(mask, place, 35, 1, -1)
            moved = np.roll(HAND, (place[1], place[0]), (0, 1))
            image[mask > 0] = moved[mask > 0]
        yield np.clip(image + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8)


def hidden(images, span=None):
    watch = FaceWatch(POINTS, SIZE, RATE)
    images = list(images)
    span = np.zeros(len(images)) if span is None else span
    assert [image is seen for image, seen in zip(images, watch.watched(images, span), strict=True)]
    return watch.hidden()


def test_a_hand_that_rests_hides_the_face_until_it_has_gone():
    comes = [(112, y) for y in range(260, 130, -13)]
    places = [None] * 30 + comes + [(112, 135)] * 40 + comes[::-1] + [None] * 40
    found = hidden(crops(places))
    assert found[38:82].all()  # nearly all of it is before the face
    assert not found[:25].any() and not found[-30:].any()
    assert np.count_nonzero(np.diff(found)) == 2


def test_a_hand_that_passes():
    places = [None] * 40 + [(x, 110) for x in range(-30, 260, 15)] + [None] * 40
    found = hidden(crops(places))
    assert found[44:56].all() and not found[:28].any() and not found[-28:].any()


def test_what_stays_belongs_to_the_face():
    found = hidden(crops([None] * 30 + [(112, 120)] * 150))
    assert found[30:110].all() and not found[140:].any()


def test_a_face_that_moves_and_a_light_that_changes_hide_nothing():
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    smile = np.exp(-((x - 80) ** 2 + (y - 140) ** 2) / 900)
    frames = []
    for t in range(120):
        up = 8 * np.sin(t / 6) * smile
        moved = cv2.remap(
            FACE.astype(np.float32),
            x + 2 * np.sin(t / 9).astype(np.float32),
            (y + up).astype(np.float32),
            cv2.INTER_CUBIC,
            borderMode=1,
        )
        frames.append(moved * (1 + 0.4 * (t > 60)) - 20 * (t > 90))
    assert not hidden(crops([None] * 120, frames=frames)).any()


def test_nothing_is_compared_across_the_end_of_a_span():
    span = np.r_[np.zeros(30), np.full(5, -1), np.ones(40)]
    other = texture(np.random.default_rng(7), SIZE, 5)
    frames = [FACE] * 30 + [np.zeros((SIZE, SIZE))] * 5 + [other] * 40
    assert not hidden(crops([None] * 75, frames=frames), span).any()


def test_without_a_face_there_is_nothing_to_hide():
    span = np.full(4, -1)
    points = usual_points(np.zeros((4, 2, 3)), np.full((4, 478, 3), np.nan), span)
    assert points.shape == (478, 2) and np.isnan(points).all()
    watch = FaceWatch(points, SIZE, RATE)
    assert len(list(watch.watched([FACE.astype(np.uint8)] * 4, span))) == 4
    assert watch.hidden().tolist() == [False] * 4


def test_a_patch_that_is_where_it_was_need_not_be_looked_for():
    rng = np.random.default_rng(4)
    picture = texture(rng, 96)
    places = np.array([(x, y) for x in range(5, 70, 8) for y in range(5, 70, 8)])
    moved = np.roll(picture, (2, -3), (0, 1)) + rng.normal(0, 2, picture.shape).astype(np.float32)
    moved[20:50, 20:50] = texture(rng, 30)
    at_its_place, anywhere = changed(moved, picture, places), unexplained(moved, picture, places)
    assert (at_its_place > anywhere - 1e-3).all()
    assert (changed(picture, picture, places) < 1e-3).all()
    elsewhere = np.array([x > 50 or y > 50 for x, y in places])
    assert at_its_place[elsewhere].mean() > 0.2 and anywhere[elsewhere].mean() < 0.1
