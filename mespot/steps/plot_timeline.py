"""Rule plot_timeline: scores, labels and predictions of one video, and two of them close up."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.plots import style
from mespot.plots.timeline import choose, pages, timeline
from mespot.plots.timeline_parts import Curves, Example, Shown
from mespot.recut import faces_of
from mespot.scoring.table import match_table
from mespot.store import io, tables
from mespot.store.io import Record


def run(
    *,
    video: str,
    method: str,
    scores: str | Path,
    intervals: Mapping[str, str | Path],
    labels: str | Path | None,
    frames: str | Path | None,
    iou: float,
    png: str | Path,
    pdf: str | Path,
    provenance: Mapping[str, Any],
    flow: str | Path | None = None,
    source: Mapping[str, Any] | None = None,
) -> None:
    """Draw one video.

    method: the one whose scores and faces are shown. scores: its file for the fold in which the
    video is tested. intervals: method -> intervals table of that fold, a row of the figure each.
    labels: the labels table of the corpus, or None. frames, source: where the face of the video is,
    and the recording (as for mespot.recut.faces_of); None where there is only motion, and then
    flow: its motion. iou: least intersection over union of a hit.
    Raises InputError for scores of other frames.
    """
    if frames is not None:
        record = io.read(frames, "frames")
    elif flow is not None:
        record = io.read(flow, "flow")
    else:
        raise InputError(f"plot_timeline: {video}: needs frames or flow")
    truth = None if labels is None else _of(video, tables.read(labels, "labels"), record)
    names = [method, *(name for name in intervals if name != method)]
    matched = {
        name: match_table(truth, _of(video, tables.read(intervals[name], "intervals"), record), iou)
        for name in names
    }
    shown = matched[method]
    if truth is not None:
        truth["hit"] = np.isin(np.arange(len(truth)), shown["label"])
    curves = _curves(io.read_videos(scores, "scores", [video])[video], record)
    examples = [
        _example(mark, what, shown.iloc[row], record)
        for mark, (what, row) in zip("AB", choose(shown, truth is not None), strict=False)
    ]
    if frames is not None and source is not None:
        examples = _with_faces(examples, source, record)
    drawn = Shown(
        title=f"{video} (subject {record.attrs['subject']}), {_shown(record)}: {method}",
        time=record["time"],
        usable=record["span"] >= 0,
        curves=curves,
        labels=truth,
        predictions=matched,
        examples=examples,
    )
    style.save(timeline(drawn), provenance, png, pdf, pages(drawn))


def _shown(record: Record) -> str:
    return "scores and faces" if "image" in record else "scores"


def _of(video: str, table: pd.DataFrame, record: Record) -> pd.DataFrame:
    """Rows of a video with `start` and `end` in seconds; the last frame counts whole."""
    rows = table[table["video"] == video].reset_index(drop=True)
    native, first = np.unique(record["native_frame"], return_index=True)
    time = record["time"][first]
    rows["start"] = np.interp(rows["onset"].astype("float64"), native, time)
    rows["end"] = np.interp(rows["offset"].astype("float64"), native, time)
    rows["end"] += 1 / record.attrs["native_fps"]
    return rows


def _curves(scores: Record, record: Record) -> Curves:
    usable = record["span"] >= 0
    if len(scores["span"]) != len(usable):
        raise InputError(f"{scores.path}: {scores.group}: not of the frames of {record.path}")
    return Curves(
        curve={kind: np.where(usable, scores[kind], np.nan) for kind in CLASSES},
        threshold={kind: float(scores.attrs[f"threshold_{kind}"]) for kind in CLASSES},
    )


def _frames(row: pd.Series, record: Record) -> list[int]:
    """The working frames of onset, apex and offset."""
    last = len(record["time"]) - 1
    onset, offset = int(row["onset_w"]), int(row["offset_w"])
    apex = (onset + offset) // 2 if pd.isna(row["apex_w"]) else int(row["apex_w"])
    return [min(max(frame, 0), last) for frame in (onset, apex, offset)]


def _with_faces(
    examples: list[Example], source: Mapping[str, Any], record: Record
) -> list[Example]:
    """The examples with the faces at onset, apex and offset, read off the recording."""
    at = [_frames(example.row, record) for example in examples]
    wanted = np.unique(np.array(at, int))
    faces = dict(zip(wanted.tolist(), faces_of(source, record, wanted), strict=True))
    return [
        replace(example, faces=np.stack([faces[frame] for frame in frames]))
        for example, frames in zip(examples, at, strict=True)
    ]


def _example(mark: str, what: str, row: pd.Series, record: Record) -> Example:
    at = _frames(row, record)
    row = row.copy()
    for name, frame in zip(("onset_time", "apex_time", "offset_time"), at, strict=True):
        row[name] = float(record["time"][frame])
    fit = f", IoU {row['iou']:.2f}" if row["label"] >= 0 else ""
    title = f"{what}, {row['type']}, confidence {row['confidence']:.2f}{fit}"
    return Example(mark, title, row, None)
