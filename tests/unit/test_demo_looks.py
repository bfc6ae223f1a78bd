"""What people wear in the built-in corpus, what hides them, and how they are filmed."""

from dataclasses import replace

import numpy as np
import pytest

from mespot.demo import portraits
from mespot.demo.action_units import face_width
from mespot.demo.beards import bearded
from mespot.demo.events import FREE, expressions
from mespot.demo.glasses import Glasses
from mespot.demo.mixing import mixed
from mespot.demo.motion import Motion
from mespot.demo.render import Renderer
from mespot.demo.shots import ELSEWHERE, Shots, shots
from mespot.demo.things import Thing
from mespot.errors import InputError

from .demo_face import landmarks, person, settings, smiling_portrait


def drawn(**changes):
    """A frame of a face at rest, and what made it."""
    chosen = settings(noise=0.01, **changes)
    renderer = Renderer(person(), chosen, np.random.default_rng(0), np.random.default_rng(5))
    rest = np.zeros(len(renderer.rig.channels)), np.zeros(6), 0.0, np.zeros(2), np.zeros(4)
    return renderer, rest


def glasses_of(kind, points):
    rng = np.random.default_rng(1)
    return Glasses(points, (304, 264), kind, 3, rng)


@pytest.mark.parametrize("kind", ["thin", "thick", "rimless"])
def test_glasses_go_with_the_head_and_not_with_the_skin(kind):
    points = person().points
    one = glasses_of(kind, points)
    eye = points[468, :2]
    rows, columns = np.nonzero(one.frame)
    rims = np.stack([columns, rows], axis=-1) / 3
    assert len(rims) and np.hypot(*(rims - eye).T).min() > 0.05 * face_width(points)
    places = np.stack(np.meshgrid(np.arange(240), np.arange(200)), axis=-1).astype(np.float32)
    pictures = []
    for shift in (0, 6):  # the head has moved to the right
        image = np.full((200, 240, 3), 128, np.uint8)
        one.put_on(image, places + np.float32([32 - shift, 32]), np.zeros(6))
        pictures.append(image.astype(int))
    before, after = pictures
    assert np.abs(before - 128).max() > 20
    assert np.abs(after[:, 6:] - before[:, :-6]).max() <= 1


def test_who_wears_glasses_gets_no_second_pair():
    plain, rest = drawn(glasses="thick")
    assert plain.identity.glasses and plain.glasses is None
    bare = replace(person(), glasses=False)
    chosen = settings(noise=0.01, glasses="thick")
    worn = Renderer(bare, chosen, np.random.default_rng(0), np.random.default_rng(5))
    frame = worn.frame(*rest).astype(int)
    assert np.abs(frame - plain.frame(*rest).astype(int)).max() > 40


@pytest.mark.parametrize(("kind", "cheek"), [("moustache", False), ("full", True)])
def test_hair_grows_where_it_grows(kind, cheek):
    bare = person(smiling=smiling_portrait())
    hairy = bearded(bare, kind, np.random.default_rng(0))

    def change(number):
        x, y = np.round((bare.points[number, :2] + 0.5) * 2).astype(int)
        near = (slice(y - 5, y + 5), slice(x - 5, x + 5))
        return np.abs(bare.image[near] - hairy.image[near]).mean()

    assert change(165) > 5  # above the lip
    assert (change(199) > 5) == cheek  # the chin
    for number in (4, 6, 105, 468):  # nose, brow and eye
        assert change(number) < 0.5
    # It is there while they smile, moved with the skin.
    assert np.abs(hairy.smile.image - bare.smile.image).max() > 20
    again = bearded(bare, kind, np.random.default_rng(0))
    assert np.array_equal(again.image, hairy.image)


def test_a_mixed_face_is_between_both():
    portrait, points = portraits.load(None, "grace_hopper"), landmarks()
    other, moved = smiling_portrait()
    same, still = mixed(portrait, points, other, moved, 0.0)
    assert np.allclose(still, points)
    assert np.abs(same.image.astype(int) - portrait.image).max() <= 1
    half, between = mixed(portrait, points, other, moved, 0.5)
    whole = mixed(portrait, points, other, moved, 1.0)[1]
    corner = (whole - points)[[61, 291], :2]
    assert np.hypot(*corner.T).min() > 0.03 * face_width(points)
    assert np.allclose((between - points)[[61, 291], :2], corner / 2)
    assert half.image.shape == portrait.image.shape and half.glasses


def test_cuts_leave_expressions_whole():
    found, away = 0, 0
    for seed in range(40):
        chosen = settings(seconds=60.0, cuts_per_minute=6.0, stay_share=0.5, repertoire=FREE)
        script = expressions(chosen, np.random.default_rng(seed))
        cut = shots(chosen, script, np.random.default_rng(seed))
        if cut is None:
            continue
        changes = np.flatnonzero(np.diff(cut.number)) + 1
        found, away = found + len(changes), away + (cut.number == ELSEWHERE).any()
        for one in script:
            assert len(set(cut.number[one.onset - 15 : one.offset + 15])) == 1
            assert cut.number[one.onset] != ELSEWHERE
    assert found > 100 and away > 10
    assert shots(settings(), [], np.random.default_rng(0)) is None


def test_a_cut_shows_another_framing():
    chosen = settings(seconds=0.2, noise=0.01)
    n = chosen.n_frames
    action = Motion(np.zeros((n, 6)), np.zeros(n), np.zeros((n, 2)), {}, np.zeros((n, 4)))
    number = np.array([0, 0, ELSEWHERE, 1, 1, 1])
    cut = Shots(number, [np.eye(2, 3), np.float32([[1.3, 0, -20], [0, 1.3, -30]])])
    renderer, _ = drawn(seconds=0.2)
    frames = np.array(list(renderer.frames([], action, cut))).astype(int)
    assert np.abs(frames[1] - frames[0]).max() <= 3 and np.abs(frames[5] - frames[4]).max() <= 3
    assert np.abs(frames[3] - frames[1]).mean() > 8 and np.abs(frames[2] - frames[1]).mean() > 8


def test_interlaced_frames_hold_two_moments():
    pose = np.zeros((3, 6))
    pose[2, 3] = 12.0  # the head jumps to the right
    action = Motion(pose, np.zeros(3), np.zeros((3, 2)), {}, np.zeros((3, 4)))
    whole, woven = (
        np.array(list(drawn(interlaced=interlaced)[0].frames([], action))).astype(int)
        for interlaced in (False, True)
    )
    assert np.abs(woven[:, ::2] - whole[:, ::2]).max() <= 4
    apart = np.abs(woven[:, 1::2] - whole[:, 1::2]).mean(axis=(1, 2, 3))
    assert apart[1] > 3 > 1 > max(apart[0], apart[2])


def test_a_thing_hides_what_is_behind_it():
    for seed in range(6):
        image = np.full((200, 240, 3), 128, np.uint8)
        thing = Thing(100.0, np.random.default_rng(seed))
        thing.hold(image, np.array([120.0, 100.0]))
        assert np.abs(image[95:105, 115:125].astype(int) - 128).mean() > 1
        assert (image[:10] == 128).all()
        untouched = np.full((200, 240, 3), 128, np.uint8)
        thing.hold(untouched, np.array([120.0, 400.0]))
        assert (untouched == 128).all()


def test_the_scale_is_that_of_everything_in_px():
    chosen = settings(scale=2.5)
    assert (chosen.width, chosen.height, chosen.face_width) == (600, 500, 250)
    assert settings(scale=0.51).width % 4 == 0
    with pytest.raises(InputError, match="demo.scale: leave a face of 0 px"):
        settings(scale=0.001)
