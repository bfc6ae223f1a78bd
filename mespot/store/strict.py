"""What is checked of an HDF5 file before and after it is read: nothing leads out of it, types,
shapes, sizes, ranges and finiteness are those of the schema, and no damage ends in another error.

Sizes are known before anything is allocated.
"""

import math
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from mespot.errors import InputError
from mespot.store.files import regular
from mespot.store.schema import (
    COORDINATES,
    COUNTED_BY,
    LISTS,
    MAY_LACK,
    NUMBERS,
    SIZES,
    DataSet,
    Layout,
)
from mespot.store.sealed import Sealed

# Deflate makes at most 1032 bytes of one.
_PACKED = 1032
# What is as small is read, however it was packed. No part that is unpacked at once is larger.
_SMALL = 64 << 20
# How the writer packs, and how other programs do. Others could need a program of somebody's.
_FILTERS = (h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_DEFLATE)
_OF_OTHERS = (h5py.h5z.FILTER_LZF, h5py.h5z.FILTER_FLETCHER32)
# Deflate unpacks as many bytes as there are, whatever size is stated.
_DEFLATED = _SMALL // _PACKED
# What HDF5 and numpy raise for bytes that make no sense.
DAMAGE = (
    *(ArithmeticError, AttributeError, BufferError, LookupError, MemoryError, OSError),
    *(RuntimeError, SystemError, TypeError, ValueError),
)


@contextmanager
def opened(path: str | Path, layout: Layout) -> Iterator[h5py.File]:
    """The file, open for reading. Raises InputError for one that does not exist, is no whole HDF5
    file or has another content than its seal says, and for whatever HDF5 or numpy cannot make sense
    of inside the block."""
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path}: does not exist; run the rule that writes it")
    with opened_any(path, layout.remedy(path), sealed=not layout.by_users) as file:
        yield file


@contextmanager
def opened_any(path: str | Path, remedy: str, *, sealed: bool = False) -> Iterator[h5py.File]:
    """As `opened`, for a file of any layout. sealed: whether one without a seal is refused; one
    that has a seal is read through it in any case. remedy: ends the messages."""
    with closing(Sealed(regular(path), remedy, needed=sealed)) as content:
        try:
            file = h5py.File(content, "r")
        except DAMAGE as error:
            fault = content.fault or f"{path}: not a whole HDF5 file ({error}); {remedy}"
            raise InputError(fault) from error
        try:
            with file:
                yield file
        except InputError:
            raise
        except DAMAGE as error:
            what = error or type(error).__name__
            fault = content.fault or f"{path}: is damaged ({what}); {remedy}"
            raise InputError(fault) from error


def member(group: h5py.Group, name: str, kind: type, refused: Callable[[str], InputError]) -> Any:
    """The group or data set of a name. Raises what `refused` makes of the fault: a link that
    leads elsewhere, or something of another kind."""
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise refused(f"{name} is a link to another place")
    found = group[name]
    if not isinstance(found, kind):
        raise refused(f"{name} is no {kind.__name__.lower()}")
    return found


def check_group(path: Path, group: h5py.Group, layout: Layout) -> dict[str, tuple[int, ...]]:
    """The shapes of the data sets of one video. Raises InputError for one that is missing, kept
    elsewhere, of another type or form than declared, or larger than the file can fill."""

    def refused(what: str) -> InputError:
        return InputError(f"{path}: {what} in {group.name}; {layout.remedy(path)}")

    missing = [name for name in layout.data_sets if name not in group]
    if missing:
        raise refused(f"lacks {', '.join(missing)}")
    shapes = {}
    for name, declared in layout.data_sets.items():
        data_set = member(group, name, h5py.Dataset, refused)
        what = fault_of_storage(data_set, by_users=layout.by_users) or _fault_of_form(
            data_set, declared, layout
        )
        if what:
            raise refused(f"{name} {what}")
        shapes[name] = data_set.shape
    if not layout.by_users:
        _check_axes(refused, shapes, layout)
    return shapes


def fault_of_storage(data_set: h5py.Dataset, *, by_users: bool) -> str | None:
    """What is wrong with how a data set is kept: elsewhere, packed in a way that is not read, or
    larger than the file can fill. by_users: whether other programs may have written it."""
    if data_set.external or data_set.is_virtual:
        return "is kept in another file"
    size = _claimed(data_set)
    if size > max(_SMALL, _PACKED * data_set.id.get_storage_size()):
        return f"claims {size / 1e9:.1f} GB, but the file holds less"
    if data_set.chunks is None:
        return None
    chunk = math.prod(data_set.chunks) * data_set.dtype.itemsize
    if chunk > max(_SMALL, size):
        return f"claims {chunk / 1e9:.1f} GB in one piece; write it in pieces"
    made = data_set.id.get_create_plist()
    filters = [made.get_filter(number)[0] for number in range(made.get_nfilters())]
    known = (*_FILTERS, *(_OF_OTHERS if by_users else ()))
    if unknown := [number for number in filters if number not in known]:
        return f"is packed by filter {unknown[0]}, which is not read"
    if h5py.h5z.FILTER_DEFLATE in filters and _unpacks_to_more(data_set, chunk):
        return "unpacks to more than it claims"
    return None


def _claimed(data_set: h5py.Dataset) -> int:
    return math.prod(data_set.shape or (0,)) * data_set.dtype.itemsize


def _unpacks_to_more(data_set: h5py.Dataset, chunk: int) -> bool:
    """Whether a piece of deflated data unpacks to more than the `chunk` bytes that it claims."""
    large: list[tuple[int, ...]] = []

    def look(piece: h5py.h5d.StoreInfo) -> None:
        if piece.size > _DEFLATED:
            large.append(piece.chunk_offset)

    # All in one go: to ask for one after the other takes as long as their number squared.
    data_set.id.chunk_iter(look)
    for place in large:
        _, packed = data_set.id.read_direct_chunk(place)
        # A checksum may lie behind the data.
        if len(zlib.decompressobj().decompress(packed, chunk + 8)) > chunk + 4:
            return True
    return False


def check_sum(path: Path, groups: Iterable[h5py.Group], layout: Layout) -> None:
    """Raises InputError where the data sets of many groups together claim more than the file can
    fill."""
    size = sum(_claimed(group[name]) for group in groups for name in layout.data_sets)
    if size > max(_SMALL, _PACKED * path.stat().st_size):
        raise InputError(
            f"{path}: claims {size / 1e9:.1f} GB, but the file holds less; {layout.remedy(path)}"
        )


def _fault_of_form(data_set: h5py.Dataset, declared: DataSet, layout: Layout) -> str | None:
    dtype, shape = data_set.dtype, data_set.shape
    if layout.by_users:
        alike, formed = dtype.kind in "biuf", bool(shape)
    else:
        alike, formed = dtype == declared.dtype, len(shape or ()) == len(declared.axes)
    if not alike:
        return f"holds {dtype}, not {declared.dtype}"
    if not formed or len(shape) != len(declared.axes):
        return f"has the shape {shape}; its axes are {', '.join(declared.axes)}"
    return None


def _check_axes(
    refused: Callable[[str], InputError], shapes: Mapping[str, tuple[int, ...]], layout: Layout
) -> None:
    """Axes of one name are as long in every data set; rows and columns are of a matrix."""
    lengths = dict(SIZES)
    for name, shape in shapes.items():
        for axis, length in zip(layout.data_sets[name].axes, shape, strict=True):
            if axis not in ("row", "column") and lengths.setdefault(axis, length) != length:
                other = lengths[axis]
                raise refused(f"{name} has {length} on axis {axis}, not {other}")


def check_counts(
    path: Path, shapes: Mapping[str, tuple[int, ...]], attrs: Mapping[str, Any], layout: Layout
) -> None:
    """Raises InputError where an axis is not as long as the list that names what is on it."""
    for name, shape in shapes.items():
        for axis, length in zip(layout.data_sets[name].axes, shape, strict=True):
            counted = attrs.get(COUNTED_BY.get(axis, ""))
            if counted is not None and len(counted) != length:
                raise InputError(
                    f"{path}: {name} has {length} on axis {axis}, but {COUNTED_BY[axis]} has "
                    f"{len(counted)}; {layout.remedy(path)}"
                )


def attributes(node: h5py.Group, layout: Layout) -> dict[str, Any]:
    """Attributes of a file or group that mespot knows, as builtins."""
    known = ("kind", "version", "description", "provenance", "videos", *layout.attributes)
    return {name: _plain(node.attrs[name]) for name in known if name in node.attrs}


def check_attributes(
    path: Path, attrs: Mapping[str, Any], names: Iterable[str], layout: Layout
) -> None:
    """Raises InputError for one of the attributes that is missing, or of another type or range."""
    for name in names:
        if name not in attrs:
            raise InputError(f"{path}: lacks the attribute {name}; {layout.remedy(path)}")
        if not _fits(name, attrs[name]):
            given = repr(attrs[name])[:80]
            raise InputError(f"{path}: the attribute {name} is {given}; {layout.remedy(path)}")


def _fits(name: str, value: Any) -> bool:
    if name in LISTS:
        kind = LISTS[name]
        whole = isinstance(value, list) and all(type(one) is kind for one in value)
        if kind is float:
            if not whole or not all(map(math.isfinite, value)):
                return False
            if name in COORDINATES:
                return len(value) in COORDINATES[name]
            return min(value, default=0) >= 0
        positive = whole and (kind is str or (value and min(value) >= 1))
        return bool(positive) and len(set(value)) == len(value)
    if name in NUMBERS:
        least, whole_number = NUMBERS[name]
        kinds = (int,) if whole_number else (int, float)
        return type(value) in kinds and math.isfinite(value) and least <= value <= 2**31
    if name in MAY_LACK:
        return type(value) is float
    return isinstance(value, str)


def check_values(
    path: str | Path, name: str, array: np.ndarray, usable: np.ndarray | None, layout: Layout
) -> None:
    """Raises InputError where values are out of range, or no finite number in a usable frame.

    usable: `(T,)` bool, of the same frames; None where all count.
    """
    declared, fault = layout.data_sets[name], None
    if array.dtype.kind == "f":
        # One pass without a copy: a sum is finite where every value is, but for an overflow.
        with np.errstate(over="ignore", invalid="ignore"):
            whole = bool(np.isfinite(array.sum(dtype=np.float64)))
        shown = array if whole or usable is None else array[usable]
        if not whole and not np.isfinite(shown).all():
            fault = "is no finite number in a usable frame"
    if fault is None and (declared.least is not None or declared.most is not None):
        shown = array if usable is None else array[usable]
        low = declared.least is not None and (shown < declared.least).any()
        high = declared.most is not None and (shown > declared.most).any()
        if low or high:
            fault = f"is not between {declared.least} and {declared.most}"
    # Working frames share a native frame where the recording has none near them.
    if fault is None and name in ("native_frame", "time") and (array[1:] < array[:-1]).any():
        fault = "falls"
    if fault is not None:
        raise InputError(f"{path}: {name} {fault}; {layout.remedy(path)}")


def _plain(value: Any) -> Any:
    """Attribute as a builtin: numpy scalars and arrays become numbers and lists."""
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value.tolist()]
    if isinstance(value, np.generic):
        return value.item()
    return value.decode() if isinstance(value, bytes) else value
