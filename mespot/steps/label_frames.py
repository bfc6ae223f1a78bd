"""Rule label_frames: labels checked against the recordings and placed on working frames."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.corpora import kinds
from mespot.corpora.corpus_tables import LABEL_COLUMNS, within
from mespot.corpora.notes import Notes
from mespot.corpora.plausible import doubt
from mespot.corpora.sheet import read_annotations
from mespot.corpora.sheet_times import frame_times
from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.recording.picking import nearest
from mespot.store import io, tables
from mespot.store.io import Record

log = logging.getLogger(__name__)


def run(
    *,
    annotations: Sequence[str | Path],
    landmarks: Sequence[str | Path] = (),
    flow: Sequence[str | Path] = (),
    output: str | Path,
    provenance: Mapping[str, Any],
    loader: Mapping[str, Any] | None = None,
    left_out: Sequence[str] = (),
    behaviours: Mapping[str, Sequence[str]] | None = None,
    sources: Sequence[str | Path] = (),
) -> None:
    """Write the `labels` table.

    annotations: the annotation sheets, the files of annotation tools that stand in their place, or
    the workbooks of a real corpus; none for a corpus without
    labels (an empty table). landmarks: the tracked recordings, all of the corpus. flow: in place of
    landmarks, the motion of a corpus without videos. loader: of a real corpus, its `kind` and the
    settings that say how its labels are read. left_out: videos of a sheet that are not used.
    behaviours: for files of annotation tools, the names in them that are micro, macro or an apex.
    sources: the recordings, in the order of landmarks, for such files and for labels that have
    times in place of frames.

    An impossible label in a sheet is refused: the InputError names file, row and video of each one.
    An impossible label in a workbook is changed or left out, and the log names its row.
    """
    records = [io.read(path, "landmarks") for path in landmarks]
    records += [io.read(path, "flow") for path in flow]
    recordings = {str(record.attrs["video"]): record for record in records}
    if not annotations:
        tables.write(output, "labels", tables.empty("labels"))
        return
    videos = pd.DataFrame(
        {
            "subject": [str(record.attrs["subject"]) for record in recordings.values()],
            "video": list(recordings),
            "fps": [record.attrs["native_fps"] for record in recordings.values()],
            "first_frame": [record.attrs["first_native_frame"] for record in recordings.values()],
        }
    )
    own: list[str] = []
    if loader is None:
        notes = Notes()
        if sources:
            videos["path"] = [str(source) for source in sources]
        labels = read_annotations(
            annotations,
            videos,
            left_out,
            notes,
            behaviours=behaviours,
            times=frame_times(videos) if sources else None,
            recordings=bool(sources),
        )
        own = [str(name) for name in labels if name not in LABEL_COLUMNS]
        kinds.report(notes.entries)
        _check_extent(Path(annotations[0]), labels, recordings)
    else:
        labels = _from_workbooks(annotations, videos, loader, recordings)
    native = {video: record["native_frame"] for video, record in recordings.items()}
    for column in ("onset", "apex", "offset"):
        labels[f"{column}_w"] = pd.array(
            [
                pd.NA if pd.isna(frame) else nearest(native[video], int(frame))
                for video, frame in zip(labels["video"], labels[column], strict=True)
            ],
            dtype="Int64",
        )
    _report(labels, recordings)
    tables.write(output, "labels", labels, dict.fromkeys(own, tables.TEXT))


def _from_workbooks(
    paths: Sequence[str | Path],
    videos: pd.DataFrame,
    loader: Mapping[str, Any],
    recordings: dict[str, Record],
) -> pd.DataFrame:
    """Labels of a real corpus, cut to the frames that its recordings have."""
    labels, noted = kinds.read_labels(loader["kind"], paths, videos, loader)
    notes = Notes()
    labels = within(labels, {video: _extent(record) for video, record in recordings.items()}, notes)
    doubt(labels, dict(zip(videos["video"], videos["fps"], strict=True)), notes)
    kinds.report([*noted, *notes.entries])
    return labels


def _extent(record: Record) -> tuple[int, int]:
    """First and last native frame of a recording."""
    first = int(record.attrs["first_native_frame"])
    return first, first + int(record.attrs["n_native_frames"]) - 1


def _check_extent(sheet: Path, labels: pd.DataFrame, recordings: dict[str, Record]) -> None:
    """Refuse labels that begin or end outside their recording."""
    errors = []
    for label in labels.to_dict("records"):
        record = recordings[label["video"]]
        first, last = _extent(record)
        for column in ("onset", "offset"):
            frame = label[column]
            if not first <= frame <= last:
                # Of a series of motion, the number of frames is what somebody wrote down.
                or_sheet = ", or n_frames in videos.csv" if record.attrs["kind"] == "flow" else ""
                # A label that ends one frame beyond the end has mostly been counted from 1.
                from_1 = frame == last + 1 and first == 0 and record.attrs["kind"] != "flow"
                hint = ", or write 1 as first_frame in videos.csv if labels count from 1"
                advice = hint if from_1 else or_sheet
                if frame == first - 1:
                    advice = f": frames count from {first} here"
                errors.append(
                    f"{label['row']}: {column}: {frame} is outside video '{label['video']}', which"
                    f" has frames {first} to {last}; correct the label{advice}"
                )
    if errors:
        rest = [f"{sheet}: and {len(errors) - 20} more"] if len(errors) > 20 else []
        raise InputError("\n".join(errors[:20] + rest))


def _report(labels: pd.DataFrame, recordings: dict[str, Record]) -> None:
    for kind in CLASSES:
        log.info("%d %s labels", (labels["type"] == kind).sum(), kind)
    for label in labels.to_dict("records"):
        span = recordings[label["video"]]["span"][label["onset_w"] : label["offset_w"] + 1]
        if (span < 0).any():
            log.warning(
                "%s: the label [%d, %d] lies where there is no usable face",
                label["video"],
                label["onset"],
                label["offset"],
            )
