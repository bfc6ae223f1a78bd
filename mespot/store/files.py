"""Files that are whole when they exist: written beside their place, then moved into it."""

import os
import shlex
import shutil
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mespot.errors import InputError

_HOST = socket.gethostname()


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path in the folder of `path`; on success it takes the place of `path`.

    The temporary name keeps the suffix of `path` (libraries choose a format by it), starts with a
    dot and carries the machine and the process id, so that two writers never share one. On any
    exception it is removed and `path` is left as it was; what a killed process of this machine has
    left half-written for `path` is removed as well.

    Raises InputError when the folder cannot be written or the disk is full.
    """
    path = Path(path)
    temporary = temporary_for(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(path)
        # A plain open first: libraries report a full disk or a missing permission in their own
        # words, this call says which file it was.
        temporary.open("wb").close()
    except OSError as error:
        raise cannot_write(path, error) from error
    try:
        yield temporary
        _flush(temporary)
        os.replace(temporary, path)
    except OSError as error:
        if _no_space(error):
            raise InputError(f"{path}: cannot be written: {error}. {_advice(error)}") from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def cannot_write(path: Path, error: OSError) -> InputError:
    """The error that says so, and what to do."""
    return InputError(f"{path}: cannot be written: {error.strerror}. {_advice(error)}")


def remove_abandoned(folder: Path) -> None:
    """Remove hidden folders, by names of `temporary_for`, that ended processes of this machine have
    left in `folder`."""
    for path in folder.glob(f".*.{_HOST}-*"):
        process = path.name.rpartition(f".{_HOST}-")[2].partition(".")[0]
        if path.is_dir() and process.isdigit() and not _alive(int(process)):
            shutil.rmtree(path, ignore_errors=True)


def temporary_for(path: Path) -> Path:
    """A hidden name beside `path` that no other process has."""
    return path.with_name(f".{path.stem}.{_HOST}-{os.getpid()}{path.suffix}")


def regular(path: str | Path, largest: int | None = None) -> Path:
    """The path of a file that can be read to its end: a pipe or a device would be waited for.

    Raises InputError for what does not exist, is a folder or no regular file, or has more bytes
    than `largest`.
    """
    path = Path(path)
    try:
        status = path.stat()
    except FileNotFoundError:
        raise InputError(f"{path}: does not exist; correct the path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"{path}: cannot be read: {reason}; correct the path") from None
    if not stat.S_ISREG(status.st_mode):
        what = "is a folder" if stat.S_ISDIR(status.st_mode) else "is a pipe, device or socket"
        raise InputError(f"{path}: {what}, not a file; name a file")
    if largest is not None and status.st_size > largest:
        raise InputError(
            f"{path}: has {status.st_size / 1e6:.0f} MB, at most {largest / 1e6:.0f} MB are read; "
            "give the right file, or a smaller one"
        )
    return path


def remake(*paths: str | Path) -> str:
    """What to do about files of a run that cannot be used."""
    what = "the file" if len(paths) == 1 else "them"
    return f"delete {what} and run again: rm {shlex.join(map(str, paths))}"


def _remove_abandoned(path: Path) -> None:
    """Remove temporary files for `path` whose writer, a process of this machine, is gone."""
    start, end = f".{path.stem}.{_HOST}-", path.suffix
    for name in os.listdir(path.parent):
        writer = name.removeprefix(start).removesuffix(end)
        if name == f"{start}{writer}{end}" and writer.isdigit() and not _alive(int(writer)):
            path.with_name(name).unlink(missing_ok=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def reserve(temporary: Path, path: str | Path, size: int) -> None:
    """Claim room for `size` bytes on disk for the file `temporary`, which will become `path`.

    For libraries that do not survive a full disk. Raises InputError when there is not enough.
    """
    try:
        with temporary.open("r+b") as handle:
            os.posix_fallocate(handle.fileno(), 0, max(1, size))
    except OSError as error:
        if _no_space(error):
            megabytes = max(1.0, size / 1e6)
            raise InputError(
                f"{path}: cannot be written: {error.strerror}, it needs up to {megabytes:.0f} MB. "
                f"{_advice(error)}"
            ) from error
        # Some file systems cannot promise room; then the disk has to have it.


def _flush(path: Path) -> None:
    # Without it a power cut after the move could leave an empty file under the final name.
    with path.open("rb") as handle:
        os.fsync(handle.fileno())


def _no_space(error: OSError) -> bool:
    import errno

    # h5py gives no errno for a failed write, only the words of the C library.
    return error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error)


def _advice(error: OSError) -> str:
    if _no_space(error):
        return "Free space on that disk and run again: what is already computed is kept."
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        return "A file is where a folder has to be. Name another place."
    return "Check the folder's permissions and run again: what is already computed is kept."
