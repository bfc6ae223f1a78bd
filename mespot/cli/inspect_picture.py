"""The pictures that `mespot inspect --png` draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mespot.cli import inspect_text
from mespot.errors import InputError
from mespot.expressions import CLASSES
from mespot.plots import artefacts, style
from mespot.plots.losses import losses
from mespot.store.contents import contents, part
from mespot.store.files import replacing

_SHEET = 24  # pictures on a contact sheet
_DPI = 150


@dataclass(frozen=True)
class _Video:
    """One video in an HDF5 file."""

    path: Path
    group: str
    attrs: dict[str, Any]

    def part(self, name: str, frames: Any = slice(None)) -> np.ndarray:
        return part(self.path, f"{self.group}{name}", frames)

    @property
    def title(self) -> str:
        name = self.attrs.get("video", self.group.strip("/"))
        return f"{self.attrs['kind']} of {name}"

    def sheet(self) -> tuple[np.ndarray, list[str]]:
        """The frames of a contact sheet and what is written above them."""
        frames = artefacts.chosen_frames(self.part("span"), _SHEET)
        native, time = self.part("native_frame")[frames], self.part("time")[frames]
        return frames, [f"frame {n}, {t:.2f} s" for n, t in zip(native, time, strict=True)]


def draw(path: Path, png: Path, of: str | None = None) -> None:
    """Draw a file to `png`. Raises InputError for a kind that has no picture."""
    if png.suffix.lower() != ".png":
        raise InputError(f"{png}: is no .png; name a file that ends so")
    suffix = path.suffix.lower()
    figure = (
        _of_hdf5(path, of)
        if suffix == ".h5"
        else _of_checkpoint(path)
        if suffix == ".pt"
        else _of_table(path)
    )
    with style.house_style(), replacing(png) as temporary:
        figure.savefig(temporary, dpi=_DPI)


def _of_hdf5(path: Path, of: str | None) -> Figure:
    file, *inner = contents(path)
    groups = {one.name: one.attrs for one in inner if one.shape is None}
    kind = str(file.attrs.get("kind"))
    if kind not in _DRAWN:
        raise InputError(f"{path}: {kind} has no picture; those of {', '.join(_DRAWN)} have one")
    if groups:
        written = file.attrs.get("videos", list(groups))
        name = of or next((one for one in written if one in groups), "")
        if name not in groups:
            raise InputError(f"--of: {name!r} is not in {path}; it has {', '.join(groups)}")
        return _DRAWN[kind](_Video(path, f"{name}/", {**file.attrs, **groups[name]}))
    return _DRAWN[kind](_Video(path, "", file.attrs))


def _frames(video: _Video) -> Figure:
    frames, captions = video.sheet()
    grey = video.part("image", frames) * video.attrs.get("image_scale", 1.0)
    return artefacts.pictures(video.title, np.rint(grey).astype(np.uint8), captions)


def _landmarks(video: _Video) -> Figure:
    frames, captions = video.sheet()
    size = video.attrs["width"], video.attrs["height"]
    return artefacts.points(video.title, video.part("points", frames), captions, size)


def _flow(video: _Video) -> Figure:
    frames, captions = video.sheet()
    stored = video.part("flow", frames)
    if not stored[0].size:
        return _motion(video)
    images, full = artefacts.coloured(stored.astype(np.float32) * video.attrs["scale"])
    note = (
        f"hue: direction (red: right, green: down, blue: up); full colour: {full:.2g} px per frame"
    )
    return artefacts.pictures(video.title, images, captions, note)


def _motion(video: _Video) -> Figure:
    lags = list(video.attrs["lags"])
    moved = np.hypot(*np.moveaxis(video.part("regional")[:, -1], -1, 0))
    return _heat(video, moved, f"moved in {lags[-1]} frames, px")


def _features(video: _Video) -> Figure:
    values = video.part("feature").astype(np.float32)
    usable = video.part("span") >= 0
    known = values[usable] if usable.any() else values
    spread = np.maximum(known.std(axis=0), 1e-6)
    strength = np.sqrt((((values - known.mean(axis=0)) / spread) ** 2).mean(axis=-1))
    return _heat(video, strength, "distance from the mean, standard deviations")


def _heat(video: _Video, rows: np.ndarray, label: str) -> Figure:
    rows = np.where(video.part("span")[:, None] >= 0, rows, np.nan)
    names = list(video.attrs["regions"])
    return artefacts.heat(video.title, rows, names, video.part("time"), label)


def _scores(video: _Video) -> Figure:
    thresholds = {kind: video.attrs.get(f"threshold_{kind}", np.nan) for kind in CLASSES}
    scores = {kind: video.part(kind) for kind in CLASSES}
    return artefacts.score_curves(video.title, scores, thresholds, video.part("time"))


_DRAWN: dict[str, Callable[[_Video], Figure]] = {
    "landmarks": _landmarks,
    "frames": _frames,
    "flow": _flow,
    "motion": _motion,
    "features": _features,
    "scores": _scores,
    "found": _scores,
}


def _of_checkpoint(path: Path) -> Figure:
    content = inspect_text.checkpoint(path)
    if content["kind"] != "encoder" or not content["history"]:
        raise InputError(f"{path}: only encoders that were trained have a picture, of their losses")
    stream = path.stem
    name = " / ".join(path.with_suffix("").parts[-3:])
    return losses(f"encoder {name}", {stream: {path.parent.name: content["history"]}})


def _of_table(path: Path) -> Figure:
    kind, content = inspect_text.table(path)
    if kind not in ("intervals", "candidates", "labels", "annotations"):
        raise InputError(f"{path}: only tables of intervals and labels have a picture")
    seconds = "onset_s" in content
    start, end = ("onset_s", "offset_s") if seconds else ("onset", "offset")
    rows = pd.DataFrame(
        {
            "video": content["video"],
            "type": content["type"],
            "start": content[start],
            "end": content[end],
        }
    )
    return artefacts.bars(f"{kind}: {path.name}", rows, "time, s" if seconds else "frame")
