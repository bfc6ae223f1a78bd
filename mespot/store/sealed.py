"""Files with a seal: SHA-256 of every block, written behind the content, and checked whenever a
block is read.

HDF5 does not look behind its own end, so other programs read such a file as any other. Once one of
them has changed it, the seal is gone or does not fit. The seal is made when the file is whole, so
it does not matter in which parts the file was written.

Layout of the seal: the digest of each block; then the mark, the length of the content (8 bytes,
little-endian) and the SHA-256 of all these digests and of the length, which stands for the file.
"""

import hashlib
import io
import os
from pathlib import Path
from typing import Any

from mespot.errors import InputError

_BLOCK = 1 << 16  # bytes; small enough for whoever reads a few attributes, large enough for speed
_DIGEST = 32
_MARK = b"mespot\x00\x01"
_FOOT = len(_MARK) + 8 + _DIGEST
_KEPT = 16  # blocks that are kept, for many small reads in the same places
# How a heap of HDF5 begins, which holds texts of any length: mark, version and three zeros. Then
# come its length and its parts, each with a number, 0 for free space, and a length.
_HEAP = b"GCOL\x01\x00\x00\x00"
_HEAP_PART = 16  # bytes of the head of a part, and of the heap itself
_LARGEST_HEAP = 100_000_000  # bytes


def seal(path: str | Path) -> None:
    """Write the seal behind the content of a file that is complete."""
    digests, length = [], 0
    with open(path, "r+b") as file:
        while block := file.read(_BLOCK):
            digests.append(hashlib.sha256(block).digest())
            length += len(block)
        file.write(_foot(b"".join(digests), length))


def digest_of(path: str | Path) -> str | None:
    """What stands for the content of a sealed file; None for a file without a seal."""
    with open(path, "rb", buffering=0) as file:
        found = _read_seal(file)
    return None if found is None else found[1][-_DIGEST:].hex()


class Sealed(io.RawIOBase):
    """A file that is read through its seal, with the methods that HDF5 needs of it.

    fault: what was found to be wrong, where HDF5 or its caller has lost the exception.
    """

    def __init__(self, path: str | Path, remedy: str, *, needed: bool = True) -> None:
        """needed: whether a file without a seal is refused.

        Raises InputError for a file without a seal or with a damaged one.
        """
        self.path, self.remedy, self.fault = path, remedy, ""
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115 (closed with this object)
        self._kept: dict[int, bytes] = {}
        self._position = 0
        try:
            self._digests: bytes | None = None
            self.length = os.fstat(self._file.fileno()).st_size
            found = _read_seal(self._file)
            if found is not None:
                self.length, self._digests = found[0], found[1][:-_FOOT]
            elif needed:
                self._refuse("is not whole, or another program has written to it")
        except BaseException:
            self._file.close()
            raise

    def verify(self) -> None:
        """Read all of it. Raises InputError for the first block that is not as it was written."""
        for start in range(0, self.length, 16 * _BLOCK):
            self._blocks(start // _BLOCK, min(self.length, start + 16 * _BLOCK))

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.length}[whence]
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        start, end = self._position, min(self._position + len(view), self.length)
        if end <= start:
            return 0
        first = start // _BLOCK
        if end <= (first + 1) * _BLOCK:
            if first not in self._kept:
                while len(self._kept) >= _KEPT:
                    del self._kept[next(iter(self._kept))]
                self._kept[first] = self._blocks(first, min(self.length, (first + 1) * _BLOCK))
            blocks = self._kept[first]
        else:
            last = (end + _BLOCK - 1) // _BLOCK
            blocks = self._blocks(first, min(self.length, last * _BLOCK))
        offset = start - first * _BLOCK
        stop = offset + end - start
        if (heap := blocks.find(_HEAP, offset, stop)) >= 0:
            self._check_heap(first * _BLOCK + heap)
        view[: end - start] = memoryview(blocks)[offset:stop]
        self._position = end
        return end - start

    def close(self) -> None:
        self._file.close()
        super().close()

    def _blocks(self, first: int, end: int) -> bytes:
        """Bytes from block `first` up to `end`, the end of a block or of the content; verified."""
        start = first * _BLOCK
        data = os.pread(self._file.fileno(), end - start, start)
        if len(data) != end - start:
            self._refuse("is cut short")
        if self._digests is not None:
            view = memoryview(data)
            for number in range(first, (end + _BLOCK - 1) // _BLOCK):
                place = (number - first) * _BLOCK
                found = hashlib.sha256(view[place : place + _BLOCK]).digest()
                if found != self._digests[number * _DIGEST : (number + 1) * _DIGEST]:
                    where = f"{number * _BLOCK} to {min(self.length, (number + 1) * _BLOCK)}"
                    self._refuse(f"is damaged in its bytes {where}")
        return data

    def _check_heap(self, start: int) -> None:
        """Raises InputError for a heap with a part that has no end in it: HDF5 would look for the
        next one without end."""
        head = self._span(start, start + _HEAP_PART)
        length = int.from_bytes(head[8:16], "little")
        whole = length <= min(_LARGEST_HEAP, self.length - start)
        heap = self._span(start, start + length) if whole else b""
        place = _HEAP_PART
        while whole and place + _HEAP_PART <= length:
            number = int.from_bytes(heap[place : place + 2], "little")
            size = int.from_bytes(heap[place + 8 : place + 16], "little")
            step = size if number == 0 else _HEAP_PART + (size + 7) // 8 * 8
            whole = 0 < step <= length - place
            place += step
        if not whole:
            self._refuse(f"is damaged in its texts, from byte {start}")

    def _span(self, start: int, end: int) -> bytes:
        """The bytes there, or as many of them as there are."""
        end = min(end, self.length)
        if end <= start:
            return b""
        first, last = start // _BLOCK, (end + _BLOCK - 1) // _BLOCK
        blocks = self._blocks(first, min(self.length, last * _BLOCK))
        return blocks[start - first * _BLOCK : end - first * _BLOCK]

    def _refuse(self, what: str) -> None:
        self.fault = f"{self.path}: {what}; {self.remedy}"
        raise InputError(self.fault)


def _foot(digests: bytes, length: int) -> bytes:
    told = digests + _MARK + length.to_bytes(8, "little")
    return told + hashlib.sha256(told).digest()


def _read_seal(file: Any) -> tuple[int, bytes] | None:
    """Length of the content and the seal; None where there is none, or none that fits."""
    size = os.fstat(file.fileno()).st_size
    end = os.pread(file.fileno(), _FOOT, max(0, size - _FOOT))
    if size < _FOOT or not end.startswith(_MARK):
        return None
    length = int.from_bytes(end[len(_MARK) : len(_MARK) + 8], "little")
    blocks = (length + _BLOCK - 1) // _BLOCK
    if length + blocks * _DIGEST + _FOOT != size:
        return None
    seal = os.pread(file.fileno(), size - length, length)
    return (length, seal) if _foot(seal[: blocks * _DIGEST], length) == seal else None
