"""What goes on in a recording besides the labelled expressions: head, eyes, speech, light.

None of it is labelled. Rates and sizes are those of people who sit and watch a screen: blinks at
10-20 a minute that last 0.2-0.4 s (Bentivoglio et al. 1997), glances of some degrees, a head that
drifts, nods and turns now and then, a few words.
"""

from dataclasses import dataclass

import numpy as np

from mespot.demo import restless
from mespot.demo.courses import moments, wander
from mespot.demo.events import FREE, SIDES, ease
from mespot.demo.settings import VideoSettings


@dataclass(frozen=True)
class Motion:
    """Per frame, (T,) or (T, n). pose: yaw, pitch, roll (degrees), x, y, z (% of the face width).

    blink: 0 open .. 1 shut. gaze: right, down (% of the face width). units: {(action unit, side):
    activation, % of the face width} of speech. light: gain, change from the left and from above,
    warmth (all about 0). hand: right and down of the middle of the face (face widths) where a hand
    is before it; far below where none is. None: no hand in the whole video. thing: the same of
    something that is held before the face.
    """

    pose: np.ndarray
    blink: np.ndarray
    gaze: np.ndarray
    units: dict[tuple[str, str], np.ndarray]
    light: np.ndarray
    hand: np.ndarray | None = None
    thing: np.ndarray | None = None


def motion(settings: VideoSettings, rng: np.random.Generator) -> Motion:
    """Random distractors of one video."""
    time = np.arange(settings.n_frames) / settings.fps
    pose = _drift(time, settings.head_drift, rng)
    _gestures(pose, time, settings, rng)
    gaze = _gaze(time, settings, rng)
    units = _speech(time, pose, settings, rng)
    blink = _blinks(time, settings, rng)
    light = np.stack(
        [
            wander(time, settings.light, (0.02, 0.15), rng),
            wander(time, settings.light, (0.02, 0.10), rng),
            wander(time, settings.light, (0.02, 0.10), rng),
            wander(time, settings.light / 4, (0.02, 0.10), rng),
        ],
        axis=-1,
    )
    if settings.repertoire == FREE:
        _add(units, restless.with_blinks(blink, rng))
    restless.shifts(pose, time, settings.shifts_per_minute, rng)
    hand = restless.hands(time, settings.hands_per_minute, rng)
    thing = restless.hands(time, settings.objects_per_minute, rng)
    return Motion(pose, blink, gaze, units, light, hand, thing)


def _add(units: dict[tuple[str, str], np.ndarray], more: restless.Units) -> None:
    for channel, curve in more.items():
        units[channel] = units[channel] + curve if channel in units else curve


def _drift(time: np.ndarray, degrees: float, rng: np.random.Generator) -> np.ndarray:
    """Slow drift, and the small tremor of a head that is held up. (T, 6)"""
    slow, quick = (0.03, 0.35), (1.0, 4.0)
    share = np.array([1.0, 0.7, 0.6, 0.5, 0.4, 0.5])  # a degree is about 0.5 % of sideways shift
    columns = [
        wander(time, degrees * part, slow, rng) + wander(time, 0.02 * degrees * part, quick, rng)
        for part in share
    ]
    return np.stack(columns, axis=-1)


def _gestures(
    pose: np.ndarray, time: np.ndarray, settings: VideoSettings, rng: np.random.Generator
) -> None:
    """Nods, turns and tilts, added to `pose`."""
    for start in moments(time, settings.gestures_per_minute, 0.3, rng):
        kind = rng.choice(["nod", "turn", "tilt"], p=[0.45, 0.35, 0.2])
        if kind == "nod":
            size, beat, knots = rng.uniform(2.5, 6), rng.uniform(0.2, 0.35), [(start, 0.0)]
            for index in range(rng.integers(1, 3)):
                fade = 0.6**index
                knots += [(start + (2 * index + 1) * beat, size * fade)]
                knots += [(start + (2 * index + 2) * beat, -0.25 * size * fade)]
            knots += [(knots[-1][0] + beat, 0.0)]
            column = 1
        else:
            size = rng.choice([-1, 1]) * rng.uniform(4, 9 if kind == "turn" else 6)
            go, stay, back = rng.uniform(0.4, 0.8), rng.uniform(0.3, 2.0), rng.uniform(0.5, 1.0)
            ends = start + np.cumsum([0, go, stay, back])
            knots = list(zip(ends, [0.0, size, 0.9 * size, 0.0], strict=True))
            column = 0 if kind == "turn" else 2
        pose[:, column] += ease(time, knots)


def _blinks(time: np.ndarray, settings: VideoSettings, rng: np.random.Generator) -> np.ndarray:
    """Lids shut within about 0.1 s, stay shut for a moment and open more slowly."""
    blink = np.zeros(len(time))
    for start in moments(time, settings.blinks_per_minute, 0.3, rng):
        shut = start + rng.uniform(0.07, 0.12)
        open_ = shut + rng.uniform(0.02, 0.08)
        end = open_ + rng.uniform(0.13, 0.25)
        depth = 1.0 if rng.random() < 0.85 else rng.uniform(0.5, 0.9)
        curve = ease(time, [(start, 0.0), (shut, depth), (open_, depth), (end, 0.0)])
        blink = np.maximum(blink, curve)
    return blink


def _gaze(time: np.ndarray, settings: VideoSettings, rng: np.random.Generator) -> np.ndarray:
    """Saccades: the eyes jump within 30-60 ms, rest, and come back to the middle more often."""
    knots_x, knots_y = [(0.0, 0.0)], [(0.0, 0.0)]
    x = y = 0.0
    for start in moments(time, settings.glances_per_minute, 0.2, rng):
        start = max(start, knots_x[-1][0] + 0.02)
        home = rng.random() < 0.4
        new_x, new_y = (0.0, 0.0) if home else (rng.normal(0, 1.1), rng.normal(0, 0.45))
        new_x, new_y = float(np.clip(new_x, -2.2, 2.2)), float(np.clip(new_y, -0.9, 0.9))
        end = start + rng.uniform(0.03, 0.06)
        knots_x += [(start, x), (end, new_x)]
        knots_y += [(start, y), (end, new_y)]
        x, y = new_x, new_y
    if len(knots_x) == 1:
        return np.zeros((len(time), 2))
    return np.stack([ease(time, knots_x), ease(time, knots_y)], axis=-1)


def _speech(
    time: np.ndarray, pose: np.ndarray, settings: VideoSettings, rng: np.random.Generator
) -> dict[tuple[str, str], np.ndarray]:
    """A few words now and then: jaw and lips at 3-6 syllables a second, the head goes along."""
    jaw, wide, press = (np.zeros(len(time)) for _ in range(3))
    more: restless.Units = {}
    for start in moments(time, settings.speech_per_minute, 0.3, rng):
        end = start + rng.uniform(*settings.speech_seconds)
        at, jaws, wides, presses = start, [(start, 0.0)], [(start, 0.0)], [(start, 0.0)]
        while at < end:
            beat = rng.uniform(0.16, 0.3)
            jaws += [(at + 0.5 * beat, rng.uniform(0.8, 3.2)), (at + beat, rng.uniform(0.1, 0.8))]
            wides += [(at + 0.5 * beat, rng.normal(0.1, 0.9))]
            presses += [(at + 0.5 * beat, 0.0), (at + beat, float(rng.random() < 0.3) * 1.0)]
            at += beat
        for curve, knots in ((jaw, jaws), (wide, wides), (press, presses)):
            curve += ease(time, [*knots, (at + 0.2, 0.0)])
        inside = ease(time, [(start, 0.0), (start + 0.2, 1.0), (at, 1.0), (at + 0.2, 0.0)])
        pose[:, 1] += inside * wander(time, 0.6, (0.8, 2.5), rng)
        pose[:, 0] += inside * wander(time, 0.5, (0.5, 1.5), rng)
        if settings.repertoire == FREE:
            _add(more, restless.with_speech(time, inside, rng))
    curves = {"26": jaw / 2, "20": np.maximum(wide, 0), "18": np.maximum(-wide, 0), "24": press}
    units = {(unit, side): curve for unit, curve in curves.items() for side in SIDES}
    _add(units, more)
    return units
