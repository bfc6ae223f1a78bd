"""Random courses in time: smooth curves, and the moments at which something happens."""

import math

import numpy as np


def wander(
    time: np.ndarray, size: float, band: tuple[float, float], rng: np.random.Generator
) -> np.ndarray:
    """A smooth random curve (T,) about 0 with the standard deviation `size`. band: Hz."""
    n = 8
    frequency = np.exp(rng.uniform(math.log(band[0]), math.log(band[1]), n))
    phase = rng.uniform(0, 2 * np.pi, n)
    weight = rng.uniform(0.5, 1.0, n)
    waves = np.sin(2 * np.pi * time[:, None] * frequency + phase) @ weight
    return size * waves / math.sqrt((weight**2).sum() / 2)


def moments(
    time: np.ndarray, per_minute: float, regular: float, rng: np.random.Generator
) -> list[float]:
    """Random times (s), `per_minute` on average. regular: 0 wholly random, 1 evenly spaced."""
    times: list[float] = []
    if per_minute <= 0:
        return times
    mean = 60 / per_minute
    at = rng.uniform(0, mean)
    while at < time[-1]:
        times.append(float(at))
        at += mean * (regular + (1 - regular) * rng.exponential())
    return times
