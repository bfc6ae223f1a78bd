"""The motion of a corpus that was run, written as a folder that the corpus `motion` reads.

No image and no landmark goes into it: only the displacement of the face regions, blinks, the usable
spans, the clock of the recording, and the labels.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mespot.corpora.layout import natural
from mespot.errors import InputError
from mespot.store import io, tables
from mespot.store.io import Record
from mespot.store.paths import FOLDER, NOTHING, kind_at
from mespot.store.schema import LAYOUTS
from mespot.store.whose import check_whose

_LAYOUT = LAYOUTS["motion"]
_PROVENANCE = {"command": "mespot motion export"}


def export(results: str | Path, corpus: str, out: str | Path, *, labels: bool = True) -> list[str]:
    """Write the motion, the labels and the sheet of a corpus to a new folder.

    results: the folder `results` of a run; of it, `{corpus}/flow/*.h5` and `{corpus}/labels.csv`
    are read. labels: False leaves the labels out. Videos stand in the order of the corpus's own
    sheet, because random numbers of a training follow it; where nothing was spotted yet, in the
    order of their names. Returns the names of the videos.

    Raises InputError, before anything is written, for a folder `out` that has files, and for what
    is missing in `results`.
    """
    folder, out = Path(results) / corpus, Path(out)
    _refuse_full(out)
    records = _records(Path(results), corpus)
    annotations = _annotations(folder, records) if labels else None
    videos = pd.DataFrame([_row(video, record) for video, record in records.items()])
    try:
        for video, record in records.items():
            io.write(
                out / _path(video),
                "motion",
                {name: record[name] for name in _LAYOUT.data_sets},
                attrs={name: record.attrs[name] for name in _LAYOUT.attributes},
                provenance=_PROVENANCE,
            )
        if annotations is not None:
            tables.write(out / "annotations.csv", "annotations", annotations)
        tables.write(out / "videos.csv", "motion_videos", videos)
    except OSError as error:
        raise InputError(f"{out}: cannot be written: {error.strerror}; name another") from None
    return list(records)


def _refuse_full(out: Path) -> None:
    there = kind_at(out)
    if there == FOLDER and any(out.iterdir()):
        raise InputError(f"{out}: has files already; name a new or an empty folder")
    if there not in (FOLDER, NOTHING):
        raise InputError(f"{out}: is a {there}; name a new or an empty folder")


def _records(results: Path, corpus: str) -> dict[str, Record]:
    """The motion of each video, in the order of the corpus's sheet.

    Where the run has spotted in all videos, these are the videos; where it has not, all that were
    tracked, and all of which there is motion.
    """
    folder = results / corpus
    if kind_at(folder) != FOLDER:
        there = sorted(path.parent.name for path in results.glob("*/flow"))
        known = f"it has {', '.join(there)}" if there else "it has no corpus with motion"
        raise InputError(f"{results}: has no corpus {corpus!r}; {known}")
    names = _spotted(folder) or sorted(
        {path.stem for kind in ("landmarks", "flow") for path in (folder / kind).glob("[!.]*.h5")},
        key=natural,
    )
    missing = [name for name in names if not (folder / "flow" / f"{name}.h5").exists()]
    if missing or not names:
        what = f"the motion of {', '.join(missing[:5])}" if missing else "any motion"
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise InputError(f"{folder / 'flow'}: lacks {what}{more}; run `snakemake flow` first")
    records = {name: io.read(folder / "flow" / f"{name}.h5", "flow") for name in names}
    for name, record in records.items():
        # A folder that was renamed says nothing by its path.
        check_whose(record.path, {"corpus": corpus, "video": name}, record.attrs, "copy it again")
    return records


def _spotted(folder: Path) -> list[str]:
    """Videos of a file of scores that has all of the corpus; none where there is no such file."""
    paths = sorted(folder.glob("scores/*/all.h5"))
    return list(io.read_videos(paths[0], "scores")) if paths else []


def _annotations(folder: Path, records: dict[str, Record]) -> pd.DataFrame:
    """The labels, as the run placed them."""
    path = folder / "labels.csv"
    if not path.exists():
        raise InputError(
            f"{path}: does not exist; run `snakemake results/metrics.csv` first, or give "
            "--no-labels for a corpus without labels"
        )
    annotations = tables.read(path, "labels")
    lost = sorted(set(annotations["video"]) - set(records))
    if lost:
        raise InputError(f"{path}: has labels of {lost[0]}, which has no motion; run again")
    # Labels that were cut off at the end of a recording may have become the same.
    return annotations.drop_duplicates(["video", "type", "onset", "offset"])


def _path(video: str) -> str:
    return f"motion/{video}.h5"


def _row(video: str, record: Record) -> dict[str, object]:
    return {
        "subject": record.attrs["subject"],
        "video": video,
        "path": _path(video),
        "fps": record.attrs["native_fps"],
        "first_frame": record.attrs["first_native_frame"],
        "every": pd.NA,
        "n_frames": record.attrs["n_native_frames"],
    }
