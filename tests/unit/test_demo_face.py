import numpy as np
import pytest

from mespot.demo import action_units, head
from mespot.demo.action_units import CHANNELS, LOWER_LIDS, UPPER_LIDS, face_width
from mespot.demo.events import COMBINATIONS, SIDES, STRENGTH
from mespot.demo.head import Pose
from mespot.demo.identities import PROPORTIONS, portrait_of
from mespot.demo.rig import Rig
from mespot.demo.sampling import grid, sample

from .demo_face import person


@pytest.fixture(scope="module")
def face():
    return person()


@pytest.fixture(scope="module")
def rig(face):
    return Rig(face.points[:, :2], grid((304, 264), 4), face.glasses)


def both(units):
    return {(unit, side): STRENGTH[unit] for unit in units for side in SIDES}


def moved(rig, units, amplitude):
    """Displacement of the mesh (478, 2) in % of the face width, y up."""
    shift = rig.displacement(rig.activations(both(units), amplitude))
    return shift / face_width(rig.points) * 100 * [1, -1]


@pytest.mark.parametrize("units", [units for units, _ in COMBINATIONS], ids="+".join)
@pytest.mark.parametrize("amplitude", [0.6, 2.5])
def test_the_largest_displacement_is_the_amplitude(rig, units, amplitude):
    assert np.hypot(*moved(rig, units, amplitude).T).max() == pytest.approx(amplitude)


def test_each_channel_alone_moves_the_mesh_by_one_percent(rig):
    for index in range(len(CHANNELS)):
        shift = rig.displacement(np.eye(len(CHANNELS))[index])
        assert np.hypot(*shift.T).max() == pytest.approx(face_width(rig.points) / 100)


def test_units_move_the_parts_of_the_face_that_they_are_named_for(rig):
    right, left = 61, 291  # lip corners; the person's right is left in the picture
    smile = moved(rig, ("12",), 4)
    assert smile[right, 0] < -1 and smile[left, 0] > 1 and smile[[right, left], 1].min() > 1
    assert moved(rig, ("15",), 4)[[right, left], 1].max() < -3
    stretch = moved(rig, ("20",), 4)
    assert stretch[left, 0] > 3 and stretch[right, 0] < -3
    assert moved(rig, ("1",), 2)[[108, 337], 1].min() > 0.5
    frown = moved(rig, ("4",), 2)
    assert frown[[107, 336], 1].max() < -0.3 and frown[107, 0] > 0.1 > -0.1 > frown[336, 0]
    jaw = moved(rig, ("26",), 6)
    assert jaw[[14, 17, 152], 1].max() < -4.5 and np.abs(jaw[[13, 0, 10]]).max() < 0.3
    assert moved(rig, ("9",), 2)[[129, 358], 1].min() > 1
    assert moved(rig, ("17",), 2)[[199, 18], 1].min() > 0.8


def test_lids_move_by_their_own_units(rig):
    wide = rig.displacement(rig.activations({("5", s): 1.0 for s in SIDES}, 2.0))
    assert wide[[159, 386], 1].max() < -1.5 * face_width(rig.points) / 100
    assert np.abs(wide[[145, 374]]).max() < 1e-6
    tight = rig.displacement(rig.activations({("7", s): 1.0 for s in SIDES}, 2.0))
    assert tight[[145, 374], 1].max() < 0 < tight[[159, 386], 1].min()
    corners = [33, 133, 263, 362]
    assert np.abs(wide[corners]).max() < 1e-4


def test_one_side_leaves_the_other_in_place(rig):
    shift = rig.displacement(rig.activations({("12", "left"): 1.0}, 4.0))
    assert np.hypot(*shift[291]) > 10 * np.hypot(*shift[61])


def test_sides_follow_the_person_in_a_mirrored_portrait():
    face = person(variant=1)
    mirrored = Rig(face.points[:, :2], grid((304, 264), 4), face.glasses)
    assert face.points[33, 0] > face.points[263, 0]
    shift = mirrored.displacement(mirrored.activations(both(("12",)), 4.0))
    assert shift[61, 0] > 1 and shift[291, 0] < -1


def test_eyes_and_glasses_stay_where_they_are(face):
    points = face.points[:, :2]
    lids = points[[n for s in SIDES for n in UPPER_LIDS[s] + LOWER_LIDS[s]]]
    for glasses in (False, True):
        assert action_units.eye_guard(points, lids, glasses).max() < 0.05
    rim = points[[159, 386]] - [0, 0.05 * face_width(points)]
    assert action_units.eye_guard(points, rim, True).max() < 1e-6
    assert action_units.eye_guard(points, rim, False).min() > 0.2
    assert action_units.eye_guard(points, points[[152, 10]], True).min() == 1


def test_the_skin_never_folds(rig):
    for units, largest in COMBINATIONS:
        skin = np.tensordot(rig.activations(both(units), largest), rig.skin, 1)
        (dxx, dyx), (dxy, dyy) = (np.moveaxis(np.gradient(skin, 4, axis=i), -1, 0) for i in (1, 0))
        area = (1 + dxx) * (1 + dyy) - dxy * dyx
        assert area.min() > 0.03, units


def test_a_blink_covers_the_eyeball_and_gaze_moves_it(rig):
    eye = rig.eyes["left"]
    middle = (eye.box[0] + eye.box[1]) / 2
    where = (grid((60, 40), 1) + middle - [30, 20]).astype(np.float32)
    still = np.zeros(2, np.float32)
    skin, ball, open_, lashes = eye.look_up(where, 0.0, 0.0, 0.0, still)
    assert np.abs(skin - where).max() < 1e-3 and np.abs(ball - where).max() < 1e-3
    assert open_.max() == 1 and not lashes.any()
    *_, half, _ = eye.look_up(where, 0.5, 0.0, 0.0, still)
    skin, _, shut, lashes = eye.look_up(where, 1.0, 0.0, 0.0, still)
    assert shut.sum() < 1e-4 < half.sum() < 0.7 * open_.sum() and lashes.max() > 0.5
    # Where the iris was, skin from above is seen.
    row, column = np.unravel_index(np.hypot(*(where - eye.iris).T).T.argmin(), where.shape[:2])
    assert skin[row, column, 1] < where[row, column, 1] - 2
    gaze = np.array([2.0, 0.0], np.float32)
    _, ball, *_ = eye.look_up(where, 0.0, 0.0, 0.0, gaze)
    at = sample(ball, (eye.iris + gaze - where[0, 0])[None, None].astype(np.float32), 1)
    assert np.allclose(at[0, 0], eye.iris, atol=0.1)


def test_the_jaw_opens_the_mouth_by_its_drop(rig):
    mouth = rig.mouth
    column = np.linspace(mouth.box[0][1], mouth.box[1][1], 2000)
    where = np.stack([np.full_like(column, mouth.middle), column], axis=-1)[:, None]
    skin, shows, _, gap = mouth.look_up(where.astype(np.float32), 6.0)
    step = column[1] - column[0]
    assert shows.sum() * step == pytest.approx(6.0, abs=0.3)
    assert gap.max() == pytest.approx(6.0, abs=0.05)
    assert np.allclose(skin[0], where[0], atol=1e-3)


def test_the_head_turns_in_three_dimensions(face):
    places = grid((304, 264), 4)
    skull = head.Head(face.points, places)

    def at(pose, landmark):
        field = skull.move(places.astype(np.float32), pose).astype(np.float32)
        return sample(field, face.points[[landmark]][None, :, :2].astype(np.float32), 4)[0, 0]

    tip, bridge, ear = 1, 168, 234
    width = face_width(face.points)
    yaw = Pose(yaw=8)
    assert at(yaw, tip)[0] > at(yaw, bridge)[0] > 0.02 * width
    assert at(yaw, tip)[0] - at(yaw, ear)[0] > 0.04 * width  # parallax
    assert np.allclose(at(Pose(yaw=-8), tip)[0], -at(yaw, tip)[0], atol=0.02 * width)
    assert at(Pose(pitch=5), tip)[1] > 0.02 * width
    assert at(Pose(roll=5), 10)[0] > 0.03 * width  # the forehead, about the neck
    shift = skull.move(places.astype(np.float32), Pose(x=3.0, y=-2.0))
    follows = skull.follows[..., None] > 0.999
    assert np.allclose(np.where(follows, shift, (3, -2))[..., :], (3, -2), atol=0.6)
    assert np.abs(skull.move(places.astype(np.float32), Pose())).max() < 1e-3
    corner = skull.move(places.astype(np.float32), Pose(yaw=8, x=5))[-1, 0]
    assert np.abs(corner).max() < 1e-3


def test_identities_differ_in_shape_tone_and_side():
    people = [person(variant, seed=variant) for variant in range(4)]
    for i, one in enumerate(people):
        for other in people[:i]:
            assert np.abs(one.image - other.image).mean() > 8
    shapes = []
    for one in people:
        points = one.points[:, :2].copy()
        if points[33, 0] > points[263, 0]:
            points[:, 0] *= -1
        points -= points[168]
        shapes.append(points / face_width(points))
    for i, one in enumerate(shapes):
        for other in shapes[:i]:
            assert np.hypot(*(one - other).T).mean() > 0.005
    assert len(PROPORTIONS) >= 8


def test_a_subject_is_one_of_the_portraits():
    assert [portrait_of(s, 2) for s in range(5)] == [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2)]


def test_a_prepared_face_is_upright_and_of_the_wanted_width(face):
    assert face_width(face.points) == pytest.approx(100, rel=0.06)
    assert abs(face.points[33, 1] - face.points[263, 1]) < 0.5
    assert face.image.shape == (2 * 264, 2 * 304, 3)
    assert face.image.min() > 3 and face.image.max() < 252 and face.image.std() > 30
