"""Rule write_submission: spotted intervals in the form in which the MEGC challenges take them."""

import logging
from collections.abc import Sequence
from pathlib import Path

from mespot.formats import megc
from mespot.store import tables

log = logging.getLogger(__name__)


def run(*, intervals: Sequence[str | Path], output: str | Path) -> None:
    """Write all intervals of a method as `vid,pred_onset,pred_offset,type`.

    intervals: the intervals tables of its folds. Frames are the corpus's own numbers, inclusive.
    Rows are in order of video and time. Raises InputError for a frame 0: see
    `mespot.formats.megc`.
    """
    table = megc.write_table(tables.read_intervals(intervals), output)
    log.info("%d intervals in %d videos", len(table), table["vid"].nunique())
