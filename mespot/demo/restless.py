"""More of what goes on in a recording, for spotters that must not take it for expressions.

Talking people move brows, cheeks and the corners of the mouth along with their words, blinks pull
at brows and cheeks, people shift on their chair, and a hand passes before the face. The built-in
corpus has none of it unless it is asked for.
"""

import numpy as np

from mespot.demo.courses import moments, wander
from mespot.demo.events import SIDES, ease

Units = dict[tuple[str, str], np.ndarray]  # activation of (action unit, side), % of the face width

# Units that go along with words, and the most that they do, % of the face width.
_WITH_WORDS = {"1": 2.0, "2": 2.0, "4": 0.8, "6": 0.6, "10": 1.2, "12": 2.5, "14": 1.2, "17": 1.2}
_AWAY = 3.0  # face widths below the middle of the face: out of the picture


def with_speech(time: np.ndarray, inside: np.ndarray, rng: np.random.Generator) -> Units:
    """What else a face does during some words. inside: (T,) 1 while they last, 0 outside."""
    units: Units = {}
    for unit, most in _WITH_WORDS.items():
        if rng.random() < 0.5:
            continue
        size = most * rng.uniform(0.1, 1.0)
        # At the pace of syllables, or of whole phrases.
        band = (1.5, 5.0) if rng.random() < 0.5 else (0.3, 1.5)
        curve = inside * np.clip(wander(time, 0.5 * size, band, rng), 0, size)
        lean = float(np.clip(rng.normal(0, 0.2), -0.8, 0.8))
        for side, sign in zip(SIDES, (1, -1), strict=True):
            units[unit, side] = curve * (1 + sign * lean)
    return units


def with_blinks(blink: np.ndarray, rng: np.random.Generator) -> Units:
    """What brows and cheeks do in blinks: little in some people, clearly visible in others."""
    sizes = {"4": 0.5 * rng.random() ** 2, "6": 0.8 * rng.random() ** 2}
    return {(unit, side): size * blink for unit, size in sizes.items() for side in SIDES}


def shifts(pose: np.ndarray, time: np.ndarray, per_minute: float, rng: np.random.Generator) -> None:
    """Changes of posture that last until the next one, added to `pose` (T, 6)."""
    spread = np.array([3.0, 2.5, 2.0, 4.0, 3.0, 5.0])
    knots: list[list[tuple[float, float]]] = [[(-1.0, 0.0)] for _ in spread]
    for start in moments(time, per_minute, 0.3, rng):
        start = max(start, knots[0][-1][0] + 0.1)
        end = start + rng.uniform(0.4, 2.0)
        for column, size in zip(knots, spread, strict=True):
            column += [(start, column[-1][1]), (end, float(np.clip(rng.normal(), -2, 2)) * size)]
    if len(knots[0]) > 1:
        pose += np.stack([ease(time, column) for column in knots], axis=-1)


def hands(time: np.ndarray, per_minute: float, rng: np.random.Generator) -> np.ndarray | None:
    """Where a hand, or a thing, is that passes before the face, (T, 2) as in `Motion`; None where
    none does."""
    starts = moments(time, per_minute, 0.3, rng)
    if not starts:
        return None
    across, down = [(-1.0, 0.0)], [(-1.0, _AWAY)]
    for start in starts:
        start = max(start, across[-1][0] + 0.1)
        x, y = rng.uniform(-0.45, 0.45), rng.uniform(-0.3, 0.55)
        go, stay, back = rng.uniform(0.3, 0.8), rng.uniform(0.1, 1.5), rng.uniform(0.3, 0.8)
        ends = start + np.cumsum([0.0, go, stay, back])
        slide = rng.normal(0, 0.15, 2)
        across += zip(ends, [x, x, x + slide[0], x], strict=True)
        down += zip(ends, [_AWAY, y, y + slide[1], _AWAY], strict=True)
    return np.stack([ease(time, across), ease(time, down)], axis=-1)
