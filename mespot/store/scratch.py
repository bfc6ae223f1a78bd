"""A file for what is put aside on disk while a recording is worked on."""

import errno
import tempfile
from pathlib import Path
from typing import BinaryIO

from mespot.errors import InputError


class ScratchFolder:
    """Makes files without a name in a folder: they are gone with the process."""

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)

    def file(self) -> BinaryIO:
        """An empty file. Raises InputError when the folder cannot be written."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            return tempfile.TemporaryFile(dir=self._folder)
        except OSError as error:
            raise self.fault(error) from error

    def is_full(self, error: OSError) -> bool:
        """Whether an error says that there is no room left."""
        return error.errno in (errno.ENOSPC, errno.EDQUOT)

    def fault(self, error: OSError) -> InputError:
        """What the user is told of an error."""
        return InputError(
            f"{self._folder}: landmarks cannot be put aside there: {error.strerror}. Free space on "
            "that disk or check the folder's permissions, and run again"
        )
