"""crop_frames and optical_flow on a made recording: a face that moves, a gap, an expression."""

import cv2
import numpy as np
import pytest

from mespot.errors import InputError
from mespot.face.align import apply
from mespot.face.flow import ALGORITHMS, strain
from mespot.face.regions import REGIONS
from mespot.recut import faces_of
from mespot.steps import crop_frames, optical_flow
from mespot.store import io
from tests import trees
from tests.unit.faces import mesh, texture, warped

FRAMES, SIDE, GAP = 40, 240, slice(24, 28)
STAMP = ("kind", "version", "description", "provenance")
MOUTH = list(REGIONS).index("left_mouth_corner")
BROW = list(REGIONS).index("right_inner_brow")


def drift(t):
    """Motion of the whole face since frame 0, px."""
    return np.array([0.4 * t, -0.2 * t])


def expression(t):
    """Motion of the corner of the mouth: up by 2 px between frames 8 and 12."""
    return -2.0 * np.clip((t - 8) / 4, 0, 1)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """Images and landmarks; the landmarks know the head's motion and not the expression."""
    folder = tmp_path_factory.mktemp("face")
    (folder / "v").mkdir()
    rng = np.random.default_rng(0)
    picture = texture(rng, SIDE)
    points = mesh(rng, width=160, centre=(110, 125))
    corner = points[list(REGIONS["left_mouth_corner"]), :2].mean(axis=0)
    points[list(REGIONS["left_mouth_corner"]), :2] = corner + rng.normal(0, 5, (11, 2))
    y, x = np.mgrid[:SIDE, :SIDE]
    for t in range(FRAMES):
        dx, dy = drift(t)
        near = np.exp(-((x - corner[0] - dx) ** 2 + (y - corner[1] - dy) ** 2) / (2 * 12.0**2))
        flow = np.stack([np.full_like(near, dx), dy + expression(t) * near], axis=-1)
        cv2.imwrite(str(folder / "v" / f"img{t + 1}.png"), warped(picture, flow, rng, noise=1))
    places = np.repeat(points[None], FRAMES, axis=0)
    places[..., :2] += np.array([drift(t) for t in range(FRAMES)])[:, None]
    span = np.zeros(FRAMES, np.int16)
    span[GAP], span[GAP.stop :] = -1, 1
    places[GAP] = np.nan
    shapes = np.zeros((FRAMES, 52), np.float32)
    shapes[5, 9] = 0.8
    shapes[GAP] = np.nan
    io.write(
        folder / "landmarks.h5",
        "landmarks",
        {
            "points": places,
            "blendshapes": shapes,
            "head_pose": np.tile(np.eye(4, dtype=np.float32), (FRAMES, 1, 1)),
            "found": span >= 0,
            "bridged": np.zeros(FRAMES, bool),
            "span": span,
            "cut": np.zeros(FRAMES, bool),
            "other_faces": np.zeros(FRAMES, np.int16),
            "native_frame": np.arange(1, FRAMES + 1, dtype=np.int32),
            "time": np.arange(FRAMES) / 30,
        },
        attrs={
            "corpus": "made",
            "video": "v",
            "subject": "s",
            "native_fps": 30.0,
            "n_native_frames": FRAMES,
            "first_native_frame": 1,
            "rate": 30.0,
            "width": SIDE,
            "height": SIDE,
            "blendshape_names": ["a"],
            "face_seconds": [FRAMES / 30],
            "face_sizes": [160.0],
            "face_followed": 1,
        },
        provenance={},
    )
    cut(folder, folder / "frames.h5")
    return folder


def cut(folder, output, **change):
    settings = dict(fps=30, size=112, fill=0.8, smoothing=0.05, kept=112) | change
    crop_frames.run(
        source=folder / "v",
        landmarks=folder / "landmarks.h5",
        output=output,
        provenance={},
        **settings,
    )
    return io.read(output, "frames")


def grey(crops):
    """The pictures that are kept, in grey levels."""
    return crops["image"] * crops.attrs["image_scale"]


def measure(folder, output, algorithm="lucas_kanade"):
    optical_flow.run(
        source={"path": folder / "v", "fps": 30},
        frames=folder / "frames.h5",
        landmarks=folder / "landmarks.h5",
        output=output,
        algorithm=algorithm,
        preset="medium",
        grid=28,
        lags=[1, 6],
        provenance={},
    )
    return io.read(output, "flow")


def test_crops_are_aligned_and_black_in_the_gap(recording):
    crops = io.read(recording / "frames.h5", "frames")
    assert crops["image"].shape == (FRAMES, 112, 112)
    assert not crops["image"][GAP].any()
    still = grey(crops)[:8, 20:60, 30:80]
    assert np.abs(still - still.mean(axis=0)).mean() < 3 < still.mean(axis=0).std()
    tracked = io.read(recording / "landmarks.h5", "landmarks")["points"]
    usable = crops["span"] >= 0
    places = apply(crops["transform"][usable], tracked[usable, :, :2])
    mean = np.reshape(crops.attrs["mean_points"], (-1, 2))
    np.testing.assert_allclose(mean, places.mean(axis=0), atol=1e-3)
    assert crops["blink"][5] == pytest.approx(0.8) and not crops["blink"][GAP].any()
    assert crops.attrs["video"] == "v" and crops["native_frame"][0] == 1


@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name != "tvl1"])
def test_flow_shows_the_expression_and_nothing_else(recording, tmp_path, algorithm):
    made = measure(recording, tmp_path / "flow.h5", algorithm)
    lags = list(made.attrs["lags"])
    regional = made["regional"]
    assert list(made.attrs["regions"]) == list(REGIONS)
    scale = 0.8 * 112 / 160  # crop px of a px of the recording, about
    mouth = regional[:, :, MOUTH, 1]
    over = slice(13, 15)  # lag 6 spans the whole rise
    assert -2.2 * scale < mouth[over, lags.index(6)].mean() < -0.7 * scale
    assert mouth[9:13, 0].sum() == pytest.approx(mouth[over, 1].mean(), rel=0.4)
    assert np.abs(regional[:8]).max() < 0.25
    assert np.abs(regional[:, 1, BROW]).max() < 0.35
    # The map tells the same story as the regions.
    assert made["flow"].dtype == np.int16
    flow = made["flow"] * made.attrs["scale"]
    assert strain(flow[10], 4).max() > strain(flow[4], 4).max()
    v = flow[9:13, :, :, 1].sum(axis=0)
    assert v.min() < -0.8 * scale


def test_flow_does_not_cross_a_gap(recording, tmp_path):
    made = measure(recording, tmp_path / "flow.h5")
    for first in (0, GAP.start, GAP.stop):
        assert not made["flow"][first].any() and not made["regional"][first].any()
    assert not made["flow"][GAP].any() and not made["regional"][GAP].any()
    later = GAP.stop + 5
    assert made["regional"][later, 0].any() and not made["regional"][later, 1].any()
    assert made["regional"][later + 1, 1].any()


def test_another_recording_than_the_tracked_one_is_refused(recording, tmp_path):
    (tmp_path / "v").mkdir()
    for t in range(1, 20):
        (tmp_path / "v" / f"img{t}.png").write_bytes((recording / "v" / f"img{t}.png").read_bytes())
    (tmp_path / "landmarks.h5").write_bytes((recording / "landmarks.h5").read_bytes())
    with pytest.raises(InputError, match="has other frames"):
        cut(tmp_path, tmp_path / "frames.h5")
    assert not (tmp_path / "frames.h5").exists()


def test_landmarks_of_another_recording_are_refused(recording, tmp_path):
    rewritten(recording, tmp_path, lambda arrays: {"native_frame": arrays["native_frame"] + 1})
    (tmp_path / "frames.h5").write_bytes((recording / "frames.h5").read_bytes())
    with pytest.raises(InputError, match=r"frames.h5: has other frames than .*landmarks.h5"):
        measure(tmp_path, tmp_path / "flow.h5")
    assert not (tmp_path / "flow.h5").exists()


def test_small_pictures_lose_nothing_and_crops_are_cut_out_again(recording, tmp_path):
    whole = grey(io.read(recording / "frames.h5", "frames"))
    small = cut(recording, tmp_path / "frames.h5", kept=28)
    means = whole.reshape(FRAMES, 28, 4, 28, 4).mean(axis=(2, 4))
    np.testing.assert_array_equal(grey(small), means)
    source = {"path": recording / "v", "fps": 30}
    np.testing.assert_array_equal(np.stack(list(faces_of(source, small))), whole)
    wanted = np.array([3, 17, 30])
    few = list(faces_of(source, small, wanted))
    np.testing.assert_array_equal(np.stack(few), whole[wanted])
    assert list(faces_of(source, small, wanted[:0])) == []


def test_crops_that_are_kept_whole_need_no_recording(recording):
    crops = io.read(recording / "frames.h5", "frames")
    gone = {"path": recording / "nowhere"}
    np.testing.assert_array_equal(np.stack(list(faces_of(gone, crops))), grey(crops))
    few = list(faces_of(gone, crops, np.array([3, 30])))
    np.testing.assert_array_equal(np.stack(few), grey(crops)[[3, 30]])


def test_crops_of_another_recording_are_refused(recording, tmp_path):
    crops = cut(recording, tmp_path / "frames.h5", kept=28)
    pictures = [cv2.imread(str(recording / "v" / f"img{t}.png")) for t in range(1, 20)]
    folder = trees.images(tmp_path / "w", "img{}.png", range(1, 20), pictures)
    with pytest.raises(InputError, match=r"w: has other frames than .*frames.h5 was made from"):
        list(faces_of({"path": folder, "fps": 30}, crops))


def rewritten(recording, folder, change):
    """The same recording in `folder` with other landmarks."""
    tracked = io.read(recording / "landmarks.h5", "landmarks")
    arrays = {name: tracked[name] for name in tracked}
    attrs = {name: tracked.attrs[name] for name in tracked.attrs if name not in STAMP}
    (folder / "v").symlink_to(recording / "v")
    io.write(
        folder / "landmarks.h5", "landmarks", arrays | change(arrays), attrs=attrs, provenance={}
    )


def test_what_hides_the_face_for_a_moment_is_not_motion(recording, tmp_path):
    hidden = np.zeros(FRAMES, bool)
    hidden[16:20] = True
    rewritten(recording, tmp_path, lambda arrays: {"bridged": hidden, "found": ~hidden})
    whole, crops = (
        grey(io.read(recording / "frames.h5", "frames")),
        grey(cut(tmp_path, tmp_path / "frames.h5")),
    )
    for index, share in zip(range(16, 20), (0.2, 0.4, 0.6, 0.8), strict=True):
        fade = (1 - share) * whole[15] + share * whole[20]
        np.testing.assert_allclose(crops[index], fade, atol=0.51)
    np.testing.assert_array_equal(crops[~hidden], whole[~hidden])


def test_a_recording_without_a_face(recording, tmp_path):
    def nothing(arrays):
        return {
            "points": np.full_like(arrays["points"], np.nan),
            "blendshapes": np.full_like(arrays["blendshapes"], np.nan),
            "span": np.full(FRAMES, -1, np.int16),
            "found": np.zeros(FRAMES, bool),
        }

    rewritten(recording, tmp_path, nothing)
    crops = cut(tmp_path, tmp_path / "frames.h5")
    assert not crops["image"].any() and crops.attrs["mean_points"] == []
    made = measure(tmp_path, tmp_path / "flow.h5")
    assert (made["span"] == -1).all() and not made["flow"].any() and not made["regional"].any()
