"""What is at a path that somebody has written down."""

import os
import stat
from pathlib import Path

from mespot.errors import InputError

FILE, FOLDER, OTHER, NOTHING = "file", "folder", "pipe, device or socket", ""


def kind_at(path: str | Path) -> str:
    """FILE, FOLDER, OTHER, or NOTHING where nothing is; links are followed.

    Raises InputError where the system cannot say it, as for names of 300 letters, null bytes, loops
    of links and folders that nobody may enter.
    """
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return NOTHING
    except (OSError, ValueError) as error:
        text, reason = str(path), getattr(error, "strerror", None) or error
        shown = text if len(text) <= 200 else f"{text[:100]}...{text[-50:]}"
        raise InputError(f"{shown!r}: cannot be looked at: {reason}; correct the path") from None
    if stat.S_ISREG(mode):
        return FILE
    return FOLDER if stat.S_ISDIR(mode) else OTHER
