import math

import pytest
import torch

from mespot.networks.spotter import Spotter, distance_steps

SHAPE = dict(
    regions=3,
    motion=4,
    context=1,
    streams={"flow": 6, "face": 5},
    code=2,
    width=8,
    dilations=[1, 2, 4],
    dropout=0.0,
    lengths=[5.0, 20.0, 10.0],
)


def build(**changes):
    torch.manual_seed(0)
    return Spotter(**{**SHAPE, **changes}).eval()


def inputs(frames, batch=1, seed=1):
    random = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(batch, frames, *shape, generator=random)

    features = {"flow": draw(3, 6), "face": draw(3, 5)}
    return draw(3, 4), features, draw(1), torch.ones(batch, frames)


def test_shapes_and_start():
    logits, distances, ends = build()(*inputs(40, batch=2))
    assert logits.shape == (2, 40, 3) and distances.shape == (2, 40, 3, 2) and ends is None
    assert (distances > 0).all()
    # An untrained network finds expressions rare and of the usual length.
    assert 0.02 < logits.sigmoid().mean() < 0.12
    assert 0.5 < distances[..., 0, :].mean() / 5 < 2
    assert 0.5 < distances[..., 1, :].mean() / 20 < 2


def test_padding_does_not_change_what_is_inside():
    network = build()
    motion, features, context, mask = inputs(50)
    whole = network(motion, features, context, mask)
    mask = mask.clone()
    mask[:, 30:] = 0
    padded = network(motion, features, context, mask)
    alone = network(
        motion[:, :30], {k: v[:, :30] for k, v in features.items()}, context[:, :30], mask[:, :30]
    )
    assert torch.allclose(padded[0][:, :30], alone[0], atol=1e-6)
    assert torch.allclose(padded[1][:, :30], alone[1], atol=1e-5)
    assert not torch.allclose(whole[0][:, :30], alone[0], atol=1e-6)


def test_sees_as_far_as_its_dilations_and_no_farther():
    network = build()
    motion, features, context, mask = inputs(60)
    before = network(motion, features, context, mask)[0]
    changed = motion.clone()
    changed[:, 30] += 3
    moved = (network(changed, features, context, mask)[0] - before).abs().sum(-1)[0] > 1e-6
    assert moved[30] and moved[23] and moved[37]  # 1 + 2 + 4 frames
    assert not moved[:23].any() and not moved[38:].any()


def test_each_stream_and_motion_are_read():
    network = build()
    motion, features, context, mask = inputs(20)
    before = network(motion, features, context, mask)[0]
    for name in features:
        changed = {**features, name: features[name] + 1}
        assert not torch.allclose(network(motion, changed, context, mask)[0], before)
    assert not torch.allclose(network(motion + 1, features, context, mask)[0], before)
    assert not torch.allclose(network(motion, features, context + 1, mask)[0], before)


def test_without_streams_or_without_motion():
    motion, features, context, mask = inputs(20)
    alone = build(streams={})
    assert alone(motion, {}, context, mask)[0].shape == (1, 20, 3)
    blind = build(motion=0)
    assert blind(motion[..., :0], features, context, mask)[0].shape == (1, 20, 3)


def test_distributions_of_distances_are_for_training():
    network = build().train()
    ends = network(*inputs(20)).ends
    assert ends.shape[:4] == (1, 20, 3, 2)
    low, share = distance_steps(torch.tensor([0.0, 0.5, 10.0, 160.0, 1e6]))
    steps = ends.shape[4]
    assert low[:2].tolist() == [0, 0] and low[3] == low[4] == steps - 2
    assert share[:2].max() < 1e-5 and share[3] > 0.999
    # Equal factors of the distance and one frame are equal steps.
    at = (low + share)[2] / (steps - 1)
    assert at == pytest.approx(math.log(11 / 1.5) / math.log(161 / 1.5), rel=1e-4)
