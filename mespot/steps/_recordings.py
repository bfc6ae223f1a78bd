"""What train_spotter and spot share: recordings as a learned method reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mespot.errors import InputError
from mespot.store import io
from mespot.training.spotter_input import SpotterInput, recording


def read_recordings(
    records: Sequence[io.Record],
    features: Mapping[str, str | Path],
    method: Mapping[str, Any],
    settings: Mapping[str, Any],
) -> list[SpotterInput]:
    """Recordings of flow records with the features that the method reads, not yet standardised."""
    videos = [str(record.attrs["video"]) for record in records]
    missing = sorted(set(method["streams"]) - set(features))
    if missing:
        raise InputError(f"method: reads stream {missing[0]!r}, no features of it were given")
    streams = {
        name: io.read_videos(features[name], "features", videos) for name in method["streams"]
    }
    found = []
    for record, video in zip(records, videos, strict=True):
        lacking = sorted(set(settings["lags"]) - set(record.attrs["lags"]))
        if lacking:
            raise InputError(
                f"{record.path}: has no flow at lag {lacking[0]}; "
                "spotting.learned.lags must be among flow.lags"
            )
        try:
            one = recording(
                record,
                record.attrs,
                {name: of[video] for name, of in streams.items()},
                use_motion=method["regional_flow"],
                use_lags=settings["lags"],
                drift_seconds=settings["drift_seconds"],
            )
        except ValueError as error:
            raise InputError(f"{record.path}: {error}; delete both and run again") from error
        found.append(one)
    return found
