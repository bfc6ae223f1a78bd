"""`mespot score`: every bad input is named by its row, its file or its option."""

import pytest

from mespot import cli
from tests.unit import score_command
from tests.unit.score_command import LABELS, PREDICTIONS, VIDEOS, arguments, run

GOOD = "006,a,micro,12,19,0.9"


@pytest.fixture
def files(tmp_path):
    return score_command.write(tmp_path)


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
