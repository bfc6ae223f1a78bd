"""Learning rates over a training: a rise, then a fall to nothing."""

import math


def rise_and_fall(step: int, steps: int, highest: float, warm_up: float) -> float:
    """Learning rate of step 0, 1, ... of `steps`: a linear rise to `highest` over the share
    `warm_up` of the steps, then half a cosine down to zero."""
    rise = max(1, round(warm_up * steps))
    if step < rise:
        return highest * (step + 1) / rise
    done = (step - rise) / max(1, steps - rise)
    return highest * 0.5 * (1 + math.cos(math.pi * done))
