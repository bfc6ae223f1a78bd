"""Content for one file of each kind: what the layouts declare, filled at random."""

import numpy as np
import torch

from mespot.store import io, tables
from mespot.store.schema import LAYOUTS, MAY_LACK, NUMBERS
from mespot.training import checkpoint

SIZES = {"frame": 7, "point": 478, "blendshape": 52, "xyz": 3, "xy": 2, "row": 4, "column": 4}
SIZES |= {"y": 6, "x": 6, "uv": 2, "lag": 2, "region": 3, "channel": 4, "parameter": 2}


def arrays(kind, rng):
    """Random content for every data set that the layout declares."""
    made = {}
    for name, declared in LAYOUTS[kind].data_sets.items():
        shape = [SIZES[axis] for axis in declared.axes]
        made[name] = (rng.random(shape) * 100).astype(declared.dtype)
    frames = SIZES["frame"]
    return made | {
        "native_frame": np.arange(frames, dtype=np.int32),
        "time": np.arange(frames) / 30,
    }


LISTED = {"lags": [1, 3], "regions": ["a", "b", "c"], "rigid_parameters": ["x", "y"]}


def attributes(kind):
    """One of the right type for each that the layout declares."""
    values = {**LISTED, "seen": [], "blendshape_names": ["b"]}
    values |= {"face_seconds": [2.5, 2.5], "face_sizes": [], "mean_points": [-1.5] * 956}
    values |= {name: 30 if whole else 30.0 for name, (_, whole) in NUMBERS.items()}
    values |= dict.fromkeys(MAY_LACK, 0.5)
    return {name: values.get(name, f"{name}!") for name in LAYOUTS[kind].attributes}


# How files are named: those of one recording, network or table, and another of the same kind.
NAMES = {"video": "v", "encoder": "e", "method": "m", "fold": "g1", "stream": "flow"}
OTHERS = {"video": "w", "encoder": "f", "method": "n", "fold": "g2", "stream": "face"}
ARRAYS = [kind for kind, layout in LAYOUTS.items() if not layout.cure]
NETWORKS = list(checkpoint.PLACES)
KINDS = [*ARRAYS, *NETWORKS, *tables.PLACES]


def write(kind, root, names, seed, provenance=None):
    """A file of a kind below `root`, and its path."""
    provenance = provenance or {}
    whose = {"corpus": root.name, **names}
    rng = np.random.default_rng(seed)
    if kind in ARRAYS:
        layout = LAYOUTS[kind]
        path = root / layout.path.format(**names)
        attrs = {**attributes(kind), **{n: whose[n] for n in whose if n in layout.attributes}}
        if layout.per_video:
            videos = {"a": arrays(kind, rng), "b": arrays(kind, rng)}
            io.write_videos(path, kind, videos, attrs=attrs, provenance=provenance)
        else:
            io.write(path, kind, arrays(kind, rng), attrs=attrs, provenance=provenance)
    elif kind in NETWORKS:
        path = root / checkpoint.PLACES[kind].format(**names)
        content = dict.fromkeys(checkpoint.KINDS[kind][1], {})
        state = {"weight": torch.from_numpy(rng.random(5000))}
        checkpoint.save(
            path, kind, {**content, "whose": whose, "state": state, "provenance": provenance}
        )
    else:
        path = root / tables.PLACES[kind].format(**names)
        table = tables.empty(kind).reindex(range(300))
        for number, (name, dtype) in enumerate(tables.COLUMNS[kind].items()):
            table[name] = f"x{seed}" if dtype == tables.TEXT else number + seed
        tables.write(path, kind, table)
    return path


def read(kind, path):
    """All of a file, as the steps read it."""
    if kind in NETWORKS:
        checkpoint.load(path, kind)
    elif kind in tables.PLACES:
        tables.read(path, kind)
    elif LAYOUTS[kind].per_video:
        for record in io.read_videos(path, kind).values():
            dict(record)
    else:
        dict(io.read(path, kind))
