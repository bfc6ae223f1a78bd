import math

import pytest
import torch

from mespot.networks.reconstruction import ReconstructionNetwork, bilinear
from tests.unit.small_networks import built, shape_of

SHAPE = shape_of("flow", channels=8, code_channels=4)


@pytest.fixture
def network():
    return built(SHAPE, torch.Generator().manual_seed(0))


def clips(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def test_code_is_dense_in_time_and_coarse_in_space(network):
    clip = clips(2, 3, 9, 16, 16)
    code = network.encode(clip)
    assert code.shape == (2, 4, 9, 4, 4)
    assert network.decode(code, network.bases(clip)).shape == clip.shape


@torch.no_grad()
def test_code_depends_on_the_frames_in_reach_and_no_others(network):
    clip = clips(1, 3, 21, 16, 16)
    changed = clip.clone()
    changed[:, :, 10] += 1
    different = (network.encode(clip) - network.encode(changed)).abs().amax((0, 1, 3, 4)) > 1e-6
    reach = network.temporal_reach
    assert different.nonzero().flatten().tolist() == list(range(10 - reach, 10 + reach + 1))


@torch.no_grad()
def test_hidden_pixels_do_not_reach_the_code(network):
    clip = clips(1, 3, 9, 16, 16)
    mask = torch.rand(1, 1, 9, 16, 16, generator=torch.Generator().manual_seed(2)) < 0.6
    changed = torch.where(mask, clip + 5, clip)
    assert torch.equal(network.encode(clip, mask), network.encode(changed, mask))
    assert not torch.allclose(network.encode(clip), network.encode(changed))


@torch.no_grad()
def test_a_mask_that_hides_nothing_changes_nothing(network):
    clip = clips(1, 3, 9, 16, 16)
    nothing = torch.zeros(1, 1, 9, 16, 16, dtype=torch.bool)
    torch.testing.assert_close(network.encode(clip, nothing), network.encode(clip))


def three_rows_in_four(frames):
    mask = torch.zeros(1, 1, frames, 4, 4, 4, 4, dtype=torch.bool)
    mask[:, :, :, :, 1:] = True
    return mask.reshape(1, 1, frames, 16, 16)


@torch.no_grad()
def test_what_is_read_of_a_flat_clip_is_the_same_masked_or_not(network):
    flat = torch.ones(1, 3, 9, 16, 16)
    bases = network.bases(flat)
    whole, part = (network.read(flat, bases, mask) for mask in (None, three_rows_in_four(9)))
    torch.testing.assert_close(part[:, :-1], whole[:, :-1])
    assert (whole[:, -1] == 1).all() and (part[:, -1] == 0.25).all()  # how many pixels are seen


def wave(shift_x=0.0, shift_y=0.0, size=16):
    """A smooth pattern (size, size), moved by a few pixels."""
    y, x = torch.meshgrid(torch.arange(size) - shift_y, torch.arange(size) - shift_x, indexing="ij")
    return torch.sin(2 * math.pi * x / 11) + torch.cos(2 * math.pi * (x + 2 * y) / 17)


def with_reference():
    """A network of one channel that reads its reference too."""
    return built(shape_of("face"), torch.Generator().manual_seed(0))


def still_face(frames=3):
    return torch.stack([torch.zeros(frames, 16, 16), wave().expand(frames, 16, 16)])[None]


@torch.no_grad()
def test_motion_of_a_known_face_is_read_off_its_brightness():
    clip = still_face()
    moved = torch.stack([wave(), wave(0.2, 0.0), wave(0.0, -0.2)])
    clip[:, 0] = moved - wave()
    network = with_reference()
    read = network.read(clip, network.bases(clip), None)[0]  # (channels, T, g, g)
    inner = read[1:3, :, 1:3, 1:3].mean((2, 3))  # amounts of the derivatives along x and y
    # To the right by 0.2 px, a twentieth of a cell: the face minus so much of its derivative.
    expected = torch.tensor([[0.0, 0.0], [-0.05, 0.0], [0.0, 0.05]])
    torch.testing.assert_close(inner.T, expected, atol=0.015, rtol=0)


@torch.no_grad()
def test_the_reference_is_told_and_not_reconstructed():
    network = with_reference()
    clip = still_face()
    assert network(clip).shape == (1, 1, 3, 16, 16)
    everywhere = torch.ones(1, 1, 3, 16, 16, dtype=torch.bool)
    moving, looks = clip.clone(), clip.clone()
    moving[:, 0] = 7
    looks[:, 1] *= 2
    code = network.encode(clip, everywhere)
    assert torch.equal(code, network.encode(moving, everywhere))
    clip[:, 0, 1], looks[:, 0, 1] = 1, 1
    assert not torch.equal(network.encode(clip), network.encode(looks))


@torch.no_grad()
def test_amounts_of_motion_move_the_face():
    network = with_reference()
    network.to_amounts.bias.copy_(torch.tensor([0.0, -0.05, 0.0, 0.0]))
    inner = (..., slice(1, -1), slice(1, -1))
    expected = (wave(0.2) - wave()).expand(1, 1, 3, 16, 16)
    torch.testing.assert_close(network(still_face())[inner], expected[inner], atol=0.03, rtol=0)


def test_a_clip_of_another_form_is_refused(network):
    with pytest.raises(ValueError, match="clip of 2 channels; this network reads 3$"):
        network.encode(clips(1, 2, 9, 16, 16))
    with pytest.raises(ValueError, match="clip of 1 channels; this network reads 1 and a ref"):
        with_reference()(clips(1, 1, 9, 16, 16))


def test_between_the_middles_of_cells_is_a_line():
    values = bilinear(3, 4) @ torch.tensor([0.0, 4.0, 8.0])
    assert values.tolist() == [0, 0, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8, 8]


@torch.no_grad()
def test_first_reconstruction_is_the_mean_of_the_target(network):
    assert (network(clips(1, 3, 9, 16, 16)) == 0).all()


def test_initialisation_follows_the_generator(network):
    other = ReconstructionNetwork(**SHAPE)
    other.initialise(torch.Generator().manual_seed(0))
    assert all(
        torch.equal(a, b) for a, b in zip(network.parameters(), other.parameters(), strict=True)
    )
    assert network.stem.weight.std() > 0


def test_learns_to_fill_in_what_is_hidden():
    generator = torch.Generator().manual_seed(0)
    network = ReconstructionNetwork(**{**SHAPE, "in_channels": 1})
    network.initialise(generator)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)

    def batch():  # each clip a random plane: hidden pixels follow from the visible ones
        y, x = torch.meshgrid(torch.linspace(-1, 1, 16), torch.linspace(-1, 1, 16), indexing="ij")
        slope = torch.randn(8, 2, 1, 1, generator=generator)
        clip = (slope[:, :1] * x + slope[:, 1:] * y)[:, :, None].expand(8, 1, 5, 16, 16)
        return clip, torch.rand(8, 1, 5, 16, 16, generator=generator) < 0.75

    for _ in range(80):
        clip, mask = batch()
        loss = (network(clip, mask) - clip)[mask].square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    clip, mask = batch()
    error = (network(clip, mask) - clip)[mask].square().mean()
    assert error < 0.2 * clip[mask].square().mean()
