"""Cuts of hand-made recordings: two people and two places, drawn as random pictures."""

import cv2
import numpy as np
import pytest

from mespot.face import landmarks
from mespot.face.cuts import Steps, portrait, scene
from mespot.face.shelf import Face, Shelf
from mespot.face.tracks import Tracks
from tests.unit.faces import mesh, texture

RATE, WIDTH, HEIGHT, SIZE = 30, 320, 240, 120
PLACES = [cv2.resize(texture(np.random.default_rng(n), WIDTH, 9), (WIDTH, HEIGHT)) for n in (1, 2)]
PEOPLE = [texture(np.random.default_rng(n), SIZE, 5) for n in (3, 4)]


def picture(person=0, place=0, x=160, y=120, noise=None):
    """A grey picture (HEIGHT, WIDTH) and the landmarks of the face in it."""
    image = PLACES[place].copy()
    rows, columns = np.ogrid[:SIZE, :SIZE]
    oval = (rows - SIZE / 2) ** 2 + (columns - SIZE / 2) ** 2 < (SIZE / 2) ** 2
    part = image[y - SIZE // 2 : y + SIZE // 2, x - SIZE // 2 : x + SIZE // 2]
    part[oval] = PEOPLE[person][oval]
    if noise is not None:
        image += noise.normal(0, 3, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8), mesh(
        np.random.default_rng(person), SIZE, (x, y)
    )


def tracked(pictures):
    tracks = Tracks(RATE, RATE, Shelf(None))
    for index, (image, points) in enumerate(pictures):
        face = Face(points, np.zeros(52, np.float32), np.eye(4, dtype=np.float32))
        tracks.add(index, [face], image)
    return tracks


def begins(tracks):
    return [(track.frame[0], track.after_cut) for track in tracks.tracks]


NOISE = np.random.default_rng(9)
STAYS = [picture(noise=NOISE) for _ in range(20)]


@pytest.mark.parametrize(
    "after",
    [dict(person=1), dict(place=1, x=170), dict(person=1, place=1), dict(x=200, place=1)],
    ids=["other person, same place", "same person, other place", "both", "and elsewhere in it"],
)
@pytest.mark.parametrize("faded", [False, True])
def test_a_cut_begins_a_new_track(after, faded):
    later = [picture(**after, noise=NOISE) for _ in range(20)]
    between = []
    if faded:
        mixed = (STAYS[-1][0].astype(float) + later[0][0]) / 2
        between = [(mixed.astype(np.uint8), STAYS[-1][1])]
    tracks = tracked([*STAYS, *between, *later])
    (first, _), (second, after_cut) = begins(tracks)
    assert (first, second) == (0, 20 + faded)
    assert after_cut or second in tracks.scenes
    assert tracks.mixed == ({20} if faded else set())


def lit(pictures, gain, offset=0.0):
    """The same under another light, which comes from one side."""
    side = np.linspace(0.7, 1.3, WIDTH) * gain
    return [(np.clip(i * side + offset, 0, 255).astype(np.uint8), p) for i, p in pictures]


def nods():
    """Down and up by a quarter of the face in a third of a second."""
    down = [0, 2, 6, 12, 20, 26, 30, 30, 26, 20, 12, 6, 2, 0]
    return [picture(y=120 + d, noise=NOISE) for d in down]


def blinks():
    pictures = [picture(noise=NOISE) for _ in range(5)]
    for image, _ in pictures:
        image[100:112, 118:150] = image[100:112, 170:202] = 90
    return pictures


@pytest.mark.parametrize(
    "between",
    [
        lit(STAYS[:2], 2.0, 60),
        lit(STAYS[:4], 2.5),
        nods(),
        blinks(),
        [(np.zeros((HEIGHT, WIDTH), np.uint8), STAYS[0][1])] * 4,
        [(cv2.GaussianBlur(i, (0, 0), 2), p) for i, p in STAYS[:6]],
    ],
    ids=["flash", "long flash", "nod", "blink", "dark", "blurred by an encoder"],
)
def test_what_passes_is_no_cut(between):
    assert begins(tracked([*STAYS, *between, *STAYS])) == [(0, False)]


def test_a_light_that_is_switched_on_is_no_cut():
    assert begins(tracked([*lit(STAYS, 0.3), *STAYS])) == [(0, False)]


def test_somebody_who_comes_into_the_picture_cuts_nobody_else():
    def inset(pictures):
        other = cv2.resize(PLACES[1], (WIDTH, HEIGHT)).astype(np.uint8)
        return [(np.hstack([image, other]), points) for image, points in pictures]

    wall = [(np.hstack([i, np.full_like(i, 90)]), p) for i, p in STAYS]
    assert begins(tracked([*wall, *inset(STAYS), *wall])) == [(0, False)]


def test_pictures_that_show_nothing_are_passed_over():
    dark = np.zeros((HEIGHT, WIDTH), np.uint8)
    assert scene(dark) is None and portrait(dark, STAYS[0][1]) is None
    steps = Steps(RATE)
    views = [scene(image) for image, _ in STAYS]
    views += [None] * 5 + [scene(picture(place=1, noise=NOISE)[0]) for _ in range(10)]
    cuts = [steps.add(index, view) for index, view in enumerate(views)]
    assert {cut.first for cut in cuts if cut} == {25}


def test_a_cut_of_one_face_takes_no_frame_from_another(monkeypatch):
    """As where an inset or a screen beside the person fades over to somebody else."""
    frames, pictures = [], []
    faded = (STAYS[0][0].astype(float) + picture(person=1)[0]) / 2
    beside = [*STAYS, (faded.astype(np.uint8), STAYS[0][1]), *[picture(person=1, noise=NOISE)] * 20]
    for index, (image, points) in enumerate(beside):
        own, own_points = STAYS[index % 20]
        both = np.hstack([own, image])
        pictures.append((index / RATE, cv2.cvtColor(both, cv2.COLOR_GRAY2BGR)))
        faces = (own_points, points + np.float32([WIDTH, 0, 0]))
        rest = np.zeros(52, np.float32), np.eye(4, dtype=np.float32)
        frames.append([Face(places, *rest) for places in faces])

    def detect(pictures, model, *, faces, confidence):
        yield from (faces for faces, _ in zip(frames, pictures, strict=True))

    monkeypatch.setattr(landmarks, "detect", detect)
    spans = {}
    for side in ("left", "right"):
        settings = landmarks.TrackingSettings(2, 0.5, 1.0, 0.3, side)
        track = landmarks.track_face(pictures, b"", RATE, settings)
        spans[side] = track.span.tolist()
    assert spans["left"] == [0] * 41
    assert spans["right"][20] == -1
