"""What the built-in corpus can do beyond its defaults: more people, smiles, free expressions."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from mespot.demo import corpus, portraits
from mespot.demo.action_units import face_width
from mespot.demo.events import FREE, SMILE, expressions
from mespot.demo.film import write_compressed
from mespot.demo.motion import motion
from mespot.demo.render import Renderer
from mespot.demo.settings import ScriptSettings, of_video
from mespot.demo.smiles import sides
from mespot.errors import InputError

from .demo_face import SECTION, landmarks, person, settings, smiling_portrait

VARIED = {"noise": [1.0, 2.0, 3.0], "fps": [30.0, 60.0], "crf": [None, 23]}


def scripts(n=80, **changes):
    chosen = settings(repertoire=FREE, stay_share=0.2, **changes)
    return chosen, [expressions(chosen, np.random.default_rng(seed)) for seed in range(n)]


# ---------------------------------------------------------------- what a video has of its own


def test_the_built_in_corpus_is_what_it_was():
    """docs/results.md rests on these recordings."""
    chosen = settings()
    script = corpus.script("s01_1", chosen)
    found = [(e.type, e.onset, e.apex, e.offset, round(e.amplitude, 6)) for e in script]
    assert found == [("micro", 76, 80, 89, 2.2782), ("micro", 632, 634, 638, 1.278588)]
    action = motion(chosen, corpus.generator(1, "s01_1", corpus.MOTION))
    curves = action.pose, action.blink, action.gaze, action.light
    sums = [float(curve.sum()) for curve in curves]
    assert np.allclose(sums, [342.7068953, 40.937650201, 131.663193764, 5.696350006])
    assert sum(curve.sum() for curve in action.units.values()) == pytest.approx(189.654052816)
    assert action.hand is None and all(e.stays == 0 for e in script)


def test_each_video_draws_values_of_its_own():
    section = SECTION | {"varied": VARIED}
    drawn = [of_video(section, subject, 0) for subject in range(40)]
    for key, values in VARIED.items():
        assert {one[key] for one in drawn} == set(values), key
    assert all("varied" not in one for one in drawn)
    # The keys are drawn apart from each other, and the same from a part of the section.
    pairs = {(one["noise"], one["fps"]) for one in drawn}
    assert len(pairs) == 6
    part = {"seed": 1, "fps": 30.0, "varied": {"fps": VARIED["fps"]}}
    assert [of_video(part, s, 0)["fps"] for s in range(40)] == [one["fps"] for one in drawn]
    assert of_video(section, 3, 0) != of_video(section, 3, 1)
    assert of_video(SECTION, 3, 0) == {k: v for k, v in SECTION.items() if k != "varied"}


_WHO = {"portraits": None, "people": None, "subjects": 8, "videos_per_subject": 1}


def corpus_section(**changes):
    """What the two sheets are made from."""
    script = {name: SECTION[name] for name in ScriptSettings.__dataclass_fields__}
    return script | _WHO | {"varied": {}, "groups": []} | changes


def test_labels_follow_the_rate_of_their_own_video():
    section = corpus_section(varied={"fps": [30.0, 60.0]})
    rows, seen = corpus.annotations(corpus.videos(section), section), set()
    for entry in corpus.videos(section):
        name, own = corpus.for_video(corpus.own_section(entry["video"], section))
        seen.add(own["fps"])
        offsets = [row["offset"] for row in rows if row["video"] == entry["video"]]
        assert offsets == [e.offset for e in corpus.script(name, settings(fps=own["fps"]))]
    assert seen == {30.0, 60.0}


def test_a_group_of_subjects_has_settings_of_its_own():
    more = {"subjects": 2, "videos_per_subject": 2, "seed": 9, "micro_per_video": 6.0}
    section = corpus_section(subjects=2, groups=[more, {"subjects": 1, "videos_per_subject": 1}])
    videos = [entry["video"] for entry in corpus.videos(section)]
    assert videos == ["s01_1", "s02_1", "s03_1", "s03_2", "s04_1", "s04_2", "s05_1"]
    own = {video: corpus.own_section(video, section) for video in videos}
    assert [own[v]["drawn_as"] for v in videos] == [
        *("s01_1", "s02_1", "s01_1", "s01_2", "s02_1", "s02_2", "s01_1")
    ]
    assert [own[v]["seed"] for v in videos] == [1, 1, 9, 9, 9, 9, 1]
    assert own["s05_1"] == own["s01_1"] and not own["s01_1"].keys() & {"groups", "subjects"}
    with pytest.raises(InputError, match="s06_1: not in the built-in corpus"):
        corpus.own_section("s06_1", section)
    # The first portraits are the same ones, so they show the same people.
    subjects = [entry["subject"] for entry in corpus.videos(section)]
    assert subjects == ["s01", "s02", "s01", "s01", "s02", "s02", "s01"]
    # How many there are before a group changes none of its recordings.
    alone = corpus_section(**more)
    assert corpus.own_section("s02_2", alone) == own["s04_2"]
    rows = corpus.annotations(corpus.videos(section), section)
    labels = {v: [r["onset"] for r in rows if r["video"] == v] for v in videos}
    assert labels["s05_1"] == labels["s01_1"] != labels["s03_1"]
    assert labels["s03_1"] == [e.onset for e in corpus.script("s01_1", settings(**_kept(more)))]


def _kept(group):
    return {key: value for key, value in group.items() if key in SECTION}


# ---------------------------------------------------------------- people


def pictures(folder, names):
    for name in names:
        cv2.imwrite(str(folder / name), np.zeros((8, 8, 3), np.uint8))
    return str(folder)


def test_people_are_found_by_a_part_of_the_name(tmp_path):
    folder = pictures(tmp_path, ["london_003_03.jpg", "london_013_03.jpg", "102_03.jpg"])
    assert portraits.names(folder, ["102", "003"]) == ["london_003_03.jpg", "102_03.jpg"]
    assert len(portraits.names(folder)) == 3
    with pytest.raises(InputError, match="demo.people: no portraits of '03'"):
        portraits.names(folder, ["003", "03"])
    pictures(tmp_path, ["003_03.jpg"])
    with pytest.raises(InputError, match="demo.people: 2 portraits of '003'"):
        portraits.names(folder, ["003"])


def test_a_smile_is_that_of_the_same_person(tmp_path):
    folder = pictures(tmp_path, ["a_003_08.jpg", "a_004_08.jpg", "anna.png"])
    assert portraits.same_person("a_003_03.jpg", folder) == "a_003_08.jpg"
    assert portraits.same_person("anna.png", folder) == "anna.png"
    with pytest.raises(InputError, match="demo.smiles: no portraits of 'a_005'"):
        portraits.same_person("a_005_03.jpg", folder)
    pictures(tmp_path, ["a_004_09.jpg"])
    with pytest.raises(InputError, match="demo.smiles: 2 portraits of 'a_004'"):
        portraits.same_person("a_004_03.jpg", folder)


# ---------------------------------------------------------------- free expressions


@pytest.mark.parametrize("fps", [30.0, 100.0])
def test_free_expressions_keep_to_their_type(fps):
    chosen, found = scripts(fps=fps)
    for label in (label for script in found for label in script):
        seconds = (label.offset - label.onset + 1) / fps
        micro = label.type == "micro"
        least, most = chosen.micro_amplitude if micro else chosen.macro_amplitude
        assert least <= label.amplitude <= most
        assert seconds <= 0.5 if micro else seconds > 0.5
        course = label.course(chosen.n_frames)
        assert label.onset < label.apex < label.offset
        assert course[label.apex] == 1.0 == course.max()
        assert not course[: label.onset].any() and course[label.onset] > 0
        if not label.stays:
            assert not course[label.offset + 1 :].any() and course[label.offset] > 0
        elif label.offset + 1 + label.fade < chosen.n_frames:
            assert course[label.offset + 1] == pytest.approx(label.stays)
            assert not course[label.offset + 1 + label.fade :].any()


def test_free_expressions_differ_as_real_ones_do():
    _, found = scripts(300)
    labels = [label for script in found for label in script]
    macro = [label for label in labels if label.type == "macro"]
    early = np.array([(x.apex - x.onset) / (x.offset - x.onset) for x in macro])
    assert np.quantile(early, 0.1) < 0.32 and np.quantile(early, 0.9) > 0.52
    assert 0.1 < np.mean([x.stays > 0 for x in labels]) < 0.3
    small = np.mean([x.amplitude < 5.25 for x in macro])  # half of the range
    assert small > 0.6
    units = {unit for x in labels for unit, _ in x.units}
    assert {"1", "2", "10", "17"} <= units and SMILE not in units
    one_sided = np.mean([len({side for _, side in x.units}) == 1 for x in labels])
    assert 0.08 < one_sided < 0.3


@pytest.mark.parametrize("repertoire", ["prototypes", FREE])
def test_the_share_of_smiles_is_the_one_asked_for(repertoire):
    chosen = settings(repertoire=repertoire, smile_share=0.3)
    found = [expressions(chosen, np.random.default_rng(seed)) for seed in range(150)]
    smiles = [any(u == SMILE for u, _ in x.units) for script in found for x in script]
    assert 0.22 < np.mean(smiles) < 0.38


# ---------------------------------------------------------------- what else goes on


def test_free_faces_move_more_in_words_and_blinks():
    plain, free = (
        motion(
            settings(seconds=60.0, speech_per_minute=6.0, repertoire=repertoire),
            np.random.default_rng(5),
        )
        for repertoire in ("prototypes", FREE)
    )
    assert {unit for unit, _ in plain.units} == {"26", "20", "18", "24"}
    more = {unit for unit, _ in free.units} - {"26", "20", "18", "24"}
    assert {"4", "6"} <= more and len(more) >= 4
    for (unit, _), curve in free.units.items():
        assert curve.min() >= 0 and curve.max() < 9, unit
    assert free.units["6", "left"][free.blink > 0.9].min() > 0


def test_shifts_of_posture_stay_and_hands_leave():
    still = {"blinks_per_minute": 0, "glances_per_minute": 0, "speech_per_minute": 0}
    still |= {"gestures_per_minute": 0, "head_drift": 0, "light": 0, "seconds": 60.0}
    moved = motion(settings(**still, shifts_per_minute=4.0), np.random.default_rng(1))
    assert moved.hand is None
    speed = np.abs(np.diff(moved.pose[:, 0]))
    assert 0 < (speed > 1e-9).mean() < 0.3 and np.abs(moved.pose[-1]).max() > 0.3
    passed = motion(settings(**still, hands_per_minute=4.0), np.random.default_rng(1))
    assert passed.hand is not None and not passed.pose.any()
    here = passed.hand[:, 1] < 0.7
    assert 0.02 < here.mean() < 0.4 and passed.hand[0, 1] == pytest.approx(3.0)


def test_a_hand_hides_what_is_behind_it():
    renderer = Renderer(person(), settings(noise=0.01), np.random.default_rng(0))
    rest = np.zeros(len(renderer.rig.channels)), np.zeros(6), 0.0, np.zeros(2), np.zeros(4)
    free = renderer.frame(*rest).astype(float)
    away = renderer.frame(*rest, np.array([0.0, 3.0])).astype(float)
    hidden = renderer.frame(*rest, np.array([0.0, 0.3])).astype(float)
    x, y = np.round(renderer.identity.points[14, :2] - 32).astype(int)
    assert np.abs(away - free).max() <= 2
    assert np.abs(hidden - free)[y - 4 : y + 4, x - 4 : x + 4].mean() > 8
    assert np.abs(hidden - free)[:60].max() <= 2


# ---------------------------------------------------------------- a real smile


@pytest.fixture(scope="module")
def smiler():
    return Renderer(
        person(smiling=smiling_portrait()), settings(noise=0.01), np.random.default_rng(0)
    )


def picture(renderer, activation):
    still = np.zeros(6), 0.0, np.zeros(2), np.zeros(4)
    for _ in range(3):  # each frame's solution begins at the last one's
        frame = renderer.frame(activation, *still)
    return frame.astype(float)


def test_a_smile_is_what_changes_between_two_portraits(smiler):
    corners = smiler.identity.smile.mesh[[61, 291]] / smiler.rig.percent
    assert np.allclose(corners, [[-5, -4], [5, -4]], atol=0.8)
    still = smiler.identity.smile.mesh[[10, 168, 6, 107, 336, 33, 263]] / smiler.rig.percent
    assert np.abs(still).max() < 0.5
    assert smiler.rig.whole_smile == pytest.approx(np.hypot(5, 4), rel=0.15)


def test_the_whole_smile_shows_the_smiling_picture(smiler):
    rest = picture(smiler, np.zeros(len(smiler.rig.channels)))
    units = {(SMILE, side): 1.0 for side in ("right", "left")}
    whole = picture(smiler, smiler.rig.activations(units, smiler.rig.whole_smile))
    other = Renderer(
        person(smiling=(portraits.load(None, "grace_hopper"), landmarks())),
        settings(noise=0.01),
        np.random.default_rng(0),
    )
    assert other.rig.whole_smile < 0.1  # the same picture twice: nothing changes
    points = smiler.identity.points[:, :2]
    expected = smiler.identity.smile.image[::2, ::2][32:-32, 32:-32]
    x, y = np.round(points[[61, 291], 0].mean() - 32), points[13, 1] - 32
    box = slice(int(y) - 12, int(y) + 12), slice(int(x) - 25, int(x) + 25)
    assert np.abs(whole - expected)[box].mean() < 0.4 * np.abs(rest - expected)[box].mean()
    # Off the face, and within the eyes, nothing changes.
    assert np.abs(whole - rest)[:20].max() <= 3
    eye = np.round(points[468] - 32).astype(int)
    assert np.abs(whole - rest)[eye[1] - 1 : eye[1] + 2, eye[0] - 1 : eye[0] + 2].max() <= 6


def test_a_smile_can_be_of_one_side_and_of_any_size(smiler):
    rig, points = smiler.rig, smiler.identity.points
    for amplitude in (0.5, 3.0):
        shift = rig.displacement(rig.activations({(SMILE, "left"): 1.0}, amplitude)) / rig.percent
        assert np.hypot(*shift.T).max() == pytest.approx(amplitude)
        assert np.hypot(*shift[291]) > 0.8 * amplitude and np.hypot(*shift[61]) < 0.1 * amplitude
    both = sides(points[:, :2], points[:, :2])
    assert np.allclose(both["left"] + both["right"], 1)
    assert both["left"][291] == 1 and both["right"][61] == 1


def test_who_has_no_smile_that_large_smiles_by_action_units(smiler):
    plain = Renderer(person(), settings(), np.random.default_rng(0)).rig
    units = {(SMILE, side): 1.0 for side in ("right", "left")}
    wanted = {(u, s): v for u, v in (("6", 2.5), ("12", 8.0)) for s in ("right", "left")}
    assert np.allclose(plain.activations(units, 3.0), plain.activations(wanted, 3.0))
    broad = 1.4 * smiler.rig.whole_smile
    assert np.allclose(
        smiler.rig.displacement(smiler.rig.activations(units, broad)),
        smiler.rig.displacement(smiler.rig.activations(wanted, broad)),
    )


def test_other_people_of_a_portrait_smile_too():
    """Mirrored, and with other proportions."""
    other = person(smiling=smiling_portrait(), variant=1)
    corners = other.smile.mesh[[61, 291]] / face_width(other.points) * 100
    # In the mirrored picture the person's right is on the right.
    assert corners[0, 0] > 2 and corners[1, 0] < -2 and corners[:, 1].max() < -2


# ---------------------------------------------------------------- compression


def test_compressed_videos_have_the_rate_and_the_frames_that_were_asked_for(tmp_path):
    frames = [np.full((200, 240, 3), value, np.uint8) for value in (40, 70, 100, 130, 160)]
    noisy = np.random.default_rng(0).integers(0, 60, (5, 200, 240, 3), dtype=np.uint8)
    sizes = []
    for crf in (15, 40):
        chosen = settings(seconds=0.1, fps=50.0, crf=crf)
        path = tmp_path / f"{crf}.mp4"
        write_compressed(path, (f + n for f, n in zip(frames, noisy, strict=True)), chosen)
        sizes.append(path.stat().st_size)
        with av.open(str(path)) as container:
            assert container.streams.video[0].average_rate == Fraction(50)
            shown = [frame.to_ndarray(format="bgr24").mean() for frame in container.decode(video=0)]
        assert np.allclose(shown, [f.mean() + 29.5 for f in frames], atol=5)
    assert sizes[0] > 3 * sizes[1]


def test_a_compressed_video_that_was_cut_off_is_not_kept(tmp_path):
    frames = iter([np.zeros((200, 240, 3), np.uint8)] * 3)
    with pytest.raises(InputError, match="only 3 of 5 frames"):
        write_compressed(tmp_path / "a.mp4", frames, settings(seconds=0.1, fps=50.0, crf=20))


def test_a_person_of_several_groups_is_one_subject():
    """Otherwise networks would be asked about people whom they know under another name."""
    few = {"subjects": 3, "people": ["005", "003"]}
    others = {"subjects": 2, "people": ["009", "005"]}
    elsewhere = {"subjects": 1, "people": ["003"], "portraits": "/elsewhere"}
    section = corpus_section(
        portraits="/faces", people=["003", "005"], subjects=2, groups=[few, others, elsewhere]
    )
    subjects = {entry["video"]: entry["subject"] for entry in corpus.videos(section)}
    # s05 is another variant of 003, and s08 a 003 of another set.
    assert subjects == {
        **{"s01_1": "s01", "s02_1": "s02", "s03_1": "s01", "s04_1": "s02", "s05_1": "s05"},
        **{"s06_1": "s02", "s07_1": "s07", "s08_1": "s08"},
    }
