"""Rows of numbers that are put aside on disk while a recording is worked on."""

import os
import tempfile
from pathlib import Path

import numpy as np

from mespot.errors import InputError

_TYPE = np.dtype(np.float32)


class ScratchRows:
    """Rows of `width` float32 numbers in a file without a name: it is gone with the process.

    They are read and written piece by piece. A mapped file would count as memory of the process.
    Raises InputError when the folder cannot be written or its disk is full.
    """

    def __init__(self, folder: str | Path, width: int) -> None:
        self._folder, self._width, self._length = Path(folder), width, 0
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        except OSError as error:
            raise self._fault(error) from error

    def __len__(self) -> int:
        return self._length

    def append(self, row: np.ndarray) -> int:
        """Put a row `(width,)` aside; its number."""
        content = row.astype(_TYPE, copy=False).tobytes()
        try:
            written = os.pwrite(self._file.fileno(), content, self._place(self._length))
            if written < len(content):  # the disk is full; the next call says so
                os.pwrite(self._file.fileno(), content, self._place(self._length))
        except OSError as error:
            raise self._fault(error) from error
        self._length += 1
        return self._length - 1

    def __getitem__(self, number: int) -> np.ndarray:
        """The row with this number, `(width,)`."""
        size = self._width * _TYPE.itemsize
        return np.frombuffer(os.pread(self._file.fileno(), size, self._place(number)), _TYPE)

    def close(self) -> None:
        """Give the room back."""
        self._file.close()

    def _place(self, number: int) -> int:
        return number * self._width * _TYPE.itemsize

    def _fault(self, error: OSError) -> InputError:
        return InputError(
            f"{self._folder}: landmarks cannot be put aside there: {error.strerror}. Free space on "
            "that disk or check the folder's permissions, and run again"
        )
