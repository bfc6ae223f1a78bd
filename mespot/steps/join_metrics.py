"""Rule join_metrics: one table of the metrics of all corpora."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mespot.store import tables


def run(*, metrics: Sequence[str | Path], output: str | Path) -> None:
    """Write the rows of the `metrics` tables one below the other, in the order given."""
    parts = [tables.read(path, "metrics") for path in metrics]
    tables.write(output, "metrics", pd.concat(parts, ignore_index=True))
