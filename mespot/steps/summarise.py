"""Rule summarise: what was odd in the recordings of a corpus, and how much was spotted in them."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mespot.expressions import ALL, CLASSES
from mespot.store import io, tables
from mespot.store.io import Record

log = logging.getLogger(__name__)

# A rate varies if a frame lies farther from its place, in frames. Time stamps of a constant rate
# are only rounded.
_ASTRAY = 0.25
_MINUTE = 60.0
_SUMS = ("videos", "varying_rate", "no_face", "cuts", "faces")
_MINUTES = ("minutes", "unusable_minutes", "occluded_minutes", "other_face_minutes")


def run(
    *,
    corpus: str,
    subjects: Mapping[str, str],
    landmarks: Sequence[str | Path],
    flow: Sequence[str | Path],
    methods: Mapping[str, Sequence[str | Path]],
    frames: Sequence[str | Path] = (),
    output: str | Path,
) -> None:
    """Write the `summary` of a corpus: a row for each video, and a last one for all.

    subjects: video -> subject, in the order of the rows. landmarks, frames: all recordings;
    flow: the same of a corpus without videos. methods: name -> its tables of intervals, one a fold.

    Intervals are counted per minute of usable face. Only clocks, spans and counts of faces are
    read. Raises InputError for a file that cannot be read.
    """
    records = [io.read(path, "landmarks") for path in landmarks]
    records += [io.read(path, "flow") for path in flow]
    by_video = {str(record.attrs["video"]): _row(record) for record in records}
    for path in frames:
        record = io.read(path, "frames")
        by_video[str(record.attrs["video"])] |= _occluded(record)
    table = pd.DataFrame([by_video[video] for video in subjects])
    table.insert(0, "corpus", corpus)
    table.insert(1, "subject", list(subjects.values()))
    table.insert(2, "video", list(subjects))
    table = pd.concat([table, _whole(table, corpus)], ignore_index=True)
    counts = {
        f"{method}_{expression}_per_minute": count
        for method, paths in methods.items()
        for expression, count in _counts(paths, list(subjects)).items()
    }
    usable = (table["minutes"] - table["unusable_minutes"]).to_numpy()
    for name, count in counts.items():
        table[name] = np.divide(count, usable, out=np.full(len(count), np.nan), where=usable > 0)
    tables.write(output, "summary", table, dict.fromkeys(counts, tables.REAL))
    log.info("%s: %d videos, %.1f minutes", corpus, len(subjects), table["minutes"].iloc[-1])


def _row(record: Record) -> dict[str, Any]:
    """What the file of a recording says of it; no face and other faces are unknown in a flow."""
    seconds = 1 / record.attrs["rate"]
    tracked = "found" in record
    others = (record["other_faces"] > 0).sum() if tracked else np.nan
    sizes = list(record.attrs["face_sizes"]) if tracked else []
    own = sizes.pop(record.attrs["face_followed"] - 1) if sizes else np.nan
    return {
        "videos": 1,
        "fps": record.attrs["native_fps"],
        "varying_rate": int(_varies(record)),
        "no_face": int(not record["found"].any()) if tracked else pd.NA,
        "minutes": len(record["span"]) * seconds / _MINUTE,
        "unusable_minutes": (record["span"] < 0).sum() * seconds / _MINUTE,
        "occluded_minutes": np.nan,
        "cuts": int(record["cut"].sum()) if tracked else pd.NA,
        "faces": len(record.attrs["face_sizes"]) if tracked else pd.NA,
        "other_face_minutes": others * seconds / _MINUTE,
        "other_face_size": max(sizes) / own if sizes else np.nan,
    }


def _occluded(record: Record) -> dict[str, float]:
    """What only the aligned faces show: how long something hid the face. It is not usable then."""
    seconds = 1 / record.attrs["rate"]
    return {
        "occluded_minutes": record["occluded"].sum() * seconds / _MINUTE,
        "unusable_minutes": (record["span"] < 0).sum() * seconds / _MINUTE,
    }


def _varies(record: Record) -> bool:
    """Whether time stamps tell another story than the numbers of the frames."""
    fps, first = record.attrs["native_fps"], record.attrs["first_native_frame"]
    astray = record["time"] * fps - (record["native_frame"] - first)
    return bool((np.abs(astray) > _ASTRAY).any())


def _whole(table: pd.DataFrame, corpus: str) -> pd.DataFrame:
    """The row of the corpus; its rate is unknown where the videos have several."""
    rates = table["fps"].unique()
    sums = {name: table[name].sum(min_count=1) for name in (*_SUMS, *_MINUTES)}
    sums["other_face_size"] = table["other_face_size"].max()
    named = {"corpus": corpus, "subject": ALL, "video": ALL}
    return pd.DataFrame([{**named, "fps": rates[0] if len(rates) == 1 else np.nan, **sums}])


def _counts(paths: Sequence[str | Path], videos: list[str]) -> dict[str, np.ndarray]:
    """Class -> intervals in each video, and in all at the end."""
    intervals = tables.read_intervals(paths)
    found = {}
    for expression in CLASSES:
        of_class = intervals.loc[intervals["type"] == expression, "video"]
        count = of_class.value_counts().reindex(videos, fill_value=0).to_numpy(np.float64)
        found[expression] = np.append(count, count.sum())
    return found
