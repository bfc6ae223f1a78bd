"""CSV tables: their columns, and one reader and writer for all of them.

Ids (subject, video) are text and stay text: "006" is not 6.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from mespot.errors import InputError
from mespot.store import table_seals
from mespot.store.files import regular, remake, replacing
from mespot.store.whose import names_in

TEXT, WHOLE, REAL = "string", "Int64", "Float64"

_LARGEST = 200_000_000  # bytes; the candidates of a corpus have some thousands of rows

# Groups of columns that belong together, for the tables below and for whoever fills them in.
COUNTS = ("videos", "labels", "predictions", "tp", "fp", "fn")
F1 = ("f1", "f1_low", "f1_high")
RATIOS = ("precision", "recall", *F1)
DIFFERENCE = ("difference", "difference_low", "difference_high", "p_value")

_INTERVAL = {"onset": WHOLE, "apex": WHOLE, "offset": WHOLE}
_WORKING = {"onset_w": WHOLE, "apex_w": WHOLE, "offset_w": WHOLE}
_SECONDS = {"onset_s": REAL, "apex_s": REAL, "offset_s": REAL}
_LABEL = {"subject": TEXT, "video": TEXT, "type": TEXT}

# Frames are native numbers, inclusive at both ends; the columns ending in _w are indices of
# working frames, those ending in _s seconds from the first frame.
COLUMNS: dict[str, dict[str, str]] = {
    "videos": {"subject": TEXT, "video": TEXT, "path": TEXT, "fps": REAL},
    # The same with the number of the first frame, where labels do not count from 0.
    "numbered_videos": {
        "subject": TEXT,
        "video": TEXT,
        "path": TEXT,
        "fps": REAL,
        "first_frame": WHOLE,
    },
    # Series of motion, with the native frames that they stand for.
    "motion_videos": {
        "subject": TEXT,
        "video": TEXT,
        "path": TEXT,
        "fps": REAL,
        "first_frame": WHOLE,
        "every": WHOLE,
        "n_frames": WHOLE,
    },
    "annotations": {"subject": TEXT, "video": TEXT, **_INTERVAL, "type": TEXT},
    # Stretches that nobody has decided on.
    "undecided": {"subject": TEXT, "video": TEXT, "first": WHOLE, "last": WHOLE},
    "labels": {**_LABEL, **_INTERVAL, **_WORKING},
    "intervals": {**_LABEL, **_INTERVAL, "confidence": REAL, **_WORKING, **_SECONDS},
    # Of one video of anybody's: what `mespot spot` finds. Seconds are written as hh:mm:ss.mmm too.
    "found": {
        "video": TEXT,
        "type": TEXT,
        **_INTERVAL,
        **_SECONDS,
        "onset_time": TEXT,
        "apex_time": TEXT,
        "offset_time": TEXT,
        "confidence": REAL,
        "regions": TEXT,
        "side": TEXT,
        **dict.fromkeys(("blink", "speech", "head_turn", "occluded", "cut_off"), WHOLE),
    },
    "found_videos": {
        "video": TEXT,
        "path": TEXT,
        "state": TEXT,
        "micro": WHOLE,
        "macro": WHOLE,
        "minutes": REAL,
        "usable_minutes": REAL,
        "fps": REAL,
        "width": WHOLE,
        "height": WHOLE,
        "remarks": TEXT,
    },
    "candidates": {
        **_LABEL,
        **_INTERVAL,
        "confidence": REAL,
        **_WORKING,
        **_SECONDS,
        "level": REAL,
    },
    "metrics": {
        "corpus": TEXT,
        "method": TEXT,
        "pretraining": TEXT,
        "expression": TEXT,
        "subject": TEXT,
        **dict.fromkeys(COUNTS, WHOLE),
        **dict.fromkeys(RATIOS, REAL),
        "f1_oracle_threshold": REAL,
    },
    # Behind these columns: intervals a minute of each method and class.
    "summary": {
        "corpus": TEXT,
        "subject": TEXT,
        "video": TEXT,
        "videos": WHOLE,
        "fps": REAL,
        "varying_rate": WHOLE,
        "no_face": WHOLE,
        "minutes": REAL,
        "unusable_minutes": REAL,
        "occluded_minutes": REAL,
        "cuts": WHOLE,
        "faces": WHOLE,
        "other_face_minutes": REAL,
        "other_face_size": REAL,
    },
    "comparison": {
        "corpus": TEXT,
        "expression": TEXT,
        "method_a": TEXT,
        "method_b": TEXT,
        "subjects": WHOLE,
        "f1_a": REAL,
        "f1_b": REAL,
        **dict.fromkeys(DIFFERENCE, REAL),
    },
    "ablation": {
        "corpus": TEXT,
        "group": TEXT,
        "method": TEXT,
        "expression": TEXT,
        "seeds": WHOLE,
        "subjects": WHOLE,
        **dict.fromkeys(F1, REAL),
        "f1_sd": REAL,
        **dict.fromkeys(DIFFERENCE, REAL),
    },
}

# Where the tables of a run lie below `results/{corpus}/`; all others are sheets of the user.
PLACES = {
    "labels": "labels.csv",
    "intervals": "intervals/{method}/{fold}.csv",
    "candidates": "candidates/{method}/{fold}.csv",
    "metrics": "metrics.csv",
    "summary": "summary.csv",
    "comparison": "comparison.csv",
    "ablation": "ablation.csv",
}


def empty(kind: str) -> pd.DataFrame:
    """A table of `kind` without rows."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in COLUMNS[kind].items()})


def write(
    path: str | Path, kind: str, table: pd.DataFrame, own: Mapping[str, str] | None = None
) -> None:
    """Write a table atomically with exactly the columns of `kind`; reals with six decimals.

    own: further columns and their types, which are written behind them. Tables of a run get a seal.
    """
    columns = {**COLUMNS[kind], **(own or {})}
    typed = table[list(columns)].astype(columns)
    content = typed.to_csv(index=False, float_format="%.6f", lineterminator="\n").encode()
    with replacing(path) as temporary:
        temporary.write_bytes(content)
        if kind in PLACES:
            table_seals.write(path, kind, PLACES[kind], content)


def read(path: str | Path, kind: str, own: str | None = None) -> pd.DataFrame:
    """Read a table of a run. InputError when it is missing, not as it was written, or another one.

    own: type of further columns; without it, they are left out.
    """
    path = Path(path)
    content = _content(path)
    if kind in PLACES:
        table_seals.check(path, kind, PLACES[kind], content)
    try:
        table = pd.read_csv(BytesIO(content), dtype="string", keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a {kind} table ({error}); {remake(path)}") from error
    missing = [name for name in COLUMNS[kind] if name not in table.columns]
    if missing:
        raise InputError(f"{path}: not a {kind} table: no column {missing[0]!r}; {remake(path)}")
    try:
        return typed(table, kind, own)
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: not a {kind} table ({error}); {remake(path)}") from error


def typed(table: pd.DataFrame, kind: str, own: str | None = None) -> pd.DataFrame:
    """A table of text, with all columns of `kind`, in their types. own: as for `read`. Raises
    ValueError or TypeError for a cell that is none of its type."""
    further = [name for name in table.columns if own and name not in COLUMNS[kind]]
    columns = {**COLUMNS[kind], **{name: str(own) for name in further}}
    return pd.DataFrame(
        {
            name: pd.Series(table[name].replace("", pd.NA), dtype=dtype)
            for name, dtype in columns.items()
        }
    )


def lacks_seal(path: str | Path, kind: str) -> bool:
    """Whether this is a table of a run without its seal, such as a copy of it elsewhere."""
    return kind in PLACES and not table_seals.there(path)


def has_lost_seal(path: str | Path) -> bool:
    """Whether a table lies where a run has written one with a seal, and the seal is gone."""
    path = Path(path).absolute()
    return any(names_in(path, one) for one in PLACES.values()) and not table_seals.there(path)


def check_named(path: str | Path, content: bytes) -> None:
    """Raises InputError for a table that a run has sealed and that has another content now, or is
    not of whom its path says. What has no seal, such as a sheet of the user, is not looked at."""
    table_seals.check_named(path, PLACES, content)


def provenance(path: str | Path, kind: str) -> Any:
    """How a table of a run was made. Raises InputError when it is not as it was written."""
    return table_seals.check(path, kind, PLACES[kind], _content(path))


def _content(path: str | Path) -> bytes:
    if not Path(path).exists():
        raise InputError(f"{path}: does not exist; run the rule that writes it")
    return regular(path, _LARGEST).read_bytes()


def read_intervals(paths: Sequence[str | Path], kind: str = "intervals") -> pd.DataFrame:
    """The tables of all folds of a method as one: its intervals or candidates."""
    return pd.concat([read(path, kind) for path in paths], ignore_index=True)
