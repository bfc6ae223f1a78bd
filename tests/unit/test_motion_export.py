"""`mespot motion export`: what it writes, that it comes back to the digit, and what it refuses."""

import numpy as np
import pandas as pd
import pytest

from mespot.cli import main
from mespot.plan import open_plan, reports
from mespot.spotting.signals import displacement
from mespot.steps import import_motion, label_frames
from mespot.store import io, tables
from mespot.training.region_motion import region_paths
from tests.unit.motion_folders import config_of
from tests.unit.moving_regions import LAGS, REGIONS, lagged, moving_face
from tests.unit.stored_videos import clock

VIDEOS = ["b2", "a1", "b10", "c3"]  # in the order of a sheet


def write_results(folder, *, scores=True):
    """What a run leaves of some videos: motion, labels and scores."""
    rng, rows = np.random.default_rng(1), []
    for number, video in enumerate(VIDEOS):
        path, known = moving_face(rng)
        frames = len(path)
        span = np.zeros(frames, np.int16)
        span[200:210], span[210:] = -1, 1
        times = clock(span)
        times["native_frame"] = (times["native_frame"] * 200 / 30 + 0.5).astype(np.int32) + 1
        io.write(
            folder / "flow" / f"{video}.h5",
            "flow",
            {
                "flow": rng.integers(-99, 99, (frames, 2, 2, 2)).astype(np.int16),
                "regional": lagged(path, LAGS, span).astype(np.float32),
                "rigid": np.zeros((frames, len(LAGS), 4), np.float32),
                "blink": np.where(span < 0, np.nan, rng.random(frames)).astype(np.float32),
                **times,
            },
            attrs={
                "corpus": folder.name,
                "video": video,
                "subject": video[0],
                "native_fps": 200000 / 1001,
                "n_native_frames": frames * 7,
                "first_native_frame": 1,
                "rate": 30.0,
                "width": 64,
                "height": 48,
                "scale": 0.001,
                "lags": LAGS,
                "regions": REGIONS,
                "rigid_parameters": ["x", "y", "scale", "turn"],
                "crop_size": 224,
            },
            provenance={"settings": {"secret": number}},
        )
        for name, intervals in known.items():
            for on, off in intervals:
                native = times["native_frame"]
                ends = {"onset": native[on], "apex": pd.NA, "offset": native[off]}
                working = {"onset_w": on, "apex_w": pd.NA, "offset_w": off}
                rows.append({"subject": video[0], "video": video, "type": name, **ends, **working})
    tables.write(folder / "labels.csv", "labels", pd.DataFrame(rows))
    if scores:
        curve = np.zeros(5, np.float32)
        one = {"micro": curve, "macro": curve, **clock(np.zeros(5, np.int16))}
        io.write_videos(
            folder / "scores" / "training_free" / "all.h5",
            "scores",
            dict.fromkeys(VIDEOS, one),
            attrs={"corpus": folder.name, "method": "training_free", "fold": "all"},
            video_attrs=dict.fromkeys(VIDEOS, {"threshold_micro": 0.5, "threshold_macro": 0.5}),
            provenance={},
        )


@pytest.fixture
def results(tmp_path):
    write_results(tmp_path / "results" / "study")
    return tmp_path / "results"


def export(capsys, results, out, *more, corpus="study"):
    status = main(["motion", "export", str(results), "--corpus", corpus, "--out", str(out), *more])
    output = capsys.readouterr()
    return status, output.out + output.err


def brought_back(tmp_path, out):
    """The folder imported again as a corpus: flow records in their order, and labels."""
    plan = open_plan(config_of(out, settings={"flow": {"lags": LAGS}}), check_labels=True)
    corpus, paths = plan.corpora["motion"].corpus, []
    for video, path in corpus.videos["path"].items():
        paths.append(tmp_path / "results" / "motion" / "flow" / f"{video}.h5")
        import_motion.run(
            source=path,
            corpus="motion",
            recording=reports.series(plan, "motion", video),
            regions=corpus.regions,
            lags=LAGS,
            output=paths[-1],
            provenance={},
        )
    label_frames.run(
        annotations=corpus.annotations,
        flow=paths,
        output=tmp_path / "results" / "motion" / "labels.csv",
        provenance={},
    )
    return [io.read(path, "flow") for path in paths]


def read(record):
    """What the two kinds of spotters make of the motion."""
    regional, lags, span = record["regional"], record.attrs["lags"], record["span"]
    channels = region_paths(regional, lags, span, drift_frames=90, slow_drift_frames=240)
    return channels, displacement(regional, lags, 30, span)


def test_what_is_exported_comes_back_to_the_digit(results, tmp_path, capsys):
    status, text = export(capsys, results, tmp_path / "out")
    assert status == 0 and f"motion: {{root: {tmp_path / 'out'}}}" in text
    records = brought_back(tmp_path, tmp_path / "out")
    assert [record.attrs["video"] for record in records] == VIDEOS
    for again in records:
        video = again.attrs["video"]
        first = io.read(results / "study" / "flow" / f"{video}.h5", "flow")
        for name in ("regional", "blink", "span", "native_frame", "time"):
            assert again[name].dtype == first[name].dtype
            np.testing.assert_array_equal(again[name], first[name])
        kept = set(first.attrs) - {"corpus", "provenance", "scale"}
        for name in kept - {"rigid_parameters"}:
            assert again.attrs[name] == first.attrs[name], name
        assert again["flow"].shape == (len(first["span"]), 0, 0, 2)
        for one, two in zip(read(first), read(again), strict=True):
            np.testing.assert_array_equal(one, two)
            assert one.any()
    first = (results / "study" / "labels.csv").read_bytes()
    assert (tmp_path / "results" / "motion" / "labels.csv").read_bytes() == first


def test_neither_an_image_nor_a_landmark_is_written(results, tmp_path, capsys):
    export(capsys, results, tmp_path / "out")
    files = sorted(path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.*"))
    series = [f"motion/{video}.h5" for video in sorted(VIDEOS)]
    assert [path.as_posix() for path in files] == ["annotations.csv", *series, "videos.csv"]
    record = io.read(tmp_path / "out" / "motion" / "a1.h5", "motion")
    assert set(record) == {"regional", "blink", "span", "native_frame", "time"}
    assert "secret" not in record.attrs["provenance"]


def test_exported_again_from_the_corpus_motion(results, tmp_path, capsys):
    export(capsys, results, tmp_path / "out")
    brought_back(tmp_path, tmp_path / "out")
    status, _ = export(capsys, tmp_path / "results", tmp_path / "out2", corpus="motion")
    assert status == 0
    for name in ("annotations.csv", "motion/a1.h5"):
        one, two = ((tmp_path / out / name).read_bytes() for out in ("out", "out2"))
        assert one == two, name


def test_before_anything_is_spotted_videos_stand_by_name(tmp_path, capsys):
    write_results(tmp_path / "results" / "study", scores=False)
    status, _ = export(capsys, tmp_path / "results", tmp_path / "out", "--no-labels")
    sheet = pd.read_csv(tmp_path / "out" / "videos.csv")
    assert status == 0 and sheet["video"].tolist() == ["a1", "b2", "b10", "c3"]
    assert not (tmp_path / "out" / "annotations.csv").exists()


def test_motion_under_the_name_of_another_is_refused(results, tmp_path, capsys):
    """Also in a folder that was put aside, whose path says nothing."""
    folder = results.rename(tmp_path / "aside") / "study" / "flow"
    whole = (folder / "a1.h5").read_bytes()
    (folder / "a1.h5").write_bytes((folder / "b2.h5").read_bytes())
    status, text = export(capsys, tmp_path / "aside", tmp_path / "out")
    assert status == 2 and "a1.h5: is of video 'b2', expected 'a1'" in text
    (folder / "a1.h5").write_bytes(whole)
    (tmp_path / "aside" / "study").rename(tmp_path / "aside" / "other")
    status, text = export(capsys, tmp_path / "aside", tmp_path / "out", corpus="other")
    assert status == 2 and "is of corpus 'study', expected 'other'" in text
    assert not (tmp_path / "out").exists()


def test_what_is_missing_is_named(results, tmp_path, capsys):
    def refused(*words, out=tmp_path / "out", corpus="study"):
        status, text = export(capsys, results, out, corpus=corpus)
        assert status == 2
        for word in words:
            assert word in text, text

    refused("has no corpus 'demo'; it has study", corpus="demo")
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").touch()
    refused(f"{full}: has files already", out=full)
    refused("is a file", out=full / "mine.txt")
    (results / "study" / "flow" / "b10.h5").rename(tmp_path / "b10.h5")
    refused("lacks the motion of b10; run `snakemake flow` first")
    (tmp_path / "b10.h5").rename(results / "study" / "flow" / "b10.h5")
    whole = (results / "study" / "flow" / "a1.h5").read_bytes()
    (results / "study" / "flow" / "a1.h5").write_bytes(whole[:-100])
    refused("a1.h5: is not whole")
    (results / "study" / "flow" / "a1.h5").write_bytes(whole)
    (results / "study" / "labels.csv").unlink()
    refused("labels.csv: does not exist", "--no-labels")
    assert not (tmp_path / "out").exists()
    (results / "nothing").mkdir()
    refused("lacks any motion", corpus="nothing")
