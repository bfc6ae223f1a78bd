"""Annotations of other tools: what the exports wrote comes back, what tools write is read, and what
cannot be read is refused with its place and cure."""

import csv
import json

import numpy as np
import pandas as pd
import pytest

from mespot.corpora.notes import Notes
from mespot.corpora.sheet import read_annotations
from mespot.errors import InputError
from mespot.formats import write
from mespot.plan import inputs, reports
from mespot.steps import label_frames
from mespot.store import tables
from tests.unit import plans
from tests.unit.coded_videos import FRAMES, RATES, coded, recordings, table
from tests.unit.read_annotations import SHEET, read, refused
from tests.unit.test_label_frames import write_landmarks

# ---------------------------------------------------------------- round trips


def accepted(path):
    """Predictions as annotations, as Label Studio keeps them when they are accepted."""
    tasks = json.loads(path.read_text())
    for task in tasks:
        result = task.pop("predictions")[0]["result"]
        task["data"]["video"] = "/data/upload/1/0a1b2c3d-" + task["data"]["video"].split("/")[-1]
        task["annotations"] = [{"id": 1, "completed_by": 1, "result": result}]
    path.write_text(json.dumps(tasks))
    return path


def tabular(path):
    """The table that BORIS exports of a project: a row a start or stop."""
    project = json.loads(path.read_text())
    columns = ["Observation id", "Observation type", "Source", "Time offset (s)", "FPS", "Subject"]
    columns += ["Behavior", "Behavioral category", "Modifier #1", "Behavior type", "Time"]
    columns += ["Media file name", "Image index", "Image file path", "Comment"]
    lines = []
    for name, one in project["observations"].items():
        file, active = one["file"]["1"][0], set()
        for time, subject, code, _, comment, index in one["events"]:
            side = "POINT" if code == "apex" else "STOP" if code in active else "START"
            active ^= {code}
            row = [name, "Media file(s)", f"player #1:{file}", 0.0, "25.000", subject, code, ""]
            lines.append([*row, "", side, f"{time:.3f}", file, index, "NA", comment])
    out = path.with_suffix(".tsv")
    with out.open("w", encoding="utf-16", newline="") as handle:
        csv.writer(handle, delimiter="\t", lineterminator="\r\n").writerows([columns, *lines])
    return out


@pytest.mark.parametrize(("rate", "first"), list(zip(RATES, (0, 7, 1, 7), strict=True)))
def test_round_trips(tmp_path, rate, first):
    video = coded(tmp_path, rate, first, subject="anna")
    sheet, times = recordings(video), {video.video: video.times}
    expected = sorted(
        (row.type, row.onset, None if pd.isna(row.apex) else row.apex, row.offset)
        for row in table(first).itertuples()
    )
    (elan,) = write("elan", [video], tmp_path / "x.eaf")
    (boris,) = write("boris", [video], tmp_path / "x.boris")
    (studio,) = write("label_studio", [video], tmp_path / "x.json")
    (plain,) = write("csv", [video], tmp_path / "x.csv")
    seconds = tmp_path / "seconds.csv"
    pd.read_csv(plain).drop(columns=["onset", "apex", "offset"]).to_csv(seconds, index=False)
    for path in (elan, boris, tabular(boris), accepted(studio), plain, seconds):
        assert sorted(read(path, sheet, times, None)) == expected, path.name


def test_round_trip_of_overlaps_and_a_folder(tmp_path):
    videos = [coded(tmp_path, "30", video=name, overlapping=True) for name in ("a", "b")]
    write("elan", videos, tmp_path / "elan")
    (tmp_path / "elan" / "a.pfsx").write_text("settings")
    times = {video.video: video.times for video in videos}
    labels = read_annotations(tmp_path / "elan", recordings(*videos), times=times)
    assert labels["video"].tolist() == ["a"] * 5 + ["b"] * 5
    both = [tmp_path / "elan" / "a.eaf", tmp_path / "elan" / "b.eaf"]
    assert read_annotations(both, recordings(*videos), times=times).equals(labels)
    with pytest.raises(InputError, match="annotates 'a', as .* does; keep one"):
        read_annotations([both[0], *both], recordings(*videos))
    notes = Notes()
    read_annotations(both[:1], recordings(*videos), notes=notes)
    assert [str(note) for note in notes.entries] == [
        "video 'b': no file annotates it: taken as a video without expressions"
    ]


def test_in_a_run(tmp_path, caplog):
    """The plan gives the job the videos, and their time stamps say which frames were meant."""
    videos = [coded(tmp_path, "varying", video=f"v{n}", subject=f"s{n}") for n in range(3)]
    rows = "".join(f"{one.subject},{one.video},{one.video}.mp4,\n" for one in videos)
    (tmp_path / "videos.csv").write_text(f"subject,video,path,fps\n{rows}")
    write("elan", videos[1:], tmp_path / "elan")
    section = {"videos": str(tmp_path / "videos.csv"), "annotations": str(tmp_path / "elan")}
    run = {"corpora": ["sheet"], "evaluation": {"folds": "loso"}}
    planned = plans.plan(sheet=section, **run)
    given = inputs.label_frames(planned, "sheet")
    assert given["annotations"] == [str(tmp_path / "elan" / f"v{n}.eaf") for n in (1, 2)]
    assert given["sources"] == [str(one.path) for one in videos]
    named = reports.behaviours(planned, "sheet")
    assert named == plans.DEFAULT["sheet"]["behaviours"]
    clock = {"native": np.arange(0, FRAMES, 2), "first": 0, "n_native": FRAMES}
    stored = [
        write_landmarks(tmp_path / f"{one.video}.h5", one.video, subject=one.subject, **clock)
        for one in videos
    ]
    label_frames.run(
        annotations=given["annotations"],
        landmarks=stored,
        sources=given["sources"],
        behaviours=named,
        output=tmp_path / "labels.csv",
        provenance={},
    )
    labels = tables.read(tmp_path / "labels.csv", "labels")
    assert labels["video"].tolist() == ["v1"] * 4 + ["v2"] * 4
    assert labels["onset"].tolist() == sorted(videos[0].intervals["onset"]) * 2
    assert labels["offset_w"].tolist() == [2, 16, 3, 29] * 2
    # A sheet of labels needs no videos.
    (plain,) = write("csv", videos, tmp_path / "annotations.csv")
    planned = plans.plan(sheet={**section, "annotations": str(plain)}, **run)
    assert inputs.label_frames(planned, "sheet")["sources"] == []
    assert reports.behaviours(planned, "sheet") is None
    # One that has times only does, and no rate.
    seconds = tmp_path / "seconds.csv"
    pd.read_csv(plain).drop(columns=["onset", "apex", "offset"]).to_csv(seconds, index=False)
    planned = plans.plan(sheet={**section, "annotations": str(seconds)}, **run)
    given = inputs.label_frames(planned, "sheet")
    assert given["sources"] == [str(one.path) for one in videos]
    out = tmp_path / "again.csv"
    label_frames.run(**{**given, "landmarks": stored}, output=out, provenance={})
    again = tables.read(out, "labels")
    for name in ("onset", "apex", "offset"):
        expected = sorted(videos[0].intervals[name].dropna()) * 3
        assert sorted(again[name].dropna()) == sorted(expected)
    assert "plays at" in caplog.text and "said to have 200" in caplog.text


def test_times_beyond_the_end_of_a_video(tmp_path):
    video = coded(tmp_path, "25")
    path = tmp_path / "x.csv"
    path.write_text("subject,video,onset_s,offset_s,type\ns1,v_1,2,2.41,micro\n")
    with pytest.raises(
        InputError, match=r"row 2: offset_s: '2.41' is beyond the end of 'v_1', 2.4"
    ):
        read(path, recordings(video), {"v_1": video.times})
    path.write_text(path.read_text().replace("2.41", "2.4"))
    assert read(path, recordings(video), {"v_1": video.times}) == [("micro", 50, None, 59)]


# ---------------------------------------------------------------- BORIS


def boris(tmp_path, events, **keys):
    one = {"file": {"1": ["v.mp4"], "2": []}, "type": "MEDIA", "time offset": 0, "events": events}
    types = {"micro": "State event", "Smile": "State event with coding map", "peak": "Point event"}
    content = {
        "behaviors_conf": {
            str(n): {"code": c, "type": t} for n, (c, t) in enumerate(types.items())
        },
        "observations": {"first": {**one, **keys}},
    }
    path = tmp_path / "x.boris"
    path.write_text(json.dumps(content))
    return path


def test_projects_of_boris(tmp_path):
    events = [
        [12.4, "", "micro", "", ""],
        [12.48, "", "peak", "", "", 62],
        [12.8, "", "micro", "", "", 70],
        [13, "", "Smile", "None", ""],
        [14.0, "", "Smile", "", ""],
    ]
    path = boris(tmp_path, events, **{"time offset": 12})
    assert read(path) == [("micro", 10, 12, 19), ("macro", 25, None, 49)]


def test_of_several_subjects_that_of_the_video_counts(tmp_path):
    events = [[n / 2, name, "micro", "", ""] for n, name in enumerate(["Anna", "ben"] * 2)]
    assert read(boris(tmp_path, events)) == [("micro", 0, None, 24)]
    events = [[one[0], one[1].replace("Anna", "cleo"), *one[2:]] for one in events]
    refused(boris(tmp_path, events), "has events of 'ben', 'cleo', and 'v' is of 'anna'")


def test_players_of_boris_that_show_a_video_earlier_or_later(tmp_path):
    events = [[0.4, "", "micro", "", ""], [0.8, "", "micro", "", ""]]
    both = {"1": ["front.mp4"], "2": ["v.mp4"]}
    here = {"file": both, "media_info": {"offset": {"1": 0.0, "2": "0.0"}}}
    assert read(boris(tmp_path, events, **here)) == [("micro", 10, None, 19)]
    here = {"file": both, "media_info": {"offset": {"1": -1.0, "2": 0.0}}}
    assert read(boris(tmp_path, events, **here)) == [("micro", 10, None, 19)]
    here = {"file": both, "media_info": {"offset": {"1": 0.0, "2": 0.2}}}
    refused(boris(tmp_path, events, **here), "links 'front.mp4', which is no video")
    here = {"file": {"1": ["v.mp4"]}, "media_info": {"offset": {"1": "0.2"}}}
    refused(boris(tmp_path, events, **here), "player 1, whose media has an offset; set it to 0")


def test_observations_of_images_without_times_are_passed_over(tmp_path):
    path = boris(tmp_path, [[0.4, "", "micro", "", ""], [0.8, "", "micro", "", ""]])
    project = json.loads(path.read_text())
    images = {"type": "IMAGES", "directories_list": ["other"], "events": [["NA", "", "x", "", ""]]}
    project["observations"]["second"] = images
    path.write_text(json.dumps(project))
    assert read(path) == [("micro", 10, None, 19)]
    images["events"][0][2] = "micro"
    path.write_text(json.dumps(project))
    refused(path, "observation 'second'")


@pytest.mark.parametrize(
    ("events", "keys", "expected"),
    [
        ([["NA", "", "micro", ""]], {"type": "IMAGES"}, "of type 'IMAGES', which has no video"),
        ([[1, "", "micro", "", ""]], {}, "event 1: starts and has no stop; complete it in BORIS"),
        ([["x", "", "micro", "", ""]], {}, "event 1: is no event with a time"),
        ([[1, "", "peak", "", ""]], {}, "event 1: lies in no expression"),
        ([[1, "", "micro", ""], [1, "", "micro", ""]], {}, "ends at 1, not after its start 1"),
        ([[1, "", "micro", ""]], {"type": "LIVE"}, "of type 'LIVE', which has no video"),
        ([[1, "", "micro", ""]], {"file": {"1": ["v.mp4", "w.mp4"]}}, "of several videos in a row"),
        ([[1, "", "micro", ""]], {"time offset": "x"}, "its time offset is no number"),
        ([[1, "", "micro", ""]], {"file": {"1": ["w.mp4"]}}, "links 'w.mp4', which is no video"),
        ([[1, "", "x", ""], [2, "", "x", ""]], {}, "has none of 'micro', 'smile'"),
    ],
)
def test_what_cannot_be_read_of_boris(tmp_path, events, keys, expected):
    path = boris(tmp_path, events, **keys)
    assert refused(path, str(path), expected)


def test_points_that_should_last(tmp_path):
    path = boris(tmp_path, [[1, "", "peak", "", ""]])
    names = {"micro": ["peak"], "macro": [], "apex": []}
    refused(path, "event 1: is a point in time", "make it a state event", names=names)
    names = {"micro": ["peak"], "macro": ["PEAK"], "apex": []}
    refused(path, "sheet.behaviours: 'PEAK' is named under micro and macro", names=names)


AGGREGATED = """\
Observation id;Source;Time offset (s);Subject;Behavior;Modifier #1;Behavior type;Start (s);\
Stop (s);Duration (s);Media file name;Comment start
first;player #1:v.mp4;0;anna;micro;;STATE;0,4;0,8;0,4;v.mp4;
first;player #1:v.mp4;0;anna;peak;;POINT;0,44;0,44;NA;v.mp4;
first;player #1:v.mp4;0;anna;expr;macro;STATE;2;3;1;Not found;
"""


def test_aggregated_events_of_boris(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(AGGREGATED.replace("\n", "\r\n"), encoding="utf-8-sig")
    assert read(path) == [("micro", 10, 11, 19), ("macro", 50, None, 74)]
    path.write_text(AGGREGATED.replace("0,4;0,8", "0,4;NA"))
    refused(path, "x.csv: row 2: has no stop")
    path.write_text(AGGREGATED.replace("2;3;1", "2;three;1"))
    refused(path, "x.csv: row 4: stop: 'three' must be a time in seconds")
    for offset in ("inf", "-inf", "9" * 400, "x"):
        path.write_text(AGGREGATED.replace("v.mp4;0;", f"v.mp4;{offset};", 1))
        refused(path, "x.csv: row 2: offset: '", "must be a number of seconds")
    path.write_text(AGGREGATED.replace("v.mp4;\n", "w.mp4;\n", 1))
    refused(path, "row 3: media: 'v.mp4', but other rows of this observation have 'w.mp4'")
    refused([path, tmp_path / "y.csv"], "is a sheet beside files of annotation tools")


def test_events_of_no_focal_subject_are_everybodys(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(AGGREGATED.replace("anna;expr", "No focal subject;expr"))
    assert read(path) == [("micro", 10, 11, 19), ("macro", 50, None, 74)]
    path.write_text(AGGREGATED.replace("anna", "No focal subject"))
    assert read(path) == [("micro", 10, 11, 19), ("macro", 50, None, 74)]
    path.write_text(AGGREGATED.replace("anna;expr", "ben;expr"))
    assert read(path) == [("micro", 10, 11, 19)]


# ---------------------------------------------------------------- Label Studio


def studio(tmp_path, *results, **keys):
    task = {"id": 5, "data": {"video": "s3://bucket/v.mp4?token=1"}}
    task["annotations"] = [{"result": list(results)}, {"was_cancelled": True, "result": [1]}]
    path = tmp_path / "x.json"
    path.write_text(json.dumps([{**task, **keys}]))
    return path


def region(start, end, label="micro", kind="timelinelabels"):
    ranges = [{"start": start, "end": end}]
    return {"id": "r", "type": kind, "value": {"ranges": ranges, kind: [label]}}


def test_exports_of_label_studio(tmp_path):
    expected = [("micro", 0, 1, 2), ("macro", 9, None, 9)]
    regions = [region(1, 3.0), region(2, 2, "peak"), region(10, 10, "smile"), {"value": {"x": 1}}]
    assert read(studio(tmp_path, *regions)) == expected
    short = {"video": "v.mp4", "id": 5, "videoLabels": [one["value"] for one in regions[:3]]}
    (tmp_path / "short.json").write_text(json.dumps([short]))
    assert read(tmp_path / "short.json") == expected


@pytest.mark.parametrize(
    ("results", "keys", "expected"),
    [
        ([region(0, 3)], {}, "result 'r': has the range"),
        ([region(1, 2.5)], {}, "not of frames from 1 on"),
        ([region(1, float("inf"))], {}, "not of frames from 1 on"),
        ([region(3, 1)], {}, "ends at 0, not after its start 2"),
        ([region(1, 2, kind="timeserieslabels")], {}, "label the video with TimelineLabels"),
        ([3], {}, "result 1 is none of Label Studio's"),
        ([], {"annotations": [{"result": []}, {"result": []}]}, "has 2 annotations; keep one"),
        ([], {"annotations": [], "predictions": [1]}, "task 5: has predictions and no annotation"),
        ([region(1, 2)], {"data": {"video": "w.mp4"}}, "links 'w.mp4'"),
    ],
)
def test_what_cannot_be_read_of_label_studio(tmp_path, results, keys, expected):
    path = studio(tmp_path, *results, **keys)
    assert refused(path, str(path), expected)


def test_json_of_others(tmp_path):
    path = tmp_path / "x.json"
    for text, expected in (
        ("[1", "row 1: is not JSON"),
        ("[1]", "is no list of tasks"),
        ("[" * 100_000, "is not JSON"),
        ("\xff", "is not UTF-8 text"),
    ):
        path.write_text(text, encoding="latin-1")
        refused(path, expected)
    with pytest.raises(InputError, match="has no annotations in it"):
        read_annotations(tmp_path.joinpath("empty").mkdir() or tmp_path / "empty", SHEET)
