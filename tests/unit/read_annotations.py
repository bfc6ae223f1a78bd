"""Annotations of a made-up recording at 25 fps, read back or refused."""

import re

import numpy as np
import pandas as pd
import pytest

from mespot.corpora.sheet import read_annotations
from mespot.errors import InputError
from mespot.formats.coded import FrameTimes

AT_25 = {"v": FrameTimes(0, np.arange(251) / 25)}
SHEET = pd.DataFrame({"subject": ["anna"], "video": ["v"], "path": ["/data/v.mp4"], "fps": [25.0]})
NAMES = {"micro": ["micro"], "macro": ["Smile", "expr: macro"], "apex": ["peak"]}


def read(path, sheet=SHEET, times=AT_25, names=NAMES, notes=None):
    labels = read_annotations(
        path, sheet, notes=notes, behaviours=names, times=times, recordings=True
    )
    frames = labels[["type", "onset", "apex", "offset"]].values.tolist()
    return [(kind, *(None if pd.isna(f) else f for f in rest)) for kind, *rest in frames]


def refused(path, *expected, late=False, **settings):
    """late: not before the video is opened; else when the run is planned, too."""
    with pytest.raises(InputError) as caught:
        read(path, **settings)
    for text in expected:
        assert text in str(caught.value)
    if late:
        read(path, times=None, **settings)
    else:
        with pytest.raises(InputError, match=re.escape(str(caught.value))):
            read(path, times=None, **settings)
    return str(caught.value)
