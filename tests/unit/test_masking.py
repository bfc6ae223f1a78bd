import pytest
import torch

from mespot.networks.masking import KINDS, random_mask


def draw(kind, ratio=0.75, seed=0, shape=(3, 8, 16, 16), **options):
    generator = torch.Generator().manual_seed(seed)
    return random_mask(shape, kind=kind, ratio=ratio, generator=generator, **options)


@pytest.mark.parametrize("kind", KINDS)
def test_hides_exactly_the_ratio_in_every_clip(kind):
    mask = draw(kind, patch_size=4, patch_frames=2)
    assert mask.shape == (3, 1, 8, 16, 16)
    assert mask.dtype == torch.bool
    assert mask.flatten(1).float().mean(1).tolist() == [0.75] * 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ratio", [0, 1])
def test_hides_nothing_or_all(kind, ratio):
    assert (draw(kind, ratio=ratio) == bool(ratio)).all()


def test_pixels_are_drawn_anew_in_each_frame_tubes_are_not():
    pixel, tube = draw("pixel"), draw("tube")
    agreement = (pixel[:, :, :1] == pixel).float().mean().item()
    assert agreement < 0.8  # 0.75**2 + 0.25**2 by chance, and the first frame with itself
    assert (tube[:, :, :1] == tube).all()


def test_neighbouring_pixels_are_independent_in_pixel_masks():
    mask = draw("pixel", ratio=0.5, shape=(1, 8, 64, 64))
    assert abs((mask[..., 1:] == mask[..., :-1]).float().mean().item() - 0.5) < 0.02


def test_patches_are_whole_blocks():
    mask = draw("patch", ratio=0.5, patch_size=4, patch_frames=2)[:, 0]
    blocks = mask.reshape(3, 4, 2, 4, 4, 4, 4).float().mean((2, 4, 6))
    assert set(blocks.flatten().tolist()) == {0.0, 1.0}


def test_patch_frames_zero_lasts_the_whole_clip():
    mask = draw("patch", patch_size=4, patch_frames=0)
    assert (mask[:, :, :1] == mask).all()


def test_patches_that_do_not_fit_are_cut_off():
    assert draw("patch", patch_size=5, patch_frames=3).shape == (3, 1, 8, 16, 16)


def test_the_same_generator_gives_the_same_mask():
    assert torch.equal(draw("pixel", seed=4), draw("pixel", seed=4))
    assert not torch.equal(draw("pixel", seed=4), draw("pixel", seed=5))


@pytest.mark.parametrize("options", [{"kind": "stripe"}, {"kind": "pixel", "ratio": 1.2}])
def test_refuses_what_it_does_not_know(options):
    with pytest.raises(ValueError):
        draw(**options)
