"""track_face on a made recording, with hand-made detections in the place of MediaPipe's."""

import logging
from fractions import Fraction

import numpy as np
import pytest

from mespot.errors import InputError
from mespot.face import landmarks
from mespot.steps import track_face
from mespot.store import io
from tests.unit.faces import face
from tests.unit.test_recording import SIZE, write_images, write_video
from tests.unit.videos import encode, picture, steady


@pytest.fixture
def seen(monkeypatch):
    """A function that says which faces are in which working frame."""

    def use(faces_of):
        def detect(frames, model, *, faces, confidence):
            assert faces == 2 and model == b"model"
            for index, (_, image) in enumerate(frames):
                assert image.shape == (SIZE[1], SIZE[0], 3)
                yield faces_of(index)[:faces]

        monkeypatch.setattr(landmarks, "detect", detect)

    return use


def track(source, output, fps=None, face="auto", sheet=None):
    model = output.with_name("face.task")
    model.write_bytes(b"model")
    track_face.run(
        corpus="made",
        video="v",
        subject="006",
        source=source,
        fps=fps,
        model=model,
        output=output,
        rate=30.0,
        max_faces=2,
        confidence=0.5,
        max_gap=1.0,
        min_span=1.0,
        face=face,
        sheet=sheet,
        provenance={"rule": "track_face"},
    )
    return io.read(output, "landmarks")


def test_gaps_and_spans_of_a_video(tmp_path, seen):
    # At 24 fps a second is 24 frames: a gap of 10 is bridged, one of 30 is not.
    away = {*range(30, 40), *range(80, 110)}
    seen(lambda index: [] if index in away else [face((20 + index / 4, 15))])
    tracked = track(write_video(tmp_path / "v.avi", 140, 24), tmp_path / "l.h5")
    assert tracked["span"].tolist() == [0] * 80 + [-1] * 30 + [1] * 30
    assert np.flatnonzero(tracked["bridged"]).tolist() == list(range(30, 40))
    assert np.flatnonzero(~tracked["found"]).tolist() == sorted(away)
    assert tracked["native_frame"].tolist() == list(range(140))
    assert tracked["time"][24] == pytest.approx(1.0)
    assert np.isnan(tracked["points"][80:110]).all() and np.isfinite(tracked["points"][:80]).all()
    middle = tracked["points"][:80, :, 0].mean(axis=1)
    np.testing.assert_allclose(np.diff(middle), 0.25, atol=1e-3)  # straight through the gap
    attrs = tracked.attrs
    assert (attrs["video"], attrs["subject"], attrs["rate"]) == ("v", "006", 24.0)
    assert (attrs["native_fps"], attrs["n_native_frames"]) == (24.0, 140)
    assert (attrs["width"], attrs["height"]) == SIZE
    assert attrs["blendshape_names"][9] == "eyeBlinkLeft"


def test_numbers_of_a_folder_of_fast_images(tmp_path, seen):
    seen(lambda index: [face()])
    folder = write_images(tmp_path / "v", range(9990, 10290), "v_{:04d}.png")
    tracked = track(folder, tmp_path / "l.h5", fps=200)
    assert tracked["native_frame"].tolist()[:4] == [9990, 9997, 10003, 10010]
    assert tracked.attrs["rate"] == 30.0 and tracked.attrs["first_native_frame"] == 9990
    # 45 thirtieths of a second, and the last frame, which is 6 after the 45th.
    assert tracked["native_frame"].tolist()[-2:] == [10283, 10289]
    assert tracked.attrs["n_native_frames"] == 300 and len(tracked["span"]) == 46
    assert (tracked["span"] == 0).all()


def faces_where_there_is_a_picture(monkeypatch):
    def detect(frames, model, *, faces, confidence):
        for _, image in frames:
            yield [] if image is None else [face()]

    monkeypatch.setattr(landmarks, "detect", detect)


def test_frames_that_the_recorder_left_out_are_bridged(tmp_path, monkeypatch):
    faces_where_there_is_a_picture(monkeypatch)
    taken = [n for n in range(75) if n % 25 not in (5, 6, 7)]
    pictures = [picture(n) for n in taken]
    path = encode(tmp_path / "v.webm", pictures, taken, codec="libvpx", tick=Fraction(1, 25))
    tracked = track(path, tmp_path / "l.h5")
    assert (tracked["span"] == 0).all() and tracked.attrs["rate"] == 25
    assert np.flatnonzero(tracked["bridged"]).tolist() == sorted(set(range(75)) - set(taken))
    assert np.diff(tracked["time"]) == pytest.approx(1 / 25, abs=2e-3)
    assert tracked.attrs["n_native_frames"] == len(taken)
    assert tracked.attrs["native_fps"] == pytest.approx((len(taken) - 1) / (74 / 25), rel=1e-3)


def test_a_span_ends_where_the_file_is_damaged(tmp_path, monkeypatch):
    faces_where_there_is_a_picture(monkeypatch)
    path = steady(tmp_path / "v.avi", 100, codec="mjpeg", pix_fmt="yuvj420p")
    data = bytearray(path.read_bytes())
    middle, few = len(data) // 2, len(data) // 40
    data[middle : middle + few] = bytes(few)
    path.write_bytes(data)
    tracked = track(path, tmp_path / "l.h5")
    lost = np.flatnonzero(tracked["span"] < 0)
    assert 2 <= len(lost) <= 5 and not tracked["bridged"].any()
    assert (tracked["span"][: lost[0]] == 0).all() and (tracked["span"][lost[-1] + 1 :] == 1).all()
    assert tracked["native_frame"].tolist() == list(range(100))


def test_a_video_without_a_face_is_written_with_a_warning(tmp_path, seen, caplog):
    seen(lambda index: [])
    with caplog.at_level(logging.WARNING):
        tracked = track(write_video(tmp_path / "v.avi", 30, 30), tmp_path / "l.h5")
    assert (tracked["span"] == -1).all() and not tracked["found"].any()
    assert "no face found" in caplog.text


def test_the_larger_of_two_faces_is_written(tmp_path, seen):
    seen(lambda index: [face((300, 90), 60), face((100, 100), 150)])
    tracked = track(write_video(tmp_path / "v.avi", 40, 30), tmp_path / "l.h5")
    assert np.ptp(tracked["points"][5, :, 0]) == pytest.approx(150, abs=2)


def test_a_truncated_video_leaves_nothing_behind(tmp_path, seen):
    seen(lambda index: [face()])
    whole = write_video(tmp_path / "w.avi", 60, 30).read_bytes()
    (tmp_path / "v.avi").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"v\.avi.*cut off"):
        track(tmp_path / "v.avi", tmp_path / "l.h5")
    assert not (tmp_path / "l.h5").exists()


def test_a_file_that_is_no_model_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match=r"face\.task: cannot be loaded.*delete it"):
        track(write_video(tmp_path / "v.avi", 10, 30), tmp_path / "l.h5")
    assert not (tmp_path / "l.h5").exists()


def test_another_face_is_told_and_counted(tmp_path, seen, caplog):
    caplog.set_level(logging.WARNING)
    main = face((20, 15), 30)
    seen(lambda index: [main, face((60, 15), 15)] if index >= 40 else [main])
    tracked = track(write_video(tmp_path / "v.avi", 100, 24), tmp_path / "l.h5")
    assert tracked["other_faces"].tolist() == [0] * 40 + [1] * 60
    assert "v: another face in 60 of 100 frames" in caplog.text


@pytest.mark.parametrize(("wanted", "size"), [("left", 30), ("right", 15), (2, 15), ("auto", 30)])
def test_a_face_can_be_chosen(tmp_path, seen, wanted, size):
    seen(lambda index: [face((60, 15), 15), face((20, 15), 30)])
    tracked = track(write_video(tmp_path / "v.avi", 40, 30), tmp_path / "l.h5", face=wanted)
    assert np.ptp(tracked["points"][5, :, 0]) == pytest.approx(size, abs=1)
    attrs = tracked.attrs
    assert attrs["face_sizes"] == pytest.approx([30, 15], abs=1)
    assert attrs["face_seconds"] == pytest.approx([40 / 30] * 2)
    assert attrs["face_followed"] == (1 if size == 30 else 2)
    assert (tracked["other_faces"] == 1).all()


def test_a_face_that_is_not_there_is_refused_with_the_row(tmp_path, seen):
    seen(lambda index: [face((20, 15), 30)])
    video = write_video(tmp_path / "v.avi", 40, 30)
    sheet = tmp_path / "videos.csv"
    sheet.write_text("subject,video,path,fps,face\n1,u,u.avi,,\n006,v,v.avi,,3\n")
    with pytest.raises(InputError, match=r"videos\.csv: row 3: face: .*face 3.*1 lasting face;"):
        track(video, tmp_path / "l.h5", face=3, sheet=sheet)
    with pytest.raises(InputError, match=r"config: tracking\.face: v: face 3"):
        track(video, tmp_path / "l.h5", face=3)
