"""Rule plot_losses: how the pretraining of one encoder went, by stream and fold."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mespot.plots import style
from mespot.plots.losses import losses
from mespot.training import checkpoint


def run(
    *,
    encoder: str,
    checkpoints: Mapping[str, Mapping[str, str | Path]],
    png: str | Path,
    pdf: str | Path,
    provenance: Mapping[str, Any],
) -> None:
    """Draw the histories of `checkpoints`: stream -> fold -> encoder checkpoint."""
    histories = {
        stream: {fold: checkpoint.load(path, "encoder")["history"] for fold, path in folds.items()}
        for stream, folds in checkpoints.items()
    }
    style.save(losses(f"Pretraining of encoder {encoder}", histories), provenance, png, pdf)
