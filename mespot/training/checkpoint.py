"""Trained networks on disk: `.pt` files that hold builtins and tensors only.

Every file is a dict with `kind`, `version` and the keys that its kind requires. It is read with
`weights_only=True`, so a file from elsewhere cannot run code, and it rebuilds its own network:
`ReconstructionNetwork(**checkpoint["network"])`, then `load_state_dict(checkpoint["state"])`.
"""

import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from mespot.errors import InputError
from mespot.limits import (
    CHECKPOINT_BYTES,
    CHECKPOINT_VALUES,
    NETWORK_SIZES,
    NETWORK_WIDTH,
    SPOTTER_BYTES,
)
from mespot.store.files import regular, remake, replacing
from mespot.store.whose import check_names

# How a spotter reads recordings.
_READ = ("unit", "lags", "drift_seconds", "slow_drift_seconds", "rate", "regions", "companions")
_ARTEFACT = ("whose", "network", "state", "standardisation", "history", "provenance")

_MODEL = (
    "network",
    "state",
    "unit",
    "lags",
    "drift_seconds",
    "slow_drift_seconds",
    "rate",
    "regions",
    "companions",
    "calibration",
    "decoding",
    "preprocessing",
    "landmarker",
    "provenance",
)

# Kind of file -> (version, keys it must have). `training` is an interrupted run's state.
KINDS: dict[str, tuple[int, tuple[str, ...]]] = {
    "encoder": (4, (*_ARTEFACT, "settings", "pretraining", "seen")),
    "spotter": (7, (*_ARTEFACT, *_READ, "seen", "origins", "held_out")),
    # Raise the version too when the motion of a video is measured in another way than before:
    # tests/unit/test_measured.py notices.
    "model": (2, _MODEL),
    "training": (1, ("digest", "state")),
}
# Where they lie below `results/{corpus}/`.
PLACES = {
    "encoder": "encoders/{encoder}/{fold}/{stream}.pt",
    "spotter": "spotters/{method}/{fold}.pt",
}

_DIGEST_BYTES = 32
_AT_ONCE = 1 << 20  # bytes
# What bytes that make no sense end in.
NO_SENSE = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


def save(path: str | Path, kind: str, content: Mapping[str, Any]) -> None:
    """Write `content` with its kind and version, atomically; the same content, the same bytes.

    `provenance` is stored as JSON. Raises ValueError when a key that the kind requires is missing,
    InputError when the file cannot be written.
    """
    version, keys = KINDS[kind]
    missing = [key for key in keys if key not in content]
    if missing:
        raise ValueError(f"{kind}: lacks {', '.join(missing)}")
    stamped = {"kind": kind, "version": version, **content}
    if "provenance" in stamped:
        # As in the HDF5 files: JSON, so that nothing but text can come in by this way.
        stamped["provenance"] = json.dumps(stamped["provenance"], sort_keys=True, default=str)
    # Into memory first: torch.save writes the name of the file it is given into the archive,
    # and the temporary name differs from run to run.
    buffer = io.BytesIO()
    torch.save(_canonical(stamped), buffer)
    payload = buffer.getvalue()
    with replacing(path) as temporary:
        temporary.write_bytes(payload + hashlib.sha256(payload).digest())


def load(path: str | Path, kind: str, cure: str = "") -> dict[str, Any]:
    """Read a checkpoint of `kind`, tensors on the CPU. Weights are finite.

    Raises InputError, which ends with `cure` if it is given, when the file is missing, damaged, not
    a checkpoint of mespot, of another kind or version, or of another corpus, fold, method, encoder
    or stream than its path says.
    """
    if not Path(path).exists():
        raise InputError(f"{path}: does not exist; {cure or 'run the rule that writes it'}")
    cure = cure or remake(path)
    try:
        file = regular(path, _largest(kind))
        size = max(0, file.stat().st_size - _DIGEST_BYTES)
        if not _is_whole(file, size):
            raise InputError(f"{path}: damaged, or not a checkpoint of mespot; {cure}")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; {cure}") from error
    try:
        _check_unpacked(file, size)
        payload = io.BytesIO(file.read_bytes())
        payload.truncate(size)
        content = torch.load(payload, map_location="cpu", weights_only=True)
    except Exception as error:  # a refused pickle can fail with almost any exception
        what = str(error).splitlines()[:1] or [type(error).__name__]
        raise InputError(f"{path}: not a checkpoint of mespot ({what[0]:.200}); {cure}") from error
    _check_kind(path, kind, content, cure)
    if kind != "training":
        with understood(path):
            _check_values(content)
            finite = _finite(content["state"]) and _finite(content.get("encoders"))
        if not finite:
            raise InputError(f"{path}: has weights that are no finite numbers; {cure}")
    return content


def provenance(path: str | Path, kind: str) -> Any:
    """How a checkpoint was made, as `load` gives it. Nothing else of the file is read, and what is
    read is not compared with its checksum: whoever uses the weights does that.

    Raises InputError as `load` does for another kind, version or place, and for no checkpoint.
    """
    cure = remake(path)
    try:
        _check_unpacked(path, regular(path, _largest(kind)).stat().st_size)
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except InputError:
        raise
    except Exception as error:  # as in `load`
        what = str(error).splitlines()[:1] or [type(error).__name__]
        raise InputError(f"{path}: not a checkpoint of mespot ({what[0]:.200}); {cure}") from error
    _check_kind(path, kind, content, cure)
    return content["provenance"]


def _is_whole(file: Path, size: int) -> bool:
    """Whether it is an archive with a digest of the first `size` bytes behind them. The first look
    is cheap, and enough for most of what is no checkpoint. Little is held at once."""
    try:
        if not zipfile.is_zipfile(file):
            return False
    except zipfile.BadZipFile:
        return False
    digest = hashlib.sha256()
    with file.open("rb") as stored:
        for start in range(0, size, _AT_ONCE):
            digest.update(stored.read(min(_AT_ONCE, size - start)))
        return digest.digest() == stored.read()


def _largest(kind: str) -> int:
    return SPOTTER_BYTES if kind == "spotter" else CHECKPOINT_BYTES


def _check_unpacked(file: Any, size: int) -> None:
    """Raises ValueError for what is packed. It is not as it is written, so that what is read is no
    more than the `size` bytes of the file."""
    with zipfile.ZipFile(file) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > size:
            raise ValueError("it unpacks to more than it has")


def _check_kind(path: str | Path, kind: str, content: Any, cure: str) -> None:
    """Raises InputError for what is of another kind or version, or of whom its path does not
    say."""
    version, keys = KINDS[kind]
    if not isinstance(content, dict) or (content.get("kind"), content.get("version")) != (
        kind,
        version,
    ):
        described = (
            f"{content.get('kind')} version {content.get('version')}"
            if isinstance(content, dict)
            else type(content).__name__
        )
        raise InputError(f"{path}: holds {described}, expected {kind} version {version}; {cure}")
    missing = [key for key in keys if key not in content]
    if missing:
        raise InputError(f"{path}: lacks {', '.join(missing)}; {cure}")
    if kind in PLACES:
        if not isinstance(content["whose"], dict):
            raise InputError(f"{path}: does not say whose it is; {cure}")
        check_names(path, PLACES[kind], content["whose"], cure)


@contextmanager
def understood(path: str | Path) -> Iterator[None]:
    """Raises InputError where what was loaded from `path` makes no sense to the block."""
    try:
        yield
    except NO_SENSE as error:
        raise InputError(
            f"{path}: is damaged ({type(error).__name__}: {error}); {remake(path)}"
        ) from error


def _check_values(content: dict[str, Any]) -> None:
    """Raises ValueError for more values than any network has, for tensors that are larger than what
    is stored of them, and for networks of a size that none has: they are built before their weights
    are compared."""
    left, waiting = CHECKPOINT_VALUES, [content]
    while waiting:
        one: Any = waiting.pop()
        left -= 1
        if left < 0:
            raise ValueError(f"it has more than {CHECKPOINT_VALUES} values")
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, (list, tuple, set)):
            waiting += one
        elif isinstance(one, torch.Tensor) and (
            one.layout != torch.strided
            or one.device.type != "cpu"
            or one.numel() * one.element_size() > one.untyped_storage().nbytes()
        ):
            raise ValueError("it has a tensor that is larger than what is stored of it")
    sizes = list(_numbers(content.get("network")))
    if len(sizes) > NETWORK_SIZES or any(not abs(size) <= NETWORK_WIDTH for size in sizes):
        raise ValueError("no network is as large")


def check_fits(build: Callable[[], torch.nn.Module], state: Mapping[str, torch.Tensor]) -> None:
    """Raises ValueError where weights are not those of the network that `build` makes. Nothing of
    its size is allocated."""
    with torch.device("meta"):
        wanted = {name: value.shape for name, value in build().state_dict().items()}
    if wanted != {name: value.shape for name, value in state.items()}:
        raise ValueError("the weights are of another network")


def _numbers(value: Any) -> Iterator[float]:
    """All numbers in lists and dicts."""
    if isinstance(value, (int, float)):
        yield value
    for one in value.values() if isinstance(value, dict) else ():
        yield from _numbers(one)
    for one in value if isinstance(value, (list, tuple)) else ():
        yield from _numbers(one)


def _finite(value: Any) -> bool:
    """Whether no tensor in lists and dicts has a number that is none."""
    if isinstance(value, torch.Tensor):
        return not value.is_floating_point() or bool(torch.isfinite(value).all())
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    return not isinstance(value, (list, tuple)) or all(map(_finite, value))


def _canonical(value: Any) -> Any:
    """The same value with one object for equal strings: pickle writes a second one as a reference.

    Without it a run that was continued from a file would give other bytes than one that was not.
    """
    if isinstance(value, str):
        return sys.intern(value)
    if isinstance(value, dict):
        return {_canonical(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_canonical(item) for item in value)
    return value
