"""Series of motion on disk: `.npy`, `.csv` and our own `.h5`, each checked and read as one form.

Every fault is an InputError that names the file and says what to do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mespot.corpora.names import NAME
from mespot.errors import InputError
from mespot.limits import MOTION_BYTES
from mespot.spans import usable_spans
from mespot.store import io
from mespot.store.files import regular
from mespot.store.schema import LAYOUTS
from mespot.store.sheet_errors import Errors
from mespot.store.sheet_rows import rows

_LAYOUT = LAYOUTS["motion"]
# Attributes that a series may lack, and what is then true: motion in no known share of the face.
_NOT_NEEDED = {"crop_size": 0}
_BLINK = "blink"
# Working frames of a thinned-out recording are the nearest native ones, so steps vary a little.
_TOLERANCE = 0.1
_MEND = "mend the series, or empty its path in videos.csv to leave the recording out"


@dataclass(frozen=True)
class Described:
    """What the sheet says of a recording; None where only an .h5 file says it.

    fps, first_frame, n_frames: of the recording itself. every: native frames a row of the series.
    """

    subject: str
    video: str
    fps: float | None
    first_frame: int | None
    every: int | None
    n_frames: int | None


@dataclass(frozen=True)
class Series:
    """The motion of one recording: the data sets and attributes of a `motion` file.

    arrays: `regional` `(T, L, R, 2)` float32 px, `blink`, `span`, `native_frame` and `time`
    `(T,)`. attrs: those of the recording, `lags` and `regions`.
    """

    arrays: dict[str, np.ndarray]
    attrs: dict[str, Any]


def read_series(path: str | Path, described: Described, regions: Sequence[str]) -> Series:
    """Read the series of one recording.

    regions: names of the face regions of an .npy or .csv file. A series of these forms has lag 1
    only, one usable span, and no blinks unless a .csv has the column `blink`.
    """
    path = Path(path)
    if path.suffix == ".h5":
        return _read_h5(path, described)
    if path.suffix == ".csv":
        moved, blink = _read_csv(path, regions)
    else:
        moved, blink = _read_npy(path, regions), None
    return _from_rows(path, moved, blink, described, regions)


# ---------------------------------------------------------------- a row a pair of frames


def _read_npy(path: Path, regions: Sequence[str]) -> np.ndarray:
    """Rows `(T - 1, R, 2)` float32."""
    try:
        if not path.exists():
            raise InputError(f"{path}: does not exist; correct the path in videos.csv")
        # Mapped: what the header claims is compared with the size of the file, nothing is read.
        moved = np.load(regular(path, MOTION_BYTES), mmap_mode="r", allow_pickle=False)
    except (ArithmeticError, EOFError, MemoryError, OSError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is no .npy array ({error}); save it with numpy.save") from None
    if not isinstance(moved, np.ndarray) or moved.dtype.kind not in "fiu":
        held = moved.dtype if isinstance(moved, np.ndarray) else "several arrays"
        raise InputError(f"{path}: holds {held}, not numbers; save one array of floats")
    count = len(regions)
    if moved.ndim == 3 and moved.shape[2] == 2 and moved.shape[1] != count:
        raise InputError(
            f"{path}: has {moved.shape[1]} regions, but regions.txt names {count}; "
            "correct one of them"
        )
    if moved.ndim != 3 or moved.shape[2] != 2:
        raise InputError(
            f"{path}: has the shape {moved.shape}; save an array of (rows, {count}, 2), u and v of "
            "each region between two working frames"
        )
    with np.errstate(over="ignore"):
        moved = moved.astype(np.float32)
    wrong = np.argwhere(~np.isfinite(moved))
    if len(wrong):
        row, region, _ = wrong[0]
        raise InputError(
            f"{path}: row {row} of region '{regions[region]}' is no finite number, one of "
            f"{len(wrong)} such values; {_MEND}"
        )
    return moved


def _read_csv(path: Path, regions: Sequence[str]) -> tuple[np.ndarray, np.ndarray | None]:
    """Rows `(T - 1, R, 2)` float32, and blinks `(T - 1,)` where there is a column for them."""
    columns = [f"{region}_{axis}" for region in regions for axis in "uv"]
    errors = Errors(path)
    table, blink = [], []
    for line, cells in rows(path, columns, [_BLINK]):
        table.append([_number(errors, line, column, cells[column]) for column in columns])
        if _BLINK in cells:
            blink.append(_number(errors, line, _BLINK, cells[_BLINK], most=1.0))
    errors.raise_any()
    moved = np.array(table, dtype=np.float32).reshape(-1, len(regions), 2)
    return moved, np.array(blink, dtype=np.float32) if blink else None


def _number(errors: Errors, line: int, column: str, text: str, most: float | None = None) -> float:
    """A finite number, or one of 0 to `most`."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    largest = float(np.finfo(np.float32).max)
    low, high = (-largest, largest) if most is None else (0.0, most)
    if not low <= number <= high:  # nan is neither
        what = "a finite number" if most is None else f"a number from 0 to {most:g}"
        errors.add(line, column, f"'{text}' must be {what}; mend the series")
    return number


def _from_rows(
    path: Path,
    moved: np.ndarray,
    blink: np.ndarray | None,
    described: Described,
    regions: Sequence[str],
) -> Series:
    """The series of rows; the first frame has no motion, and the blink of the first row."""
    fps, every, n_frames = described.fps, described.every, described.n_frames
    if fps is None or every is None or n_frames is None or described.first_frame is None:
        raise InputError(f"{path}: needs fps, first_frame, every and n_frames in videos.csv")
    expected = (n_frames - 1) // every
    if len(moved) != expected or not expected:
        raise InputError(
            f"{path}: has {len(moved)} rows, but {n_frames} frames with every={every} give "
            f"{expected}, one for each two working frames; correct `every` or `n_frames` in "
            "videos.csv, or give the whole series"
            + (" (at least two working frames)" if not expected else "")
        )
    working = np.arange(len(moved) + 1)
    arrays = {
        "regional": np.concatenate([np.zeros_like(moved[:1]), moved])[:, None],
        "blink": np.zeros(len(working), np.float32) if blink is None else np.r_[blink[:1], blink],
        "span": np.zeros(len(working), np.int16),
        "native_frame": (described.first_frame + every * working).astype(np.int32),
        "time": every * working / fps,
    }
    attrs = {
        "video": described.video,
        "subject": described.subject,
        "native_fps": fps,
        "n_native_frames": n_frames,
        "first_native_frame": described.first_frame,
        "rate": fps / every,
        "width": 0,
        "height": 0,
        "lags": [1],
        "regions": list(regions),
        **_NOT_NEEDED,
    }
    return Series(arrays, attrs)


# ---------------------------------------------------------------- our own form


def _read_h5(path: Path, described: Described) -> Series:
    try:
        if path.exists():
            regular(path, MOTION_BYTES)
        return _checked(path, io.read(path, "motion"), described)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise InputError(f"{path}: is damaged ({error}); {_LAYOUT.remedy(path)}") from error


def _checked(path: Path, record: io.Record, described: Described) -> Series:
    """Raises InputError that names every fault of the content."""
    stated = {**_NOT_NEEDED, **record.attrs}
    lacking = sorted(set(_LAYOUT.attributes) - set(stated))
    if lacking:
        raise InputError(f"{path}: lacks the attribute {lacking[0]}; {_LAYOUT.remedy(path)}")
    attrs = {name: stated[name] for name in _LAYOUT.attributes}
    faults = [*_faults_of_shape(record), *_faults_of_attributes(attrs, described)]
    faults = faults or _faults_of_values(record, attrs)
    if faults:
        raise InputError("\n".join(f"{path}: {fault}" for fault in faults))
    return Series({name: record[name] for name in _LAYOUT.data_sets}, attrs)


def _faults_of_shape(record: io.Record) -> list[str]:
    faults = []
    for name, declared in _LAYOUT.data_sets.items():
        array = record[name]
        if array.ndim != len(declared.axes) or len(array) != len(record["span"]):
            faults.append(
                f"{name} has the shape {array.shape}; its axes are {', '.join(declared.axes)}, and "
                f"span has {len(record['span'])} frames"
            )
        if not np.can_cast(array.dtype, declared.dtype, casting="same_kind"):
            faults.append(f"{name} holds {array.dtype}, not {declared.dtype}")
    return [f"{fault}; write it again" for fault in faults]


def _faults_of_attributes(attrs: dict[str, Any], described: Described) -> list[str]:
    """What the file says of itself that cannot be, or that the sheet says otherwise."""
    pairs: list[tuple[str, Any]] = [
        ("video", described.video),
        ("subject", described.subject),
        ("native_fps", described.fps),
        ("first_native_frame", described.first_frame),
        ("n_native_frames", described.n_frames),
    ]
    faults = [
        f"is of {name} {attrs[name]!r}, but videos.csv says {wanted!r}; make them agree"
        for name, wanted in pairs
        if wanted is not None and not _same(attrs[name], wanted)
    ]
    for name in ("native_fps", "rate"):
        if not (isinstance(attrs[name], (int, float)) and 0 < attrs[name] < math.inf):
            faults.append(f"{name} is {attrs[name]!r}; write a positive number")
    for name in ("first_native_frame", "n_native_frames"):
        if not isinstance(attrs[name], int):
            faults.append(f"{name} is {attrs[name]!r}; write a whole number")
    if not (isinstance(attrs["crop_size"], int) and attrs["crop_size"] >= 0):
        faults.append(f"crop_size is {attrs['crop_size']!r}; write a whole number, 0 if unknown")
    lags = attrs["lags"] if isinstance(attrs["lags"], list) else []
    whole = all(isinstance(lag, int) and lag > 0 for lag in lags)
    if not lags or not whole or len(set(lags)) != len(lags):
        faults.append(f"lags are {attrs['lags']!r}; write different whole numbers from 1")
    names = attrs["regions"] if isinstance(attrs["regions"], list) else []
    words = all(isinstance(name, str) and NAME.fullmatch(name) for name in names)
    if not names or not words or len(set(names)) != len(names):
        faults.append(f"regions are {attrs['regions']!r}; write different names, a word each")
    return faults


def _same(own: Any, stated: Any) -> bool:
    """Whether a file and the sheet agree; sheets have rates with six decimals."""
    if isinstance(own, float) and isinstance(stated, float):
        return math.isclose(own, stated, rel_tol=1e-6)
    return bool(own == stated)


def _faults_of_values(record: io.Record, attrs: dict[str, Any]) -> list[str]:
    faults = []
    span, native, regional = record["span"], record["native_frame"], record["regional"]
    wanted = (len(attrs["lags"]), len(attrs["regions"]), 2)
    if regional.shape[1:] != wanted:
        faults.append(
            f"regional has the shape {regional.shape}, but lags and regions ask for "
            f"(frames, {', '.join(map(str, wanted))}); write it again"
        )
    elif not np.isfinite(regional).all():
        frame = int(np.argwhere(~np.isfinite(regional))[0, 0])
        faults.append(f"regional is no finite number in working frame {frame}; {_MEND}")
    if not np.isfinite(record["blink"][span >= 0]).all():
        faults.append(f"blink is no finite number in a usable frame; {_MEND}")
    elif ((record["blink"] < 0) | (record["blink"] > 1))[span >= 0].any():
        faults.append("blink is not between 0 and 1; write it again")
    first = attrs["first_native_frame"]
    last = first + attrs["n_native_frames"] - 1
    # Of a video with fewer frames than working frames, some of these share a number.
    least = 0 if attrs["rate"] > attrs["native_fps"] else 1
    if not len(native) or (np.diff(native) < least).any() or native[0] < first or native[-1] > last:
        faults.append(f"native_frame does not rise within {first} to {last}; write it again")
    if (span < -1).any():
        faults.append("span is below -1; write -1 where there is no usable face")
    if len({span[start] for start, _ in usable_spans(span)}) != len(usable_spans(span)):
        faults.append("span has one index in two places; number the runs of usable frames")
    if not np.isfinite(record["time"]).all() or (np.diff(record["time"]) <= 0).any():
        faults.append("time does not rise; write seconds")
    elif len(native) > 1:
        step, own = float(np.median(np.diff(record["time"]))), 1 / attrs["rate"]
        played = (native[-1] - first) / attrs["native_fps"]
        if not math.isclose(step, own, rel_tol=_TOLERANCE) or not math.isclose(
            record["time"][-1], played, rel_tol=_TOLERANCE, abs_tol=own
        ):
            faults.append(
                f"time has steps of {step:.4g} s and ends at {record['time'][-1]:.4g} s, but rate, "
                f"native_fps and native_frame give {own:.4g} s and {played:.4g} s; make them agree"
            )
    return faults
