"""Working frames of video files and image folders, and what is refused."""

import itertools

import cv2
import numpy as np
import pytest

from mespot.errors import InputError
from mespot.recording import far_end, numbered_images, open_recording, picked, working_rate

SIZE = 48, 32  # width, height


def picture(number):
    """A grey picture whose brightness says which frame it is."""
    return np.full((SIZE[1], SIZE[0], 3), 20 + 4 * (number % 50), np.uint8)


def number_of(image):
    return round((float(image.mean()) - 20) / 4)


def write_video(path, frames, fps):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), fps, SIZE)
    for number in range(frames):
        writer.write(picture(number))
    writer.release()
    return path


def write_images(folder, numbers, name="img{}.png", channels=3):
    folder.mkdir(exist_ok=True)
    for number in numbers:
        cv2.imwrite(str(folder / name.format(number)), picture(number)[..., :channels])
    return folder


def test_every_frame_of_a_slow_video(tmp_path):
    recording = open_recording(write_video(tmp_path / "v.avi", 40, 24))
    frames = list(recording.frames(30))
    assert (recording.fps, recording.first_frame, recording.n_frames) == (24, 0, 40)
    assert (recording.width, recording.height) == SIZE
    assert [frame.native for frame in frames] == list(range(40))
    assert [number_of(frame.image) for frame in frames] == list(range(40))
    assert frames[12].time == pytest.approx(0.5)


def test_a_fast_recording_is_read_at_the_nearest_frames(tmp_path):
    # 200 / 30 = 6.67: 0, 6.67 -> 7, 13.3 -> 13, 20, 26.7 -> 27, ...
    recording = open_recording(write_video(tmp_path / "v.avi", 45, 200))
    frames = list(recording.frames(30))
    wanted = [0, 7, 13, 20, 27, 33, 40, 44]  # the last: more than half of 6.67 after 40
    assert [frame.native for frame in frames] == wanted
    assert [number_of(frame.image) for frame in frames] == wanted
    assert [frame.time for frame in frames] == pytest.approx([n / 200 for n in wanted])
    assert recording.n_frames == 45


@pytest.mark.parametrize("fps", [25, 30, 50, 59.94, 60, 100, 120, 200, 240])
def test_no_native_frame_is_half_a_working_frame_from_a_working_frame(fps):
    step = fps / working_rate(fps, 30)
    for n_frames in range(1, 300):
        taken = list(itertools.takewhile(lambda i: i < n_frames, picked(fps, 30)))  # noqa: B023
        end = far_end(n_frames, fps, 30)
        if end is not None:
            assert end > taken[-1]
            taken.append(end)
        distance = np.abs(np.arange(n_frames)[:, None] - np.array(taken)).min(axis=1)
        # Frames that are picked lie up to half a native frame beside k / rate.
        assert distance.max() <= step / 2 + (0 if fps == 200 else 0.5), (fps, n_frames)


def test_labels_of_a_video_file_may_count_from_one(tmp_path):
    recording = open_recording(write_video(tmp_path / "v.avi", 10, 30), first_frame=1)
    frames = list(recording.frames(30))
    assert [frame.native for frame in frames] == list(range(1, 11))
    assert [number_of(frame.image) for frame in frames] == list(range(10))
    assert (recording.first_frame, frames[0].time) == (1, 0)


def test_picked_frames_do_not_drift():
    taken = picked(59.94, 30)
    indices = [next(taken) for _ in range(1000)]
    assert all(abs(i / 59.94 - k / 30) <= 0.5 / 59.94 + 1e-9 for k, i in enumerate(indices))


def test_a_slightly_faster_recording_keeps_every_frame():
    assert working_rate(32.0, 30.0) == 32.0
    assert working_rate(50.0, 30.0) == 30.0
    assert working_rate(24.0, 30.0) == 24.0


def test_given_fps_replaces_the_files_own(tmp_path):
    recording = open_recording(write_video(tmp_path / "v.avi", 10, 30), fps=10)
    assert [frame.time for frame in recording.frames(30)][-1] == pytest.approx(0.9)


def test_images_are_sorted_by_number_past_9999(tmp_path):
    folder = write_images(tmp_path / "006_1", [9998, 9999, 10000, 10001], "006_1_{:04d}.png")
    recording = open_recording(folder, fps=30)
    frames = list(recording.frames(30))
    assert [frame.native for frame in frames] == [9998, 9999, 10000, 10001]
    assert [number_of(f.image) for f in frames] == [n % 50 for n in (9998, 9999, 10000, 10001)]
    assert (recording.first_frame, recording.n_frames) == (9998, 4)
    assert frames[0].time == 0


def test_stray_files_are_left_out(tmp_path):
    folder = write_images(tmp_path / "v", [1, 2, 10])
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / "._img1.png").write_bytes(b"x")
    (folder / "notes7.txt").write_text("x")
    cv2.imwrite(str(folder / "cover.png"), picture(0))
    assert sorted(numbered_images(folder)) == [1, 2, 10]


def test_missing_images_are_filled_by_the_one_before(tmp_path):
    recording = open_recording(write_images(tmp_path / "v", [1, 2, 3, 5, 6]), fps=30)
    frames = list(recording.frames(30))
    assert [frame.native for frame in frames] == [1, 2, 3, 4, 5, 6]
    assert [number_of(frame.image) for frame in frames] == [1, 2, 3, 3, 5, 6]


def test_nothing_is_shown_in_a_long_hole(tmp_path):
    numbers = [*range(1, 31), *range(46, 80)]
    frames = list(open_recording(write_images(tmp_path / "v", numbers), fps=10).frames(30))
    empty = [frame.native for frame in frames if frame.image is None]
    assert empty == [41, 42, 43, 44, 45]  # more than a second (10 frames) after 30


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_images_of_16_bits_are_scaled_by_the_bits_that_are_used(tmp_path, bits):
    (tmp_path / "v").mkdir()
    for number in range(40):
        # The brightest pixel is in one image; none of the others uses half of the range.
        image = np.full((SIZE[1], SIZE[0]), (2**bits - 1) * (20 + number) // 255, np.uint16)
        image[0, 0] = 2**bits - 1 if number == 0 else 0
        cv2.imwrite(str(tmp_path / "v" / f"img{number}.png"), image)
    frames = list(open_recording(tmp_path / "v", fps=30).frames(30))
    assert [int(frame.image[9, 9, 0]) for frame in frames] == pytest.approx(range(20, 60), abs=1)


def test_numbers_with_a_regular_step_are_a_lower_rate(tmp_path, caplog):
    folder = write_images(tmp_path / "v", [n for n in range(10, 70, 2) if n != 30])
    recording = open_recording(folder, fps=50)
    frames = list(recording.frames(30))
    assert recording.working_rate(30) == 25 and recording.fps == 50
    assert [frame.native for frame in frames] == list(range(10, 70, 2))
    assert [frame.time for frame in frames] == pytest.approx(np.arange(30) / 25)
    wanted = [n if n != 30 else 28 for n in range(10, 70, 2)]
    assert [number_of(frame.image) for frame in frames] == [n % 50 for n in wanted]
    assert "rise by 2: read as 25 images a second of a recording of 50" in caplog.text
    assert "1 of 30 images missing, filled" in caplog.text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("{0:04d}_400x300.png", "looks like a size"),
        ("{0:04d}_front.cam7.png", "looks like no frame number"),
        ("im_{1:.2f}.png", "looks like a time in seconds"),
        ("2024-05-01_10-00-0{2}.{3:03d}.png", "looks like a time of day"),
        ("take{2}_{4:02d}.png", "several recordings"),
    ],
)
def test_names_whose_last_number_counts_no_frames(tmp_path, name, words):
    (tmp_path / "v").mkdir()
    for n in range(50):
        file = name.format(n, n / 25, n // 25, n % 25 * 40, n % 25)
        cv2.imwrite(str(tmp_path / "v" / file), picture(n))
    with pytest.raises(InputError, match=words) as refusal:
        open_recording(tmp_path / "v", fps=25)
    assert "`path`" in str(refusal.value)


def test_two_beginnings_of_names_are_told(tmp_path, caplog):
    write_images(tmp_path / "v", range(5), "take1_{:03d}.png")
    folder = write_images(tmp_path / "v", range(5, 9), "take2_{:03d}.png")
    assert len(numbered_images(folder)) == 9
    assert "names of 2 kinds, such as take1_000.png and take2_005.png" in caplog.text


@pytest.mark.parametrize("suffix", ["webp", "pgm", "jp2"])
def test_images_of_other_kinds(tmp_path, suffix):
    folder = write_images(tmp_path / "v", range(3), f"img{{}}.{suffix}", channels=1)
    frames = list(open_recording(folder, fps=30).frames(30))
    assert [number_of(frame.image) for frame in frames] == [0, 1, 2]


def test_images_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "v").mkdir()
    for n in range(3):
        (tmp_path / "v" / f"img{n}.dng").write_bytes(b"x")
    with pytest.raises(InputError, match=r"no numbered images.*3 \.dng.*\.png"):
        open_recording(tmp_path / "v", fps=30)


def broken(kind, tmp_path):
    """A path, fps, and the words that the refusal must have."""
    folder = tmp_path / "v"
    if kind == "absent":
        return tmp_path / "none.avi", None, "no such"
    if kind == "empty file":
        (tmp_path / "v.avi").touch()
        return tmp_path / "v.avi", None, "empty"
    if kind == "not a video":
        (tmp_path / "v.mp4").write_bytes(b"not a video at all" * 100)
        return tmp_path / "v.mp4", None, "cannot be opened"
    if kind == "truncated":
        whole = write_video(tmp_path / "w.avi", 60, 30).read_bytes()
        (tmp_path / "v.avi").write_bytes(whole[: len(whole) // 2])
        return tmp_path / "v.avi", None, "cut off"
    if kind == "no frames":
        return write_images(folder, []), 30, "no numbered images"
    if kind == "no fps":
        return write_images(folder, [1, 2]), None, "needs fps"
    if kind == "zero fps":
        return write_images(folder, [1, 2]), 0, "fps is 0"
    if kind == "two of one number":
        write_images(folder, [1, 2])
        return write_images(folder, [1], "img{:04d}.png"), 30, "same number"
    if kind == "empty image":
        (write_images(folder, [1, 2, 3]) / "img2.png").write_bytes(b"")
        return folder, 30, r"img2\.png: is empty"
    if kind == "unreadable image":
        (write_images(folder, [1, 2, 3]) / "img2.png").write_bytes(b"nonsense")
        return folder, 30, r"img2\.png: no readable image"
    if kind == "another size":
        cv2.imwrite(str(write_images(folder, [1, 2]) / "img3.png"), np.zeros((9, 9, 3), np.uint8))
        return folder, 30, r"img3\.png: 9x9 px"
    assert kind == "hardly any image"
    return write_images(folder, [1, 2, 500]), 30, "only 3 of them"


@pytest.mark.parametrize(
    "kind",
    [
        "absent",
        "empty file",
        "not a video",
        "truncated",
        "no frames",
        "no fps",
        "zero fps",
        "two of one number",
        "empty image",
        "unreadable image",
        "another size",
        "hardly any image",
    ],
)
def test_what_cannot_be_read_is_refused_by_name(kind, tmp_path):
    path, fps, words = broken(kind, tmp_path)
    with pytest.raises(InputError, match=words) as refusal:
        list(open_recording(path, fps).frames(30))
    assert path.name in str(refusal.value)
