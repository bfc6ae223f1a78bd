"""What every workflow script does around its step: threads, log, errors.

Imported before anything heavy: the thread limits must be in the environment by the time numpy,
OpenCV and torch are loaded.
"""

import ctypes
import faulthandler
import fcntl
import gc
import logging
import os
import re
import shlex
import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mespot import stopping
from mespot.errors import InputError
from mespot.store import digests, table_seals
from mespot.store.files import cannot_write

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# The same as it is read again. Libraries write warnings too, but not for the user of mespot.
_WARNING = re.compile(r"[-\d]+ [:,\d]+ (?:WARNING|ERROR|CRITICAL) mespot[.\w]*: (.*)")

_M_ARENA_MAX = -8  # of malloc.h

_SKEW = 60.0  # s by which the clocks of machines may differ

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def job(snakemake: Any) -> Iterator[dict[str, Any]]:
    """Surround a step: limit threads, send all output to the rule's log, end cleanly on bad input.

    Yields the provenance that the step stamps on what it writes.
    """
    for variable in _THREAD_VARIABLES:
        os.environ[variable] = str(snakemake.threads)
    terminal = os.dup(2)
    # MediaPipe and OpenCV write from C++: only the file descriptors themselves catch that.
    with open(snakemake.log[0], "w", encoding="utf-8") as log:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    faulthandler.enable()
    stopped = f"mespot: {snakemake.rule}: stopped"
    stopping.listen(stopped)
    logging.basicConfig(
        level=os.environ.get("MESPOT_LOG_LEVEL", "INFO"),
        format=_FORMAT,
        stream=sys.stderr,
    )
    limit_threads(snakemake.threads)
    share_freed_memory()
    inputs = digests.of_inputs(dict(snakemake.input.items()))
    made_by = {"rule": snakemake.rule, "inputs": inputs, **dict(snakemake.params.items())}
    table_seals.MADE_BY.update(made_by)
    try:
        yield made_by
    except InputError as error:
        _report(f"mespot: {snakemake.rule}: {error}\n", terminal)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        _report(f"{stopped}\n", terminal)
        raise SystemExit(stopping.STATUS) from None
    except OSError as error:
        _report(
            f"{traceback.format_exc()}mespot: {snakemake.rule}: {error}. "
            "What is already computed is kept.\n",
            terminal,
        )
        raise SystemExit(1) from None


def _report(message: str, terminal: int) -> None:
    """Write to the log and, where the disk has no room for the message, to the terminal."""
    line = message.encode(errors="replace")
    try:
        if os.write(2, line) == len(line):
            return
    except OSError:
        pass
    os.write(terminal, line)


def warnings_of(log: str | Path) -> list[str]:
    """The warnings that a step of mespot wrote to the log of its job."""
    with open(log, encoding="utf-8", errors="replace") as lines:
        found = [_WARNING.fullmatch(line.rstrip("\n")) for line in lines]
    return [match[1] for match in found if match]


def limit_threads(threads: int) -> None:
    """Hold OpenCV and torch, where loaded later, to the rule's threads and not the machine's."""
    os.environ["OPENCV_FOR_THREADS_NUM"] = str(threads)
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"


def share_freed_memory() -> None:
    """Have all threads of this process take memory from one place, where the C library is glibc.

    It would keep what is freed for each thread alone. Pictures are made in one thread and freed in
    another, so with 4K hundreds of MB would be kept in vain. Call it before threads are started.
    """
    adjust = getattr(ctypes.CDLL(None), "mallopt", None)
    if adjust is not None:
        adjust(_M_ARENA_MAX, 1)


def give_back_freed_memory() -> None:
    """Return to the system what this process has freed; glibc keeps it otherwise, and what comes
    next would come on top of it."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def check_writable(folder: str | Path) -> None:
    """Make a folder that a run keeps its records in. Raises InputError where nothing can be written
    there."""
    folder = Path(folder).absolute()
    reason = ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            reason = "no permission, or a disk that is read-only"
    except OSError as error:
        reason = error.strerror or str(error)
    if reason:
        raise InputError(
            f"{folder}: cannot be written: {reason}. Start the run in a copy of the project in a "
            "folder that you may write to."
        )


def check_clock(files: Iterable[str | Path], now: float) -> None:
    """Raises InputError where one of the files that jobs are about to read is of a later time than
    `now`: what is made from it would count as older, and be thrown away or made again for ever."""
    times = {str(path): os.stat(path).st_mtime for path in files if os.path.exists(path)}
    late = sorted(path for path, time in times.items() if time > now + _SKEW)
    if late:
        hours = (max(times[path] for path in late) - now) / 3600
        folders = {
            path.parts[0] if path.parts[0] == "results" else path.parent for path in map(Path, late)
        }
        more = f" (so are {len(late) - 1} other files)" if len(late) > 1 else ""
        named = shlex.join(sorted(map(str, folders)))
        raise InputError(
            f"{late[0]}: is from the future, by {hours:.1f} h{more}. Set the clock right, or give "
            "all files of the run the same time: "
            f'find {named} -type f -exec touch -d "$(date)" {{}} +'
        )


_locks: list[Any] = []


def lock_results(folder: str | Path) -> float:
    """Let one run at a time write to `folder`, for as long as this process lives.

    Snakemake's own lock outlives a killed run and must then be removed by hand; this one is
    released by the kernel however the process ends. Returns the time at which the run begins, by
    the clock that gives files in `folder` their times. Raises InputError when another run holds it.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = open(folder / ".lock", "w")  # noqa: SIM115 (held until the process ends)
    except OSError as error:
        raise cannot_write(folder, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InputError(
            f"{folder}: another mespot run is writing here. Wait for it to end, or stop it."
        ) from None
    except OSError as error:
        logging.getLogger(__name__).warning(
            "%s: no file locks on this file system (%s); do not start two runs at once",
            folder,
            error.strerror,
        )
    _locks.append(handle)
    os.utime(handle.fileno())
    return os.fstat(handle.fileno()).st_mtime
