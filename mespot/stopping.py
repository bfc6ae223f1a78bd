"""What a key does that stops a program: one line is told, and no traceback.

Nothing is imported here that takes time.
"""

import os
import signal
import threading
from types import FrameType
from typing import Any

STATUS = 130  # as shells have it for what was stopped by a key


def listen(line: str, *, at_once: bool = False) -> Any:
    """From now on the key raises KeyboardInterrupt, but ends the process with `line` on stderr
    where it comes while something is imported: libraries make other errors of it there, and nothing
    is lost. at_once: it ends the process wherever it comes.

    Returns what the key did before, for `as_before`.
    """
    if threading.current_thread() is not threading.main_thread():
        return None  # keys stop the main thread alone

    def stop(number: int, frame: FrameType | None) -> None:
        if at_once or _importing(frame):
            os.write(2, f"{line}\n".encode(errors="replace"))
            os._exit(STATUS)
        raise KeyboardInterrupt

    return signal.signal(signal.SIGINT, stop)


def as_before(known: Any) -> None:
    """Let the key do what it did before. known: what `listen` has returned."""
    if known is not None:
        signal.signal(signal.SIGINT, known)


def _importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
