"""Rule plot_f1: F1 by method and subject of one corpus."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mespot.plots import style
from mespot.plots.f1 import f1
from mespot.store import tables


def run(
    *, corpus: str, metrics: str | Path, png: str | Path, pdf: str | Path,
    provenance: Mapping[str, Any],
) -> None:  # fmt: skip
    """Draw the rows of `corpus` of a metrics table."""
    table = tables.read(metrics, "metrics")
    figure = f1(f"F1 on {corpus}", table[table["corpus"] == corpus])
    style.save(figure, provenance, png, pdf)
