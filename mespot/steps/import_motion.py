"""Rule import_motion: the `flow` of a recording from a series of motion, without any video."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mespot.corpora.motion import read_regions
from mespot.corpora.motion_series import Described, read_series
from mespot.errors import InputError
from mespot.spotting.signals import displacement
from mespot.store import io

log = logging.getLogger(__name__)


def run(
    *,
    source: str | Path,
    corpus: str,
    recording: Mapping[str, Any],
    regions: str | Path | None,
    lags: Sequence[int],
    output: str | Path,
    provenance: Mapping[str, Any],
) -> None:
    """Write the `flow` of one recording, with neither maps nor rigid motion.

    source: the series, .npy, .csv or .h5. recording: what the sheet says of it, the fields of
    mespot.corpora.motion_series.Described. regions: the file that names the regions of .npy and
    .csv. lags: those that the flow gets, flow.lags of config.yaml. A lag that the series has is
    taken as it is; the others are added up from those that it has.

    Raises InputError for a series that cannot be used, and for lags that cannot be made from it.
    """
    names = [] if regions is None else read_regions(regions)
    series = read_series(source, Described(**recording), names)
    regional, span, own = series.arrays["regional"], series.arrays["span"], series.attrs["lags"]
    try:
        at_lags = [
            regional[:, own.index(lag)] if lag in own else displacement(regional, own, lag, span)
            for lag in lags
        ]
    except ValueError:
        raise InputError(
            f"{source}: has the lags {own}, which do not add up to all of flow.lags, {list(lags)}; "
            "set motion.settings.flow.lags to lags that it has"
        ) from None
    frames = len(span)
    io.write(
        output,
        "flow",
        {
            **series.arrays,
            "regional": np.stack(at_lags, axis=1).astype(np.float32),
            "flow": np.zeros((frames, 0, 0, 2), np.int16),
            "rigid": np.zeros((frames, len(lags), 0), np.float32),
        },
        attrs={
            "corpus": corpus,
            **series.attrs,
            "scale": 1.0,
            "lags": list(lags),
            "rigid_parameters": [],
        },
        provenance=provenance,
    )
    log.info(
        "%s: %d working frames, %.4g a second, %d regions",
        *(series.attrs["video"], frames, series.attrs["rate"], regional.shape[2]),
    )
