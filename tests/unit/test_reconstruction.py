import pytest
import torch

from mespot.networks.reconstruction import ReconstructionNetwork, _from_patches, _to_patches

SHAPE = dict(
    in_channels=3, channels=8, code_channels=4, downsample=4, encoder_depth=2, decoder_depth=1
)


@pytest.fixture
def network():
    built = ReconstructionNetwork(**SHAPE)
    built.initialise(torch.Generator().manual_seed(0))
    return built


def clips(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def test_code_is_dense_in_time_and_coarse_in_space(network):
    clip = clips(2, 3, 9, 16, 16)
    code = network.encode(clip)
    assert code.shape == (2, 4, 9, 4, 4)
    assert network.decode(code).shape == clip.shape


def test_patches_go_there_and_back():
    clip = clips(2, 3, 5, 8, 8)
    patches = _to_patches(clip, 4)
    assert patches.shape == (2, 48, 5, 2, 2)
    assert torch.equal(patches[0, :16, 2, 1, 0], clip[0, 0, 2, 4:, :4].flatten())
    assert torch.equal(_from_patches(patches, 4), clip)


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


@torch.no_grad()
def test_the_code_of_a_flat_clip_is_on_the_same_scale_masked_or_not(network):
    network.stem.weight.copy_(network.stem.weight.mean(1, keepdim=True).expand(8, 48, 1, 1, 1))
    flat = torch.ones(1, 3, 9, 16, 16)
    mask = torch.zeros(1, 1, 9, 4, 4, 4, 4, dtype=torch.bool)
    mask[:, :, :, :, 1:] = True  # three rows in four of every patch
    mask = mask.reshape(1, 1, 9, 16, 16)
    torch.testing.assert_close(network.encode(flat, mask), network.encode(flat))


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
