import numpy as np
import pytest
import torch

from mespot.errors import InputError
from mespot.training.clips import (
    TARGETS,
    ClipPool,
    Standardisation,
    as_builtins,
    split,
    standardise,
)
from mespot.training.video_values import VideoValues, video_values


class Video(dict):
    """A stored video in memory."""

    attrs = {"scale": 0.5, "crop_size": 8, "rate": 30.0, "image_scale": 1.0}

    def part(self, name, frames):
        return self[name][frames]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_flow_values_are_scaled_and_averaged_over_areas():
    flow = np.zeros((3, 4, 4, 2), np.int16)
    flow[1, :2, :2, 0] = [[1, 2], [3, 4]]
    flow[1, 2:, 2:, 1] = 8
    record = Video(flow=flow, span=np.array([0, 0, -1], np.int16))
    values = video_values(record, stream="flow", input_size=2, reference_seconds=1)
    assert values.shape == (3, 3, 2, 2)
    assert values[1, 0].tolist() == [[1.25, 0], [0, 0]]
    assert values[1, 1].tolist() == [[0, 0], [0, 4]]
    assert (values[0] == 0).all() and (values[2] == 0).all()


def test_strain_is_made_of_the_stored_flow():
    flow = np.zeros((2, 4, 4, 2), np.int16)
    flow[..., 0] = np.arange(4)  # .5 px more in every cell of 8 / 4 px
    flow[1] *= 100  # no skin does this
    record = Video(flow=flow, span=np.zeros(2, np.int16))
    values = video_values(record, stream="flow", input_size=4)
    np.testing.assert_allclose(values[0, 2], 0.25, atol=1e-3)
    np.testing.assert_allclose(values[1, 2], 0.33, atol=1e-3)


def face(frames=9, bright=1.0):
    image = np.zeros((frames, 4, 4), np.uint8)
    image[:, :, 2:] = 100 * bright
    image[4, 0, 0] = 40 * bright
    return Video(image=image, span=np.zeros(frames, np.int16))


def test_a_face_with_its_looks_left_in():
    values = video_values(face(), stream="face", input_size=4, reference_seconds=0)
    assert values.shape == (9, 2, 4, 4)
    image = face()["image"].astype(float)
    mean = image.mean(0)
    expected = (image - mean.mean()) / mean.std()
    np.testing.assert_allclose(values[:, 0], expected, atol=2e-3)
    np.testing.assert_allclose(values[:, 1], np.tile(expected.mean(0), (9, 1, 1)), atol=2e-3)


def deviation(record, seconds):
    return video_values(record, stream="face", input_size=4, reference_seconds=seconds)[:, :1]


def test_deviation_and_reference_are_the_face():
    looks = video_values(face(), stream="face", input_size=4, reference_seconds=0)[:, 0]
    values = video_values(face(), stream="face", input_size=4, reference_seconds=4 / 30)
    np.testing.assert_allclose(values.sum(1, dtype=float), looks, atol=4e-3)
    # The first frames' references end before the bright one, at frame 4.
    np.testing.assert_allclose(values[1, 1, 0, :2], looks[0, 0, 1], atol=2e-3)


def test_the_reference_tells_nothing_of_a_hidden_frame():
    """At 25 frames a second half a second is 12 frames, and clips have 16: the change of a shorter
    reference inside a clip would give away the hidden frames that enter and leave it."""
    rng = np.random.default_rng(0)
    clip = slice(30, 46)
    image = rng.integers(60, 200, (80, 4, 4)).astype(np.uint8)
    other = image.copy()
    other[clip] = other[clip][rng.permutation(16)]  # the same frames in another order
    references = []
    for frames in (image, other):
        video = Video(image=frames, span=np.zeros(80, np.int16))
        video.attrs = {"rate": 25.0, "image_scale": 1.0}
        read = dict(stream="face", input_size=4, reference_seconds=1.0, clip_length=16)
        references.append(video_values(video, **read)[clip, 1])
    assert np.array_equal(*references)


@pytest.mark.parametrize("seconds", [0, 0.2])
def test_a_part_of_a_video_is_that_part_of_the_whole(seconds):
    rng = np.random.default_rng(2)
    image = rng.integers(0, 255, (200, 6, 6)).astype(np.uint8)
    video = Video(image=image, span=np.repeat([-1, 0, 1, -1, 2], [10, 95, 3, 7, 85]))
    values = VideoValues(video, stream="face", input_size=4, reference_seconds=seconds)
    whole = video_values(video, stream="face", input_size=4, reference_seconds=seconds)
    assert whole.shape == (200, 2, 4, 4) and whole[50].any() and not whole[:10].any()
    for first, last in ((0, 30), (60, 61), (70, 130), (114, 200), (5, 5), (190, 250)):
        np.testing.assert_array_equal(values[first:last], whole[first:last])


def test_of_a_video_only_the_frames_that_are_asked_for_are_read():
    read = []

    class Watched(Video):
        def part(self, name, frames):
            read.append(frames)
            return super().part(name, frames)

    video = Watched(
        flow=np.arange(500 * 32, dtype=np.int16).reshape(500, 4, 4, 2) + 1,
        span=np.zeros(500, np.int16),
    )
    values = VideoValues(video, stream="flow", input_size=2)[128:192]
    assert values.shape == (64, 3, 2, 2) and values.all()
    assert {(frames.start, frames.stop) for frames in read} == {(128, 192)}


@pytest.mark.parametrize("bright", [1.0, 2.0])
def test_deviation_shows_what_moves_and_not_the_face_or_its_light(bright):
    values = deviation(face(bright=bright), 4 / 30)  # two frames before and after
    contrast = face(bright=bright)["image"].mean(0).std() / bright
    expected = np.zeros((9, 1, 4, 4))
    # Each frame minus the mean of five of which one is brighter by 40.
    expected[2:7, 0, 0, 0] = np.array([-8, -8, 32, -8, -8]) / contrast
    np.testing.assert_allclose(values, expected, atol=1e-3)


def test_deviation_at_the_ends_is_from_the_frames_that_there_are():
    record = face(5)
    record["image"][:, 0, 0] = [90, 0, 0, 0, 0]
    values = deviation(record, 2 / 30)[:, 0, 0, 0].astype(float)
    np.testing.assert_allclose(values / values[0], [1, -2 / 3, 0, 0, 0], atol=2e-3)


def test_deviation_stays_inside_the_span():
    record = face(6)
    record["image"][:] = 50
    record["image"][3:] = 200
    record["span"][3:] = 1
    assert (deviation(record, 1.0) == 0).all()


def cut(*videos, clip_length=4, fraction=0.25, memory=10_000):
    return split(
        [np.array(video, np.int16) for video in videos],
        clip_length=clip_length,
        validation_fraction=fraction,
        memory_frames=memory,
        generator=generator(),
    )


def test_segments_stay_inside_spans_and_never_overlap():
    video = [0] * 40 + [-1] * 5 + [1] * 21 + [2] * 3
    training, validation = cut(video, [0] * 33)
    frames = [
        (part.video, frame)
        for part in training + validation
        for frame in range(part.first, part.last)
    ]
    assert len(frames) == len(set(frames))
    for part in training + validation:
        assert part.last - part.first >= 4
        assert part.video == 1 or len(set(video[part.first : part.last])) == 1
    # All but the span of 3 frames and the last frame of the second video: shorter than a clip.
    assert len(frames) == 40 + 21 + 32


def test_a_quarter_is_held_out():
    training, validation = cut([0] * 160)
    assert (len(training), len(validation)) == (8, 2)


def test_one_short_video_still_gives_both_parts():
    training, validation = cut([0] * 9)
    assert (len(training), len(validation)) == (1, 1)


def test_too_little_video_is_an_input_error():
    with pytest.raises(InputError, match="clip_length"):
        cut([0] * 5, [-1] * 100)


def test_memory_is_bounded_by_a_random_choice():
    training, validation = cut([0] * 1600, memory=320)
    assert sum(part.last - part.first for part in training + validation) == 320
    assert max(part.last for part in training) > 800


def numbered(length):
    """A stretch whose pixels hold the frame's number."""
    numbers = np.arange(length, dtype=np.float16)
    return np.broadcast_to(numbers[:, None, None, None], (length, 1, 2, 2))


def test_samples_are_consecutive_frames_of_one_stretch():
    pool = ClipPool([numbered(6), numbered(4) + np.float16(100)], 4)
    clips = pool.sample(400, generator())
    assert clips.shape == (400, 1, 4, 2, 2)
    assert clips.dtype == torch.float32
    starts, counts = np.unique(clips[:, 0, 0, 0, 0], return_counts=True)
    assert starts.tolist() == [0, 1, 2, 100]
    assert (counts > 60).all()  # every start equally likely
    assert (clips[:, 0, :, 0, 0].diff(dim=1) == 1).all()


def test_grid_covers_without_overlap():
    pool = ClipPool([numbered(9), numbered(4) + np.float16(100)], 4)
    assert pool.grid(10)[:, 0, 0, 0, 0].tolist() == [0, 4, 100]
    assert pool.grid(2)[:, 0, 0, 0, 0].tolist() == [0, 100]


def ramp():
    """u grows by 1 a frame at one pixel."""
    clip = torch.zeros(1, 1, 8, 2, 2)
    clip[0, 0, :, 0, 0] = torch.arange(8.0)
    return clip


def test_targets():
    at = (0, 0, slice(None), 0, 0)
    assert torch.equal(TARGETS["raw"](ramp(), 2), ramp())
    assert TARGETS["clip_normalised"](ramp(), 2)[at].tolist() == [t - 3.5 for t in range(8)]
    assert TARGETS["temporal_difference"](ramp(), 2)[at].tolist() == [0, 0, 4, 4, 4, 4, 0, 0]


@pytest.mark.parametrize("target", TARGETS)
def test_input_and_target_are_on_unit_scale(target):
    clips = 3 + 2 * torch.randn(20, 3, 12, 4, 4, generator=generator())
    clips[:, 1] *= 10
    scale = standardise(clips, reconstructed=2, target=target, target_reach=2)
    inputs = scale.inputs(clips)
    targets, defined = scale.targets(inputs)
    assert inputs.shape[1] == 3 and targets.shape[1] == 2
    for values in (inputs, targets[:, :, defined]):
        assert values.mean((0, 2, 3, 4)).abs().max() < 0.02
        assert (values.std((0, 2, 3, 4)) - 1).abs().max() < 0.05
    assert Standardisation(**as_builtins(scale)) == scale


def test_a_still_clip_is_not_blown_up():
    clips = torch.randn(10, 1, 8, 4, 4, generator=generator())
    clips[0] *= 1e-3
    scale = standardise(clips, reconstructed=1, target="clip_normalised", target_reach=1)
    targets, _ = scale.targets(scale.inputs(clips))
    assert targets[0].std() < 0.02
    assert 0.8 < targets[1].std() < 1.1


@pytest.mark.parametrize("reach", [0, 4])
def test_a_target_must_fit_the_clip(reach):
    with pytest.raises(InputError, match="target_reach"):
        clips = torch.randn(2, 1, 8, 2, 2)
        standardise(clips, reconstructed=1, target="temporal_difference", target_reach=reach)


def test_an_unknown_target_is_an_input_error():
    with pytest.raises(InputError, match="sharpness"):
        standardise(torch.randn(2, 1, 8, 2, 2), reconstructed=1, target="sharpness", target_reach=1)
