"""The corpus `motion`: its sheets, its regions, and the recordings that others have measured."""

import numpy as np
import pandas as pd
import pytest

from mespot.corpora import open_corpus
from mespot.corpora.motion import read_motion, read_regions
from mespot.errors import InputError
from mespot.face.regions import eye_regions
from mespot.plan import open_plan, reports
from mespot.spotting.signals import displacement
from mespot.spotting.training_free import pool_regions
from mespot.steps import import_motion, label_frames
from mespot.store import io, tables
from mespot.training.region_motion import region_paths
from tests.unit.motion_folders import HEADER, REGIONS, config_of, make, moved, section
from tests.workflow.project import ROOT

REFERENCE = ROOT.parent / "shared" / "reference" / "motion"


@pytest.fixture
def root(tmp_path):
    return make(tmp_path / "study")


def test_a_folder(root):
    motion = read_motion(section(root))
    assert motion.videos["video"].tolist() == ["a1", "b1", "c1"]
    row = motion.videos.iloc[0]
    assert row["path"] == str(root / "motion/a1.npy")
    assert (row["fps"], row["first_frame"], row["every"], row["n_frames"]) == (30, 1, 1, 100)
    assert motion.annotations == root / "annotations.csv"
    assert read_regions(motion.regions) == REGIONS
    assert motion.notes == []


def test_files_at_other_places(root, tmp_path):
    (root / "annotations.csv").rename(tmp_path / "labels.csv")
    (root / "regions.txt").rename(tmp_path / "names.txt")
    assert open_corpus("motion", config_of(root, regions=str(tmp_path / "names.txt"))).folds == {}
    (root / "videos.csv").rename(root / "sheet.csv")
    named = {"videos": str(root / "sheet.csv"), "regions": str(tmp_path / "names.txt")}
    corpus = open_corpus(
        "motion", config_of(None, annotations=str(tmp_path / "labels.csv"), **named)
    )
    assert corpus.annotations == [tmp_path / "labels.csv"] and not corpus.has_faces
    assert set(corpus.folds) == {"g1", "g2", "g3"}
    assert corpus.regions == tmp_path / "names.txt"


def test_a_recording_without_a_series_is_left_out_and_noted(root):
    with (root / "videos.csv").open("a") as sheet:
        sheet.write("c,c2,,30,1,1,\n")
    corpus = open_corpus("motion", config_of(root))
    assert list(corpus.videos.index) == ["a1", "b1", "c1"]
    (note,) = corpus.notes
    assert note.where.endswith("videos.csv: row 5") and "'c2' has no series" in note.text


def test_columns_of_the_user_are_noted(root):
    sheet = root / "videos.csv"
    head, *rows = sheet.read_text().splitlines()
    lines = [f"{head},age", *(f"{row},30" for row in rows)]
    sheet.write_text("\n".join(lines).replace("subject", "Subject") + "\n")
    corpus = open_corpus("motion", config_of(root))
    assert list(corpus.videos.index) == ["a1", "b1", "c1"]
    texts = [note.text for note in corpus.notes]
    assert texts == [
        "columns read under other names: 'Subject' as subject",
        "columns that mespot does not know, not used: age",
    ]


def test_labels_of_a_recording_without_a_series_do_not_count(tmp_path):
    root = make(tmp_path / "study", subjects=("a", "b", "c", "d"))
    sheet = root / "videos.csv"
    sheet.write_text(sheet.read_text().replace("motion/b1.npy", ""))
    plan = open_plan(config_of(root), check_labels=True)
    _, labels = imported(plan, tmp_path)
    assert set(labels["video"]) == {"a1", "c1", "d1"}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a,a1,motion/a1.npy,30,1,1,100", "row 5: video: 'a1' is already in row 2"),
        (
            "d,d1,../secret.npy,30,1,1,100",
            "row 5: path: '../secret.npy' leads elsewhere, but series",
        ),
        ("d,d1,/etc/passwd,30,1,1,100", "row 5: path: '/etc/passwd' leads elsewhere"),
        ("d,d1,link/secret.npy,30,1,1,100", "row 5: path: 'link/secret.npy' is a link to"),
        ("d,d1,motion/d1.npy,30,1,1,100", "row 5: path: 'motion/d1.npy' does not exist in"),
        ("d,d1,motion,30,1,1,100", "row 5: path: 'motion' is no series; name a file that ends in"),
        ("d,d1,regions.txt,30,1,1,100", "row 5: path: 'regions.txt' is no series"),
        ("d,d1,motion/b1.npy,,1,1,100", "row 5: fps: is empty, but 'motion/b1.npy' needs it"),
        ("d,d1,motion/b1.npy,30,,1,100", "row 5: first_frame: is empty"),
        ("d,d1,motion/b1.npy,30,1,,100", "row 5: every: is empty"),
        ("d,d1,motion/b1.npy,30,1,1,", "row 5: n_frames: is empty"),
        ("d,d1,motion/b1.npy,30,1,0,100", "row 5: every: '0' must be at least 1"),
        ("d,d1,motion/b1.npy,30,1,6.67,100", "row 5: every: '6.67' must be a whole frame number"),
        ("d,d1,motion/b1.npy,-30,1,1,100", "row 5: fps: '-30' must be a positive number"),
        ("d,all,motion/b1.npy,30,1,1,100", "row 5: video: 'all' is reserved"),
        ("d,d1,own.h5,200,1,8,100", "row 5: every: is for .npy and .csv only"),
    ],
)
def test_bad_rows(root, tmp_path, row, words):
    np.save(tmp_path / "secret.npy", moved(99))
    (root / "link").symlink_to(tmp_path)
    (root / "own.h5").touch()
    with (root / "videos.csv").open("a") as sheet:
        sheet.write(row + "\n")
    with pytest.raises(InputError) as caught:
        read_motion(section(root))
    assert words in str(caught.value) and str(root / "videos.csv") in str(caught.value)


def test_sides_that_are_said_otherwise_are_told(root):
    for names, told in (
        ("left_brow\nright_brow", ""),
        ("BrowL\nbrow.r", "'BrowL' and 1 more"),
        ("LeftBrow\nbrow-right", "'LeftBrow' and 1 more"),
        ("lip\nchin", ""),
    ):
        (root / "regions.txt").write_text(names)
        notes = [note.text for note in read_motion(section(root)).notes]
        odd = [text for text in notes if "a side is known by the word left" in text]
        assert [text.split(":")[0] for text in odd] == ([told] if told else [])


def test_bad_folders(root, tmp_path):
    for keys, words in (
        ({"root": str(tmp_path / "none")}, "none: does not exist; give the folder of the series"),
        ({"root": str(root / "videos.csv")}, "videos.csv: is a file"),
        ({"root": str(root / "motion")}, "motion: has no videos.csv"),
        ({"videos": str(root / "none.csv")}, "none.csv: does not exist"),
        ({"annotations": str(root / "none.csv")}, "none.csv: does not exist"),
        ({"annotations": "labels.eaf"}, "labels.eaf: has times of videos"),
        ({"regions": str(root / "none.txt")}, "none.txt: does not exist"),
    ):
        with pytest.raises(InputError, match=words):
            read_motion({**section(root), **keys})
    (root / "regions.txt").unlink()
    with pytest.raises(InputError, match="needs regions.txt, which names its face regions"):
        read_motion(section(root))
    (root / "videos.csv").write_text(HEADER + "\na,a1,,30,1,1,100\n")
    with pytest.raises(InputError, match="names no series"):
        read_motion(section(root))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("a\nb\na\n", "row 3: region: 'a' is already there"),
        ("a,b,c\n", "row 1: region: 'a,b,c' must be one word"),
        ("left brow\n", "row 1: region: 'left brow' must be one word"),
    ],
)
def test_bad_regions(tmp_path, text, words):
    (tmp_path / "regions.txt").write_text(text)
    with pytest.raises(InputError, match=words):
        read_regions(tmp_path / "regions.txt")


def test_a_wrong_label_is_refused_when_the_run_is_planned(root):
    with (root / "annotations.csv").open("a") as sheet:
        sheet.write("a,nobody,5,,9,micro\n")
    with pytest.raises(InputError, match="row 8: video: 'nobody'"):
        open_corpus("motion", config_of(root))


def imported(planned, folder):
    """Run the rules import_motion and label_frames; flow files by video, and the labels."""
    corpus, flow = planned.corpora["motion"].corpus, {}
    for video, path in corpus.videos["path"].items():
        flow[video] = folder / f"{video}.h5"
        import_motion.run(
            source=path,
            corpus="motion",
            recording=reports.series(planned, "motion", video),
            regions=corpus.regions,
            lags=[1, 3, 6],
            output=flow[video],
            provenance={},
        )
    label_frames.run(
        annotations=corpus.annotations,
        flow=list(flow.values()),
        output=folder / "labels.csv",
        provenance={},
        left_out=reports.left_out(planned, "motion"),
    )
    return flow, tables.read(folder / "labels.csv", "labels")


def test_labels_are_placed_on_the_frames_of_the_series(tmp_path):
    root = make(tmp_path / "study", rows=90, every=8, fps=200)
    plan = open_plan(config_of(root), check_labels=True)
    flow, labels = imported(plan, tmp_path)
    assert io.read(flow["a1"], "flow").attrs["rate"] == 25.0
    assert labels["onset_w"].tolist() == [10, 40] * 3
    assert labels["offset_w"].tolist() == [19, 70] * 3
    assert labels["apex_w"].tolist()[::2] == [15] * 3


def test_a_label_beyond_the_series_is_refused(root, tmp_path):
    with (root / "annotations.csv").open("a") as sheet:
        sheet.write("a,a1,90,,101,macro\n")
    plan = open_plan(config_of(root), check_labels=True)
    words = "row 8: offset: 101 is outside video 'a1', which has frames 1 to 100; .*n_frames"
    with pytest.raises(InputError, match=words):
        imported(plan, tmp_path)


@pytest.mark.skipif(not REFERENCE.is_dir(), reason=f"{REFERENCE} is not here")
@pytest.mark.parametrize(
    ("name", "series", "subjects", "micro", "macro"),
    [("casme2", 97, 22, 57, 300), ("samm_lv_half", 79, 15, 79, 190)],
)
def test_the_motion_of_real_corpora(tmp_path, name, series, subjects, micro, macro):
    plan = open_plan(config_of(REFERENCE / name), check_labels=True)
    videos = plan.corpora["motion"].corpus.videos
    assert len(videos) == series and videos["subject"].nunique() == subjects
    flow, labels = imported(plan, tmp_path)
    assert labels["type"].value_counts().to_dict() == {"micro": micro, "macro": macro}
    stated = pd.read_csv(REFERENCE / name / "annotations.csv", dtype={"video": str})
    assert labels["onset"].tolist() == stated["onset"].tolist()
    every = {str(video): int(n) for video, n in videos["every"].items()}
    for label in labels.to_dict("records"):
        first, step = 1, every[label["video"]]
        for end in ("onset", "offset"):
            away = abs(first + step * label[f"{end}_w"] - label[end])
            # Beyond the last row there may be a rest of less than a row.
            assert away <= step / 2 or (end == "offset" and away < step)
    video = videos.index[0]
    raw = np.load(videos["path"][video]).astype(np.float32)
    regional = io.read(flow[video], "flow")["regional"]
    np.testing.assert_array_equal(regional[1:, 0], raw)
    np.testing.assert_allclose(
        regional[6:, 2], sum(raw[i : len(raw) - 5 + i] for i in range(6)), atol=1e-4
    )


def test_a_name_may_be_any_that_a_region_has(root, tmp_path):
    names = ["brow.left", "Mouth-1", "x"]
    (root / "regions.txt").write_text("\n".join(names))
    plan = open_plan(config_of(root), check_labels=True)
    flow, _ = imported(plan, tmp_path)
    assert io.read(flow["a1"], "flow").attrs["regions"] == names
    described = reports.series(plan, "motion", "a1")
    assert described["n_frames"] == 100 and described["fps"] == 30.0


TWELVE = """left_brow_outer left_brow_middle left_brow_inner right_brow_inner right_brow_middle
right_brow_outer nose_bridge nose_tip left_mouth_corner upper_lip right_mouth_corner lower_lip"""


@pytest.mark.parametrize("names", [["whole"], ["a.b", "C-1"], TWELVE.split(), ["left_eye", "x"]])
def test_any_regions_can_be_spotted_in(tmp_path, names):
    rows = np.zeros((149, len(names), 2), np.float32)
    rows[60:66, -1, 1], rows[66:72, -1, 1] = 1.0, -1.0  # goes and comes back
    np.save(tmp_path / "a1.npy", rows)
    (tmp_path / "regions.txt").write_text("\n".join(names))
    import_motion.run(
        source=tmp_path / "a1.npy",
        corpus="motion",
        recording=dict(subject="a", video="a1", fps=30.0, first_frame=1, every=1, n_frames=150),
        regions=tmp_path / "regions.txt",
        lags=[1, 3, 6],
        output=tmp_path / "a1.h5",
        provenance={},
    )
    record = io.read(tmp_path / "a1.h5", "flow")
    drifts = {"drift_frames": 90, "slow_drift_frames": 300}
    paths = region_paths(record["regional"], [1, 3, 6], record["span"], **drifts)
    assert paths.shape == (150, len(names), 4) and np.isfinite(paths).all()
    assert len(eye_regions(names)) == sum("eye" in name for name in names)
    moved_in = displacement(record["regional"], record.attrs["lags"], 6, record["span"])
    score = pool_regions(np.linalg.norm(moved_in, axis=2), 3)
    assert score.argmax() == 66 and score[66] == pytest.approx(6 / min(3, len(names)))
