"""The optimizer: torch's own, step for step, without what torch loads for its compiler."""

import subprocess
import sys

import pytest
import torch

from mespot.training.optimizer import AdamW
from tests.workflow.project import ROOT


def trained(optimizer_of, steps, resume_at=None):
    """Weights of a small network of two parameter groups after some steps at a changing rate."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.GELU(), torch.nn.Linear(4, 2))
    groups = [
        {"params": network[0].parameters(), "lr": 0.1},
        {"params": network[2].parameters(), "lr": 0.01},
    ]
    optimizer = optimizer_of(groups, weight_decay=0.1, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 / (1 + step))
    for step in range(steps):
        if step == resume_at:
            optimizer.load_state_dict(optimizer.state_dict())
        optimizer.zero_grad()
        network(torch.randn(8, 5)).square().sum().backward()
        optimizer.step()
        schedule.step()
    return torch.cat([p.detach().flatten() for p in network.parameters()])


@pytest.mark.parametrize("resume_at", [None, 3])
def test_steps_are_those_of_torch(resume_at):
    assert torch.equal(trained(AdamW, 7, resume_at), trained(torch.optim.AdamW, 7, resume_at))
    assert not torch.equal(trained(AdamW, 7), trained(AdamW, 6))


def test_it_does_not_load_the_compiler():
    script = (
        "import sys; from tests.unit.test_optimizer import AdamW, trained; trained(AdamW, 2, 1);"
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)
