"""The review page of a video, from the files that a run leaves behind."""

import base64
import json
import re

import numpy as np
import pandas as pd
import pytest

from mespot.errors import InputError
from mespot.face.regions import REGIONS
from mespot.steps import write_review
from mespot.store import io, tables
from tests.unit.plotted import RECORDING, T, intervals, make_clock, make_frames, source


@pytest.fixture
def files(tmp_path):
    clock = make_clock()
    regional = np.zeros((T, 2, len(REGIONS), 2), np.float32)
    regional[60:70, 1, 3] = [0.6, -0.3]  # over 3 frames, the lag that is second
    regional[60:70, 0, 3] = [0.2, -0.1]
    motion = {
        "flow": np.zeros((T, 1, 1, 2), np.int16),
        "rigid": np.zeros((T, 2, 6), np.float32),
        "regional": regional,
        "blink": np.zeros(T, np.float32),
        **clock,
    }
    attrs = {
        **RECORDING,
        "lags": [1, 3],
        "regions": list(REGIONS),
        "crop_size": 32,
        "scale": 1.0,
        "rigid_parameters": list("abcdef"),
    }
    io.write(tmp_path / "flow.h5", "flow", motion, attrs=attrs, provenance={})
    write_scores(tmp_path / "scores.h5", clock)
    spotted = intervals(("micro", 60, 69, 0.8)).assign(subject="006", video="v1")
    weaker = intervals(("micro", 60, 69, 0.8), ("macro", 5, 35, 0.2)).assign(
        subject="006", video="v1", level=0.5
    )
    other = intervals(("macro", 1, 3, 0.9)).assign(subject="006", video="v2", level=0.5)
    for kind, rows in (("intervals", [spotted]), ("candidates", [weaker, other])):
        table = pd.concat(rows)
        for name in ("onset", "apex", "offset"):
            table[f"{name}_s"] = table[f"{name}_w"] / 30
        tables.write(tmp_path / f"{kind}.csv", kind, table)
    make_frames(tmp_path, clock)
    return tmp_path


def write_scores(path, clock, video="v1"):
    frames = len(clock["span"])
    scores = {kind: np.full(frames, 0.25, np.float32) for kind in ("micro", "macro")}
    io.write_videos(
        path,
        "scores",
        {video: {**scores, **clock}},
        attrs={"corpus": "sheet", "method": "learned", "fold": "g1"},
        provenance={},
        video_attrs={video: {"threshold_micro": 0.5, "threshold_macro": float("nan")}},
    )


def page_of(folder, frames=True):
    write_review.run(
        video="v1",
        method="learned",
        scores=folder / "scores.h5",
        intervals=folder / "intervals.csv",
        candidates=folder / "candidates.csv",
        flow=folder / "flow.h5",
        frames=folder / "frames.h5" if frames else None,
        source=source(folder) if frames else None,
        page=folder / "page.html",
    )
    text = (folder / "page.html").read_text()
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1]), text


def test_page_has_what_the_run_found(files):
    data, text = page_of(files)
    assert [(c["type"], c["onset"], c["offset"], c["spotted"]) for c in data["candidates"]] == [
        ("micro", 121, 139, True),
        ("macro", 11, 71, False),
    ]
    assert (data["first"], data["last"], data["fps"]) == (1, 2 * T, 60.0)
    assert data["thresholds"] == {"micro": 0.5, "macro": None}
    usable = np.frombuffer(base64.b64decode(data["usable"]), "u1")
    assert not usable[40:50].any() and usable.sum() == T - 10
    steps = np.frombuffer(base64.b64decode(data["regions"]["steps"]), "<i2")
    moved = steps.reshape(T, len(REGIONS), 2).sum(axis=0) * data["regions"]["unit"]
    np.testing.assert_allclose(moved[3], [2.0, -1.0], atol=0.01)
    assert len(data["regions"]["centres"]) == len(REGIONS)
    frames = np.frombuffer(base64.b64decode(data["pictures"]["frames"]), "<i4")
    assert len(frames) == T and text.count('id="sheet-') == 2


def test_motion_alone_has_no_pictures(files):
    data, text = page_of(files, frames=False)
    assert data["pictures"] is None and data["regions"]["centres"] is None
    assert 'id="sheet-' not in text


def test_scores_of_another_fold_are_refused(files, fault):
    """They are of other videos, and of networks that have seen this one."""
    write_scores(files / "scores.h5", make_clock(), video="v2")
    with pytest.raises(InputError, match="scores.h5: has no video 'v1'"):
        page_of(files)
    assert not list(files.glob("*.html"))
    fault("leak: review")


def test_scores_of_other_frames_are_refused(files):
    clock = {name: values[:-1] for name, values in make_clock().items()}
    write_scores(files / "scores.h5", clock)
    with pytest.raises(InputError, match="not of the frames of"):
        page_of(files)
