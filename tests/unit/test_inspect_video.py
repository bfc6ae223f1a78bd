"""`mespot inspect --video`: the recording with landmarks, regions and intervals drawn in."""

import re
import shutil
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from mespot.cli import main
from mespot.face.landmarks import N_BLENDSHAPES, N_POINTS
from mespot.plots import overlay
from mespot.recording.writing import writing
from mespot.store import io, tables
from mespot.store.digests import of_inputs
from tests.unit.plotted import intervals
from tests.unit.videos import encode

SIDE = (64, 48)
# Milliseconds; frame 10 and those behind it come late, so the rate varies.
TIMES = [40 * n + (200 if n >= 10 else 0) for n in range(20)]
GREY = np.full((SIDE[1], SIDE[0], 3), 90, np.uint8)


def landmarks(path, source, times, native, **attributes):
    """Landmarks at the places 20 + frame, 20 of every frame but the last three."""
    frames = len(native)
    points = np.zeros((frames, N_POINTS, 3), np.float32)
    points[..., 0], points[..., 1] = 20 + np.asarray(native)[:, None], 20
    found = np.arange(frames) < frames - 3
    arrays = {
        "points": points,
        "blendshapes": np.zeros((frames, N_BLENDSHAPES), np.float32),
        "head_pose": np.zeros((frames, 4, 4), np.float32),
        "found": found,
        "bridged": np.zeros(frames, bool),
        "cut": np.zeros(frames, bool),
        "other_faces": np.ones(frames, np.int16),
        "span": np.where(found, 0, -1).astype(np.int16),
        "native_frame": np.asarray(native, np.int32),
        "time": np.asarray(times, np.float64),
    }
    known = {"corpus": "sheet", "video": "v1", "subject": "006", "native_fps": 25.0}
    known |= {"n_native_frames": 20, "first_native_frame": 0, "rate": 25.0}
    known |= {"width": SIDE[0], "height": SIDE[1], "blendshape_names": ["b"]}
    known |= {"face_seconds": [1.0], "face_sizes": [30.0], "face_followed": 1}
    made = {"inputs": of_inputs({"source": str(source)})}
    io.write(path, "landmarks", arrays, attrs=known | attributes, provenance=made)
    return path


@pytest.fixture
def recording(tmp_path):
    (tmp_path / "corpus").mkdir()
    return encode(tmp_path / "corpus" / "v1.mp4", [GREY] * 20, TIMES)


@pytest.fixture
def run(tmp_path, recording):
    """A run with landmarks, labels and intervals of one video."""
    folder = tmp_path / "results" / "sheet"
    path = folder / "landmarks" / "v1.h5"
    landmarks(path, recording, np.array(TIMES) / 1000, range(20))
    found = intervals(("micro", 1, 3, 0.9))
    tables.write(folder / "labels.csv", "labels", found)
    tables.write(folder / "intervals" / "learned" / "all.csv", "intervals", found)
    return path


def inspect(capsys, *arguments, status=0):
    assert main(["inspect", *map(str, arguments)]) == status
    out = capsys.readouterr()
    return out.err if status else out.out


def decoded(path):
    with av.open(str(path)) as container:
        return [
            (round(frame.time * 1000), frame.to_ndarray(format="bgr24").astype(int))
            for frame in container.decode(video=0)
        ]


def near(picture, x, y, colour):
    """Whether something of about that colour is near a place of the recording, drawn twice as
    large and below the line of words."""
    at = picture[overlay.HEAD + 2 * y - 4 : overlay.HEAD + 2 * y + 4, 2 * x - 4 : 2 * x + 4]
    return (np.abs(at - np.array(colour)).max(axis=-1) < 60).any()


def test_the_video_shows_what_was_tracked_and_keeps_its_times(run, recording, tmp_path, capsys):
    before = sorted(recording.parent.iterdir())
    out = tmp_path / "check.mp4"
    text = inspect(capsys, run, "--video", out, "--recording", recording)
    assert f"written: {out}" in text
    frames = decoded(out)
    assert [time for time, _ in frames] == TIMES
    width, height = 2 * SIDE[0], overlay.HEAD + 2 * SIDE[1] + 2 * overlay.LANE + overlay.FOOT
    assert frames[0][1].shape == (height, width, 3)
    green = (115, 158, 0)
    for number, (_, picture) in enumerate(frames):
        seen = number < 17
        assert near(picture, 20 + number, 20, green) == seen
        assert not near(picture, 20 + number + 12, 20, green)
        # While the interval from frame 3 to 7 lasts, its words are in a white box.
        corner = picture[overlay.HEAD + 8 : overlay.HEAD + 24, 6:60]
        assert (np.median(corner) > 200) == (3 <= number <= 7), number
    assert sorted(recording.parent.iterdir()) == before


def test_landmarks_between_working_frames(run, recording, tmp_path, capsys):
    landmarks(run, recording, np.array(TIMES[::2]) / 1000, range(0, 20, 2), rate=12.5)
    inspect(capsys, run, "--video", tmp_path / "o.mp4", "--recording", recording)
    frames = decoded(tmp_path / "o.mp4")
    assert len(frames) == 20
    for number in range(13):
        assert near(frames[number][1], 20 + number, 20, (115, 158, 0))


def test_a_folder_of_images(tmp_path, capsys):
    folder = tmp_path / "corpus" / "images"
    folder.mkdir(parents=True)
    for number in range(5, 25):
        cv2.imwrite(str(folder / f"img_{number:03d}.png"), GREY)
    path = tmp_path / "results" / "x" / "landmarks" / "v1.h5"
    landmarks(path, folder, np.arange(20) / 25, range(5, 25), corpus="x", first_native_frame=5)
    inspect(capsys, path, "--video", tmp_path / "o.mp4", "--recording", folder)
    assert [time for time, _ in decoded(tmp_path / "o.mp4")] == [40 * n for n in range(20)]


def test_the_recording_of_the_built_in_corpus_is_found(run, recording, tmp_path, capsys):
    place = run.parents[1] / "corpus" / "videos"
    place.mkdir(parents=True)
    shutil.copy(recording, place)
    inspect(capsys, run, "--video", tmp_path / "o.mp4")
    for beside in (place, place.parent):
        text = inspect(capsys, run, "--video", beside / "o.mp4", status=2)
        assert "where recordings are and nothing is written" in text
    assert [path.name for path in place.iterdir()] == ["v1.mp4"]


def test_what_cannot_be_drawn_is_told(run, recording, tmp_path, capsys):
    other = encode(tmp_path / "corpus" / "w.mp4", [GREY] * 10, range(0, 400, 40))
    table = run.parents[1] / "labels.csv"
    for arguments, expected in (
        (["--video", tmp_path / "o.avi"], "o.avi: is no .mp4"),
        (["--recording", recording], "--recording: is for --video"),
        (["--video", tmp_path / "o.mp4"], "does not say where its recording lies.*--recording"),
        (["--video", tmp_path / "o.mp4", "--recording", "no.mp4"], "no.mp4: .*not there any more"),
        (["--video", tmp_path / "o.mp4", "--recording", other], "is not the recording that was tr"),
        (["--video", other.parent / "o.mp4", "--recording", recording], "where recordings are"),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(tmp_path)
            assert main(["inspect", str(run), *map(str, arguments)]) == 2
        text = capsys.readouterr().err
        assert re.search(expected, text), text
    text = inspect(capsys, table, "--video", tmp_path / "o.mp4", status=2)
    assert "has no face to draw; give the landmarks of a run" in text
    # A damaged file is told, too: its seal is checked.
    content = bytearray(run.read_bytes())
    content[len(content) // 2] ^= 1
    run.write_bytes(content)
    arguments = [run, "--video", tmp_path / "o.mp4", "--recording", recording]
    assert "v1.h5: " in inspect(capsys, *arguments, status=2)
    assert not (tmp_path / "o.mp4").exists()


def test_words_and_remarks():
    assert overlay.clock(61.5) == "1:01.500" and overlay.clock(3723.0421) == "1:02:03.042"
    plain = overlay.Moment(7, 0.28, None, "no face")
    told = overlay.Moment(7, 0.28, None, "no face", ["cut"])
    bars = {"a": [overlay.Bar("macro", 0.0, 1.0, "macro 0.50")], "b": []}
    wide = np.full((60, 700, 3), 90, np.uint8)
    one, two = overlay.draw(wide, plain, {}, bars), overlay.draw(wide, told, {}, bars)
    assert one.shape == (60 + overlay.HEAD + 2 * overlay.LANE + overlay.FOOT, 700, 3)
    assert (one[: overlay.HEAD] != two[: overlay.HEAD]).any()
    assert (one[overlay.HEAD :] == two[overlay.HEAD :]).all()
    assert (one[overlay.HEAD : overlay.HEAD + 60] != wide).any()  # the words of the interval
    # The bar ends a seventh of the width behind the middle, the last of both lanes is empty.
    lane = one[overlay.HEAD + 60 :][: overlay.LANE]
    blue = (lane[overlay.LANE // 2 + 2] == (178, 114, 0)).all(axis=-1)
    assert blue[325:340].all() and blue[360:430].all() and not blue[440:].any()
    assert not (lane[3] == (178, 114, 0)).all(axis=-1).any()
    late = overlay.draw(wide, overlay.Moment(90, 3.6, None, "no face"), {}, bars)
    assert (late[overlay.HEAD : overlay.HEAD + 60] == wide).all()


def test_odd_sizes_and_times_that_are_equal(tmp_path):
    with writing(tmp_path / "a.mp4", 30) as add:
        for time in (0.0, 0.0, Fraction(1, 30)):
            add(np.full((33, 51, 3), 90, np.uint8), float(time))
    frames = decoded(tmp_path / "a.mp4")
    assert [time for time, _ in frames] == [0, 0, 33] and frames[0][1].shape == (34, 52, 3)
    with writing(tmp_path / "none.mp4", 30):
        pass
