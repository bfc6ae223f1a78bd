"""Files of another corpus, video, encoder, method or fold than their path says are refused."""

import numpy as np
import pytest

from mespot.errors import InputError
from mespot.store import io, tables
from mespot.store.whose import names_in
from mespot.training import checkpoint
from tests.unit.stored_videos import CROP, clock, made_by, waves, write_flow, write_frames


def test_names_are_those_of_the_path():
    place = "features/{encoder}/{fold}/{stream}.h5"
    names = {"corpus": "samm_lv", "encoder": "a+b", "fold": "from-c.d-g1", "stream": "face"}
    path = "results/samm_lv/features/a+b/from-c.d-g1/face.h5"
    assert names_in(path, place) == names
    assert names_in(f"/somewhere/else/{path}", place) == names
    assert names_in("face.h5", place) == {}
    assert names_in("x/features/a/g1/face.pt", place) == {}
    path = "results/a.b/flow/v.1.h5"
    assert names_in(path, "flow/{video}.h5") == {"corpus": "a.b", "video": "v.1"}


def test_results_under_another_name_are_not_refused(tmp_path):
    """A message that tells to delete them would destroy a copy that somebody has put aside."""
    paths = tmp_path / "results" / "metrics.csv", tmp_path / "results" / "made" / "labels.csv"
    for path in paths:
        tables.write(path, path.stem, tables.empty(path.stem))
    write_flow(tmp_path / "results" / "made" / "flow" / "v.h5", video="v", flow=waves(5, 0))
    (tmp_path / "results").rename(tmp_path / "of_may")
    assert tables.read(tmp_path / "of_may" / "metrics.csv", "metrics").empty
    (tmp_path / "of_may" / "made").rename(tmp_path / "backup")
    assert tables.read(tmp_path / "backup" / "labels.csv", "labels").empty
    assert io.read(tmp_path / "backup" / "flow" / "v.h5", "flow").attrs["corpus"] == "made"


@pytest.mark.parametrize(
    ("corpus", "video", "words"),
    [
        ("made", "w", "is of video 'v', expected 'w'"),
        ("c", "v", "is of corpus 'made', expected 'c'"),
    ],
)
@pytest.mark.parametrize("kind", ["flow", "frames"])
def test_another_recording_under_a_name_is_refused(tmp_path, kind, corpus, video, words):
    results = tmp_path / "results"
    good, bad = results / "made" / kind / "v.h5", results / corpus / kind / f"{video}.h5"
    if kind == "flow":
        write_flow(good, video="v", flow=waves(5, 0))
    else:
        image = np.zeros((5, CROP, CROP), np.uint8)
        write_frames(good, video="v", image=image, points=np.zeros((478, 2)))
    assert io.read(good, kind).attrs["video"] == "v"
    bad.parent.mkdir(parents=True, exist_ok=True)
    good.rename(bad)
    with pytest.raises(InputError, match=f"{bad}: {words}; delete the file and run again"):
        io.read(bad, kind)


@pytest.mark.parametrize(
    ("place", "name"),
    [("other/e/g1/flow", "corpus"), ("made/x/g1/flow", "encoder"), ("made/e/g2/flow", "fold"),
     ("made/e/g1/face", "stream")],
)  # fmt: skip
def test_features_and_encoders_of_another_place_are_refused(tmp_path, place, name):
    corpus, rest = place.split("/", 1)
    path = tmp_path / "results" / corpus / "features" / f"{rest}.h5"
    video = {"feature": np.zeros((3, 1, 2), np.float16), **clock(np.zeros(3, np.int16))}
    attrs = made_by("flow", ["brow"])
    io.write_videos(path, "features", {"v": video}, attrs=attrs, provenance={})
    for read in (io.read_videos, io.attributes):
        with pytest.raises(InputError, match=f"{path}: is of {name} "):
            read(path, "features")
    path = tmp_path / "results" / corpus / "encoders" / f"{rest}.pt"
    content = dict.fromkeys(checkpoint.KINDS["encoder"][1], {}) | {"whose": attrs}
    checkpoint.save(path, "encoder", content)
    with pytest.raises(InputError, match=f"{path}: is of {name} "):
        checkpoint.load(path, "encoder")


def test_spotters_and_scores_of_another_fold_are_refused(tmp_path):
    whose = {"corpus": "made", "method": "m", "fold": "g1"}
    path = tmp_path / "results" / "made" / "spotters" / "m" / "g2.pt"
    content = dict.fromkeys(checkpoint.KINDS["spotter"][1], {}) | {"whose": whose}
    checkpoint.save(path, "spotter", content)
    with pytest.raises(InputError, match=f"{path}: is of fold 'g1', expected 'g2'"):
        checkpoint.load(path, "spotter")
    path = tmp_path / "results" / "made" / "scores" / "m" / "g2.h5"
    curve = np.zeros(3, np.float32)
    video = {"micro": curve, "macro": curve, **clock(np.zeros(3, np.int16))}
    thresholds = {"v": {"threshold_micro": 0.5, "threshold_macro": 0.5}}
    io.write_videos(
        path, "scores", {"v": video}, attrs=whose, provenance={}, video_attrs=thresholds
    )
    with pytest.raises(InputError, match=f"{path}: is of fold 'g1', expected 'g2'"):
        io.read_videos(path, "scores")
