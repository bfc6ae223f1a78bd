"""What the exports write, read by programs that are not ours."""

import json
import os
import re

import numpy as np
import pandas as pd
import pympi
import pytest
import webvtt

from mespot.cli import main
from mespot.cli.spot_formats import Spotted, write_formats
from mespot.errors import InputError
from mespot.formats import FORMATS, write
from mespot.formats.coded import CodedVideo, FrameTimes, clock, milliseconds
from mespot.store import tables
from tests.unit.coded_videos import RATES, coded, table, times_of

MS = 0.001


@pytest.fixture(scope="module", params=RATES)
def video(request, tmp_path_factory):
    return coded(tmp_path_factory.mktemp("videos"), request.param, first=1)


def shown(video, start, end, tick=1e-5):
    """The first and last frame on the screen from `start` on until a tick before `end` (s)."""
    stamps = video.times.edges[:-1] - 1e-6
    on_screen = np.searchsorted(stamps, [start, end - tick], side="right") - 1
    return tuple((on_screen + video.times.first).tolist())


def wanted(video, kind):
    own = video.intervals[video.intervals["type"] == kind]
    return list(zip(own["onset"], own["offset"], strict=True))


def apexes(video):
    return sorted(video.intervals["apex"].dropna())


def test_edges_are_the_time_stamps(tmp_path):
    for name, rate in RATES.items():
        edges = coded(tmp_path, name, video=name).times.edges
        np.testing.assert_allclose(edges[:-1], times_of(rate), atol=1e-9)
        assert edges[-1] - edges[-2] == pytest.approx(np.median(np.diff(times_of(rate))))


def test_elan(video, tmp_path):
    (path,) = write("elan", [video], tmp_path / "x.eaf")
    read = pympi.Elan.Eaf(path)
    assert read.adocument["FORMAT"] == "3.0"
    (link,) = read.media_descriptors
    assert link["MEDIA_URL"] == f"file://{video.path}" and link["MIME_TYPE"] == "video/mp4"
    assert (tmp_path / link["RELATIVE_MEDIA_URL"]).samefile(video.path)
    assert list(read.timeslots.values()) == sorted(read.timeslots.values())
    for kind in ("micro", "macro"):
        found = sorted(read.get_annotation_data_for_tier(kind))
        assert [shown(video, a / 1000, b / 1000, MS) for a, b, _ in found] == wanted(video, kind)
    found = sorted(read.get_annotation_data_for_tier("apex"))
    assert [shown(video, a / 1000, b / 1000, MS)[0] for a, b, _ in found] == apexes(video)
    assert [text for *_, text in found] == ["micro", "macro", "macro"]


def test_elements_of_elan_stand_in_the_order_of_its_schema(video, tmp_path):
    (path,) = write("elan", [video], tmp_path / "x.eaf")
    order = ["HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE"]
    found = re.findall(r"^    <([A-Z_]+)", path.read_text(), re.M)
    assert list(dict.fromkeys(found)) == order and found == sorted(found, key=order.index)


def test_textgrid(video, tmp_path):
    (path,) = write("textgrid", [video], tmp_path / "x.TextGrid")
    read = pympi.Praat.TextGrid(path)
    assert read.xmax == pytest.approx(video.times.edges[-1], abs=1e-6)
    for kind in ("micro", "macro"):
        rows = read.get_tier(kind).intervals
        assert rows[0][0] == 0 and rows[-1][1] == read.xmax
        assert all(one[1] == other[0] for one, other in zip(rows, rows[1:], strict=False))
        assert [shown(video, a, b) for a, b, text in rows if text] == wanted(video, kind)
    points = [video.times.frame(time) for time, _ in read.get_tier("apex").intervals]
    assert points == apexes(video)


def test_webvtt(video, tmp_path):
    (path,) = write("webvtt", [video], tmp_path / "x.vtt")
    cues = list(webvtt.read(str(path)))
    found = {"micro": [], "macro": []}
    for cue in cues:
        times = seconds(cue.start), seconds(cue.end)
        found[cue.text.split()[0]].append(shown(video, *times, MS))
    assert found == {kind: wanted(video, kind) for kind in found}
    assert cues[0].text.startswith("micro 0.91, apex 00:00:00.")


def seconds(text):
    hours, minutes, rest = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def test_boris(video, tmp_path):
    (path,) = write("boris", [video], tmp_path / "x.boris")
    project = json.loads(path.read_text())
    observation = project["observations"]["v_1"]
    assert observation["file"]["1"] == [str(video.path)]
    times = [event[0] for event in observation["events"]]
    assert times == sorted(times)
    for kind in ("micro", "macro"):
        marks = [event for event in observation["events"] if event[2] == kind]
        pairs = list(zip(marks[::2], marks[1::2], strict=True))
        assert [shown(video, a[0], b[0], MS) for a, b in pairs] == wanted(video, kind)
        # BORIS shows the frame at the index; a stop is the first frame after the expression.
        assert [(a[5] + 1, b[5]) for a, b in pairs] == wanted(video, kind)
    types = {one["code"]: one["type"] for one in project["behaviors_conf"].values()}
    assert types == {"micro": "State event", "macro": "State event", "apex": "Point event"}
    assert [one["name"] for one in project["subjects_conf"].values()] == ["s1"]


def test_label_studio(video, tmp_path):
    (path,) = write("label_studio", [video], tmp_path / "x.json")
    (task,) = json.loads(path.read_text())
    # Label Studio turns times into frames by a rate that it has to be told.
    if video.times.rate.is_integer():
        for frame, time in enumerate(video.times.edges[:-1].tolist(), 1):
            assert int(time * task["data"]["fps"] + 1e-6) + 1 == frame
    (prediction,) = task["predictions"]
    found = {"micro": [], "macro": [], "apex": []}
    for region in prediction["result"]:
        (label,) = region["value"]["timelinelabels"]
        (ends,) = region["value"]["ranges"]
        # Frames count from 1 there, and from 1 in this sheet.
        found[label].append((ends["start"], ends["end"]))
    assert found.pop("apex") == [(apex, apex) for apex in apexes(video)]
    assert found == {kind: wanted(video, kind) for kind in found}


def test_activitynet(video, tmp_path):
    (path,) = write("activitynet", [video], tmp_path / "x.json")
    results = json.loads(path.read_text())["results"]["v_1"]
    for kind in ("micro", "macro"):
        found = [one["segment"] for one in results if one["label"] == kind]
        assert [shown(video, *segment) for segment in found] == wanted(video, kind)
    assert {one["score"] for one in results} == {0.91, 0.5, 0.123456, 0.7}


def test_what_overlaps_gets_a_tier_of_its_own(tmp_path):
    video = coded(tmp_path, "30", overlapping=True)
    (path,) = write("elan", [video], tmp_path / "x.eaf")
    names = list(pympi.Elan.Eaf(path).get_tier_names())
    assert names == ["micro", "macro", "macro (2)", "apex"]


def test_the_same_intervals_give_the_same_bytes(tmp_path):
    video = coded(tmp_path, "30", first=1)
    for name, one in FORMATS.items():
        files = [tmp_path / f"{name}{one.suffix}"] * 2  # the second takes the place of the first
        first, second = (write(name, [video], file)[0].read_bytes() for file in files)
        assert first == second, name


def test_milliseconds_lie_in_the_frame():
    assert [milliseconds(n / 30) for n in (0, 1, 2, 3)] == [0, 34, 67, 100]
    assert [milliseconds(n / 200) for n in (1, 2, 3)] == [5, 10, 15]
    assert clock(3725.0334) == "01:02:05.034"


def test_a_recording_that_plays_slower_than_it_was_taken(tmp_path):
    """200 frames a second that the file shows at 25: its own times count."""
    coded(tmp_path, "25")
    intervals = tmp_path / "intervals.csv"
    intervals.write_text("video,type,onset,offset\nv_1,micro,10,19\n")
    (tmp_path / "videos.csv").write_text("subject,video,path,fps\ns,v_1,v_1.mp4,200\n")
    arguments = ["export", str(intervals), "--videos", str(tmp_path / "videos.csv")]
    assert main([*arguments, "--format", "elan", "--out", str(tmp_path / "out")]) == 0
    read = pympi.Elan.Eaf(tmp_path / "out" / "v_1.eaf")
    assert read.get_annotation_data_for_tier("micro") == [(400, 800, "micro")]


def test_export_of_a_run(tmp_path, capsys):
    videos = [coded(tmp_path, name, video=name, subject=f"s{name}") for name in ("25", "200")]
    sheet = "".join(f"{v.subject},{v.video},{v.path.name},\n" for v in videos)
    (tmp_path / "videos.csv").write_text(f"subject,video,path,fps\n{sheet}none,none,25.mp4,\n")
    for video in videos:
        own = video.intervals.assign(subject=video.subject, video=video.video)
        own.to_csv(tmp_path / f"{video.video}.csv", index=False)
    tables = [str(tmp_path / f"{video.video}.csv") for video in videos]
    sheets = ["--videos", str(tmp_path / "videos.csv")]

    out = str(tmp_path / "all.csv")
    assert main(["export", *tables, *sheets, "--format", "csv", "--out", out]) == 0
    read = pd.read_csv(out, dtype={"video": str})
    assert read["onset_time"].tolist()[:2] == ["00:00:00.000", "00:00:00.160"]
    row = read[(read["video"] == "200") & (read["onset"] == 40)].iloc[0]
    assert (row["onset_s"], row["offset_s"], row["offset_time"]) == (0.2, 0.295, "00:00:00.295")

    assert (
        main(["export", *tables, *sheets, "--format", "webvtt", "--out", str(tmp_path / "v")]) == 0
    )
    assert sorted(path.name for path in (tmp_path / "v").iterdir()) == [
        "200.vtt",
        "25.vtt",
        "none.vtt",
    ]
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "v" / "none.vtt")
    # Video files in place of a sheet are called after themselves.
    files = ["--videos", *(str(video.path) for video in videos)]
    out = str(tmp_path / "a.json")
    assert main(["export", *tables, *files, "--format", "activitynet", "--out", out]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "elan", "--out", "x"], "--videos: is needed"),
        (["--format", "megc", "--out", "x.csv"], "count from 1"),
        (["--format", "boris", "--out", ".", "--videos", "a.mp4"], "is a folder; name a file"),
        (["--format", "elan", "--out", "x.eaf", "--videos", "a.mp4", "b.mp4"], "name a folder"),
        (["--format", "elan", "--out", "x.vtt", "--videos", "b.mp4"], "is not one of the videos"),
        (["--format", "elan", "--out", "a.mp4", "--videos", "a.mp4"], "is no .eaf file"),
        (["--format", "elan", "--out", "x", "--videos", "c.mp4"], "c.mp4: no such video"),
    ],
)
def test_what_is_refused(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    coded(tmp_path, "25", video="a")
    coded(tmp_path, "25", video="b")
    (tmp_path / "i.csv").write_text("video,type,onset,offset\na,micro,0,5\n")
    if "c.mp4" in arguments:
        (tmp_path / "i.csv").write_text("video,type,onset,offset\nc,micro,0,5\n")
    assert main(["export", "i.csv", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("name", FORMATS)
def test_no_other_file_is_written_over(tmp_path, name):
    one = coded(tmp_path, "25", first=1)
    table = tmp_path / f"annotations{FORMATS[name].suffix}"
    table.write_text("video,onset,offset,type\n")
    pipe = tmp_path / f"pipe{FORMATS[name].suffix}"
    os.mkfifo(pipe)
    before = one.path.read_bytes()
    for path, expected in (
        (one.path, f"{FORMATS[name].suffix} file|does not end in {FORMATS[name].suffix}"),
        (table, "is there already and holds something else"),
        (pipe, "is a pipe"),
        (tmp_path / f"{'x' * 300}{FORMATS[name].suffix}", "File name too long"),
    ):
        with pytest.raises(InputError, match=expected):
            write(name, [one], path)
    assert one.path.read_bytes() == before and table.read_text().startswith("video,")
    if FORMATS[name].joint:
        with pytest.raises(InputError, match=f"name a file such as new{FORMATS[name].suffix}"):
            write(name, [one], tmp_path / "new")
    else:
        table.rename(tmp_path / f"{one.video}{FORMATS[name].suffix}")
        with pytest.raises(InputError, match="is there already"):
            write(name, [one], tmp_path)


def test_frames_that_the_video_lacks_are_refused(tmp_path):
    times = FrameTimes(0, np.arange(11) / 25)
    for row in (("micro", 5, pd.NA, 10), ("micro", 5, 4, 8)):
        intervals = pd.DataFrame([row], columns=["type", "onset", "apex", "offset"])
        with pytest.raises(InputError, match="outside"):
            write("webvtt", [CodedVideo("s", "v", intervals, None, times)], tmp_path / "x.vtt")


def test_a_video_without_intervals(tmp_path):
    for name, one in FORMATS.items():
        video = coded(tmp_path, "25")
        empty = CodedVideo("s", "v_1", table()[:0], video.path, video.times)
        (path,) = write(name, [empty], tmp_path / f"{name}{one.suffix}")
        assert path.stat().st_size > 0


def found_tables(out, videos):
    for one in videos:
        found = pd.DataFrame(columns=list(tables.COLUMNS["found"]))
        found = pd.concat([found, one.intervals.assign(video=one.video)])
        tables.write(out / one.video / "intervals.csv", "found", found)


def test_formats_beside_what_was_spotted(tmp_path):
    videos = [coded(tmp_path, name, video=f"v{name}") for name in ("25", "200")]
    found_tables(tmp_path / "out", videos)
    spotted = [Spotted(one.video, one.path) for one in videos]
    files, *faults = write_formats(tmp_path / "out", spotted, ["activitynet", "elan"])
    assert faults == [[], 0]
    shown = [str(path.relative_to(tmp_path / "out")) for path in files]
    assert shown == ["activitynet.json", "v25/v25.eaf", "v200/v200.eaf"]
    read = pympi.Elan.Eaf(files[1])
    assert [row[:2] for row in sorted(read.get_annotation_data_for_tier("micro"))] == [
        (0, 240),
        (240, 280),
    ]


def test_a_video_that_is_gone_is_left_out_of_formats_that_need_it(tmp_path):
    gone, there = (coded(tmp_path, "25", video=name) for name in ("gone", "there"))
    found_tables(tmp_path / "out", (gone, there))
    gone.path.unlink()
    formats = ["csv", "elan", "boris", "megc"]
    for given, failures in ((False, 0), (True, 1)):
        spotted = [Spotted("gone", gone.path, given=given), Spotted("there", there.path)]
        files, faults, failed = write_formats(tmp_path / "out", spotted, formats)
        assert [path.name for path in files] == ["csv.csv", "there.eaf", "boris.boris", "megc.csv"]
        assert len(faults) == 1 and "gone.mp4: no such video" in faults[0] and failed == failures
    assert set(pd.read_csv(files[0])["video"]) == {"gone", "there"}
    # Frames of a video file count from 0 here, and from 1 in the challenges.
    assert pd.read_csv(files[-1])["pred_onset"].min() == 1


def test_a_table_that_somebody_has_edited_leaves_the_others(tmp_path):
    videos = [coded(tmp_path, "25", video=name) for name in ("moved", "other", "there")]
    found_tables(tmp_path / "out", videos)
    moved, other = (tmp_path / "out" / name / "intervals.csv" for name in ("moved", "other"))
    moved.write_text(moved.read_text().replace(",59,", ",60,"))
    other.write_text(other.read_text().replace(",", ";"))
    spotted = [Spotted(one.video, one.path) for one in videos]
    files, faults, failed = write_formats(tmp_path / "out", spotted, ["csv", "elan", "boris"])
    assert [path.name for path in files] == ["csv.csv", "there.eaf", "boris.boris"] and failed == 2
    assert "moved: the interval [40, 60] is outside the recording" in faults[0]
    assert f"{other}: not a found table" in faults[1]
    assert set(pd.read_csv(files[0])["video"]) == {"there"}


def test_one_format_that_cannot_be_written_leaves_the_others(tmp_path):
    one = coded(tmp_path, "25")
    found_tables(tmp_path / "out", [one])
    (tmp_path / "out" / "boris.boris").mkdir()
    spotted = [Spotted("v_1", one.path)]
    files, (fault,), failed = write_formats(tmp_path / "out", spotted, ["boris", "webvtt"])
    assert [path.name for path in files] == ["v_1.vtt"]
    assert "--format boris: " in fault and failed == 1


def test_the_table_refuses_frames_that_the_video_lacks_and_fills_times(tmp_path):
    times = FrameTimes(1, np.arange(11) / 25)
    columns = ["type", "onset", "apex", "offset", "onset_s"]
    rows = [("micro", 1, pd.NA, 3, 7.5), ("macro", 2, pd.NA, 10, pd.NA)]
    whole = pd.DataFrame(rows, columns=columns)
    (path,) = write("csv", [CodedVideo("s", "v", whole, None, times)], tmp_path / "x.csv")
    assert pd.read_csv(path)["onset_s"].tolist() == [7.5, 0.04]
    for onset, offset in ((0, 3), (5, 11)):
        wrong = whole.assign(onset=onset, offset=offset)
        with pytest.raises(InputError, match="outside the recording"):
            write("csv", [CodedVideo("s", "v", wrong, None, times)], tmp_path / "x.csv")


def test_elan_links_a_file_by_its_whole_name(tmp_path):
    one = coded(tmp_path, "25", video="Recording at 3.15\u202fPM\u00a0ü & <b>\tc")
    (path,) = write("elan", [one], tmp_path / "x.eaf")
    (link,) = pympi.Elan.Eaf(path).media_descriptors
    assert (tmp_path / link["RELATIVE_MEDIA_URL"]).samefile(one.path)
