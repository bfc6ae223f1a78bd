"""AdamW as torch has it, without torch's compiler."""

from inspect import unwrap
from typing import Any

import torch


class AdamW(torch.optim.AdamW):
    """torch.optim.AdamW, whose methods torch wraps for its compiler.

    The wrappers import that compiler when they are first called: a second and a half, which each of
    hundreds of short jobs would pay for something that none of them uses. Without them the numbers
    are the same.
    """

    step: Any = torch.no_grad()(unwrap(torch.optim.Adam.step))
    zero_grad: Any = unwrap(torch.optim.Optimizer.zero_grad)
    add_param_group: Any = unwrap(torch.optim.Optimizer.add_param_group)
    state_dict: Any = unwrap(torch.optim.Optimizer.state_dict)
    load_state_dict: Any = unwrap(torch.optim.Optimizer.load_state_dict)
