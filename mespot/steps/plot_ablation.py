"""Rule plot_ablation: the table of the ablation as a forest plot."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mespot.plots import style
from mespot.plots.ablation import ablation
from mespot.store import tables


def run(
    *, table: str | Path, full: Mapping[str, str], png: str | Path, pdf: str | Path,
    provenance: Mapping[str, Any],
) -> None:  # fmt: skip
    """Draw an `ablation` table. full: corpus -> the method that the others are compared with."""
    style.save(ablation(tables.read(table, "ablation"), full), provenance, png, pdf)
