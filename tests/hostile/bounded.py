"""A reader in a process of its own, with limits on memory and time, and what it needed of them."""

import multiprocessing
import resource
import time
from dataclasses import dataclass

from mespot.errors import InputError

# The process may not have more than this in addition to the libraries that it has loaded.
_MEMORY = 3_000_000_000  # bytes
_SECONDS = 60
REFUSED, READ, FAILED = "refused", "read", "failed"


@dataclass(frozen=True)
class Outcome:
    """what: REFUSED (by our own error), READ, or FAILED. said: the message. peak: MB of the whole
    process, libraries too. seconds: of a processor, of the reader alone."""

    what: str
    said: str
    peak: float = float("nan")
    seconds: float = float("nan")


def server():
    """What starts such processes: with all readers loaded, which takes longer than to read."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.hostile.readers"])
    return context


def outcome(context, name, *arguments, seconds=_SECONDS):
    """What becomes of a reader of `tests.hostile.readers` that is called with the arguments."""
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(there, name, arguments), daemon=True)
    process.start()
    there.close()
    try:
        return here.recv() if here.poll(seconds) else Outcome(FAILED, f"no end after {seconds} s")
    except EOFError:
        process.join(5)
        return Outcome(FAILED, f"the process ended: {process.exitcode}")
    finally:
        process.kill()
        process.join()


def _child(there, name, arguments):
    from tests.hostile import readers

    with open("/proc/self/statm", encoding="ascii") as file:
        held = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + _MEMORY, held + _MEMORY))
    began = time.process_time()
    try:
        readers.READERS[name](*arguments)
        what, said = READ, ""
    except InputError as error:
        what, said = REFUSED, str(error)
    except BaseException as error:
        what, said = FAILED, f"{type(error).__name__}: {error}"
    seconds = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    there.send(Outcome(what, said, peak, seconds))
