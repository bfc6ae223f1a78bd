"""Odd videos and folders of images, made by the scripts of the reference cases."""

import logging
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from mespot.errors import InputError
from mespot.recording import open_recording
from tests.unit.videos import encode

CASES = Path(__file__).parents[3] / "shared" / "reference" / "cases"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CASES.is_dir(), reason=f"no reference cases at {CASES}"),
    pytest.mark.skipif(not shutil.which("ffmpeg"), reason="no ffmpeg, which makes the cases"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A clip of a texture that moves; the scripts make all cases of it."""
    base = tmp_path_factory.mktemp("cases")
    noise = np.random.default_rng(0).integers(0, 255, (600, 700, 3), np.uint8)
    texture = cv2.GaussianBlur(noise, (0, 0), 4)
    texture = cv2.normalize(texture, None, 30, 230, cv2.NORM_MINMAX)
    clip = [texture[n // 3 :, n // 2 :][:300, :400] for n in range(260)]
    encode(base / "clip.mp4", clip, range(260), codec="libx264", tick=Fraction(1, 25))
    script = [str(CASES / "make_videos.sh"), str(base / "clip.mp4"), str(base / "videos")]
    subprocess.run(["bash", *script], check=True, capture_output=True)
    script = [
        str(CASES / "make_images.py"),
        str(base / "videos" / "base.mp4"),
        str(base / "images"),
    ]
    subprocess.run([sys.executable, *script], check=True)
    return base


BASE = "videos/base.mp4"
# Name: frames, working frames, width, height, seconds of the last one, what is told.
READ = {
    "videos/base.mp4": (200, 200, 400, 300, 7.96, ""),
    "videos/rot90.mp4": (200, 200, 400, 300, 7.96, ""),
    "videos/side.mp4": (200, 200, 300, 400, 7.96, ""),
    "videos/recorder.webm": (200, 200, 400, 300, 7.96, ""),
    "videos/dropped.webm": (176, 200, 400, 300, 7.96, "varies: 0.040 to 0.160 s"),
    "videos/dropped.mp4": (176, 200, 400, 300, 7.96, "varies: 0.040 to 0.160 s"),
    "videos/vfr.mp4": (150, 199, 400, 300, 7.92, "varies: 0.040 to 0.080 s"),
    "videos/ps.mpg": (200, 200, 400, 300, 7.96, ""),
    "videos/web.avi": (200, 200, 400, 300, 7.96, ""),
    "videos/raw.avi": (50, 50, 400, 300, 1.96, ""),
    "videos/anim.gif": (100, 100, 300, 225, 7.92, ""),
    "videos/nine.webm": (200, 200, 400, 300, 7.96, ""),
    "videos/grey.mkv": (200, 200, 400, 300, 7.96, ""),
    "videos/ten.mp4": (200, 200, 400, 300, 7.96, ""),
    "videos/hevc10.mov": (200, 200, 400, 300, 7.96, ""),
    "videos/odd.mp4": (200, 200, 300, 298, 7.96, ""),
    "videos/pro.mov": (200, 200, 400, 300, 7.96, ""),
    # The filter of ffmpeg keeps the look of the picture.
    "videos/anamorphic.mp4": (200, 200, 800, 300, 7.96, ""),
    "videos/avchd.mts": (200, 200, 720, 576, 7.96, ""),
    "videos/cut.mp4": (122, 122, 400, 300, 4.84, ""),
    "videos/cover.mp4": (200, 200, 400, 300, 7.96, ""),
    "videos/hole.avi": (200, 200, 400, 300, 7.96, "damaged from"),
    "videos/five.mp4": (5, 5, 400, 300, 0.16, ""),
    "videos/still.mp4": (250, 250, 400, 300, 9.96, ""),
    "images/bit12": (60, 60, 400, 300, 2.36, "of which 12 are used"),
    "images/bit16_full": (60, 60, 400, 300, 2.36, ""),
    "images/rgba": (60, 60, 400, 300, 2.36, ""),
    "images/palette": (60, 60, 400, 300, 2.36, ""),
    "images/cmyk": (60, 60, 400, 300, 2.36, ""),
    "images/exif": (60, 60, 400, 300, 2.36, ""),
    "images/step2": (59, 30, 400, 300, 2.32, "rise by 2"),
    "images/webp": (60, 60, 400, 300, 2.36, ""),
    "images/pgm": (60, 60, 400, 300, 2.36, ""),
    "images/two_takes": (50, 50, 400, 300, 1.96, "names of 2 kinds"),
}
REFUSED = {
    "videos/audio.mp4": "no pictures, only sound",
    "videos/zero.mp4": "is empty",
    "videos/text.mp4": "cannot be opened as a video",
    "videos/nomoov.mp4": "cannot be opened as a video",
    "videos/halfavi.avi": "cut off",
    "images/size_in_name": "looks like a size",
    "images/seconds": "looks like a time in seconds",
    "images/clock": "looks like a time of day",
}


# What these show is not the same as in the base at the same time.
OTHERWISE = {"videos/side.mp4", "videos/cut.mp4", "videos/odd.mp4", "videos/still.mp4"}


@pytest.fixture(scope="module")
def base(folder):
    """The small pictures of the base, by time."""
    return {frame.time: small(frame.image) for frame in open_recording(folder / BASE).frames(30)}


def small(image):
    return cv2.resize(image, (40, 30), interpolation=cv2.INTER_AREA).astype(float)


@pytest.mark.parametrize("name", READ)
def test_what_is_read(folder, base, name, caplog):
    *wanted, told = READ[name]
    path = folder / name
    with caplog.at_level(logging.WARNING):
        recording = open_recording(path, 25 if path.is_dir() else None)
        frames = list(recording.frames(30))
    size = recording.width, recording.height
    got = [recording.n_frames, len(frames), *size, round(frames[-1].time, 2)]
    assert got == wanted
    assert told in caplog.text if told else not caplog.records
    for frame in frames[::20]:
        if frame.image is not None and name not in OTHERWISE:
            near = min(base, key=lambda time: abs(time - frame.time))  # noqa: B023
            assert np.abs(small(frame.image) - base[near]).mean() < 20, frame.time


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_why(folder, name):
    path = folder / name
    with pytest.raises(InputError, match=REFUSED[name]) as refusal:
        list(open_recording(path, 25 if path.is_dir() else None).frames(30))
    assert path.name in str(refusal.value)
