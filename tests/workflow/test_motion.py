"""The corpus `motion`: from series without any video to metrics, timelines and back."""

import h5py
import numpy as np
import pandas as pd
import pytest

from mespot.cli import main
from mespot.store import io, tables
from tests.unit.motion_folders import HEADER, LABELS
from tests.unit.moving_regions import REGIONS, moving_face
from tests.workflow import project

pytestmark = pytest.mark.slow

TINY = """\
corpora: [motion]
motion: {{root: {root}}}
"""


def write_study(root):
    """Two arrays and a table, of a subject each, with micro- and macro-expressions."""
    (root / "motion").mkdir(parents=True)
    (root / "regions.txt").write_text("\n".join(REGIONS))
    rng, lines, marked = np.random.default_rng(0), [HEADER], [LABELS]
    for subject, form in (("anna", "npy"), ("ben", "csv"), ("cleo", "npy")):
        path, known = moving_face(rng)
        series, name = np.diff(path, axis=0), f"motion/{subject}1.{form}"
        if form == "npy":
            np.save(root / name, series.astype(np.float32))
        else:
            columns = [f"{region}_{axis}" for region in REGIONS for axis in "uv"]
            table = pd.DataFrame(series.reshape(len(series), -1), columns=columns)
            table.to_csv(root / name, index=False)
        lines.append(f"{subject},{subject}1,{name},60,1,2,{2 * len(series) + 1}")
        for kind, intervals in known.items():
            for onset, offset in intervals:
                marked.append(f"{subject},{subject}1,{2 * onset + 1},,{2 * offset + 1},{kind}")
    (root / "videos.csv").write_text("\n".join(lines) + "\n")
    (root / "annotations.csv").write_text("\n".join(marked) + "\n")
    return root


def run(folder, root, *targets, options=()):
    (folder / "motion.yaml").write_text(TINY.format(root=root))
    configs = ("tiny.yaml", "motion.yaml")
    return project.snakemake(folder, *targets, options=options, configs=configs)


@pytest.fixture(scope="module")
def motion_run(tmp_path_factory):
    """A tiny run on motion that has ended, and the folder of its series."""
    place = tmp_path_factory.mktemp("motion")
    folder, root = project.copy(place / "project"), write_study(place / "study")
    done = run(folder, root, "all")
    assert done.returncode == 0, done.stdout[-5000:]
    return folder, root


def test_motion_becomes_metrics_and_timelines(motion_run):
    folder, _ = motion_run
    metrics = tables.read(folder / "results" / "metrics.csv", "metrics")
    assert set(metrics["method"]) == {"training_free", "regions"}
    pooled = metrics[(metrics["subject"] == "all") & (metrics["expression"] == "all")]
    assert pooled["labels"].tolist() == [12, 12]
    assert len(tables.read(folder / "results" / "comparison.csv", "comparison")) > 0
    own = folder / "results" / "motion"
    for video in ("anna1", "ben1", "cleo1"):
        assert (own / "figures" / "timeline" / f"{video}.png").exists()
    for kind in ("landmarks", "frames", "encoders", "features"):
        assert not (own / kind).exists()
    record = io.read(own / "flow" / "ben1.h5", "flow")
    assert record.attrs["rate"] == 30 and record["native_frame"][1] == 3


def test_nothing_is_left_to_do(motion_run):
    idle = run(*motion_run, "all", options=("--dry-run",))
    assert project.planned(idle.stdout) == set(), idle.stdout[-3000:]


def test_a_deleted_artefact_is_made_again(motion_run):
    artefact = motion_run[0] / "results" / "motion" / "flow" / "ben1.h5"
    aside = artefact.with_name("aside")
    artefact.rename(aside)
    try:
        output = run(*motion_run, "results/metrics.csv", options=("--dry-run",)).stdout
    finally:
        aside.rename(artefact)
    rules = {"import_motion", "label_frames", "train_spotter", "spot", "score", "join_metrics"}
    rules.add("summarise")
    assert project.planned(output) == rules, output[-3000:]


def test_what_is_exported_gives_the_same_motion_labels_and_intervals(motion_run, tmp_path, capsys):
    """All that the scores are made from, but networks that learn from the same arrays."""
    folder, _ = motion_run
    out = tmp_path / "exported"
    results = str(folder / "results")
    status = main(["motion", "export", results, "--corpus", "motion", "--out", str(out)])
    assert status == 0, capsys.readouterr()
    again = project.copy(tmp_path / "again")
    tables_again = ("labels.csv", "intervals/training_free/all.csv")
    done = run(again, out, *(f"results/motion/{name}" for name in tables_again))
    assert done.returncode == 0, done.stdout[-5000:]
    one, two = (place / "results" / "motion" for place in (folder, again))
    for name in tables_again:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
    for video in ("anna1", "ben1", "cleo1"):
        with (
            h5py.File(one / f"flow/{video}.h5") as known,
            h5py.File(two / f"flow/{video}.h5") as h5,
        ):
            assert {*h5} == {*known} and {*h5.attrs} == {*known.attrs}
            for name in known:
                np.testing.assert_array_equal(h5[name][()], known[name][()])
            for name in {*known.attrs} - {"provenance"}:
                np.testing.assert_array_equal(h5.attrs[name], known.attrs[name])


def test_a_bad_series_is_named_and_the_rest_goes_on(tmp_path):
    folder, root = project.copy(tmp_path / "project"), write_study(tmp_path / "study")
    series = np.load(root / "motion" / "anna1.npy")
    series[7, 1, 0] = np.nan
    np.save(root / "motion" / "anna1.npy", series)
    done = run(folder, root, "flow", options=("--keep-going",))
    assert done.returncode != 0 and "Traceback" not in done.stdout
    assert f"{root}/motion/anna1.npy: row 7 of region 'right_brow'" in done.stdout
    made = sorted(path.stem for path in (folder / "results" / "motion" / "flow").glob("*.h5"))
    assert made == ["ben1", "cleo1"]
