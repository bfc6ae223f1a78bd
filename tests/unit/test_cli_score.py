"""`mespot score`: what it prints, how fast, without what, and every bad input by its row."""

import json
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mespot import cli
from mespot.scoring.rules import RULES
from mespot.steps import write_submission
from mespot.store import tables
from tests.unit.scoring_tables import cases, sl_swin

LABELS = """\
subject,video,onset,apex,offset,type
006,a,10,12,19,micro
006,a,100,,160,macro
s2,b,0,,9,micro
"""
PREDICTIONS = """\
subject,video,type,onset,offset,confidence
006,a,micro,12,19,0.9
006,a,micro,40,49,0.4
s2,b,micro,-3,8,0.7
"""
VIDEOS = "subject,video,path,fps,n_frames\n006,a,a.mp4,100,3000\ns2,b,b.mp4,100,3000\ns3,c,,100,\n"


@pytest.fixture
def files(tmp_path):
    (tmp_path / "labels.csv").write_text(LABELS)
    (tmp_path / "predictions.csv").write_text(PREDICTIONS)
    (tmp_path / "videos.csv").write_text(VIDEOS)
    return tmp_path


def arguments(files, *more):
    labels, predictions = files / "labels.csv", files / "predictions.csv"
    return ["score", "--labels", str(labels), "--predictions", str(predictions), *more]


def run(capsys, files, *more):
    status = cli.main(arguments(files, *more))
    return status, *capsys.readouterr()


def as_json(capsys, files, *more):
    status, out, err = run(capsys, files, "--json", *more)
    assert (status, err) == (0, "")
    return json.loads(out)


def rows(result, rule="strict"):
    return {(row["expression"], row["subject"]): row for row in result["rules"][rule]}


def test_tables_by_expression_and_subject(capsys, files):
    scores = rows(as_json(capsys, files))
    counts = {key: tuple(row[name] for name in ("tp", "fp", "fn")) for key, row in scores.items()}
    assert counts == {
        ("micro", "006"): (1, 1, 0),
        ("micro", "s2"): (1, 0, 0),
        ("micro", "all"): (2, 1, 0),
        ("macro", "006"): (0, 0, 1),
        ("macro", "s2"): (0, 0, 0),
        ("macro", "all"): (0, 0, 1),
        ("all", "006"): (1, 1, 1),
        ("all", "s2"): (1, 0, 0),
        ("all", "all"): (2, 1, 1),
    }
    assert scores["all", "all"]["f1"] == pytest.approx(4 / 6)
    assert 0 < scores["all", "all"]["f1_low"] < 4 / 6 < scores["all", "all"]["f1_high"] <= 1
    assert scores["macro", "s2"]["f1"] is None and scores["macro", "006"]["precision"] is None


def test_the_sheet_of_a_corpus_whose_frames_count_from_1_serves_as_it_is(capsys, files):
    ends = ["first_frame", 1, 1, 1]
    lines = [f"{line},{end}\n" for line, end in zip(VIDEOS.split(), ends, strict=True)]
    (files / "numbered.csv").write_text("".join(lines))
    plain, numbered = (
        as_json(capsys, files, "--videos", str(files / name))
        for name in ("videos.csv", "numbered.csv")
    )
    assert numbered == plain


def test_figures_that_need_time_and_confidence(capsys, files):
    whole = VIDEOS.replace("s3,c,,100,\n", "")
    (files / "videos.csv").write_text(whole)
    result = as_json(capsys, files, "--videos", str(files / "videos.csv"), "--recall", "0.4", "0.9")
    assert result["minutes"] == 1.0
    assert result["boundary_errors"]["micro"] == {"onset_error_ms": 25, "offset_error_ms": 5}
    assert result["false_alarms_per_minute"]["micro"] == {"0.4": 0, "0.9": 0}
    assert result["false_alarms_per_minute"]["macro"]["0.4"] is None
    assert result["average_precision"]["micro"]["ap_50"] == 1
    assert result["f1_by_iou"]["micro"][-1] == 0


def test_page(capsys, files):
    status, out, err = run(capsys, files, "--rule", "all")
    assert status == 0 and err == ""
    assert "3 labels, 3 predictions, 2 videos of 2 subjects" in out
    assert "Videos without labels are not known" in out
    for rule in RULES:
        assert f"micro  {rule}" in out
    lines = [line.split() for line in out.splitlines()]
    assert [
        "micro",
        "006",
        "1",
        "1",
        "2",
        "1",
        "1",
        "0",
        "0.5000",
        "1.0000",
        "0.6667",
        "-",
        "-",
    ] in lines
    assert max(map(len, out.splitlines())) < 120


def test_videos_without_labels_count_when_they_are_listed(capsys, files):
    (files / "predictions.csv").write_text(PREDICTIONS + "s3,c,micro,5,9,0.2\n")
    status, _, err = run(capsys, files)
    assert status == 2
    assert "predictions.csv: row 5: video: 'c' is not one of the videos that have labels" in err
    every = ("--videos", str(files / "videos.csv"))
    assert rows(as_json(capsys, files, *every))["micro", "s3"]["fp"] == 1
    assert rows(as_json(capsys, files, *every, "--labelled-only"))["micro", "s3"]["fp"] == 0


def test_predictions_of_several_folds(capsys, files):
    head, *body = PREDICTIONS.splitlines(keepends=True)
    (files / "predictions.csv").write_text(head + body[0])
    (files / "more.csv").write_text(head + "".join(body[1:]))
    joined = cli.main([*arguments(files), str(files / "more.csv")])
    assert joined == 0 and "3 predictions" in capsys.readouterr().out


def test_a_header_alone_is_no_prediction(capsys, files):
    (files / "predictions.csv").write_text("video,type,onset,offset\n")
    assert rows(as_json(capsys, files))["all", "all"]["fn"] == 3


def test_reference_cases(capsys, tmp_path):
    for case in cases():
        names = [f"v{i}" for i in range(len(case["videos"]))]
        (tmp_path / "videos.csv").write_text("subject,video\n" + "".join(f"s,{v}\n" for v in names))
        for name, key in (("labels", "gt"), ("predictions", "pred")):
            lines = [
                f"s,{v},{onset},{offset},micro\n"
                for v, video in zip(names, case["videos"], strict=True)
                for onset, offset in video[key]
            ]
            header = "subject,video,onset,offset,type\n"
            (tmp_path / f"{name}.csv").write_text(header + "".join(lines))
        videos = ("--videos", str(tmp_path / "videos.csv"), "--bootstrap", "1", "--rule", "all")
        result = as_json(capsys, tmp_path, *videos)
        for rule, expected in case["tp_fp_fn"].items():
            row = rows(result, rule)["micro", "all"]
            if expected is not None:
                assert [row[n] for n in ("tp", "fp", "fn")] == expected, (case["name"], rule)


def test_printed_counts_of_sl_swin(capsys, tmp_path):
    folder, expected, labels, videos = sl_swin("casme_sq_me")
    printed = np.loadtxt(folder / "pred_intervals_p060.csv", str, delimiter=",", skiprows=1)
    labels.to_csv(tmp_path / "labels.csv", index=False)
    videos.to_csv(tmp_path / "videos.csv", index=False)
    lines = [f"{video},micro,{onset},{offset}\n" for video, onset, _, offset in printed]
    (tmp_path / "predictions.csv").write_text("video,type,onset,offset\n" + "".join(lines))
    more = ("--videos", str(tmp_path / "videos.csv"), "--rule", "sl_swin")
    row = rows(as_json(capsys, tmp_path, *more), "sl_swin")["micro", "all"]
    assert (row["tp"], row["fp"], row["fn"]) == (12, 204, 45)
    assert row["f1"] == pytest.approx(expected["F1"])


# ---------------------------------------------------------------- bad input

GOOD = "006,a,micro,12,19,0.9"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("006,a,micro,12,19,nan", "row 3: confidence: 'nan' must be a number, 0 or more"),
        ("006,a,micro,12,19,", "row 3: confidence: '' must be a number, 0 or more"),
        ("006,a,micro,12,19,-0.1", "row 3: confidence: '-0.1' must be a number, 0 or more"),
        ("006,a,micro,12,19,inf", "row 3: confidence: 'inf' must be a number, 0 or more"),
        ("006,a,micro,19,12,0.9", "row 3: offset: 12 is before the onset 19"),
        ("006,z,micro,12,19,0.9", "row 3: video: 'z' is not one of the videos"),
        ("s2,a,micro,12,19,0.9", "row 3: subject: 's2', but 'a' is of '006'"),
        ("6,a,micro,12,19,0.9", "row 3: subject: '6', but 'a' is of '006'"),
        ("006,a,micro,12.5,19,0.9", "row 3: onset: '12.5' must be a whole frame number"),
        ("006,a,micro,12,,0.9", "row 3: offset: '' must be a whole frame number"),
        ("006,a,micro,12,1e2,0.9", "row 3: offset: '1e2' must be a whole frame number"),
        ("006,a,both,12,19,0.9", "row 3: type: 'both' must be micro or macro"),
        ("006,a,,12,19,0.9", "row 3: type: '' must be micro or macro"),
        ("006,a,micro,12,19", "row 3: columns: 5 cells, but the header has 6"),
    ],
)
def test_a_bad_prediction_is_named_by_its_row(capsys, files, line, message):
    header = PREDICTIONS.splitlines()[0]
    (files / "predictions.csv").write_text("\n".join([header, GOOD, line, GOOD, ""]))
    status, out, err = run(capsys, files)
    assert (status, out) == (2, "")
    assert f"predictions.csv: {message}" in err and "Traceback" not in err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("predictions", "", "predictions.csv: row 1: is empty"),
        ("labels", "\n\n", "labels.csv: row 1: is empty"),
        ("predictions", PREDICTIONS.replace("onset", "start"), "row 1: column 'onset' is missing"),
        ("labels", LABELS.replace(",type", ""), "row 1: column 'type' is missing"),
        ("labels", LABELS.replace("0,,9", "-1,,9"), "row 4: onset: '-1' must be a whole frame"),
        ("labels", LABELS.replace("10,12,19", "20,,19"), "row 2: offset: 19 is before the onset"),
        ("labels", LABELS.replace("006,a,100", "007,a,100"), "row 3: subject: '007', but 'a' is"),
        ("labels", LABELS.splitlines()[0], "labels.csv: row 1: no label"),
        ("labels", LABELS.replace("macro", "both"), "row 3: type: 'both' must be micro or macro"),
        ("videos", VIDEOS.replace("s2,b", "s2,a"), "row 3: video: 'a' is already in row 2"),
        ("videos", VIDEOS.replace("b.mp4,100", "b.mp4,fast"), "row 3: fps: 'fast' must be"),
        ("videos", "subject,video\n006,a\n", "labels.csv: row 4: video: 'b' is not one of the"),
    ],
)
def test_a_bad_file_is_named(capsys, files, name, content, message):
    (files / f"{name}.csv").write_text(content)
    more = ("--videos", str(files / "videos.csv")) if name == "videos" else ()
    status, out, err = run(capsys, files, *more)
    assert (status, out) == (2, "")
    assert message in err and "Traceback" not in err


def test_a_missing_file_and_wrong_options(capsys, files):
    (files / "labels.csv").unlink()
    assert "labels.csv: does not exist" in run(capsys, files)[2]
    for option, value in (("--rule", "lenient"), ("--seed", "-1"), ("--bootstrap", "0")):
        with pytest.raises(SystemExit) as stopped:
            cli.main(arguments(files, f"{option}={value}"))
        assert stopped.value.code == 2 and value in capsys.readouterr().err


def test_some_files_with_and_some_without_confidence(capsys, files):
    (files / "more.csv").write_text("video,type,onset,offset\na,micro,1,5\n")
    assert cli.main([*arguments(files), str(files / "more.csv")]) == 2
    assert "some files have a column confidence" in capsys.readouterr().err


# ---------------------------------------------------------------- what it needs

PROGRAM = """\
import sys
from mespot import cli
status = cli.main(sys.argv[1:])
heavy = {"torch", "h5py", "cv2", "mediapipe", "matplotlib", "snakemake"} & set(sys.modules)
sys.exit(f"imported {heavy}" if heavy else status)
"""


def spawned(*more):
    return subprocess.run([sys.executable, "-c", PROGRAM, *more], capture_output=True, text=True)


def test_rules_that_can_be_chosen_are_those_of_the_scoring():
    assert tuple(RULES) == cli.score.RULES


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--confidence", "1.5", "'1.5' must be a number between 0 and 1"),
        ("--recall", "half", "'half' must be a number between 0 and 1"),
        ("--bootstrap", "0", "'0' must be a whole number of at least 1"),
        ("--bootstrap", "1e3", "'1e3' must be a whole number of at least 1"),
    ],
)
def test_a_bad_number_is_named_by_its_option(capsys, files, option, value, words):
    with pytest.raises(SystemExit) as stopped:
        cli.main(arguments(files, option, value))
    assert stopped.value.code == 2
    assert f"argument {option}: {words}" in capsys.readouterr().err


def test_the_command_is_installed():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"mespot": "mespot.cli:main"}


def test_a_reader_that_stops_early_is_no_error(files):
    line = [sys.executable, "-c", "import mespot.cli; raise SystemExit(mespot.cli.main())"]
    with subprocess.Popen(
        [*line, *arguments(files)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_needs_neither_torch_nor_hdf5(files):
    done = spawned(*arguments(files, "--rule", "all"))
    assert done.returncode == 0, done.stderr


def test_bad_input_ends_with_status_2_and_no_traceback(files):
    (files / "predictions.csv").write_text("")
    done = spawned(*arguments(files))
    assert done.returncode == 2
    assert done.stderr.startswith("mespot: ") and "Traceback" not in done.stderr


def test_a_hundred_thousand_predictions(tmp_path):
    """In 5 s on an idle core; the processor's time is what counts here, tests share theirs."""
    rng = np.random.default_rng(0)
    video = rng.integers(2000, size=10_000)
    onset, length = rng.integers(2900, size=10_000), rng.integers(5, 90, size=10_000)
    (tmp_path / "videos.csv").write_text(
        "subject,video,fps,n_frames\n" + "".join(f"s{v // 50},{v},30,3000\n" for v in range(2000))
    )
    kind = np.where(length < 16, "micro", "macro")
    (tmp_path / "labels.csv").write_text(
        "subject,video,onset,offset,type\n"
        + "".join(
            f"s{v // 50},{v},{a},{a + n},{k}\n"
            for v, a, n, k in zip(video, onset, length, kind, strict=True)
        )
    )
    lines = ["video,type,onset,offset,confidence\n"]
    for i in rng.integers(10_000, size=100_000):
        first = onset[i] + round(rng.normal(0, 4))
        lines.append(f"{video[i]},{kind[i]},{first},{first + length[i]},{rng.random():.6f}\n")
    (tmp_path / "predictions.csv").write_text("".join(lines))
    program = PROGRAM.replace("sys.exit(", "import time; print(time.process_time())\nsys.exit(")
    begin = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program]
        + arguments(tmp_path, "--videos", str(tmp_path / "videos.csv"), "--rule", "all"),
        capture_output=True,
        text=True,
    )
    print(f"{time.monotonic() - begin:.1f} s")
    assert done.returncode == 0, done.stderr
    assert "10000 labels, 100000 predictions, 2000 videos of 40 subjects" in done.stdout
    assert float(done.stdout.splitlines()[-1]) < 5


# ---------------------------------------------------------------- what people's tables look like


def counts(result, expression="all"):
    return tuple(rows(result)[expression, "all"][name] for name in ("tp", "fp", "fn"))


def test_a_submission_to_megc_is_scored(capsys, files):
    intervals = files / "intervals.csv"
    (files / "predictions.csv").write_text(
        "video,type,onset,offset\na,micro,10,19\na,macro,100,150\n"
    )
    plain = as_json(capsys, files)
    rows = [
        ("006", "a", "micro", 10, 12, 19, 0.5, 1, 2, 3, 0.1, 0.2, 0.3),
        ("006", "a", "macro", 100, 110, 150, 0.5, 4, 5, 6, 1.0, 1.1, 1.5),
    ]
    columns = list(tables.COLUMNS["intervals"])
    tables.write(intervals, "intervals", pd.DataFrame(rows, columns=columns))
    write_submission.run(intervals=[intervals], output=files / "predictions.csv")
    assert (files / "predictions.csv").read_text().startswith("vid,pred_onset,pred_offset,type\n")
    status, out, err = run(capsys, files, "--json")
    assert status == 0 and json.loads(out) == plain and counts(plain) == (2, 0, 1)
    assert "row 1: columns read under other names: 'vid' as video" in err
    assert "row 2: type: 'me' read as micro" in err or "row 3: type: 'me' read as micro" in err


def test_what_was_read_in_another_way_is_told_and_scored(capsys, files):
    plain = as_json(capsys, files)
    (files / "labels.csv").write_text(LABELS.replace("10,12,19", "10.0,12,19.0").replace(",", ";"))
    (files / "predictions.csv").write_text(
        PREDICTIONS.replace("type", "Type").replace("confidence", "confidence,coder")
        .replace("\n", ",KL\n").replace("coder,KL", "coder").replace(",a,", ",A.mp4,")
    )  # fmt: skip
    status, out, err = run(capsys, files, "--json")
    assert status == 0 and json.loads(out) == plain
    for words in ("separated by semicolons", "'10.0' read as 10", "'A.mp4' read as a",
                  "columns that mespot does not know, not used: coder"):  # fmt: skip
        assert words in err
    (files / "predictions.csv").write_text(PREDICTIONS.replace("confidence", "conf"))
    assert "conf (is confidence meant?)" in run(capsys, files)[2]


def test_times_of_labels_become_frames(capsys, files):
    (files / "labels.csv").write_text(
        "subject,video,onset_s,offset_s,type\n006,a,0.10,0.19,micro\n"
    )
    assert run(capsys, files)[0] == 2  # no rate is known
    sheet = files / "folders.csv"
    for columns, cells, missing in (
        ("", "", "fps and first_frame"),
        (",fps", ",30", "first_frame"),
    ):
        names = sorted(
            {line.split(",")[1] for line in (files / "videos.csv").read_text().split()[1:]}
        )
        rows = "".join(f"006,{name},images{cells}\n" for name in names)
        sheet.write_text(f"subject,video,path{columns}\n{rows}")
        said = run(capsys, files, "--videos", str(sheet))[2]
        assert f"onset_s: '0.10' needs {missing} of this video" in said
    result = as_json_of(run(capsys, files, "--json", "--videos", str(files / "videos.csv")))
    assert counts(result, "micro") == (1, 2, 0)


def as_json_of(done):
    status, out, err = done
    assert status == 0, err
    return json.loads(out)


@pytest.mark.parametrize(
    ("table", "line", "status", "message"),
    [
        ("labels", "006,a,2990,,3000,micro", 2, "3000 is beyond the last frame 2999 of 'a'"),
        (
            "labels",
            "006,a,2990,,3000,micro",
            2,
            "is first_frame 1, because frames are counted from",
        ),
        ("predictions", "006,a,micro,3000,3010,0.5", 2, "3010 is beyond the last frame 2999"),
        ("predictions", "006,a,micro,2990,3004,0.5", 0, "3004 is beyond the last frame 2999"),
        ("predictions", "s3,c,micro,9990,9999,0.5", 0, ""),  # its length is not known
    ],
)
def test_what_ends_beyond_the_last_frame_is_told(capsys, files, table, line, status, message):
    with (files / f"{table}.csv").open("a") as file:
        file.write(line + "\n")
    done = run(capsys, files, "--videos", str(files / "videos.csv"))
    assert done[0] == status and message in done[2]
    assert ("row 5: offset: " in done[2]) == bool(message)


def test_numbers_of_images_are_not_known_and_nothing_is_refused(capsys, files):
    images = VIDEOS.replace("a.mp4", "images/a").replace("3000", "10")
    (files / "videos.csv").write_text(images)
    status, _, err = run(capsys, files, "--videos", str(files / "videos.csv"))
    assert status == 0 and "labels.csv: row 2: offset: 19 is beyond the last frame 10 of 'a'" in err
