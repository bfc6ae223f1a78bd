"""Cuts: the recording goes on in another framing, or shows something else for a moment.

No cut comes within an expression, so labels stay whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mespot.demo.courses import moments
from mespot.demo.events import Expression
from mespot.demo.settings import VideoSettings

ELSEWHERE = -1
_AWAY = 0.3  # share of the cuts that show another scene first
_APART = 0.6  # s: least time between a cut and an expression


@dataclass(frozen=True)
class Shots:
    """number: (T,) of each frame's framing; ELSEWHERE where no face is shown. framings: (2, 3) maps
    from the picture as it is rendered to the one that is shown, the first changes nothing."""

    number: np.ndarray
    framings: list[np.ndarray]


def shots(
    settings: VideoSettings, script: Sequence[Expression], rng: np.random.Generator
) -> Shots | None:
    """The framing of every frame; None for a recording that is not cut."""
    n, apart = settings.n_frames, round(_APART * settings.fps)
    busy = np.zeros(n, bool)
    for one in script:
        end = one.offset + (one.fade if one.stays else 0)
        busy[max(0, one.onset - apart) : end + apart + 1] = True
    number = np.zeros(n, int)
    framings = [np.eye(2, 3, dtype=np.float32)]
    for moment in moments(np.arange(n) / settings.fps, settings.cuts_per_minute, 0.3, rng):
        framing, away = _framing(settings, rng), rng.random() < _AWAY
        length = round(rng.uniform(0.3, 1.5) * settings.fps)
        free = np.flatnonzero(~busy[round(moment * settings.fps) :])
        if not len(free):
            continue
        at = round(moment * settings.fps) + int(free[0])
        number[at:] = len(framings)
        framings.append(framing)
        if away and not busy[at : at + length].any():
            number[at : at + length] = ELSEWHERE
    return Shots(number, framings) if len(framings) > 1 else None


def _framing(settings: VideoSettings, rng: np.random.Generator) -> np.ndarray:
    """Nearer, and with the face at another place."""
    size = np.array([settings.width, settings.height])
    # The whole face stays in the picture.
    zoom = rng.uniform(1.1, np.clip(size.min() / (1.45 * settings.face_width), 1.12, 1.4))
    room = np.maximum(size - 1.5 * zoom * settings.face_width, 0) / 2
    to = size / 2 + rng.uniform(-0.8, 0.8, 2) * np.minimum(room, (zoom - 1) * size / 2)
    shift = to - zoom * size / 2
    return np.array([[zoom, 0, shift[0]], [0, zoom, shift[1]]], np.float32)


def elsewhere(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A scene without a face (h, w, 3) uint8: soft patches of colour. size: (w, h)."""
    coarse = rng.uniform(20, 230, (4, 5, 3)).astype(np.float32)
    whole = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(whole.clip(0, 255), np.uint8)
