"""Video files of many kinds: every frame, its own time, as a player shows it."""

import logging
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from mespot.errors import InputError
from mespot.recording import open_recording
from tests.hostile import binaries
from tests.unit.videos import SIZE, encode, number_of, picture, steady


def read(path, fps=None, rate=30.0):
    recording = open_recording(path, fps)
    return recording, list(recording.frames(rate))


KINDS = {
    "mpeg4.mp4": {},
    "h264.mp4": {"codec": "libx264"},
    "vp8.webm": {"codec": "libvpx"},
    "ffv1.mkv": {"codec": "ffv1"},
    "mjpeg.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "wmv2.wmv": {"codec": "wmv2"},
    "mpeg2.mpg": {"codec": "mpeg2video"},
    "ten_bits.mp4": {"codec": "libx264", "pix_fmt": "yuv420p10le"},
    "grey_of_12_bits.mkv": {"codec": "ffv1", "pix_fmt": "gray12le"},
    "interlaced.ts": {"codec": "mpeg2video", "interlaced": True},
    "prores.mov": {"codec": "prores_ks", "pix_fmt": "yuv422p10le"},
}


@pytest.mark.parametrize("name", KINDS)
def test_every_frame_of_a_constant_rate(tmp_path, name, caplog):
    recording, frames = read(steady(tmp_path / name, 30, **KINDS[name]))
    assert (recording.fps, recording.steady_fps, recording.n_frames) == (25, 25, 30)
    assert [frame.native for frame in frames] == list(range(30))
    assert [number_of(frame.image) for frame in frames] == [*range(20), *range(10)]
    assert [frame.time for frame in frames] == pytest.approx(np.arange(30) / 25)
    assert not caplog.records


@pytest.mark.parametrize("name", ["mpeg4.mp4", "h264.mp4", "mjpeg.avi", "ten_bits.mp4"])
def test_pictures_are_those_of_opencv_to_the_byte(tmp_path, name):
    path = steady(tmp_path / name, 5, **KINDS[name])
    capture = cv2.VideoCapture(str(path))
    for frame in read(path)[1]:
        assert np.array_equal(frame.image, capture.read()[1])


def test_fields_of_an_interlaced_file_become_one_picture(tmp_path):
    # The lines of the second field show the bar at its next place.
    whole = [np.full((48, 64, 3), 60, np.uint8) for _ in range(10)]
    for number, image in enumerate(whole):
        image[0::2, 4 * number + 4 : 4 * number + 16] = 200
        image[1::2, 4 * number + 8 : 4 * number + 20] = 200
    path = encode(
        tmp_path / "v.ts",
        whole,
        range(10),
        codec="mpeg2video",
        tick=Fraction(1, 25),
        interlaced=True,
    )

    def combed(image):
        grey = image[..., 0].astype(float)
        return np.abs(grey[1:-1] - (grey[:-2] + grey[2:]) / 2).mean()

    frames = read(path)[1]
    assert [frame.native for frame in frames] == list(range(10))
    assert combed(whole[5]) > 15 and combed(frames[5].image) < 5


def marked():
    """A picture whose upper left quarter is bright, its upper right one less."""
    image = np.full((SIZE[1], SIZE[0], 3), 40, np.uint8)
    image[:24, :32], image[:24, 32:] = 220, 130
    return image


@pytest.mark.parametrize(("turned", "turns"), [(90, 1), (180, 2), (-90, 3)])
def test_a_turned_recording_is_set_upright(tmp_path, turned, turns):
    path = encode(tmp_path / "v.mp4", [marked()] * 3, range(3), tick=Fraction(1, 25), turned=turned)
    recording, frames = read(path)
    wanted = np.rot90(marked(), turns)
    assert (recording.height, recording.width) == wanted.shape[:2]
    assert np.abs(frames[1].image.astype(float) - wanted).mean() < 4


@pytest.mark.parametrize(
    ("aspect", "size"), [(Fraction(2), (128, 48)), (Fraction(8, 9), (64, 54)), (Fraction(1), SIZE)]
)
def test_pixels_are_made_square(tmp_path, aspect, size):
    recording, frames = read(steady(tmp_path / "v.mp4", 3, aspect=aspect))
    assert (recording.width, recording.height) == size
    assert frames[0].image.shape[1::-1] == size


def test_a_cover_picture_and_sound_are_no_recording(tmp_path):
    with av.open(str(tmp_path / "v.mp4"), "w") as container:
        sound = container.add_stream("aac", rate=8000)
        sound.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.rate = 8000
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    with pytest.raises(InputError, match=r"v\.mp4: has no pictures, only sound"):
        read(tmp_path / "v.mp4")


def test_a_colon_in_a_name_is_no_protocol(tmp_path):
    assert len(read(steady(tmp_path / "http:v.mp4", 3))[1]) == 3


# ---------------------------------------------------------------- time


def test_half_the_rate_in_the_second_half(tmp_path, caplog):
    # 4 s at 25 frames a second, then 4 s at 12.5.
    times = [*range(0, 4000, 40), *range(4000, 8000, 80)]
    path = encode(tmp_path / "v.mp4", [picture(n) for n in range(150)], times, codec="libx264")
    with caplog.at_level(logging.WARNING):
        recording, frames = read(path)
    assert "the frame rate varies: 0.040 to 0.080 s" in caplog.text
    assert recording.n_frames == 150 and recording.working_rate(30) == pytest.approx(25)
    assert recording.fps == pytest.approx(149 / 7.92)
    assert [frame.time for frame in frames] == pytest.approx(np.arange(199) / 25)
    own = [frame for frame in frames if frame.image is not None]
    assert [frame.native for frame in own] == list(range(150))
    assert [frame.time for frame in own] == pytest.approx(np.array(times) / 1000)
    assert [number_of(frame.image) for frame in own[::7]] == [n % 20 for n in range(0, 150, 7)]
    # Where there is none, the number is that of the frame before.
    assert [frame.native for frame in frames[100:104]] == [100, 100, 101, 101]


@pytest.mark.parametrize("name", ["v.webm", "v.mp4", "v.avi", "v.wmv"])
def test_dropped_frames_leave_gaps_and_nothing_is_refused(tmp_path, name):
    taken = [n for n in range(75) if n % 25 not in (5, 6, 7)]
    codec = {"v.webm": "libvpx", "v.mp4": "libx264", "v.avi": "mjpeg", "v.wmv": "wmv2"}[name]
    pixels = {"pix_fmt": "yuvj420p"} if codec == "mjpeg" else {}
    pictures = [picture(n) for n in taken]
    path = encode(tmp_path / name, pictures, taken, codec=codec, tick=Fraction(1, 25), **pixels)
    recording, frames = read(path)
    assert recording.n_frames == len(taken)
    own = [frame for frame in frames if frame.image is not None]
    assert [round(frame.time * 25) for frame in own] == taken
    assert [frame.native for frame in own] == list(range(len(taken)))
    assert len(frames) == 75 and not any(frame.broken for frame in frames)


def test_time_stamps_that_waver_are_no_varying_rate(tmp_path, caplog):
    waver = np.random.default_rng(0).integers(-9, 10, 100)
    times = (40 * np.arange(100) + waver - waver[0]).tolist()
    path = encode(tmp_path / "v.mp4", [picture(n) for n in range(100)], times)
    recording, frames = read(path)
    assert [frame.native for frame in frames] == list(range(100))
    assert [frame.time for frame in frames] == pytest.approx(np.array(times) / 1000)
    assert recording.fps == pytest.approx(25, rel=0.01) and not caplog.records


def test_a_fast_recording_of_varying_rate_is_thinned_by_time(tmp_path):
    # 100 frames a second, then 50, then 10.
    times = [*range(0, 500, 10), *range(500, 1000, 20), *range(1000, 2000, 100)]
    pictures = [picture(n) for n in range(len(times))]
    frames = read(encode(tmp_path / "v.mp4", pictures, times, codec="libx264"))[1]
    assert np.abs([frame.time - k / 30 for k, frame in enumerate(frames[:57])]).max() < 0.014
    own = [frame for frame in frames if frame.image is not None]
    assert [1000 * frame.time for frame in own] == pytest.approx([times[f.native] for f in own])
    assert [number_of(f.image) for f in own] == [f.native % 20 for f in own]
    assert sum(frame.time > 1.05 for frame in own) == 9


@pytest.mark.parametrize(
    ("fps", "seconds"),
    [(25.0, 7.92), (19.0, 7.92), (100.0, 1.96)],
    ids=["its usual rate", "its mean rate", "slow motion"],
)
def test_fps_of_the_sheet_and_a_varying_rate(tmp_path, fps, seconds):
    times = [*range(0, 4000, 40), *range(4000, 8000, 80)]
    path = encode(tmp_path / "v.mp4", [picture(0)] * 150, times, codec="libx264")
    assert read(path, fps)[1][-1].time == pytest.approx(seconds)


def test_what_an_edit_list_leaves_out_is_not_read(tmp_path):
    # A key frame that was kept only because the next ones need it comes before the time 0.
    path = encode(
        tmp_path / "v.mp4",
        [picture(n) for n in range(40)],
        range(-10, 30),
        codec="libx264",
        tick=Fraction(1, 25),
    )
    recording, frames = read(path)
    assert recording.n_frames == len(frames) == 30
    assert [number_of(frame.image) for frame in frames[:3]] == [10, 11, 12]
    assert frames[0].time == 0 and frames[-1].time == pytest.approx(29 / 25)


# ---------------------------------------------------------------- damage


def damaged(path, start, length, kind="zeros"):
    data = bytearray(path.read_bytes())
    junk = np.random.default_rng(0).integers(0, 256, length, np.uint8).tobytes()
    data[start : start + length] = bytes(length) if kind == "zeros" else junk
    path.write_bytes(data)
    return path


HOLES = {
    "v.avi": {"codec": "mjpeg", "pix_fmt": "yuvj420p"},
    "v.mp4": {"codec": "mpeg4"},
    "w.mp4": {"codec": "libx264"},
    "v.webm": {"codec": "libvpx"},
    "v.mkv": {"codec": "ffv1"},
    "v.ts": {"codec": "mpeg2video"},
}


@pytest.mark.parametrize("kind", ["zeros", "junk"])
@pytest.mark.parametrize("name", HOLES)
def test_a_hole_in_the_middle_is_named_and_shifts_nothing(tmp_path, name, kind, caplog):
    path = steady(tmp_path / name, 100, **HOLES[name])
    whole = read(path)[1]
    size = path.stat().st_size
    damaged(path, size // 2, size // 20, kind)
    with caplog.at_level(logging.WARNING):
        recording, frames = read(path)
    assert f"{name}: damaged from 1." in caplog.text or f"{name}: damaged from 2." in caplog.text
    assert recording.n_frames == len(frames) == 100
    assert [frame.native for frame in frames] == list(range(100))
    broken = [frame.native for frame in frames if frame.broken]
    assert 1 <= len(broken) <= 30 and broken == list(range(broken[0], broken[-1] + 1))
    for frame, intact in zip(frames, whole, strict=True):
        assert frame.broken or np.array_equal(frame.image, intact.image), frame.native


def test_old_sound_may_have_more_samples_than_the_file_has_bytes(tmp_path):
    """Old QuickTime files count the samples of compressed sound. FFmpeg reads many together."""
    assert len(read(binaries.with_sound(10**6, 1000, 1000)(tmp_path))[1]) == 40
    for count, chunk, chunks, ticks in (
        (1000, 2**28, 80, 1),  # as many entries as no memory holds, in a file of 20 kB
        (10**7, 10**7, 1, 2),  # no samples of a tick: FFmpeg makes room for each of them
    ):
        path = binaries.with_sound(count, chunk, chunks, ticks)(tmp_path)
        with pytest.raises(InputError, match="declares .* frames in .* bytes"):
            read(path)
