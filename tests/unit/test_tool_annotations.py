"""Annotations of other tools: what the exports wrote comes back, what tools write is read, and what
cannot be read is refused with its place and cure."""

import csv
import json
import re

import numpy as np
import pandas as pd
import pytest

from mespot.corpora.notes import Notes
from mespot.corpora.sheet import read_annotations
from mespot.errors import InputError
from mespot.formats import write
from mespot.formats.coded import FrameTimes
from mespot.plan import inputs, reports
from mespot.steps import label_frames
from mespot.store import tables
from tests.unit import plans
from tests.unit.coded_videos import FRAMES, RATES, coded, recordings, table
from tests.unit.test_label_frames import write_landmarks

AT_25 = {"v": FrameTimes(0, np.arange(251) / 25)}
SHEET = pd.DataFrame({"subject": ["anna"], "video": ["v"], "path": ["/data/v.mp4"], "fps": [25.0]})
NAMES = {"micro": ["micro"], "macro": ["Smile", "expr: macro"], "apex": ["peak"]}


def read(path, sheet=SHEET, times=AT_25, names=NAMES, notes=None):
    labels = read_annotations(path, sheet, notes=notes, behaviours=names, times=times)
    frames = labels[["type", "onset", "apex", "offset"]].values.tolist()
    return [(kind, *(None if pd.isna(f) else f for f in rest)) for kind, *rest in frames]


def refused(path, *expected, late=False, **settings):
    """late: not before the video is opened; else when the run is planned, too."""
    with pytest.raises(InputError) as caught:
        read(path, **settings)
    for text in expected:
        assert text in str(caught.value)
    if late:
        read(path, times=None, **settings)
    else:
        with pytest.raises(InputError, match=re.escape(str(caught.value))):
            read(path, times=None, **settings)
    return str(caught.value)


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
    for path in (elan, boris, tabular(boris), accepted(studio), plain):
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


def test_in_a_run(tmp_path):
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


# ---------------------------------------------------------------- ELAN


def eaf(tiers, media="file:///C:/other/v.mp4", head="", slots=None):
    """An EAF file. tiers: name -> [(start, end, text)] ms."""
    values, body, number = [], "", 0
    for name, rows in tiers.items():
        body += f'<TIER LINGUISTIC_TYPE_REF="t" TIER_ID="{name}">'
        for start, end, text in rows:
            number += 1
            values += [start, end]
            body += (
                f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{number}"'
                f' TIME_SLOT_REF1="ts{len(values) - 1}" TIME_SLOT_REF2="ts{len(values)}">'
                f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION></ANNOTATION>"
            )
        body += "</TIER>"
    order = "".join(
        f'<TIME_SLOT TIME_SLOT_ID="ts{n}"' + ("/>" if value is None else f' TIME_VALUE="{value}"/>')
        for n, value in enumerate(values, 1)
    )
    link = f'<MEDIA_DESCRIPTOR MEDIA_URL="{media}" MIME_TYPE="video/mp4"{head}/>' if media else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT AUTHOR="" FORMAT="3.0">'
        f'<HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">{link}</HEADER>'
        f"<TIME_ORDER>{order}</TIME_ORDER>{body}</ANNOTATION_DOCUMENT>"
    )


@pytest.fixture
def elan(tmp_path):
    def make(*arguments, name="x.eaf", encoding="utf-8", **settings):
        text = arguments[0] if isinstance(arguments[0], str) else eaf(*arguments, **settings)
        (tmp_path / name).write_bytes(text.encode(encoding))
        return tmp_path / name

    return make


def test_tiers_texts_and_times_of_elan(elan):
    path = elan(
        {
            "micro": [(390, 810, ""), (1000, 1010, "AU4")],  # to the nearest edges; under a frame
            " SMILE ": [(2000, 3000, "")],
            "expr": [(4000, 5000, "macro"), (6000, 7000, "speech")],
            "peak": [(600, 640, "")],
            "gaze": [(0, 10, "left"), (20, 30, "right")],
        }
    )
    notes = Notes()
    assert read(path, notes=notes) == [
        ("micro", 10, 15, 19),
        ("micro", 25, None, 25),
        ("macro", 50, None, 74),
        ("macro", 100, None, 124),
    ]
    assert "not read: 'expr' (1), 'gaze' (2)" in str(notes.entries[0])


def test_files_of_windows_and_utf_16(elan):
    text = eaf({"micro": [(400, 800, "x")]}).replace("\n", "\r\n")
    assert read(elan("\ufeff" + text)) == [("micro", 10, None, 19)]
    wide = text.replace("UTF-8", "UTF-16")
    assert read(elan(wide, encoding="utf-16")) == [("micro", 10, None, 19)]


def test_annotations_of_a_part_of_the_video(elan):
    """TIME_ORIGIN: the annotations begin there."""
    path = elan({"micro": [(400, 800, "")]}, head=' TIME_ORIGIN="2000"')
    assert read(path) == [("micro", 60, None, 69)]


def referring(target="a1", more=""):
    return eaf({"all": [(400, 800, "")]}).replace(
        "</ANNOTATION_DOCUMENT>",
        '<TIER LINGUISTIC_TYPE_REF="r" PARENT_REF="all" TIER_ID="expr"><ANNOTATION>'
        f'<REF_ANNOTATION ANNOTATION_ID="b1" ANNOTATION_REF="{target}"><ANNOTATION_VALUE>macro'
        f"</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION>{more}</TIER></ANNOTATION_DOCUMENT>",
    )


def test_references_have_the_time_of_what_they_refer_to(elan):
    assert read(elan(referring())) == [("macro", 10, None, 19)]
    more = re.search(r"<ANNOTATION><REF_.*?</ANNOTATION>", referring())[0].replace("b1", "b2")
    refused(elan(referring(more=more)), "tier 'expr', annotation 'b1': shares the time", "ELAN")
    refused(elan(referring("b1")), "refers to annotation 'b1'")
    refused(elan(referring("zz")), "annotation 'b1': refers to annotation 'zz', which is not there")


@pytest.mark.parametrize(
    ("tiers", "settings", "expected"),
    [
        (
            {"micro": [(400, None, "")]},
            {},
            "tier 'micro', annotation 'a1': has the time slot 'ts2'",
        ),
        ({"micro": [(400, 400, "")]}, {}, "ends at 0.4, not after its start 0.4"),
        ({"micro": [("4s", 800, "")]}, {}, "has the time '4s'"),
        ({"peak": [(400, 440, "")]}, {}, "annotation 'a1': lies in no expression"),
        ({"micro": [(0, 400, "")], "peak": [(0, 40, ""), (80, 90, "")]}, {}, "is a second apex of"),
        ({"gaze": [(0, 400, "")]}, {}, "has none of 'micro', 'smile', 'expr: macro', 'peak', but"),
        ({"micro": []}, {"media": "w.mp4"}, "links 'w.mp4', which is no video of the recording"),
        ({"micro": []}, {"media": ""}, "links no video, and no video of the recording sheet has"),
        ({"micro": [(0, 40, "")]}, {"head": ' TIME_ORIGIN="x"'}, "TIME_ORIGIN 'x' is no whole"),
    ],
)
def test_what_cannot_be_read_of_elan(elan, tiers, settings, expected):
    path = elan(tiers, **settings)
    assert refused(path, str(path), expected)


def test_labels_outside_the_video(elan):
    path = elan({"micro": [(9900, 11000, "")]})
    text = "[9.9, 11] is outside 'v', which ends at 10.000 s; is it the right video?"
    refused(path, text, late=True)
    assert read(elan({"micro": [(9890, 10010, "")]})) == [("micro", 247, None, 249)]


BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "kind",
    [
        f'<!DOCTYPE d [<!ENTITY a0 "ha">{BOMB}]>',
        '<!DOCTYPE d [<!ENTITY a9 SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE d SYSTEM "http://localhost:9/x.dtd">',
    ],
)
def test_hostile_xml(elan, kind):
    text = eaf({"micro": [(0, 400, "&a9;" if "a9" in kind else "")]})
    text = text.replace("<ANNOTATION_DOCUMENT", f"{kind}<ANNOTATION_DOCUMENT", 1)
    refused(elan(text), "has a document type or entities, which no EAF file has")


def test_other_files_that_are_called_eaf(elan, tmp_path):
    refused(elan("<a><b></a>"), "x.eaf: row 1, column 8: is not XML")
    refused(elan("<svg/>"), "is XML of another kind ('svg')")
    refused(elan(""), "is not XML")
    refused(elan("<a>" * 10_000), "is not XML")
    refused(elan('<?xml version="1.0" encoding="klingon"?><a/>'), "is not XML")
    (tmp_path / "big.eaf").touch()
    with (tmp_path / "big.eaf").open("wb") as file:
        file.truncate(3_000_000_000)
    refused(tmp_path / "big.eaf", "has 3000 MB")
    refused(tmp_path / "none.eaf", "does not exist; correct the path")
    refused(elan("x", name="x.etf"), "a template of ELAN; name the .eaf")


# ---------------------------------------------------------------- whose it is


@pytest.mark.parametrize(
    ("media", "expected"),
    [
        ("C:\\videos\\b\\talk.mp4", "b_1"),
        ("file:///home/x/a/talk.mp4", "a_1"),
        ("../media/B/TALK.MP4", "b_1"),
        ("./gr%C3%BC%C3%9Fe%201.avi", "c_1"),
        ("file:///x/gru\u0308ße 1.mov", "c_1"),
        ("frames_7", "d_1"),
        ("d_1.mp4", "d_1"),
        ("talk.mp4", None),
        ("z/talk.mp4", None),
    ],
)
def test_videos_are_found_by_the_name_of_the_file(elan, media, expected):
    paths = ["/data/a/talk.mp4", "/data/b/talk.mp4", "/data/grüße 1.avi", "/data/frames_7"]
    sheet = pd.DataFrame(
        {"subject": list("abcd"), "video": ["a_1", "b_1", "c_1", "d_1"], "path": paths, "fps": 25.0}
    )
    path = elan({"micro": [(0, 400, "")]}, media=media)
    if expected is None:
        refused(path, "can be each of the videos 'a_1', 'b_1'; give their files", sheet=sheet)
    else:
        assert read_annotations(path, sheet)["video"].tolist() == [expected]


def test_without_a_link_the_file_has_the_name_of_its_video(elan):
    path = elan({"micro": [(0, 400, "")]}, media="", name="V.eaf")
    assert read(path) == [("micro", 0, None, 9)]


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


@pytest.mark.parametrize(
    ("events", "keys", "expected"),
    [
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
    path.write_text(AGGREGATED.replace("v.mp4;\n", "w.mp4;\n", 1))
    refused(path, "row 3: media: 'v.mp4', but other rows of this observation have 'w.mp4'")
    refused([path, tmp_path / "y.csv"], "is a sheet beside files of annotation tools")


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
