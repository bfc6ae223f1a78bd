"""Which clip of which video a figure shows, and which region of the face it looks at."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mespot.expressions import CLASSES
from mespot.face.regions import REGIONS, eye_regions
from mespot.plots.measures import mean_over_masks
from mespot.spans import Frames, usable_spans
from mespot.spotting.signals import course

# Where the motion of an expression is looked for: eyes move most when they blink.
_NO_EYES = tuple(sorted(set(range(len(REGIONS))) - set(eye_regions(REGIONS))))


@dataclass(frozen=True)
class VideoMotion:
    """How the regions of one video of T frames move.

    regional: `(T, L, R, 2)` px, mean displacement of each region over each lag. lags: working
    frames, 1 among them. span: `(T,)` int, -1 where there is no usable face. rate: working frames
    a second.
    """

    regional: np.ndarray
    lags: Sequence[int]
    span: np.ndarray
    rate: float


@dataclass(frozen=True)
class ClipCandidate:
    """A clip that could be shown. Frames are working frames of the video.

    video: its number. start: first frame of the clip. onset, apex, offset, kind: of the label that
    it shows; kind is empty without one. strength: how much the region that moves most moves.
    whole: the label fits into the clip.
    """

    video: int
    start: int
    onset: int
    apex: int
    offset: int
    kind: str
    strength: float
    whole: bool

    def marks(self, length: int) -> dict[str, int]:
        """Onset, apex and offset in frames of the clip, those that lie inside."""
        if not self.kind:
            return {}
        frames = {"onset": self.onset, "apex": self.apex, "offset": self.offset}
        inside = {name: frame - self.start for name, frame in frames.items()}
        return {name: frame for name, frame in inside.items() if 0 <= frame < length}


@dataclass(frozen=True)
class ExaminedClip:
    """A candidate with its content and what a network makes of it.

    values: `(T, C, S, S)`, what the network reads. region, weight: name and `(S, S)` of the region
    that changes most. share: how much of its variance over time is reconstructed from one mask.
    """

    candidate: ClipCandidate
    values: np.ndarray
    region: str
    weight: np.ndarray
    share: float


def labelled_clips(
    video: int, motion: VideoMotion, labels: pd.DataFrame, length: int, drift_seconds: float
) -> list[ClipCandidate]:
    """Clips of `length` frames around the labels of one video, as far as a usable span has room.

    labels: type, onset_w, apex_w, offset_w. drift_seconds: motion slower than this (s) is no
    expression. An expression that is longer than the clip is shown where the region that it moves
    most moves most.
    """
    starts, moved = _motion_of_clips(motion, length)
    if not len(starts):
        return []
    drift_frames = drift_seconds * motion.rate
    path = course(motion.regional, list(motion.lags), motion.span, drift_frames)
    candidates = []
    for _, row in labels.iterrows():
        onset, offset = int(row["onset_w"]), int(row["offset_w"])
        apex = (onset + offset) // 2 if pd.isna(row["apex_w"]) else int(row["apex_w"])
        way = np.linalg.norm(path[apex] - path[onset], axis=-1)
        region = max(_NO_EYES, key=lambda i: float(way[i]))
        if offset - onset + 1 <= length - 2:
            distance = np.abs(starts + (length - 1) / 2 - (onset + offset) / 2)
        else:
            inside = (starts >= onset - 1) & (starts + length <= offset + 2)
            distance = np.where(inside, -moved[:, region], np.inf)
        best = int(np.argmin(distance))
        start = int(starts[best])
        if not (np.isfinite(distance[best]) and start <= offset and onset < start + length):
            continue
        strength = float(moved[best, region])
        whole = start < onset and offset < start + length - 1
        kind = str(row["type"])
        candidates.append(ClipCandidate(video, start, onset, apex, offset, kind, strength, whole))
    return candidates


def liveliest_clip(video: int, motion: VideoMotion, length: int) -> list[ClipCandidate]:
    """The clip of one video in which a region moves most; none where no usable span has room."""
    starts, moved = _motion_of_clips(motion, length)
    if not len(starts):
        return []
    strongest = moved[:, list(_NO_EYES)].max(axis=1)
    start, strength = int(starts[np.argmax(strongest)]), float(strongest.max())
    middle = start + length // 2
    return [ClipCandidate(video, start, middle, middle, middle, "", strength, False)]


def _motion_of_clips(motion: VideoMotion, length: int) -> tuple[np.ndarray, np.ndarray]:
    """First frames `(N,)` of all clips inside a span, and how much each region moves: `(N, R)`."""
    runs = [np.arange(start, stop - length + 1) for start, stop in usable_spans(motion.span)]
    starts = np.concatenate([np.zeros(0, int), *runs])
    speed = np.square(motion.regional[:, list(motion.lags).index(1)]).sum(axis=-1)  # (T, R)
    sums = np.concatenate([np.zeros((1, speed.shape[1])), np.cumsum(speed, axis=0)])
    return starts, sums[starts + length] - sums[starts]


def examine(
    candidates: Sequence[ClipCandidate],
    values: Frames,
    weights: np.ndarray,
    length: int,
    channels: int,
    reconstruct: Callable[[np.ndarray], Mapping[str, np.ndarray]],
) -> list[ExaminedClip]:
    """What a network makes of the candidates of one video.

    values: `(T, C, S, S)`, what the network reads of the video. weights: `(R, S, S)`, each region
    on its pixels. length: of a clip, frames. channels: the first ones of C show the motion.
    reconstruct: as for `mean_over_masks`.
    """
    examined = []
    for candidate in candidates:
        # Copied, or a clip would keep the whole video in memory.
        clip = values[candidate.start : candidate.start + length].copy()
        region = moving_region(clip[:, :channels], weights)
        _, shares = mean_over_masks(reconstruct, clip, weights[region], masks=1)
        name = list(REGIONS)[region]
        examined.append(ExaminedClip(candidate, clip, name, weights[region], shares.single))
    return examined


def moving_region(clip: np.ndarray, weights: np.ndarray) -> int:
    """The region, no eye, that changes most over a clip `(T, C, S, S)`, as its stream sees it.

    weights: `(R, S, S)`.
    """
    change = np.square(clip - clip.mean(axis=0, dtype=np.float32)).sum(axis=1).mean(axis=0)
    size = (weights * change).sum(axis=(1, 2))
    return max(_NO_EYES, key=lambda region: float(size[region]))


def typical(clips: Sequence[ExaminedClip]) -> ExaminedClip:
    """The clip to show.

    Of labelled expressions it is the one with the median share, among those that fit into a clip if
    any does. Without labels it is the one that moves most.
    """
    labelled = [clip for clip in clips if clip.candidate.kind and np.isfinite(clip.share)]
    labelled = [clip for clip in labelled if clip.candidate.whole] or labelled
    if labelled:
        return sorted(labelled, key=lambda clip: clip.share)[(len(labelled) - 1) // 2]
    return max(clips, key=lambda clip: clip.candidate.strength)


def title(
    stream: str, video: str, subject: str, seen: bool, kind: str, clips: Sequence[ExaminedClip]
) -> str:
    """What a figure of one clip is called, with the median shares of all clips by class.

    seen: whether the network was trained on the subject. kind: of the label that is shown, empty
    without one.
    """
    known = "seen in training" if seen else "held out"
    what = f"a labelled {kind}-expression" if kind else "the most motion"
    text = f"{stream}: {video} (subject {subject}, {known}), {what}"
    medians = []
    for name in CLASSES:
        shares = [clip.share for clip in clips if clip.candidate.kind == name]
        shares = [share for share in shares if np.isfinite(share)]
        if shares:
            medians.append(f"{name} {100 * float(np.median(shares)):.0f} % ({len(shares)})")
    if medians:
        text += "\nvariance over time reconstructed from one mask, median: " + ", ".join(medians)
    return text
