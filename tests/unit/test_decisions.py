"""From the decisions of review pages to a corpus that a spotter is trained on."""

import os
import tracemalloc

import pandas as pd
import pytest
import yaml

from mespot import cli, config, verification
from mespot.corpora import open_corpus
from mespot.errors import InputError
from mespot.plan import inputs, open_plan, targets
from mespot.store import tables
from tests.unit.plans import DEFAULT
from tests.workflow.project import ROOT

HEADER = "subject,video,onset,apex,offset,type,confidence,note,decision,first,last\n"
ANNA = HEADER + (
    "x,anna,20,25,30,micro,0.9,,accepted,8,42\n"
    "x,anna,20,25,30,micro,,,accepted,8,42\n"  # the same once more, added by hand
    "x,anna,40,45,50,micro,0.4,,undecided,28,62\n"
    'x,anna,100,110,150,macro,0.8,"brow, left",rejected,88,162\n'
    "x,anna,300,310,320,micro,0.2,,undecided,288,332\n"
)
BEN = HEADER + "x,ben,20,25,30,micro,0.9,,undecided,8,42\n"
CLEO = HEADER + "x,cleo,20,25,30,micro,0.9,,rejected,8,42\n"


@pytest.fixture
def folder(tmp_path):
    """Decisions on three videos, and the table of all that `mespot spot` writes."""
    rows = []
    for name, text in (("anna", ANNA), ("ben", BEN), ("cleo", CLEO)):
        (tmp_path / f"{name}_decisions.csv").write_text(text)
        (tmp_path / "videos").mkdir(exist_ok=True)
        (tmp_path / "videos" / f"{name}.mp4").write_bytes(b"video")
        path = tmp_path / "videos" / f"{name}.mp4"
        rows.append({"video": name, "path": str(path), "state": "spotted", "fps": 30.0})
    rows.append({"video": "gone", "path": str(tmp_path / "no.mp4"), "state": "failed"})
    columns = list(tables.COLUMNS["found_videos"])
    tables.write(tmp_path / "summary.csv", "found_videos", pd.DataFrame(rows, columns=columns))
    return tmp_path


def collect(folder, *names, videos="summary.csv"):
    files = [str(folder / f"{name}_decisions.csv") for name in names]
    videos = ["--videos", str(folder / videos)]
    return cli.main(["corpus", "collect", *files, *videos, "--out", str(folder / "out")])


def section(folder, **changes):
    """The config of a run on what was collected."""
    settings = config.load(ROOT / "config.yaml")
    names = ("videos", "annotations", "undecided")
    settings["sheet"].update({name: str(folder / "out" / f"{name}.csv") for name in names})
    settings["sheet"].update(changes)
    return {**settings, "corpora": ["sheet"]}


def printed(said):
    """The config file that is printed."""
    return yaml.safe_load(said.partition("to train on it:\n")[2])


def test_the_printed_config_serves_in_any_folder(folder, capsys, monkeypatch):
    odd = folder / "a {study}, 2024: #1"
    odd.mkdir()
    monkeypatch.chdir(odd)
    videos = ["--videos", str(folder / "videos" / "cleo.mp4"), "--out", "reviewed"]
    assert cli.main(["corpus", "collect", str(folder / "cleo_decisions.csv"), *videos]) == 0
    sheet = printed(capsys.readouterr().out)["sheet"]
    assert sheet["videos"] == str(odd / "reviewed" / "videos.csv")
    assert sheet["undecided"] is None


def test_what_is_decided_becomes_a_corpus(folder, capsys):
    assert collect(folder, "anna", "ben", "cleo") == 0
    said = capsys.readouterr().out
    assert "2 videos of 2 subjects, 1 expressions, 2 stretches undecided" in said
    assert "too few people to train on: decide in recordings of 3 or more" in said
    assert "left out, because nothing is decided in them: ben" in said
    names = ("videos", "annotations", "undecided")
    sheets = {name: f"{folder}/out/{name}.csv" for name in names}
    assert printed(said) == {"corpora": ["sheet"], "sheet": {**sheets, "root": f"{folder}/videos"}}
    root = str(folder / "videos")
    corpus = open_corpus("sheet", section(folder, root=root) | {"evaluation": {**LOSO}})
    assert list(corpus.videos.index) == ["anna", "cleo"]
    assert corpus.undecided == folder / "out" / "undecided.csv"
    labels = pd.read_csv(folder / "out" / "annotations.csv")
    assert labels[["subject", "video", "onset", "offset", "type"]].to_numpy().tolist() == [
        ["anna", "anna", 20, 30, "micro"]
    ]
    # What was decided on is known, also where an undecided candidate is beside it.
    undecided = pd.read_csv(folder / "out" / "undecided.csv")
    assert undecided[["video", "first", "last"]].to_numpy().tolist() == [
        ["anna", 43, 62],
        ["anna", 288, 332],
    ]


LOSO = {"folds": "loso", "fold_seed": 1, "with": [], "train": None, "test": None}


def test_subjects_are_those_of_the_sheet(folder):
    (folder / "own.csv").write_text(
        "subject,video,path,fps,first_frame\n"
        "p1,anna,videos/anna.mp4,,1\np1,cleo,videos/cleo.mp4,,\np2,ben,videos/ben.mp4,,\n"
    )
    assert collect(folder, "anna", "cleo", videos="own.csv") == 0
    videos = pd.read_csv(folder / "out" / "videos.csv")
    assert list(videos["subject"]) == ["p1", "p1"]
    assert list(videos["path"]) == ["anna.mp4", "cleo.mp4"]
    assert videos["first_frame"].fillna(0).tolist() == [1, 0]


def test_only_recordings_that_were_decided_in_must_be_there(folder, capsys):
    (folder / "images").mkdir()  # whose rate nobody knew, so they were not read
    summary = folder / "summary.csv"
    summary.write_text(summary.read_text().replace("no.mp4", "images"))
    (folder / "videos" / "ben.mp4").unlink()
    assert collect(folder, "anna", "cleo") == 0
    (folder / "videos" / "cleo.mp4").unlink()
    assert collect(folder, "anna", "cleo") == 2
    assert "cleo.mp4: does not exist; correct --videos" in capsys.readouterr().err


def test_a_stretch_of_a_billion_frames_takes_no_memory(folder):
    (folder / "anna_decisions.csv").write_text(
        ANNA.replace(",undecided,288,332", ",undecided,288,2000000000")
    )
    tracemalloc.start()
    assert collect(folder, "anna", videos="videos/anna.mp4") == 0
    assert tracemalloc.get_traced_memory()[1] < 100e6
    tracemalloc.stop()
    undecided = pd.read_csv(folder / "out" / "undecided.csv")
    assert undecided[["first", "last"]].to_numpy().tolist() == [[43, 62], [288, 2000000000]]


def test_names_that_the_workflow_cannot_have_are_changed(folder, capsys):
    names = ["Zoë, 2. Tag", "Zoe 2. Tag", "日本", "all"]
    for name in names:
        (folder / "videos" / f"{name}.mp4").write_bytes(b"video")
        text = ANNA.replace("x,anna", f'"{name}","{name}"')
        (folder / f"{name}_decisions.csv").write_text(text)
    files = [str(folder / f"{name}_decisions.csv") for name in names]
    videos = [str(folder / "videos" / f"{name}.mp4") for name in names]
    out = str(folder / "out")
    assert cli.main(["corpus", "collect", *files, "--videos", *videos, "--out", out]) == 0
    assert "- only: Zoë, 2. Tag to Zoe_2._Tag\n" in capsys.readouterr().out
    root = str(folder / "videos")
    corpus = open_corpus("sheet", section(folder, root=root) | {"evaluation": {**LOSO}})
    own = ["Zoe_2._Tag", "Zoe_2._Tag_2", "video", "video_all"]
    assert list(corpus.videos.index) == list(corpus.videos["subject"]) == own
    assert set(pd.read_csv(folder / "out" / "annotations.csv")["video"]) == set(own)
    assert set(pd.read_csv(folder / "out" / "undecided.csv")["subject"]) == set(own)


def test_nothing_undecided_is_no_sheet_of_it(folder, capsys):
    (folder / "out").mkdir()
    (folder / "out" / "undecided.csv").write_text("of an earlier call")
    assert collect(folder, "cleo", videos="videos/cleo.mp4") == 0
    assert "undecided: null" in capsys.readouterr().out
    assert not (folder / "out" / "undecided.csv").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BEN, "nothing is decided"),
        (HEADER, "has no candidate"),
        (ANNA.replace("rejected", "maybe"), "row 5: decision: 'maybe' must be accepted"),
        (ANNA.replace(",288,332", ",332,288"), "row 6: last: 288 is before the first 332"),
        (ANNA.replace("x,anna,300", "x,dora,300"), "row 6: video: 'dora' is not one of the videos"),
        (ANNA.replace(",decision,", ",say,"), "column 'decision' is missing"),
    ],
)
def test_decisions_that_cannot_be_used(folder, capsys, text, said):
    (folder / "anna_decisions.csv").write_text(text)
    recording = str(folder / "videos" / "anna.mp4")
    if text == BEN:
        recording = recording.replace("anna", "ben")
    assert collect(folder, "anna", videos=recording) == 2
    assert said in capsys.readouterr().err


def test_one_video_twice_and_folders_that_hold_recordings(folder, capsys):
    (folder / "cleo (1)_decisions.csv").write_text(CLEO)
    assert collect(folder, "cleo", "cleo (1)", videos="videos/cleo.mp4") == 2
    assert "name the later one only" in capsys.readouterr().err
    files = [str(folder / "cleo_decisions.csv"), "--videos", str(folder / "videos/cleo.mp4")]
    assert cli.main(["corpus", "collect", *files, "--out", str(folder / "videos")]) == 2
    assert "recordings lie there" in capsys.readouterr().err
    assert sorted(path.name for path in (folder / "videos").iterdir()) == [
        "anna.mp4",
        "ben.mp4",
        "cleo.mp4",
    ]


def test_decisions_that_were_saved_again_are_not_those_of_before(folder, capsys):
    """A browser gives the later file a name that `*_decisions.csv` does not mean."""
    again = folder / "cleo_decisions (1).csv"
    again.write_text(CLEO)
    os.utime(folder / "cleo_decisions.csv", (1, 1))
    assert collect(folder, "anna", "cleo") == 2
    said = "cleo_decisions.csv: was saved again later, as 'cleo_decisions (1).csv'"
    assert said in capsys.readouterr().err
    os.utime(again, (0, 0))  # an older one that was left there
    assert collect(folder, "anna", "cleo") == 0


def test_sheets_of_recordings_that_cannot_be_read(folder, capsys):
    os.mkfifo(folder / "pipe.csv")
    assert collect(folder, "anna", videos="pipe.csv") == 2
    assert "pipe.csv: is a pipe" in capsys.readouterr().err
    (folder / "long.csv").write_text(f"{'x' * 200_000},video\n")
    assert collect(folder, "anna", videos="long.csv") == 2
    assert "long.csv: row 1: is not CSV" in capsys.readouterr().err
    assert collect(folder, "anna", videos="x" * 300) == 2
    assert "File name too long" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("anna,dora,1,2\n", "row 2: video: 'dora' is not in the recording sheet"),
        ("ben,anna,1,2\n", "row 2: subject: 'ben' is 'anna' in the recording sheet"),
        ("anna,anna,9,2\n", "row 2: last: 2 is before the first frame 9"),
    ],
)
def test_a_sheet_of_undecided_stretches_is_checked(folder, row, said):
    collect(folder, "anna", "cleo", videos="summary.csv")
    (folder / "out").mkdir(exist_ok=True)
    (folder / "own.csv").write_text("subject,video,path,fps\nanna,anna,videos/anna.mp4,\n")
    (folder / "labels.csv").write_text("subject,video,onset,apex,offset,type\n")
    (folder / "undecided.csv").write_text("subject,video,first,last\n" + row)
    given = {"videos": folder / "own.csv", "annotations": folder / "labels.csv"}
    changes = {k: str(v) for k, v in {**given, "undecided": folder / "undecided.csv"}.items()}
    with pytest.raises(InputError, match="undecided.csv: " + said):
        open_corpus("sheet", section(folder, **changes))
    with pytest.raises(InputError, match="needs sheet.annotations"):
        open_corpus("sheet", section(folder, **{**changes, "annotations": None}))


def test_a_corpus_with_undecided_stretches_trains_a_model_and_is_not_scored(folder, monkeypatch):
    """Ben is tested along with them, so that two people are trained on in every fold."""
    (folder / "ben_decisions.csv").write_text(BEN.replace("undecided", "accepted"))
    assert collect(folder, "anna", "ben", "cleo") == 0
    config = section(folder, root=str(folder / "videos"))
    config["evaluation"] = {**DEFAULT["evaluation"], "folds": "loso"}
    plan = open_plan(config, check_labels=False)
    undecided = str(folder / "out" / "undecided.csv")
    assert inputs.train_spotter(plan, "sheet", "regions", "all")["undecided"] == undecided
    assert inputs.make_model(plan)["spotter"] == "results/sheet/spotters/regions/all.pt"
    for refused in (
        lambda: inputs.score(plan, "sheet"),
        lambda: inputs.compare_methods(plan),
        lambda: inputs.ablate(plan),
    ):
        with pytest.raises(InputError, match="sheet: what is spotted in it cannot be scored"):
            refused()
    # Tables of an earlier run, which were scored as a whole, do not stop the training.
    monkeypatch.chdir(folder)
    (folder / "results").mkdir()
    (folder / "results" / "metrics.csv").write_text("")
    assert targets.deleted(plan, "results/metrics.csv") == []
    # Nor does what is asked before the first run: which results are of another one.
    spotter = folder / "results" / "sheet" / "spotters" / "regions" / "all.pt"
    spotter.parent.mkdir(parents=True)
    spotter.write_bytes(b"of another run")
    assert verification.to_remake(plan) == ["results/sheet/spotters/regions/all.pt"]
    assert "results/sheet/metrics.csv" not in {one.path for one in verification.verify(plan)}
    # A companion brings its own.
    config = {**config, "corpora": ["demo"]}
    config["evaluation"] = {**config["evaluation"], "with": ["sheet"]}
    along = open_plan(config, check_labels=False)
    given = inputs.train_spotter(along, "demo", "regions+sheet", "s01")
    assert (given["undecided"], given["sheet_undecided"]) == ([], undecided)
