"""Content for one file of each kind: what the layouts declare, filled at random."""

import numpy as np

from mespot.store.schema import LAYOUTS, MAY_LACK, NUMBERS

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
    values |= {name: 30 if whole else 30.0 for name, (_, whole) in NUMBERS.items()}
    values |= dict.fromkeys(MAY_LACK, 0.5)
    return {name: values.get(name, f"{name}!") for name in LAYOUTS[kind].attributes}
