"""The labelled expressions of a video: when, how strong and with which action units.

Expressions are prototypical combinations of action units (Ekman and Friesen 1978; the emotions'
combinations after Ekman and Friesen 1983, EMFACS). Micro- and macro-expressions share them and
differ in duration and strength, as in CAS(ME)^2 and SAMM-LV, where neither has action units of
its own.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mespot.demo.settings import ScriptSettings

SIDES = ("right", "left")  # the person's own

# Action unit: displacement by either side's muscle alone in a full expression, % of the face width;
# near the midline those of both sides add up. 1 % is about 1.4 mm: a lip corner travels some 12 mm
# in a broad smile, a brow 8 mm, a lid 2-3 mm.
STRENGTH = {
    "1": 3.5,
    "2": 3.5,
    "4": 3.0,
    "5": 1.3,
    "6": 2.5,
    "7": 1.3,
    "9": 2.4,
    "10": 2.6,
    "12": 8.0,
    "14": 4.0,
    "15": 5.0,
    "17": 2.6,
    "20": 6.0,
    "23": 1.4,
    "24": 1.6,
    "26": 7.0,
}

SMILE = "smile"  # a unit of its own: from a person's neutral to their smiling portrait

# Combinations and the largest displacement that each reaches in a face, % of the face width.
COMBINATIONS: tuple[tuple[tuple[str, ...], float], ...] = (
    (("6", "12"), 8.5),
    (("12",), 8.5),
    (("1",), 5.0),
    (("1", "4"), 4.5),
    (("1", "4", "15"), 5.5),
    (("15",), 5.5),
    (("15", "17"), 6.0),
    (("1", "2"), 6.0),
    (("1", "2", "5"), 6.0),
    (("1", "2", "5", "26"), 8.0),
    (("2",), 5.0),
    (("1", "2", "4", "5", "20"), 6.5),
    (("20",), 6.5),
    (("4",), 3.5),
    (("4", "5", "7", "23"), 3.5),
    (("4", "7"), 3.5),
    (("4", "24"), 3.0),
    (("9",), 3.5),
    (("4", "9", "10"), 4.0),
    (("10",), 4.5),
    (("9", "17"), 5.0),
    (("14",), 4.0),
    (("12", "14"), 8.0),
    (("17", "24"), 3.5),
)
FREE = "free"  # the repertoire without prototypes
ONE_SIDED = {("12",), ("14",), ("2",), ("10",)}  # these also occur on one side alone


@dataclass(frozen=True)
class Expression:
    """One labelled expression; frames are inclusive.

    onset: first frame with any displacement; apex: the largest; offset: last with any.
    amplitude: largest displacement of a landmark at the apex, % of the face width.
    units: {(action unit, side): relative strength}. hold: the frame at which the return begins
    (the apex itself when there is no plateau). sag: strength left at `hold`, of the apex's 1.
    stays: strength left at the offset, which fades within `fade` frames after it. Nobody labels
    that: in CAS(ME)^2 and SAMM-LV much of the motion is often still there at the offset.
    """

    type: str
    onset: int
    apex: int
    offset: int
    amplitude: float
    units: dict[tuple[str, str], float]
    hold: int
    sag: float
    stays: float = 0.0
    fade: int = 1

    def course(self, n_frames: int) -> np.ndarray:
        """Strength over time (n_frames,): 1 at the apex only, 0 before the onset, and after the
        offset where nothing stays."""
        knots: list[tuple[float, float]] = [(self.onset - 1, 0.0), (self.apex, 1.0)]
        if self.hold > self.apex:
            knots.append((self.hold, self.sag))
        knots.append((self.offset + 1, self.stays))
        if self.stays:
            knots.append((self.offset + 1 + self.fade, 0.0))
        return ease(np.arange(n_frames), knots)


def ease(time: np.ndarray, knots: list[tuple[float, float]]) -> np.ndarray:
    """A curve through `knots` (time, value) that stands still at each; constant beyond the ends.

    Between two knots it is the cubic with no slope at both: muscles start and stop gently.
    """
    at, value = (np.array(column, float) for column in zip(*knots, strict=True))
    index = np.clip(np.searchsorted(at, time, side="right") - 1, 0, len(at) - 2)
    share = np.clip((time - at[index]) / (at[index + 1] - at[index]), 0, 1)
    return value[index] + (value[index + 1] - value[index]) * share**2 * (3 - 2 * share)


def expressions(settings: ScriptSettings, rng: np.random.Generator) -> list[Expression]:
    """A random script of labels in time order, none nearer to another than `gap_seconds`.

    The numbers of micro- and macro-expressions are Poisson (some videos have none of a kind). What
    does not fit into a short video is left out.
    """
    types = ["micro"] * _count(settings.micro_per_video, rng)
    types += ["macro"] * _count(settings.macro_per_video, rng)
    rng.shuffle(types)
    gap = math.ceil(settings.gap_seconds * settings.fps)
    free = settings.n_frames - gap
    script: list[tuple[str, int]] = []
    for type_ in types:
        duration = _duration(type_, settings, rng)
        if free >= duration + gap:
            script.append((type_, duration))
            free -= duration + gap
    # The free frames are dealt out at random before, between and after the expressions.
    starts = np.sort(rng.integers(0, free + 1, len(script)))
    result, used = [], gap
    for (type_, duration), start in zip(script, starts, strict=True):
        make = _free_expression if settings.repertoire == FREE else _expression
        result.append(make(type_, int(start) + used, duration, settings, rng))
        used += duration + gap
    return result


def _count(mean: float, rng: np.random.Generator) -> int:
    return min(int(rng.poisson(mean)), math.ceil(2 * mean) + 1)


def _duration(type_: str, settings: ScriptSettings, rng: np.random.Generator) -> int:
    """Frames from onset to offset, both counted."""
    if type_ == "micro":
        least, most = settings.micro_seconds
        # In CAS(ME)^2 and SAMM-LV most last 0.3 to 0.5 s, few less.
        seconds = rng.triangular(least, least + 0.7 * (most - least), most)
    else:
        least, most = settings.macro_seconds
        seconds = math.exp(rng.uniform(math.log(least), math.log(most)))
    # At least one frame more than the longest micro-expression, or a label of exactly its length
    # could be of either type.
    shortest = round(least * settings.fps) + (type_ == "macro")
    return int(np.clip(round(seconds * settings.fps), shortest, math.floor(most * settings.fps)))


def _expression(
    type_: str, onset: int, duration: int, settings: ScriptSettings, rng: np.random.Generator
) -> Expression:
    offset = onset + duration - 1
    least, most = settings.micro_amplitude if type_ == "micro" else settings.macro_amplitude
    amplitude = float(rng.uniform(least, most))
    if type_ == "micro":
        apex = onset + round(rng.uniform(0.3, 0.5) * (duration - 1))
        hold, sag = apex, 1.0
    else:
        apex = onset + round(rng.uniform(0.2, 0.4) * (duration - 1))
        hold = apex + round(rng.uniform(0.1, 0.6) * (offset - apex))
        sag = float(rng.uniform(0.75, 0.95))
    apex = int(np.clip(apex, onset + 1, offset - 1))
    units = _smile(settings, rng) or _units(amplitude, rng)
    course = max(hold, apex), sag, *_rest(sag, settings, rng)
    return Expression(type_, onset, apex, offset, amplitude, units, *course)


def _rest(sag: float, settings: ScriptSettings, rng: np.random.Generator) -> tuple[float, int]:
    """What stays at the offset, in the share of expressions of which some does, and the frames
    within which that fades."""
    if not settings.stay_share:
        return 0.0, 1
    stays = float(rng.uniform(0.1, 0.7)) * sag if rng.random() < settings.stay_share else 0.0
    return stays, max(2, round(rng.uniform(1.0, 6.0) * settings.fps))


def _smile(settings: ScriptSettings, rng: np.random.Generator) -> dict[tuple[str, str], float]:
    """The unit of a smile, in the share of expressions that are one; none in the others."""
    if not settings.smile_share or rng.random() >= settings.smile_share:
        return {}
    return _sided({SMILE: 1.0}, rng)


def _units(amplitude: float, rng: np.random.Generator) -> dict[tuple[str, str], float]:
    able = [units for units, largest in COMBINATIONS if largest >= amplitude]
    chosen = able[rng.integers(len(able))]
    only = rng.integers(2) if chosen in ONE_SIDED and rng.random() < 0.3 else None
    units = {}
    for unit in chosen:
        strength = STRENGTH[unit] * rng.uniform(0.7, 1.0)
        lean = rng.normal(0, 0.08)  # faces are seldom symmetric
        for side, sign in zip(SIDES, (1, -1), strict=True):
            if only is None or SIDES[only] == side:
                units[unit, side] = float(strength * (1 + sign * lean))
    return units


def _free_expression(
    type_: str, onset: int, duration: int, settings: ScriptSettings, rng: np.random.Generator
) -> Expression:
    """An expression with any units and any course.

    Amplitudes are spread as widely as in CAS(ME)^2 and SAMM-LV: small ones are the most frequent.
    The apex comes anywhere between a fifth and three quarters of the time, as it does there.
    """
    offset = onset + duration - 1
    least, most = settings.micro_amplitude if type_ == "micro" else settings.macro_amplitude
    amplitude = math.exp(rng.uniform(math.log(least), math.log(most)))
    early, late = (0.25, 0.65) if type_ == "micro" else (0.2, 0.75)
    apex = onset + round(rng.triangular(early, 0.4, late) * (duration - 1))
    apex = int(np.clip(apex, onset + 1, offset - 1))
    hold = apex + round(rng.uniform(0.0, 0.7) * (offset - apex)) if type_ == "macro" else apex
    sag = float(rng.uniform(0.7, 0.98))
    stays, fade = _rest(sag, settings, rng)
    units = _smile(settings, rng)
    if not units:
        units = (_units if rng.random() < 0.5 else _any_units)(amplitude, rng)
    course = max(hold, apex), sag, stays, fade
    return Expression(type_, onset, apex, offset, amplitude, units, *course)


def _any_units(amplitude: float, rng: np.random.Generator) -> dict[tuple[str, str], float]:
    """One to four units of any kind, of which at least one can reach the amplitude."""
    able = [unit for unit, strength in STRENGTH.items() if 1.2 * strength >= amplitude]
    leads = able[rng.integers(len(able))]
    others = rng.choice([unit for unit in STRENGTH if unit != leads], rng.integers(4), False)
    shares = {leads: 1.0} | {str(unit): float(rng.uniform(0.2, 0.8)) for unit in others}
    return _sided({unit: STRENGTH[unit] * share for unit, share in shares.items()}, rng)


def _sided(
    strengths: Mapping[str, float], rng: np.random.Generator
) -> dict[tuple[str, str], float]:
    """Units of both sides, more or less alike, or of one side alone."""
    if rng.random() < 0.2:
        only = SIDES[rng.integers(2)]
        return {(unit, only): strength for unit, strength in strengths.items()}
    lean = float(np.clip(rng.normal(0, 0.25), -0.8, 0.8))
    signs = zip(SIDES, (1, -1), strict=True)
    return {(u, side): s * (1 + sign * lean) for side, sign in signs for u, s in strengths.items()}
