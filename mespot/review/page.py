"""Writes the review page of a video: one HTML file with all that it needs, for any browser."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.review import pictures
from mespot.store.files import replacing

ASSETS = Path(__file__).parent / "assets"
# In the order in which they are joined; a later one uses the names of those before it.
SCRIPTS = (
    "data.js",
    "sheet.js",
    "agreement.js",
    "decisions.js",
    "pictures.js",
    "faces.js",
    "timeline.js",
    "list.js",
    "keys.js",
    "main.js",
)
# Region motion is kept in this share of a pixel of the crop.
MOTION_UNIT = 1 / 256


@dataclass(frozen=True)
class RegionMotion:
    """How the face regions move.

    names: R regions. motion: `(T, R, 2)`, displacement since the frame before, px of the crop, to
    the right and downwards. crop_size: side of the crop, px; 0 where it is not known. centres:
    `(R, 2)` middle of each region as shares of the crop's side; None where they are not known.
    """

    names: list[str]
    motion: np.ndarray
    crop_size: float
    centres: np.ndarray | None = None

    @classmethod
    def over_shortest(
        cls,
        names: Sequence[str],
        regional: np.ndarray,
        lags: Sequence[int],
        crop_size: float,
        centres: np.ndarray | None = None,
    ) -> RegionMotion:
        """From motion over several lags `(T, L, R, 2)`: that over the shortest, as steps of one
        frame. lags: `(L,)` frames."""
        shortest = int(np.argmin(lags))
        motion = regional[:, shortest] / lags[shortest]
        return cls(list(names), motion, crop_size, centres)


@dataclass(frozen=True)
class Review:
    """What a page shows of a video of T working frames.

    fps: native frames a second. first_frame, last_frame: native numbers. time: `(T,)` s from the
    first frame, native_frame: `(T,)` native numbers, usable: `(T,)` bool, whether a face is usable.
    scores: class -> `(T,)`. thresholds: class -> threshold on them, NaN where there is none.
    candidates: columns type, onset, apex, offset (native frames) and confidence, those below the
    thresholds too. intervals: the ones that are spotted, with type, onset and offset.
    faces: gives the aligned faces, `(S, S)` uint8, of the working frames that it is given, which
    are in order; None where there are none. method: what it was spotted with. digest: of the
    recording, under which a browser keeps what was decided; computed from time and motion if empty.
    """

    subject: str
    video: str
    fps: float
    first_frame: int
    last_frame: int
    time: np.ndarray
    native_frame: np.ndarray
    usable: np.ndarray
    scores: Mapping[str, np.ndarray]
    thresholds: Mapping[str, float]
    candidates: pd.DataFrame
    intervals: pd.DataFrame
    method: str
    regions: RegionMotion | None = None
    faces: Callable[[np.ndarray], Iterable[np.ndarray]] | None = None
    digest: str = ""


def write_page(path: str | Path, review: Review) -> None:
    """Write the page of a video.

    Its pictures are limited (`pictures.MOST_FRAMES`): the strongest candidates get theirs first.
    Raises InputError for a video without frames, and when the file cannot be written.
    """
    if not len(review.time):
        raise InputError(f"{review.video}: has no frames to review")
    candidates = _candidates(review)
    data, chosen = _data(review, candidates)
    with replacing(path) as temporary, temporary.open("wb") as out:
        head, tail = _template(review).split("<!-- pictures -->")
        out.write(head.replace("<!-- data -->", _script(data)).encode("utf-8", "replace"))
        if chosen is not None and review.faces is not None:
            faces = review.faces(chosen.frames)
            for number, sheet in enumerate(pictures.sheets(faces)):
                out.write(f'<script type="text/plain" id="sheet-{number}">'.encode())
                out.write(base64.b64encode(sheet))
                out.write(b"</script>\n")
        out.write(tail.encode())


def _candidates(review: Review) -> pd.DataFrame:
    """The strongest first, each once, with whether it is among the spotted ones."""
    key = ["type", "onset", "offset"]
    both = [table for table in (review.candidates, review.intervals) if len(table)]
    columns = [*key, "apex", "confidence"]
    table = pd.concat([part[columns] for part in both]) if both else pd.DataFrame(columns=columns)
    table = table.drop_duplicates(key)
    spotted = set(review.intervals[key].itertuples(index=False, name=None))
    table["spotted"] = [row in spotted for row in table[key].itertuples(index=False, name=None)]
    middle = (table["onset"] + table["offset"]) // 2
    table["apex"] = table["apex"].astype("Int64").fillna(middle.astype("Int64"))
    return table.sort_values(["confidence", "onset", "type"], ascending=[False, True, True])


def _data(
    review: Review, candidates: pd.DataFrame
) -> tuple[dict[str, Any], pictures.Chosen | None]:
    """What the scripts of the page read, and the frames that have a picture."""
    chosen = None
    if review.faces is not None:
        last = len(review.native_frame) - 1
        ends = [
            np.minimum(np.searchsorted(review.native_frame, candidates[name].to_numpy(int)), last)
            for name in ("onset", "offset")
        ]
        chosen = pictures.choose_frames(np.asarray(review.time), list(zip(*ends, strict=True)))
    data = {
        "video": review.video,
        "subject": review.subject,
        "method": review.method,
        "digest": review.digest or _digest(review),
        "fps": float(review.fps),
        "first": int(review.first_frame),
        "last": int(review.last_frame),
        "time": _packed(review.time, "<f8"),
        "native": _packed(review.native_frame, "<i4"),
        "usable": _packed(review.usable, "u1"),
        "scores": {kind: _packed(review.scores[kind], "<f4") for kind in CLASSES},
        "thresholds": {kind: _number(review.thresholds[kind]) for kind in CLASSES},
        "candidates": [
            {
                "type": row["type"],
                **{name: int(row[name]) for name in ("onset", "apex", "offset")},
                "confidence": float(row["confidence"]),
                "spotted": bool(row["spotted"]),
            }
            for row in candidates.to_dict("records")
        ],
        "regions": None if review.regions is None else _regions(review.regions),
        "pictures": None
        if chosen is None
        else {
            "side": pictures.SIDE,
            "columns": pictures.COLUMNS,
            "perSheet": pictures.PER_SHEET,
            "frames": _packed(chosen.frames, "<i4"),
            "candidates": chosen.candidates,
        },
    }
    return data, chosen


def _regions(regions: RegionMotion) -> dict[str, Any]:
    # Rounded paths, not rounded steps: the errors of many small steps would add up.
    steps = np.nan_to_num(np.asarray(regions.motion, np.float64))
    path = np.rint(np.cumsum(steps, axis=0) / MOTION_UNIT)
    steps = np.diff(path, axis=0, prepend=0)
    return {
        "names": list(regions.names),
        "size": float(regions.crop_size),
        "centres": None if regions.centres is None else np.round(regions.centres, 4).tolist(),
        "unit": MOTION_UNIT,
        "steps": _packed(np.clip(steps, -32768, 32767), "<i2"),
    }


def _digest(review: Review) -> str:
    digest = hashlib.sha256(f"{review.subject}\0{review.video}".encode("utf-8", "replace"))
    digest.update(_packed(review.time, "<f8").encode())
    digest.update(_packed(review.native_frame, "<i4").encode())
    if review.regions is not None:
        digest.update(_packed(review.regions.motion, "<f4").encode())
    return digest.hexdigest()[:24]


def _packed(values: Any, dtype: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype).tobytes()).decode()


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _script(data: Mapping[str, Any]) -> str:
    """JSON that can stand in a page: nothing in it can end the element that it stands in."""
    return json.dumps(data, allow_nan=False).replace("<", "\\u003c")


def _template(review: Review) -> str:
    """The page without its data."""
    scripts = "\n".join(_asset(name) for name in SCRIPTS)
    page = _asset("page.html")
    for mark, text in (
        ("/* styles */", _asset("uPlot.min.css") + _asset("review.css")),
        ("/* library */", f"/* {_asset('uPlot.LICENSE')} */\n{_asset('uPlot.iife.min.js')}"),
        ("/* scripts */", f'"use strict";\n(() => {{\n{scripts}\n}})();'),
        # Last, so that a name is never taken for a mark.
        ("<!-- title -->", html.escape(f"{review.video} - mespot review")),
    ):
        page = page.replace(mark, text)
    return page


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")
