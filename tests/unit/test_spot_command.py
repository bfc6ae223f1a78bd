"""What `mespot spot` says, keeps and does again, on a video that takes no time."""

import hashlib
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from mespot import cli, landmarker
from mespot.errors import InputError
from mespot.spotting import decode
from mespot.spotting.spotted import Spotted
from mespot.store import tables
from mespot.videos import batch, files, how, review, single, workers
from tests import trees
from tests.unit import models
from tests.unit.spotted_videos import (
    FRAMES,
    MODEL,
    RATE,
    measure_nothing,
    pictures,
    still_face,
    summary,
)
from tests.workflow.project import ROOT


def test_a_given_rate_holds_for_what_is_named(here, in_this_process, unmoved, capsys):
    trees.images(here / "videos" / "b", "img_{}.png", range(20), pictures()[:20])
    command, out = ["spot", "--out", str(here / "out")], here / "out"
    assert cli.main([*command, "."]) == 1
    assert "mespot: b: is a folder of images; give their" in capsys.readouterr().err
    assert summary(out)["state"].to_dict() == {"anna": "spotted", "b": "failed"}
    assert cli.main([*command, ".", "--fps", "60"]) == 0
    assert in_this_process == ["anna", "b"] and "--fps" not in capsys.readouterr().err
    assert summary(out)["fps"].to_dict() == {"anna": RATE, "b": 60.0}
    assert cli.main([*command, "anna.avi", "--fps", "31"]) == 0
    assert summary(out).loc["anna", "fps"] == 31 and summary(out)["remarks"].isna().all()
    assert cli.main([*command, "anna.avi", "--fps", "60"]) == 0
    words = "read at 60 frames a second, as --fps says, and not at the 30 of the file"
    assert words in summary(out).loc["anna", "remarks"] and words in capsys.readouterr().out
    (here / "videos" / "b").rename(here / "b")
    assert cli.main([*command, ".", "--fps", "60"]) == 0
    assert "--fps 60 holds for no video here" in capsys.readouterr().err
    assert summary(out).loc["anna", "fps"] == RATE


def test_a_video_that_has_changed_and_fails_keeps_no_results(here, in_this_process, unmoved):
    out = here / "out"
    assert cli.main(["spot", ".", "--out", str(out)]) == 0
    (here / "videos" / "anna.avi").write_bytes(b"not a video")
    assert cli.main(["spot", ".", "--out", str(out)]) == 1
    assert summary(out)["state"].to_dict() == {"anna": "failed"}
    assert not (out / "anna" / files.DONE).exists() and (out / "anna" / files.INTERVALS).exists()
    trees.video(here / "videos" / "b.avi", pictures()[:20], RATE)
    assert cli.main(["spot", "b.avi", "--out", str(out)]) == 0
    assert summary(out)["state"].to_dict() == {"b": "spotted"}


def test_a_page_that_fails_leaves_results_that_are_right(here, in_this_process, unmoved):
    out = here / "out"
    assert cli.main(["spot", ".", "--out", str(out)]) == 0
    assert cli.main(["spot", ".", "--out", str(out), "--face", "1"]) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(review, "write_page", full)
        assert cli.main(["spot", ".", "--out", str(out), "--face", "1", "--review"]) == 1
    assert cli.main(["spot", ".", "--out", str(out), "--face", "1"]) == 0
    assert in_this_process == ["anna"] * 3


def full(path, *_):
    raise InputError(f"{path}: cannot be written: No space left on device")


def test_results_name_the_model_and_not_where_it_lies(here, in_this_process, unmoved):
    out, digests = here / "out", []
    for folder, threshold in (("of Anna Smith", 0.3), ("b", 0.4)):
        (here / folder).mkdir()
        model = models.untrained(here / folder / "my.pt", threshold=threshold)
        assert cli.main(["spot", ".", "--out", str(out), "--model", str(model)]) == 0
        stored = [path.read_bytes() for path in (out / "anna").iterdir()]
        assert not any(b"Anna Smith" in content for content in stored)
        digests.append(hashlib.sha256(model.read_bytes()).hexdigest())
        made = json.loads((out / "anna" / files.DONE).read_text())["made_with"]
        assert (made["model"], made["sha256"]) == ("my.pt", digests[-1])
        assert digests[-1].encode() in (out / "anna" / files.SCORES).read_bytes()
    assert in_this_process == ["anna", "anna"] and digests[0] != digests[1]


def test_a_frame_without_a_face_has_one_remark(here, in_this_process, monkeypatch):
    hidden, gone = (np.isin(np.arange(FRAMES), frames) for frames in (range(6), range(20, 32)))
    span = np.where(hidden | gone, -1, 0).astype(np.int16)
    measure_nothing(monkeypatch, span=span, occluded=hidden)
    assert cli.main(["spot", ".", "--out", str(here / "out")]) == 0
    row = summary(here / "out").loc["anna"]
    assert row["remarks"] == "no usable face for 0.4 s; something hides the face for 0.2 s"
    assert row["usable_minutes"] == pytest.approx((FRAMES - 18) / RATE / 60, abs=1e-6)


def test_the_face_model_is_fetched_once_and_only_for_work(here, in_this_process, unmoved, capsys):
    fetched = []

    def fetch(output, **_):
        fetched.append(output)
        output.write_bytes(MODEL)

    command = ["spot", ".", "--out", str(here / "out")]
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MESPOT_LANDMARKER")
        patch.setenv("XDG_CACHE_HOME", str(here / "cache"))
        patch.setattr(landmarker, "fetch", fetch)
        assert cli.main([*command, "--jobs", "2"]) == 0
        line = f"fetching MediaPipe's face landmark model, this once: {fetched[0]}\n"
        assert capsys.readouterr().err == f"mespot: {line}"
        assert cli.main([*command, "--training-free"]) == 0 and len(fetched) == 1
        fetched[0].unlink()
        assert cli.main([*command, "--training-free"]) == 0 and len(fetched) == 1
        assert capsys.readouterr().err == ""


def test_a_long_video_is_spotted_in_pieces_without_a_model_too(here, monkeypatch):
    rate, frames = 12.0, 12 * 7200
    long = SimpleNamespace(n_frames=frames, fps=rate, steady_fps=rate, working_rate=lambda _: rate)
    read = []

    def spot(motion, recipe):
        read.append(len(motion.span))
        assert motion.regional.shape[0] == len(motion.blink) == len(motion.span)
        none = decode.intervals([], [], [], [])
        curve = np.full(len(motion.span), float(len(read)))
        parts = (curve, 1.0, none, none, np.zeros(0))
        return Spotted(*(dict.fromkeys(("micro", "macro"), part) for part in parts))

    monkeypatch.setattr(single.training_free, "spot", spot)
    measure_nothing(monkeypatch)
    found = single.Spotter.of(how.How.of(training_free=True)).spot(long, "long", here)
    assert read == [12 * (3600 + 120)] * 2
    assert found.scores["micro"].tolist() == [1.0] * (frames // 2) + [2.0] * (frames // 2)


@pytest.mark.parametrize(("page", "most"), [(False, 0.95), (True, 0.8)])
def test_there_is_work_left_when_the_motion_is_measured(here, monkeypatch, page, most):
    def measure(recording, settings, model, scratch, progress):
        progress(120, 120)
        return still_face(recording)

    monkeypatch.setattr(single, "measure", measure)
    monkeypatch.setattr(review, "write_page", lambda path, page: path.write_text("page"))
    monkeypatch.setitem(files.WRITERS, files.TIMELINE, lambda found, path: path.write_text("png"))
    chosen = how.How.of()
    planned = batch.plan([here / "videos"], here / "out", chosen, None, page)
    shares = []
    batch.prepare(chosen)(planned.tasks[0], shares.append)
    assert shares == [most, 1.0]


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ([], "no video is done yet. Run the same command again to spot in all 2\n"),
        (["a"], "1 of 2 videos is done. Run the same command again for the rest\n"),
    ],
)
def test_a_key_that_stops_it_leaves_word_how_to_go_on(
    here, in_this_process, unmoved, capsys, monkeypatch, ended, words
):
    (here / "videos" / "anna.avi").rename(here / "videos" / "a.avi")
    trees.video(here / "videos" / "b.avi", pictures()[:20], RATE)
    share_out = workers.share_out

    def stopped(pieces, *arguments):
        yield from share_out([one for one in pieces if one.name in ended], *arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(workers, "share_out", stopped)
    assert cli.main(["spot", ".", "--out", str(here / "out")]) == 130
    assert capsys.readouterr().err == f"\nmespot: stopped; {words}"


def test_the_page_explains_all_columns_and_options(capsys):
    with pytest.raises(SystemExit):
        cli.main(["spot", "--help"])
    told, page = capsys.readouterr().out, (ROOT / "docs" / "spot.md").read_text()
    options = set(re.findall(r"(?<!\S)--[a-z][a-z-]*", told))
    assert {"--face", "--format", "--training-free"} <= options
    missing = [name for name in options if not re.search(rf"^\| `{name}[ `]", page, re.M)]
    assert missing == []
    rows = re.findall(r"^\| (`.*?) \|", page, re.M)
    known = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    columns = {*tables.COLUMNS["found"], *tables.COLUMNS["found_videos"]}
    assert columns - known == set()
    short = columns - {"apex_s", "offset_s", "apex_time", "offset_time"}  # as those of onset
    assert [name for name in short if not re.search(rf"\b{name}\b", told)] == []
