"""Rule plot_responses: what the features of one encoder respond to, where and when."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mespot.errors import InputError
from mespot.plots import style
from mespot.plots.events import EVENTS, event_frames, event_responses, mean_over_events
from mespot.plots.responses import responses
from mespot.store import io, tables
from mespot.training.origin import TRANSDUCTIVE, Origin, people, refuse_seen

SECONDS = 1.0  # before and after an apex


def run(
    *,
    encoder: str,
    features: Mapping[str, Mapping[str, str | Path]],
    videos: Mapping[str, Sequence[str]],
    flow: Sequence[str | Path],
    labels: str | Path,
    drift_seconds: float,
    png: str | Path,
    pdf: str | Path,
    provenance: Mapping[str, Any],
) -> None:
    """Draw the figure for the features of `encoder`.

    features: stream -> fold -> features file. videos: fold -> the videos of its test subjects, the
    only ones that are read of the fold's file. flow: flow/{video}.h5 of all of them, for the
    blinks. drift_seconds: what is slower is taken off, as the spotter does. Raises InputError for
    features of an encoder that was trained on one of these subjects, unless it is transductive.
    """
    truth = tables.read(labels, "labels")
    flows = {str(record.attrs["video"]): record for record in (io.read(p, "flow") for p in flow)}
    rates = {video: float(record.attrs["rate"]) for video, record in flows.items()}
    # Recordings differ in rate: a frame of the map is one of the fastest.
    rate = max(rates.values())
    reach = round(SECONDS * rate)
    seconds = np.arange(-reach, reach + 1) / rate
    maps: dict[str, dict[str, np.ndarray]] = {}
    for stream, folds in features.items():
        pieces: dict[str, list[np.ndarray]] = {kind: [] for kind in EVENTS}
        for fold, path in folds.items():
            records = io.read_videos(path, "features", list(videos[fold]))
            origin = Origin.of(io.attributes(path, "features"))
            if origin.pretraining != TRANSDUCTIVE:
                shown = people(flows[video] for video in records)
                refuse_seen(path, origin.seen, shown, "comes from an encoder that was trained on")
            for video, record in records.items():
                span, blink = record["span"], np.nan_to_num(flows[video]["blink"])
                if len(blink) != len(span):
                    raise InputError(f"{path}: {video}: not of the frames of its flow")
                sizes = event_responses(
                    record["feature"],
                    span,
                    event_frames(video, truth, blink, span >= 0),
                    np.rint(seconds * rates[video]).astype(int),
                    round(drift_seconds * rates[video]),
                )
                for kind, size in sizes.items():
                    pieces[kind].append(size)
                regions = list(record.attrs["regions"])
        maps[stream] = {kind: mean_over_events(sizes) for kind, sizes in pieces.items()}
    figure = responses(
        f"Features of encoder {encoder} around events in videos of test subjects",
        seconds,
        regions,
        maps,
        {kind: sum(map(len, sizes)) for kind, sizes in pieces.items()},
    )
    style.save(figure, provenance, png, pdf)
