"""All hostile files, and what becomes of each."""

import tempfile
from pathlib import Path

from tests.hostile import binaries, bounded, texts

# Title, name of the reader, what makes the file, and further arguments of the reader.
ROWS = [
    *(*texts.TABLES, *texts.CONFIGS, *texts.WORKBOOKS, *texts.ANNOTATIONS),
    *(*binaries.HDF5, *binaries.SERIES, *binaries.NETWORKS, *binaries.IMAGES, *binaries.VIDEOS),
]


def outcomes(rows):
    """(title, outcome) of each row, one after the other."""
    context = bounded.server()
    for title, reader, make, *more in rows:
        with tempfile.TemporaryDirectory() as folder:
            yield title, bounded.outcome(context, reader, make(Path(folder)), *more)
