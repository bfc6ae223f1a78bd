"""`mespot spot` and `mespot.spot` on a small video of a face that is followed by hand."""

import base64
import doctest
import fcntl
import json
import logging
import re
import warnings

import cv2
import numpy as np
import pandas as pd
import pytest

import mespot
from mespot import api, cli
from mespot.errors import InputError
from mespot.face import landmarks
from mespot.recording import open_recording
from mespot.store import io, tables
from mespot.videos import batch, files, how
from tests import trees
from tests.unit import models
from tests.unit.spotted_videos import FRAMES, MODEL, RATE, SIDE, pictures
from tests.workflow.project import ROOT


def test_a_video_gets_a_table_curves_and_a_picture(here):
    found = mespot.spot("anna.avi")
    table = found.intervals
    assert found.video == "anna" and len(table) and set(table["type"]) <= {"micro", "macro"}
    assert (table["onset"] <= table["apex"]).all() and (table["apex"] <= table["offset"]).all()
    np.testing.assert_allclose(table["onset_s"], table["onset"] / RATE, atol=1e-6)
    assert table["offset_time"].str.fullmatch(r"00:00:0[0-3]\.\d{3}").all()
    assert len(found.scores) == FRAMES and found.scores["usable"].all()
    assert table["cut_off"].dtype == bool and set(table["side"]) <= {"left", "right", "both"}
    files.write_timeline(found, here / "anna.png")
    assert cv2.imread(str(here / "anna.png")).shape[1] > 200
    free = mespot.spot(pictures(), training_free=True, fps=RATE, name="b")
    assert free.video == "b" and len(free.scores) == FRAMES


def test_the_command_writes_all_of_it_once(here, in_this_process, capsys):
    assert cli.main(["spot", ".", "--out", str(here / "out")]) == 0
    told = capsys.readouterr().out
    assert "macro in 2 s\n" in told and "1 spotted, 0 spotted before, 0 failed" in told
    folder = here / "out" / "anna"
    assert f"intervals: {folder / files.INTERVALS}\n" in told
    assert {path.name for path in folder.iterdir()} == {*files.WRITERS, files.DONE}
    table = tables.read(folder / files.INTERVALS, "found")
    found = mespot.spot("anna.avi")
    pd.testing.assert_series_equal(
        table["onset"].astype(int), found.intervals["onset"], check_dtype=False
    )
    scores = io.read(folder / files.SCORES, "found")
    np.testing.assert_allclose(scores["micro"], found.scores["micro"])
    (row,) = tables.read(here / "out" / batch.SUMMARY, "found_videos").itertuples()
    assert (row.video, row.state, row.micro + row.macro) == ("anna", "spotted", len(table))
    # Again: nothing is left to do, until the model or the video changes.
    assert cli.main(["spot", ".", "--out", str(here / "out")]) == 0
    assert "0 spotted, 1 spotted before" in capsys.readouterr().out
    (folder / "notes.txt").write_text("mine")
    models.untrained(how.MODEL, threshold=0.5)
    assert cli.main(["spot", ".", "--out", str(here / "out")]) == 0
    trees.video(here / "videos" / "anna.avi", pictures()[:-5], RATE)
    assert cli.main(["spot", "anna.avi", "--out", str(here / "out")]) == 0
    assert in_this_process == ["anna", "anna", "anna"]
    assert (folder / "notes.txt").read_text() == "mine"
    (folder / files.DONE).write_text("{")
    assert cli.main(["spot", "anna.avi", "--out", str(here / "out")]) == 0
    assert len(in_this_process) == 4


def test_a_review_page_for_those_who_ask(here, in_this_process, capsys):
    models.untrained(how.MODEL, threshold=0.5)
    command = ["spot", ".", "--out", str(here / "out")]
    page = here / "out" / "anna" / files.PAGE
    assert cli.main(command) == 0 and not page.exists()
    capsys.readouterr()
    assert cli.main([*command, "--review"]) == 0
    out, err = capsys.readouterr()
    assert str(page) in out and "anna: spotted before without a review page" in err
    text = page.read_text()
    data = json.loads(re.search(r'id="data">(.*?)</script>', text, re.S)[1])
    assert (data["subject"], data["video"], data["last"]) == ("anna", "anna", FRAMES - 1)
    spotted = sum(one["spotted"] for one in data["candidates"])
    table = tables.read(page.with_name(files.INTERVALS), "found")
    assert spotted == len(table) < len(data["candidates"])
    assert all(0 < x < 1 for centre in data["regions"]["centres"] for x in centre)
    encoded = base64.b64decode(re.search(r'id="sheet-0">(.*?)<', text)[1])
    sheet = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_GRAYSCALE)
    side = data["pictures"]["side"]
    crops = mespot.crops("anna.avi", settings=models.PREPROCESSING).images
    for number in (0, 31, FRAMES - 1):  # at these places of the sheet
        row, column = np.array(divmod(number, data["pictures"]["columns"])) * side
        shown = cv2.resize(sheet[row : row + side, column : column + side], (64, 64))
        assert np.abs(shown - crops[number].astype(float)).mean() < 4
    assert cli.main([*command, "--review"]) == cli.main(command) == 0
    assert in_this_process == ["anna", "anna"] and page.read_text() == text
    assert cli.main([*command, "--training-free"]) == 0
    assert not page.exists()  # it was of other results


def test_what_was_tracked_is_drawn_into_the_video(here, in_this_process, capsys):
    assert cli.main(["spot", ".", "--out", str(here / "out")]) == 0
    scores, out = here / "out" / "anna" / files.SCORES, here / "check.mp4"
    assert cli.main(["inspect", str(scores), "--video", str(out)]) == 0
    assert "following the face in" in capsys.readouterr().out
    drawn = list(open_recording(out).frames(RATE))
    assert len(drawn) == FRAMES and drawn[-1].time == pytest.approx((FRAMES - 1) / RATE)
    assert drawn[0].image.shape[1] == 2 * SIDE < drawn[0].image.shape[0]
    # Results may have it, the folder of the recording may not.
    beside = here / "videos" / "check.mp4"
    assert cli.main(["inspect", str(scores), "--video", str(beside)]) == 2
    assert "where recordings are and nothing is written" in capsys.readouterr().err
    (here / "videos" / "anna.avi").unlink()
    assert cli.main(["inspect", str(scores), "--video", str(out)]) == 2
    assert "anna.avi: the recording is not there any more" in capsys.readouterr().err


def test_one_video_fails_and_the_others_go_on(here, in_this_process, capsys):
    (here / "videos" / "cut.mp4").write_bytes(b"not a video")
    trees.video(here / "videos" / "slow.avi", pictures()[:20], 8.0)
    assert cli.main(["spot", ".", "none.mp4", "--out", str(here / "out")]) == 1
    out, err = capsys.readouterr()
    assert "1 spotted, 0 spotted before, 3 failed" in out
    assert "none.mp4: cannot be read" in err and "cut.mp4: cannot be opened" in err
    assert "slow.avi: has 8 frames a second" in err and "--fps" in err
    table = tables.read(here / "out" / batch.SUMMARY, "found_videos")
    assert table["state"].tolist() == ["spotted", "failed", "failed", "failed"]
    assert sorted(p.name for p in (here / "out").iterdir() if p.is_dir()) == ["anna"]


def test_a_face_that_leaves_and_none_at_all(here, in_this_process, monkeypatch):
    seen = landmarks.detect
    gone = range(20, 45)

    def leaves(frames, model, **options):
        faces = seen(frames, model, **options)
        return ([] if index in gone else one for index, one in enumerate(faces))

    monkeypatch.setattr(landmarks, "detect", leaves)
    assert cli.main(["spot", ".", "--out", str(here / "out")]) == 0
    row = json.loads((here / "out" / "anna" / files.DONE).read_text())["row"]
    assert "no usable face for 0.8 s" in row["remarks"]

    def none(frames, model, **options):
        logging.getLogger("mespot.face").warning("anna.avi: is odd")
        return ([] for _ in frames)

    monkeypatch.setattr(landmarks, "detect", none)
    assert cli.main(["spot", ".", "--out", str(here / "none")]) == 0
    row = json.loads((here / "none" / "anna" / files.DONE).read_text())["row"]
    assert row["remarks"] == "is odd; no face found in any frame" and row["micro"] == 0
    assert len(tables.read(here / "none" / "anna" / files.INTERVALS, "found")) == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model", "face.task"], "damaged, or not a checkpoint.*--training-free"),
        (["--model", "none.pt"], "none.pt: cannot be read"),
        (["--jobs", "0"], "--jobs: 0 must be at least 1"),
    ],
)
def test_what_cannot_begin_is_told(here, in_this_process, capsys, arguments, words):
    (here / "videos" / "face.task").write_bytes(MODEL)
    assert cli.main(["spot", ".", "--out", str(here / "out"), *arguments]) == 2
    assert pd.Series([capsys.readouterr().err]).str.contains(words).all()


@pytest.mark.parametrize("rate", ["0", "nan", "inf", "-3", "x"])
def test_a_rate_that_is_none_is_told_before_anything_is_done(here, capsys, rate):
    with pytest.raises(SystemExit):
        cli.main(["spot", ".", "--out", str(here / "out"), "--fps", rate])
    assert "must be a number above 0" in capsys.readouterr().err and not (here / "out").exists()


@pytest.mark.parametrize("arguments", [[""], ["anna.avi", "--out", ""]])
def test_an_empty_name_is_no_folder(here, capsys, arguments):
    with pytest.raises(SystemExit):
        cli.main(["spot", *arguments])
    assert "the name is empty" in capsys.readouterr().err and not (here / "summary.csv").exists()


def test_without_a_model_it_says_how_to_get_one(here, monkeypatch):
    monkeypatch.setattr(how, "MODEL", here / "models" / "default.pt")
    with pytest.raises(InputError, match="has no model of its own; .*results/model.pt") as told:
        mespot.spot("anna.avi")
    both = ("--model FILE, in Python model=", "mespot.train", "in Python training_free=True")
    assert all(words in str(told.value) for words in both)
    with pytest.raises(InputError, match="^model and training_free .* leave one out"):
        mespot.spot("anna.avi", model="a.pt", training_free=True)


def test_a_full_disk_leaves_what_was_there(here, in_this_process, monkeypatch, capsys):
    assert cli.main(["spot", ".", "--out", str(here / "out")]) == 0
    folder = here / "out" / "anna"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(found, path):
        raise InputError(f"{path}: cannot be written: No space left on device")

    monkeypatch.setitem(files.WRITERS, files.TIMELINE, full)
    assert cli.main(["spot", ".", "--out", str(here / "out"), "--training-free"]) == 1
    assert "No space left" in capsys.readouterr().err
    del before[files.DONE]  # they are not what this call asks for
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [p.name for p in (here / "out").iterdir() if p.name.startswith(".")] == []


def test_the_stages_work_on_files_and_arrays(here):
    faces = mespot.track("anna.avi")
    settings = {"crop": {"size": 64}, "flow": {"grid": 16, "lags": [1, 3]}}
    crops = mespot.crops("anna.avi", faces, settings=settings)
    motion = mespot.flow(crops, settings=settings)
    assert motion.regional.shape == (FRAMES, 2, len(motion.regions), 2) and motion.flow.any()
    same = mespot.flow(iter(pictures()), fps=RATE, settings=settings)
    assert same.flow.shape == motion.flow.shape == (FRAMES, 16, 16, 2)
    with pytest.raises(InputError, match="faces are of another video"):
        mespot.crops(pictures()[:50], faces, fps=RATE)
    with pytest.raises(InputError, match="settings: crop.sise: unknown key"):
        mespot.track("anna.avi", settings={"crop": {"sise": 64}})
    for wrong, words in (([], "there is none"), ([np.zeros((4, 4))], "number 0 has shape")):
        with pytest.raises(InputError, match=words):
            mespot.track(wrong, fps=RATE)
    with pytest.raises(InputError, match="give their frames a second"):
        mespot.track(pictures())
    assert mespot.track(pictures()[:16], fps=8.0).rate == 8.0  # too slow to spot in
    with pytest.raises(InputError, match="has 8 frames a second.*--fps N, in Python fps=N"):
        mespot.spot(pictures()[:16], fps=8.0)


def test_the_examples_run(here):
    (here / "videos" / "anna.avi").rename(here / "videos" / "anna.mp4")
    for function in (api.spot, api.track, api.crops, api.flow, api.score):
        finder = doctest.DocTestFinder(recurse=False)
        (example,) = finder.find(function, function.__name__, globs={})
        assert doctest.DocTestRunner().run(example) == (0, len(example.examples)), function
        assert len(example.examples) > 1


def test_a_second_run_at_the_same_time_is_told(here, capsys):
    (here / "out").mkdir()
    with open(here / "out" / ".lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert cli.main(["spot", ".", "--out", str(here / "out")]) == 2
    assert "another mespot run is writing here" in capsys.readouterr().err


def test_nothing_is_written_beside_a_recording(here, in_this_process):
    (here / "videos" / "anna").mkdir()
    (here / "videos" / "anna.avi").rename(here / "videos" / "anna" / "anna.avi")
    trees.images(here / "videos" / "b", "img_{}.png", range(40), pictures()[:40])
    assert cli.main(["spot", ".", "--fps", "30", "--out", "."]) == 0
    assert in_this_process == ["anna-2", "b-2"]
    assert [path.name for path in (here / "videos" / "anna").iterdir()] == ["anna.avi"]
    assert len(list((here / "videos" / "b").iterdir())) == 40
    assert (here / "videos" / "b-2" / files.DONE).is_file()


@pytest.mark.parametrize("page", ["README.md", "docs/spot.md"])
def test_the_python_of_the_docs_runs(here, page):
    (here / "videos" / "anna.avi").rename(here / "videos" / "anna.mp4")
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.M | re.S)
    row = {"subject": "anna", "video": "anna", "type": "micro", "onset": 30, "offset": 40}
    names = {"labels": pd.DataFrame([row])}
    with warnings.catch_warnings(action="error", category=UserWarning):
        for block in blocks:
            exec(block, names)
    assert len(names["found"].intervals)


def test_tables_in_memory_are_named_in_messages():
    row = {"subject": "anna", "video": "anna", "type": "micro", "onset": 30, "offset": 40}
    labels = pd.DataFrame([row])
    with pytest.raises(InputError, match="^predictions: row 2: .*offset"):
        mespot.score(labels, labels.assign(offset=20))
    with pytest.warns(UserWarning, match="^remark: labels: row 1: .*au"):
        mespot.score(labels.assign(au="12"), labels)


def test_the_face_that_is_asked_for_is_followed(here, in_this_process, capsys):
    assert cli.main(["spot", ".", "--out", str(here / "out"), "--face", "1"]) == 0
    assert cli.main(["spot", ".", "--out", str(here / "out"), "--face", "2"]) == 1
    assert "anna.avi: face 2 is not there" in capsys.readouterr().err
    assert cli.main(["spot", ".", "--out", str(here / "out"), "--face", "upper"]) == 2
    assert "face: 'upper' must be auto, left" in capsys.readouterr().err
    with pytest.raises(InputError, match="face 2 is not there"):
        mespot.track("anna.avi", settings={"tracking": {"face": 2}})


def test_a_name_of_odd_bytes_and_a_video_that_was_moved(here, in_this_process, capsys):
    (here / "videos" / "anna.avi").rename(here / "videos" / "b\udcff.avi")
    (here / "videos" / "broken\udcff.avi").write_text("no video")
    command = ["spot", ".", "--out", str(here / "out"), "--format", "webvtt"]
    assert cli.main(command) == 1
    captured = capsys.readouterr()
    assert str(here / "out" / "b_" / "b_.vtt") in captured.out
    captured.out.encode()
    table = tables.read(here / "out" / batch.SUMMARY, "found_videos").set_index("video")
    assert table["path"].to_dict() == {"b_": "b?.avi", "broken_": "broken?.avi"}
    (here / "videos" / "moved").mkdir()
    (here / "videos" / "b\udcff.avi").rename(here / "videos" / "moved" / "b\udcff.avi")
    assert cli.main(["spot", "moved", *command[2:]]) == 0
    table = tables.read(here / "out" / batch.SUMMARY, "found_videos").set_index("video")
    assert table.loc["b_", "path"] == "moved/b?.avi" and in_this_process.count("b_") == 1


def test_pictures_need_a_rate_that_is_one():
    for fps in (None, 0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="give their frames a second"):
            mespot.track([np.zeros((4, 4), np.uint8)], fps=fps)
