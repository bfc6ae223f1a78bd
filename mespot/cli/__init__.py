"""The command `mespot`: what can be done without Snakemake.

Nothing is imported here that takes time: a key that stops the command is heard from the start.
"""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

_STOPPED = 130  # as shells have it for what was stopped by a key


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; the exit status: its own, 2 for bad input and 130 where a key has stopped
    it, both reported on stderr."""
    ours = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, _stop) if ours else None
    try:
        from mespot.cli import subcommands

        return subcommands.run(arguments)
    except KeyboardInterrupt:
        print("mespot: stopped", file=sys.stderr)
        return _STOPPED
    finally:
        if ours:
            signal.signal(signal.SIGINT, before)


def _stop(number: int, frame: FrameType | None) -> None:
    """What a key does that stops the command: KeyboardInterrupt, but the end where it comes while
    something is imported. Libraries make other errors of it there, and nothing is lost."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            os.write(2, b"mespot: stopped\n")
            os._exit(_STOPPED)
        frame = frame.f_back
    raise KeyboardInterrupt
