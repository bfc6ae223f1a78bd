"""Reading and writing of the HDF5 artefacts; the only module that knows h5py.

Every file carries the attributes `kind`, `version` and `provenance` (JSON: rule, config section,
code digest, library versions); every data set carries `axes`, `units` and `description`.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from mespot.errors import InputError
from mespot.store import strict
from mespot.store.blocks import Blocks, Parts, checked
from mespot.store.files import regular, replacing, reserve
from mespot.store.schema import LAYOUTS, MAY_LACK, DataSet, Layout
from mespot.store.sealed import Sealed, seal
from mespot.store.whose import check_names

# Known in every frame, with a usable face or without.
_CLOCK = ("span", "native_frame", "time")
# A chunk is unpacked whole, and mostly few frames are read at once. Larger ones pack 1 % better.
_CHUNK_BYTES = 1 << 18
# Frames that are read together where single ones are asked for.
_NEAR = 128


@dataclass
class Record(Mapping[str, np.ndarray]):
    """Data sets of one video, loaded when asked for, and the attributes beside them.

    frames: the first one and the end of those that it has; None as the end: all from the first.
    """

    path: Path
    group: str
    attrs: dict[str, Any]
    layout: Layout
    frames: tuple[int, int | None] = (0, None)
    _cache: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.layout.data_sets:
            raise KeyError(name)
        if name not in self._cache:
            self._cache[name] = self.part(name, slice(None))
        return self._cache[name]

    def part(self, name: str, frames: Any) -> np.ndarray:
        """Frames (a slice along the first axis) of one data set, without loading the rest.

        Raises InputError for values that the layout does not allow.
        """
        with strict.opened(self.path, self.layout) as file:
            stored = file[f"{self.group}/{name}"]
            array = stored[_within(self.frames, frames, len(stored))]
        if not self.layout.by_users:
            usable = None if name in _CLOCK else self["span"][frames] >= 0
            strict.check_values(self.path, name, array, usable, self.layout)
        return array

    def stretch(self, first: int, last: int | None) -> "Record":
        """Frames [first, last) of a whole record as a record of their own. last: None for all
        frames from the first."""
        return replace(self, frames=(first, last), _cache={})

    def rows(self, name: str) -> "Rows":
        """Frames of one data set that are read when they are asked for."""
        return Rows(self, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.layout.data_sets)

    def __len__(self) -> int:
        return len(self.layout.data_sets)


def _within(own: tuple[int, int | None], frames: Any, stored: int) -> Any:
    """Frames of a stretch as those of the data set that it is a part of."""
    if own == (0, None):
        return frames
    here = range(stored)[slice(*own)]
    if not isinstance(frames, slice):
        return np.asarray(here)[frames]
    first, last, step = frames.indices(len(here))
    return slice(here.start + first, here.start + last, step)


@dataclass(frozen=True)
class Rows:
    """One data set of a record that is read part by part: `rows[first:last]`.

    The frames around a small part are kept until others are asked for: HDF5 unpacks them anyway,
    and a file is opened and checked each time that it is read.
    """

    record: Record
    name: str
    _kept: dict[int, np.ndarray] = field(default_factory=dict, repr=False)

    def __getitem__(self, frames: slice) -> np.ndarray:
        first, last, step = frames.indices(len(self.record["span"]))
        number = first // _NEAR
        if step != 1 or not first < last <= (number + 1) * _NEAR:
            return self.record.part(self.name, frames)
        if number not in self._kept:
            self._kept.clear()
            near = slice(number * _NEAR, (number + 1) * _NEAR)
            self._kept[number] = self.record.part(self.name, near)
        return self._kept[number][first - number * _NEAR : last - number * _NEAR].copy()


@contextmanager
def writing(
    path: str | Path,
    kind: str,
    frames: int,
    shapes: Mapping[str, tuple[int, ...]],
    *,
    attrs: Mapping[str, Any],
    provenance: Mapping[str, Any],
) -> Iterator[Blocks]:
    """As `write`, for arrays that come in parts: the block adds them to what it is given.

    frames: how many there will be. shapes: that of a frame of each data set. attrs: read when the
    block ends, so some may be added in it. The file is the same as if it had been written at once.
    Raises InputError and ValueError as `write` does.
    """
    layout = _layout(kind, per_video=False)
    if set(shapes) != set(layout.data_sets):
        raise ValueError(f"{kind}: data sets {sorted(shapes)}, not {sorted(layout.data_sets)}")
    sizes = [
        frames * math.prod(shapes[name]) * np.dtype(declared.dtype).itemsize
        for name, declared in layout.data_sets.items()
    ]
    with _created(path, kind, layout, provenance, sizes) as file:
        data_sets = {
            name: _data_set(file, name, declared, (frames, *shapes[name]))
            for name, declared in layout.data_sets.items()
        }
        blocks = Blocks(kind, layout, data_sets)
        yield blocks
        blocks.finish()
        _set_attributes(file, layout, attrs, kind)


def write(
    path: str | Path,
    kind: str,
    arrays: Mapping[str, np.ndarray],
    *,
    attrs: Mapping[str, Any],
    provenance: Mapping[str, Any],
) -> None:
    """Write one artefact of a kind that holds one video, atomically.

    `arrays` and `attrs` must be exactly those that mespot.store.schema declares for `kind`;
    anything else is a ValueError. Raises InputError when the file cannot be written.
    """
    layout = _layout(kind, per_video=False)
    sizes = [array.nbytes for array in arrays.values()]
    with _created(path, kind, layout, provenance, sizes) as file:
        _put(file, kind, layout, arrays)
        _set_attributes(file, layout, attrs, kind)


def write_videos(
    path: str | Path,
    kind: str,
    videos: Mapping[str, Mapping[str, np.ndarray | Parts]],
    *,
    attrs: Mapping[str, Any],
    provenance: Mapping[str, Any],
    video_attrs: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Write one artefact of a kind that holds a group for each video, atomically.

    Arrays may be given as Parts, which are asked for one after the other. The file is the same.
    Raises InputError and ValueError as `write` does.
    """
    layout = _layout(kind, per_video=True)
    sizes = [array.nbytes for arrays in videos.values() for array in arrays.values()]
    with _created(path, kind, layout, provenance, sizes) as file:
        for name, value in attrs.items():
            file.attrs[name] = _attribute(value)
        for video, arrays in videos.items():
            group = file.create_group(video)
            _put(group, f"{kind} of {video}", layout, arrays)
            for name, value in (video_attrs or {}).get(video, {}).items():
                group.attrs[name] = _attribute(value)
        file.attrs[_ORDER] = _attribute(list(videos))
        known = set(attrs).union(*(video_attrs or {}).values())
        if known != set(layout.attributes):
            raise ValueError(f"{kind}: attributes {sorted(known)}, not {sorted(layout.attributes)}")


def read(path: str | Path, kind: str) -> Record:
    """Open an artefact that holds one video.

    Raises InputError when the file is missing, not HDF5, truncated, of another kind or version,
    not of the form that its layout declares, or of another corpus or video than its path says.
    """
    layout = _layout(kind, per_video=False)
    path = Path(path)
    with strict.opened(path, layout) as file:
        _check_stamp(path, file, kind, layout)
        shapes = strict.check_group(path, file, layout)
        attrs = strict.attributes(file, layout)
        if not layout.by_users:
            strict.check_attributes(path, attrs, layout.attributes, layout)
            strict.check_counts(path, shapes, attrs, layout)
    check_names(path, layout.path, attrs, layout.remedy(path))
    return Record(path, "", attrs, layout)


def read_videos(path: str | Path, kind: str, videos: list[str] | None = None) -> dict[str, Record]:
    """Open an artefact that holds one group a video; `videos` limits and orders what is read.

    Without `videos`, all are read, in the order in which they were written.
    """
    layout = _layout(kind, per_video=True)
    path = Path(path)
    records = {}
    groups: list[h5py.Group] = []
    with strict.opened(path, layout) as file:
        shared = _shared(path, file, kind, layout)
        written = shared.pop(_ORDER, None)
        if not isinstance(written, list):
            raise InputError(f"{path}: lacks the attribute {_ORDER}; {layout.remedy(path)}")

        def refused(what: str) -> InputError:
            return InputError(f"{path}: {what}; {layout.remedy(path)}")

        for video in videos if videos is not None else written:
            if video not in file:
                raise InputError(f"{path}: has no video {video!r}; {layout.remedy(path)}")
            group = strict.member(file, video, h5py.Group, refused)
            shapes = strict.check_group(path, group, layout)
            groups.append(group)
            attrs = {**shared, **strict.attributes(group, layout)}
            strict.check_attributes(path, attrs, layout.attributes, layout)
            strict.check_counts(path, shapes, attrs, layout)
            records[video] = Record(path, f"/{video}", attrs, layout)
        strict.check_sum(path, groups, layout)
    return records


def attributes(path: str | Path, kind: str) -> dict[str, Any]:
    """What is written of a whole file with a group a video; checked as `read_videos` does."""
    layout = _layout(kind, per_video=True)
    path = Path(path)
    with strict.opened(path, layout) as file:
        shared = _shared(path, file, kind, layout)
        own = [name for name in layout.attributes if name not in MAY_LACK]
        strict.check_attributes(path, shared, own, layout)
        return shared


def provenance(path: str | Path, kind: str, *, every_byte: bool = True) -> Any:
    """How a file was made, after all of it was read, or with `every_byte` off no more than is
    needed. Raises InputError when it is not as it was written, of another kind or version, or of
    whom its path does not say."""
    layout = LAYOUTS[kind]
    if every_byte:
        remedy = layout.remedy(path)
        with closing(Sealed(regular(path), remedy, needed=not layout.by_users)) as content:
            content.verify()
    if layout.per_video:
        read_videos(path, kind)
        return attributes(path, kind).get("provenance")
    return read(path, kind).attrs.get("provenance")


def _shared(path: Path, file: h5py.File, kind: str, layout: Layout) -> dict[str, Any]:
    """The attributes of the file itself."""
    _check_stamp(path, file, kind, layout)
    shared = strict.attributes(file, layout)
    check_names(path, layout.path, shared, layout.remedy(path))
    return shared


# Attribute of a file with a group a video: the names of its videos as they were written.
_ORDER = "videos"


def _layout(kind: str, *, per_video: bool) -> Layout:
    layout = LAYOUTS[kind]
    if layout.per_video != per_video:
        raise ValueError(f"{kind}: use {'write/read_videos' if layout.per_video else 'write/read'}")
    return layout


@contextmanager
def _created(
    path: str | Path,
    kind: str,
    layout: Layout,
    provenance: Mapping[str, Any],
    sizes: Iterable[int],
) -> Iterator[h5py.File]:
    """A new stamped file that takes its place at `path` when the block ends without an error.

    sizes: bytes of each data set. Room for them is claimed first: on a full disk HDF5 ends the
    process when it closes a file.
    """
    size = sum(_CHUNK_BYTES // 16 + of_one * 17 // 16 for of_one in sizes)
    with replacing(path) as temporary:
        reserve(temporary, path, size)
        # A fixed libver and no time stamps: the same content gives the same bytes.
        with h5py.File(temporary, "w", libver="v110") as file:
            reserve(temporary, path, size)  # opening has given the room back
            file.attrs["kind"] = kind
            file.attrs["version"] = layout.version
            file.attrs["description"] = layout.description
            file.attrs["provenance"] = json.dumps(provenance, sort_keys=True, default=str)
            yield file
        h5py.File(temporary, "r+").close()  # gives back the room that was not used
        seal(temporary)


def _put(
    group: h5py.Group, what: str, layout: Layout, arrays: Mapping[str, np.ndarray | Parts]
) -> None:
    if set(arrays) != set(layout.data_sets):
        raise ValueError(f"{what}: data sets {sorted(arrays)}, not {sorted(layout.data_sets)}")
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{what}: data sets of different length {lengths}")
    for name, declared in layout.data_sets.items():
        given = arrays[name]
        if isinstance(given, Parts):
            data_set = _data_set(group, name, declared, given.shape)
            # Nothing keeps the blocks: a data set that is closed later makes another file.
            Blocks(what, layout, {name: data_set}).take(name, given)
            continue
        array = checked(what, name, declared, given)
        data_set = _data_set(group, name, declared, array.shape)
        if array.size:
            data_set[...] = array


def _data_set(
    group: h5py.Group, name: str, declared: DataSet, shape: tuple[int, ...]
) -> h5py.Dataset:
    """An empty data set of `shape`, frames first."""
    dtype = np.dtype(declared.dtype)
    of_frame = math.prod(shape[1:]) * dtype.itemsize
    options: dict[str, Any] = {}
    if of_frame * shape[0] > 4096:
        options = dict(chunks=(max(1, min(shape[0], _CHUNK_BYTES // of_frame)), *shape[1:]))
        # Every HDF5 library has these two filters. Level 4 saves 4 % of what level 1 makes, for
        # 0.1 ms a frame; higher levels save 2 % more, for 0.3 ms.
        options |= dict(compression="gzip", compression_opts=4, shuffle=True)
    data_set = group.create_dataset(name, shape, dtype, track_times=False, **options)
    data_set.attrs["axes"] = ",".join(declared.axes)
    data_set.attrs["units"] = declared.units
    data_set.attrs["description"] = declared.description
    return data_set


def _set_attributes(group: h5py.Group, layout: Layout, attrs: Mapping[str, Any], what: str) -> None:
    if set(attrs) != set(layout.attributes):
        raise ValueError(f"{what}: attributes {sorted(attrs)}, not {sorted(layout.attributes)}")
    for name, value in attrs.items():
        group.attrs[name] = _attribute(value)


def _attribute(value: Any) -> Any:
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], str):
        return np.array(value, dtype=h5py.string_dtype())
    return value


def _check_stamp(path: Path, file: h5py.File, kind: str, layout: Layout) -> None:
    kind_there, version_there = file.attrs.get("kind"), file.attrs.get("version")
    if kind_there is None:
        raise InputError(f"{path}: is HDF5, but was not written by mespot; {layout.remedy(path)}")
    if (str(kind_there), str(version_there)) != (kind, str(layout.version)):
        raise InputError(
            f"{path}: holds {str(kind_there)[:40]} version {str(version_there)[:40]}, "
            f"expected {kind} version {layout.version}; {layout.remedy(path)}"
        )
