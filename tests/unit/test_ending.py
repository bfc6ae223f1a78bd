"""What the end of a run says, from tables and logs made by hand."""

import os

import pandas as pd
import pytest

from mespot import ending
from mespot.plan import inputs, paths
from mespot.runtime import lock_results, warnings_of
from mespot.store import tables
from tests.unit import plans

RATES = {
    "training_free_micro_per_minute": 9.54,
    "training_free_macro_per_minute": 3.0,
    "learned+x_micro_per_minute": 5.0,
    "learned+x_macro_per_minute": 12.25,
}
COLUMNS = [*tables.COLUMNS["summary"], *RATES]
ROW = {"corpus": "mine", "subject": "s", "videos": 1, "fps": 25.0, "varying_rate": 0}
ROW |= {"no_face": 0, "minutes": 1.0, "unusable_minutes": 0.0, "other_face_minutes": 0.0}
ROW |= {"occluded_minutes": 0.0, "cuts": 0, "faces": 1, "other_face_size": pd.NA}


def summary(*changes, whole):
    """A `summary` of videos v1, v2 ... with what differs from a good one."""
    rows = [ROW | RATES | {"video": f"v{i}"} | change for i, change in enumerate(changes, 1)]
    rows.append(ROW | RATES | {"video": "all", "videos": len(rows), "minutes": len(rows)} | whole)
    return pd.DataFrame(rows)[COLUMNS].astype(
        {**tables.COLUMNS["summary"], **dict.fromkeys(RATES, tables.REAL)}
    )


def test_a_good_corpus_takes_few_lines():
    assert ending.of_corpus(summary({}, {}, whole={}), "x.csv") == [
        "mine: 2 videos, 2.0 min; x.csv has a row for each",
        "  intervals a minute   micro   macro",
        "  training_free          9.5     3.0",
        "  learned+x              5.0    12.2",
    ]


def test_what_is_odd_is_told_with_its_videos():
    table = summary(
        {"no_face": 1, "unusable_minutes": 1.0},
        {"unusable_minutes": 0.05, "other_face_minutes": 0.5},
        {"varying_rate": 1, "fps": 19.036, "cuts": 2, "occluded_minutes": 0.1},
        *[{"unusable_minutes": 0.5}] * 5,
        whole={"no_face": 1, "unusable_minutes": 3.55, "other_face_minutes": 0.5}
        | {"varying_rate": 1, "fps": pd.NA, "cuts": 2, "occluded_minutes": 0.1},
    )
    assert ending.of_corpus(table, "x.csv")[1:7] == [
        "  no face in v1",
        "  not usable: 3.5 min, in v1 (1.0 min), v4 (30.0 s), v5 (30.0 s), v6 (30.0 s), "
        "v7 (30.0 s) and 2 more",
        "  of this, something hides the face: 6.0 s, in v3 (6.0 s)",
        "  another face beside the one that is followed: 30.0 s, in v2 (30.0 s)",
        "  cuts to another scene or person: v3 (2)",
        "  the frame rate varies in v3 (mean 19.04 fps)",
    ]


def test_a_corpus_without_faces_or_methods_has_nothing_to_say_of_them():
    unknown = dict.fromkeys(
        ("no_face", "other_face_minutes", "occluded_minutes", "cuts", "faces"), pd.NA
    )
    table = summary(unknown, whole=unknown)[list(tables.COLUMNS["summary"])]
    assert len(ending.of_corpus(table, "x.csv")) == 1
    # And where no face was usable, there are no rates.
    table = summary({}, whole={"unusable_minutes": 1.0, **dict.fromkeys(RATES, pd.NA)})
    assert not any("intervals" in line for line in ending.of_corpus(table, "x.csv"))


def write_log(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"2026-11-27 05:00:00,123 {line}\n" for line in lines))


def test_warnings_are_those_of_mespot_alone(tmp_path):
    log = tmp_path / "x.log"
    write_log(
        log,
        "INFO mespot.steps.track_face: v: a face in 5 of 6 frames",
        "WARNING mespot.steps.track_face: v: no face: WARNING",
        "WARNING libav.h264: error while decoding",
        "ERROR mespot: broken",
    )
    with log.open("a") as more:
        more.write(
            "WARNING: All log messages before absl::InitializeLog()\nW0000 00:00 x.cc:1] y\n"
        )
    assert warnings_of(log) == ["v: no face: WARNING", "broken"]


def test_each_warning_of_this_run_is_told_once_with_its_job(tmp_path):
    results = tmp_path / "results"
    old = "WARNING mespot.x: of an earlier run"
    write_log(results / "demo" / "logs" / "track_face" / "v1.log", old)
    began = lock_results(results)
    os.utime(results / "demo" / "logs" / "track_face" / "v1.log", (began - 5, began - 5))
    same = "WARNING mespot.recording: v2.mp4: 1 of 9 frames missing at the end"
    write_log(results / "demo" / "logs" / "track_face" / "v2.log", same, same)
    write_log(results / "demo" / "logs" / "crop_frames" / "v2.log", same)
    write_log(
        results / "demo" / "logs" / "pretrain" / "e" / "all" / "v3.log", "WARNING mespot: v3: y"
    )
    write_log(results / "logs" / "ablate.log", "WARNING mespot.steps.ablate: odd")
    found = ending.warnings_since(results, began)
    path = results / "logs" / "warnings.txt"
    lines = ending.of_warnings(found, str(path))
    assert lines == [
        "warnings:",
        "  demo/crop_frames/v2 and 1 more: v2.mp4: 1 of 9 frames missing at the end",
        "  demo/pretrain/e/all/v3: y",
        "  ablate: odd",
    ]
    assert path.read_text() == "".join(f"{line[2:]}\n" for line in lines[1:])


def test_many_warnings_are_in_a_file(tmp_path):
    path = tmp_path / "logs" / "warnings.txt"
    found = {f"odd {i}": [f"demo/score/{i}"] for i in range(22)}
    lines = ending.of_warnings(found, str(path))
    assert len(lines) == 12 and lines[-1] == f"  and 12 more in {path}"
    assert len(path.read_text().splitlines()) == 22
    assert ending.of_warnings({}, str(path)) == []  # those of another run are gone
    assert not path.exists()


@pytest.fixture
def run(tmp_path, monkeypatch):
    """The plan of a run on the demo corpus whose summary is there, and the time it began."""
    monkeypatch.chdir(tmp_path)
    plan = plans.plan(demo={"subjects": 3})
    for read in inputs.summarise(plan, "demo").values():
        for path in [read] if isinstance(read, str) else read:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).touch()
    began = lock_results("results")
    own = dict.fromkeys(RATES, tables.REAL)
    tables.write(paths.summary("demo"), "summary", summary({}, whole={}), own)
    write_log(tmp_path / "results" / "demo" / "logs" / "spot.log", "WARNING mespot: odd")
    return plan, began


def test_a_finished_run_tells_both(run):
    plan, began = run
    told = ending.lines(plan, began, finished=True)
    assert told[0] == "mine: 1 video, 1.0 min; results/demo/summary.csv has a row for each"
    assert told[-2:] == ["warnings:", "  demo/spot: odd"]
    assert ending.lines(plan, began, finished=False) == told[-2:]


def test_a_summary_of_other_files_is_not_told(run):
    plan, began = run
    path = paths.of_video("landmarks", "demo", plan.corpora["demo"].videos[0])
    os.utime(path, (began + 60, began + 60))
    assert ending.lines(plan, began, finished=True)[0] == "warnings:"
    os.unlink(path)
    assert ending.lines(plan, began, finished=True)[0] == "warnings:"


def test_a_table_of_no_use_ends_no_run(run):
    plan, began = run
    with open(paths.summary("demo"), "w") as table:
        table.write("a,b\n1,2\n")
    (said,) = ending.lines(plan, began, finished=True)
    assert "results/demo/summary.csv: not a summary table" in said
