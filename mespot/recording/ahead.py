"""Frames that are decoded in a thread of their own while those before them are worked on."""

from collections.abc import Generator, Iterable
from queue import Empty, Queue
from threading import Event, Thread
from typing import Any, TypeVar

T = TypeVar("T")

_WAITING = 32 << 20  # bytes of pictures that wait
_SECONDS = 0.1  # how often a thread that waits looks whether it is still wanted


def ahead(items: Iterable[T], held: int = 4) -> Generator[T]:
    """The same items, of which up to `held` are made in advance. What is raised is raised here.

    The thread ends with the last item, and when the generator is closed. Close it where an error
    may come between: until then, the thread waits for somebody to take the next item.
    """
    queue: Queue[tuple[bool, Any]] = Queue(held)
    unwanted = Event()
    thread = Thread(target=_fill, args=(items, queue, unwanted), daemon=True)
    thread.start()
    try:
        while True:
            more, item = queue.get()
            if more:
                yield item
            elif item is None:
                return
            else:
                raise item
    finally:
        unwanted.set()
        while thread.is_alive():  # make room, so that it sees this
            try:
                queue.get(timeout=_SECONDS)
            except Empty:
                continue


def waiting(width: int, height: int) -> int:
    """How many pictures of this size may wait: one to four. One of 4K takes 25 MB."""
    return max(1, min(4, _WAITING // (3 * width * height)))


def _fill(items: Iterable[T], queue: Queue[tuple[bool, Any]], unwanted: Event) -> None:
    last: BaseException | None = None
    try:
        for item in items:
            queue.put((True, item))
            if unwanted.is_set():
                return
    except BaseException as error:  # told where the items are used
        last = error
    queue.put((False, last))
