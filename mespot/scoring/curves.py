"""What methods do beyond their operating points, how long intervals last, how far ends are off.

Hits are those of the strict rule: one label a prediction, one prediction a label.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mespot.expressions import CLASSES, EXPRESSIONS
from mespot.metrics import precision_recall_f1
from mespot.scoring.oracle import hits_by_confidence
from mespot.scoring.pool import ScoredCorpus, pool
from mespot.scoring.quality import closest_pairs, f1_by_iou
from mespot.scoring.rules import strict

LABELS = "labels"  # in the place of a method: what was labelled
IOUS = tuple(n / 20 for n in range(1, 20))


@dataclass(frozen=True)
class Spotted:
    """Tables of one method with subject, video, type, onset and offset, native frames.

    intervals: what it reports. candidates: also what lies below its thresholds, with `level`, on
    which thresholds are set; None where it is not known.
    """

    intervals: pd.DataFrame
    candidates: pd.DataFrame | None


@dataclass(frozen=True)
class Curves:
    """Tables behind the figures of one corpus; each has `method` and `expression`.

    precision_recall: `recall` and `precision` as the threshold falls. f1: `f1` at each least `iou`.
    operating: `recall`, `precision` and `f1` of what is reported. durations: `frames` and `seconds`
    of each interval; those with the method `labels` are the labels. errors: `onset` and `offset`
    of each hit minus those of its label, in frames, with `_s` in seconds. Seconds are NaN where
    the rate of the video is not known. All but durations are empty without labels.
    """

    precision_recall: pd.DataFrame
    f1: pd.DataFrame
    operating: pd.DataFrame
    durations: pd.DataFrame
    errors: pd.DataFrame


def curves(
    labels: pd.DataFrame | None,
    spotted: Mapping[str, Spotted],
    fps: Mapping[str, float],
    iou: float = 0.5,
) -> Curves:
    """The tables of one corpus.

    labels: columns as in `Spotted`; None for a corpus without labels. spotted: method -> its
    tables, of all folds. fps: video -> frames a second, of those that are known. iou: least IoU
    of a hit. Raises InputError for a video with two subjects.
    """
    parts: dict[str, list[pd.DataFrame]] = {
        name: [] for name in ("precision_recall", "f1", "operating", "durations", "errors")
    }
    if labels is not None:
        parts["durations"].append(durations(labels, fps).assign(method=LABELS))
    for method, tables in spotted.items():
        made = {"durations": durations(tables.intervals, fps)}
        if labels is not None and len(labels):
            videos = _videos(labels, tables)
            reported = pool(videos, labels, tables.intervals, f"{method}: intervals")
            made["f1"] = f1_over_iou(reported)
            made["operating"] = operating_point(reported, iou)
            made["errors"] = boundary_errors(reported, fps, iou)
            if tables.candidates is not None:
                # Thresholds are set on the scale of the levels.
                ranked = tables.candidates.assign(confidence=tables.candidates["level"])
                all_of_them = pool(videos, labels, ranked, f"{method}: candidates")
                made["precision_recall"] = precision_recall(all_of_them, iou)
        for name, table in made.items():
            parts[name].append(table.assign(method=method))
    return Curves(**{name: _joined(tables) for name, tables in parts.items()})


def precision_recall(candidates: ScoredCorpus, iou: float) -> pd.DataFrame:
    """Precision over recall of each class that has labels, as one threshold for all videos falls.

    candidates: with what is below the thresholds of the method, and a confidence for each. A row
    for each confidence that occurs, the highest first. Returns expression, recall, precision.
    """
    hits = hits_by_confidence(candidates, iou)
    parts = [pd.DataFrame({"expression": [], "recall": [], "precision": []})]
    for kind, name in enumerate(CLASSES):
        ours = np.flatnonzero(candidates.predictions.group % len(CLASSES) == kind)
        labels = int((candidates.labels.group % len(CLASSES) == kind).sum())
        if not labels or not len(ours):
            continue
        falling = ours[np.argsort(-candidates.predictions.confidence[ours], kind="stable")]
        tp = np.cumsum(hits[falling])
        # Those that are equally sure come in together.
        sure = candidates.predictions.confidence[falling]
        last = np.flatnonzero(np.diff(sure, append=-np.inf))
        table = {"recall": tp[last] / labels, "precision": tp[last] / (last + 1)}
        parts.append(pd.DataFrame({"expression": name, **table}))
    return _joined(parts)


def f1_over_iou(reported: ScoredCorpus) -> pd.DataFrame:
    """F1 of each expression at each of IOUS. Returns expression, iou, f1; NaN where undefined."""
    f1 = f1_by_iou(reported, IOUS)
    return pd.concat(
        [pd.DataFrame({"expression": name, "iou": IOUS, "f1": f1[name]}) for name in EXPRESSIONS],
        ignore_index=True,
    )


def operating_point(reported: ScoredCorpus, iou: float) -> pd.DataFrame:
    """Precision, recall and F1 of what a method reports. Returns expression, recall, precision, f1;
    NaN where undefined."""
    counts = strict(reported, iou).reshape(-1, len(CLASSES), 3).sum(axis=0)
    counts = np.concatenate([counts, counts.sum(axis=0, keepdims=True)])  # (E, 3)
    precision, recall, f1 = precision_recall_f1(*counts.T)
    return pd.DataFrame(
        {"expression": EXPRESSIONS, "recall": recall, "precision": precision, "f1": f1}
    )


def durations(intervals: pd.DataFrame, fps: Mapping[str, float]) -> pd.DataFrame:
    """Lengths of intervals, both ends included. Returns expression, frames, seconds."""
    frames = (intervals["offset"] - intervals["onset"] + 1).to_numpy(np.float64)
    rate = _rates(intervals["video"], fps)
    return pd.DataFrame(
        {
            "expression": intervals["type"].astype(str).to_numpy(dtype=object),
            "frames": frames,
            "seconds": frames / rate,
        }
    )


def boundary_errors(reported: ScoredCorpus, fps: Mapping[str, float], iou: float) -> pd.DataFrame:
    """How much later a hit begins and ends than its label; negative: earlier.

    Returns expression, onset, offset (native frames), onset_s, offset_s (s), a row a hit.
    """
    pairs = closest_pairs(reported, iou)
    frames = reported.predictions.bounds[pairs[:, 0]] - reported.labels.bounds[pairs[:, 1]]
    group = reported.predictions.group[pairs[:, 0]]
    video = [reported.videos[at] for at in group // len(CLASSES)]
    rate = _rates(pd.Series(video, dtype=object), fps)
    return pd.DataFrame(
        {
            "expression": [CLASSES[at] for at in group % len(CLASSES)],
            **{name: frames[:, i].astype(np.float64) for i, name in enumerate(("onset", "offset"))},
            **{f"{name}_s": frames[:, i] / rate for i, name in enumerate(("onset", "offset"))},
        }
    )


def _rates(videos: pd.Series, fps: Mapping[str, float]) -> np.ndarray:
    return np.array([fps.get(str(video), np.nan) for video in videos], dtype=np.float64)


def _videos(labels: pd.DataFrame, spotted: Spotted) -> pd.DataFrame:
    """Every video with a label or a prediction; others change no count."""
    tables = [labels, spotted.intervals]
    tables += [] if spotted.candidates is None else [spotted.candidates]
    named = pd.concat([table[["subject", "video"]].astype(str) for table in tables])
    return named.drop_duplicates("video", ignore_index=True)


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    if filled:
        return pd.concat(filled, ignore_index=True)
    return parts[0] if parts else pd.DataFrame({"method": [], "expression": []})
