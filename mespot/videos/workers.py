"""Work that several processes share, one piece each at a time; whatever ends one of them.

A piece that fails, or that brings its process down, is told, and the others go on. The processes
end with the one that started them.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any

from mespot.errors import InputError
from mespot.runtime import share_freed_memory

PROGRESS, DONE, FAILED = "progress", "done", "failed"
_EVERY = 0.2  # s between two reports of progress

Report = Callable[[float], None]
Work = Callable[[Any, Report], Any]


@dataclass(frozen=True)
class Event:
    """What happened to the piece of work `number`. kind: PROGRESS, with the share that is done;
    DONE, with the result; FAILED, with a sentence."""

    kind: str
    number: int
    value: Any


def share_out(
    pieces: Sequence[Any], count: int, prepare: Callable[[Any], Work], argument: Any
) -> Iterator[Event]:
    """Do all pieces in up to `count` processes; what happens to them as it happens.

    prepare: a function of a module, called in each process with `argument`. It gives the function
    that does a piece, which may report the share that is done. Raises InputError when `prepare`
    does: then nothing can be done. Processes are ended when the caller stops listening.
    """
    left = deque(enumerate(pieces))
    running: dict[Connection, _Worker] = {}
    try:
        for _ in range(min(count, len(left))):
            worker = _Worker(prepare, argument)
            running[worker.pipe] = worker
        while running:
            for pipe in wait(list(running)):
                worker = running[pipe]  # type: ignore[index]
                try:
                    kind, value = worker.pipe.recv()
                except (EOFError, OSError):
                    del running[worker.pipe]
                    if worker.number is not None:
                        yield Event(FAILED, worker.number, worker.last_words())
                    elif not worker.told_to_end:
                        raise InputError(
                            f"a process could not start: {worker.last_words()}"
                        ) from None
                    if left and not worker.told_to_end:
                        worker = _Worker(prepare, argument)
                        running[worker.pipe] = worker
                    continue
                if kind == "unusable":
                    raise InputError(value)
                if worker.number is not None:
                    yield Event(kind, worker.number, value)
                if kind != PROGRESS:
                    worker.give(left.popleft() if left else None)
    finally:
        for worker in running.values():
            worker.process.terminate()
        for worker in running.values():
            worker.process.join()


class _Worker:
    """One process, and the number of the piece that it works on."""

    def __init__(self, prepare: Callable[[Any], Work], argument: Any) -> None:
        # A new interpreter: a copy of this one would inherit the state of its libraries.
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, prepare, argument), daemon=True)
        with _undisturbed():
            self.process.start()
        theirs.close()
        self.number: int | None = None
        self.told_to_end = False

    def give(self, piece: tuple[int, Any] | None) -> None:
        """The next piece, or the end."""
        self.number, self.told_to_end = None if piece is None else piece[0], piece is None
        with contextlib.suppress(OSError):  # it has just gone; the next look at its pipe says so
            self.pipe.send(piece if piece is None else piece[1:])

    def last_words(self) -> str:
        self.process.join()
        code = self.process.exitcode or 0
        if code == -signal.SIGKILL:
            return "its process was killed, probably because memory ran out; use fewer --jobs"
        ended = f"by {signal.Signals(-code).name}" if code < 0 else f"with status {code}"
        return f"its process ended {ended}"


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """A key that stops the command is heard after the block, and not by a process that starts in
    it, which may not yet ignore it."""
    if threading.current_thread() is not threading.main_thread():
        yield  # keys stop the main thread alone
        return
    # Python lets the key through again when it starts its own helper, so that comes first.
    resource_tracker.ensure_running()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    heard: list[int] = []
    # The mask is of this thread alone. What another one is told comes here as well.
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if heard:
            signal.raise_signal(signal.SIGINT)


def _serve(pipe: Connection, prepare: Callable[[Any], Work], argument: Any) -> None:
    # Whoever stops the command by a key stops the process that started this one; it ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    share_freed_memory()
    # Libraries in C++ write to the terminal, across the progress bar.
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(silence, stream)
    logging.getLogger("mespot").setLevel(logging.INFO)
    try:
        work = prepare(argument)
    except InputError as error:
        pipe.send(("unusable", str(error)))
        return
    except Exception:
        pipe.send(("unusable", f"a process could not start: {traceback.format_exc()}"))
        return
    pipe.send(("ready", None))
    last = 0.0

    def report(share: float) -> None:
        nonlocal last
        if time.monotonic() - last >= _EVERY:
            last = time.monotonic()
            pipe.send((PROGRESS, share))

    try:
        while (piece := pipe.recv()) is not None:
            try:
                answer = DONE, work(piece[0], report)
            except InputError as error:
                answer = FAILED, str(error)
            except (OSError, MemoryError) as error:
                if isinstance(error, (BrokenPipeError, EOFError)):
                    raise
                answer = FAILED, f"{type(error).__name__}: {error}"
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                answer = (
                    FAILED,
                    f"{type(error).__name__} in {os.path.basename(where.filename)}, line "
                    f"{where.lineno}: {error}. This is a fault of mespot; please report it",
                )
            pipe.send(answer)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # the process that started this one has gone
