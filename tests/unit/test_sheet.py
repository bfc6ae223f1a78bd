"""The two sheets: what they give, and each way in which they can be wrong."""

import os
import re

import pandas as pd
import pytest

from mespot.corpora.sheet import faces_of, read_sheets
from mespot.errors import InputError

VIDEOS = "subject,video,path,fps\n006,006_1,a.mp4,\ns2,v2,images,30\n007,v3,sub/b.avi,29.97\n"
LABELS = (
    "subject,video,onset,apex,offset,type\n006,006_1,5,9,14,micro\n006,006_1,0,,40,macro\n"
    "s2,v2,100,100,112,micro\n"
)


@pytest.fixture
def corpus(tmp_path):
    root = tmp_path / "corpus"
    (root / "images").mkdir(parents=True)
    (root / "sub").mkdir()
    (root / "a.mp4").write_bytes(b"x")
    (root / "sub" / "b.avi").write_bytes(b"x")
    return root


def read(root, videos=VIDEOS, labels=None, encoding="utf-8"):
    (root / "videos.csv").write_bytes(videos.encode(encoding))
    if labels is None:
        return read_sheets(root / "videos.csv")
    (root / "annotations.csv").write_bytes(labels.encode(encoding))
    return read_sheets(root / "videos.csv", root / "annotations.csv")


def refused(root, *expected, videos=VIDEOS, labels=None, **kwargs):
    with pytest.raises(InputError) as caught:
        read(root, videos, labels, **kwargs)
    for text in expected:
        assert text in str(caught.value)
    return str(caught.value)


def test_good_sheets(corpus):
    videos, labels = read(corpus, labels=LABELS)
    assert videos["subject"].tolist() == ["006", "s2", "007"]
    assert videos["path"].tolist() == [str(corpus / p) for p in ("a.mp4", "images", "sub/b.avi")]
    assert videos["fps"].isna().tolist() == [True, False, False]
    assert videos["fps"].tolist()[1:] == [30, 29.97]
    assert labels["onset"].tolist() == [5, 0, 100]
    assert labels["apex"].isna().tolist() == [False, True, False]
    assert labels["type"].tolist() == ["micro", "macro", "micro"]
    assert str(labels["offset"].dtype) == "Int64"


def test_without_annotations(corpus):
    assert read(corpus)[1] is None


def test_nobody_showed_anything(corpus):
    labels = read(corpus, labels="subject,video,onset,apex,offset,type\n")[1]
    assert labels.empty and list(labels.columns)[2:5] == ["onset", "apex", "offset"]


def test_what_spreadsheet_programs_add_does_no_harm(corpus):
    plain = read(corpus, labels=LABELS)
    windows = [text.replace("\n", "\r\n") + "\r\n,,,\r\n" for text in (VIDEOS,)]
    other = read(corpus, windows[0], LABELS.replace(",", " , "), encoding="utf-8-sig")
    for one, two in zip(plain, other, strict=True):
        pd.testing.assert_frame_equal(one, two)
    columns = [line.split(",")[::-1] for line in VIDEOS.split()]
    reordered = read(corpus, "\n".join(",".join(row) for row in columns))[0]
    pd.testing.assert_frame_equal(reordered, plain[0])


def test_a_relative_sheet_gives_relative_paths(corpus, monkeypatch):
    read(corpus)
    monkeypatch.chdir(corpus.parent)
    assert read_sheets("corpus/videos.csv")[0]["path"][1] == "corpus/images"


# ---------------------------------------------------------------- the file


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="none.csv: does not exist"):
        read_sheets(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("subject,video,path,fps\n", "no rows"),
        ("subject,video,fps\ns1,a,\n", "row 1: column 'path' is missing"),
        ("subject,video,path,fps,path\n", "row 1: column 'path' stands 2 times"),
        (
            "subject,video,paths,fps\n",
            "column 'path' is missing; 'paths' is not known (is path mea",
        ),
        ("subject;video;fps\ns1;a;\n", "row 1: column 'path' is missing"),
        ("Subject,subject,video,path,fps\n", "row 1: column 'subject' stands 2 times"),
        ("My study,,,\n,,,\n" + VIDEOS, "row 1: is no header, but row 3 looks like it; delete the"),
        (VIDEOS + "s9,v9,a.mp4\n", "row 5: columns: 3 cells, but the header has 4"),
        (VIDEOS + 's9,"v9,a.mp4,\n', "row 5: is not CSV"),
        (VIDEOS + "s9,v9,a.mp4,30,4+7\n", "row 5: columns: 5 cells, but the header has 4"),
        (VIDEOS + "checked by KL,,,\n", "row 5: columns: has only 'checked by KL' in it; delete"),
    ],
)
def test_a_file_that_is_no_sheet(corpus, text, expected):
    refused(corpus, "videos.csv", expected, videos=text)


def test_other_encodings(corpus):
    refused(corpus, "not UTF-8", videos=VIDEOS.replace("s2", "sé"), encoding="latin-1")
    refused(corpus, "row 3: is not UTF-8", videos=VIDEOS.replace("s2", "sé"), encoding="cp1252")
    refused(corpus, "it has null bytes", encoding="utf-16-le")
    refused(corpus, "is a workbook and no CSV", videos="PK\x03\x04")


# ---------------------------------------------------------------- rows of the recording sheet


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("006,006_1,a.mp4,", "row 5: video: '006_1' is already in row 2"),
        ("s9,v9,none.mp4,30", "row 5: path: 'none.mp4' does not exist"),
        ("s9,v9,,30", "row 5: path: is empty"),
        ("s9,v9,../corpus/a.mp4,30", "row 5: path: '../corpus/a.mp4' leads elsewhere"),
        ("s9,v9,sub/../../x,30", "row 5: path: 'sub/../../x' leads elsewhere"),
        ("s9,v9,/etc/hosts,30", "row 5: path: '/etc/hosts' leads elsewhere"),
        ("s9,v9,link/secret.mp4,30", "is a link to"),
        ("s9,v9,loop,30", "row 5: path: 'loop'"),
        ("s9,v9,images,", "row 5: fps: is needed for a folder of images"),
        ("s9,v9,images,NA", "row 5: fps: is needed for a folder of images"),
        ("s9,v9,a.mp4,0", "row 5: fps: '0' must be a positive number"),
        ("s9,v9,a.mp4,-25", "row 5: fps: '-25'"),
        ("s9,v9,a.mp4,inf", "row 5: fps: 'inf'"),
        ('s9,v9,a.mp4,"29,970"', "row 5: fps: '29,970' can be read in two ways; write 29.970 or"),
        ("s9,v9,a.mp4,30/0", "row 5: fps: '30/0' must be a positive number"),
        ("s9,V2,a.mp4,30", "row 5: video: 'V2' differs from 'v2' in row 3 in the case of letters"),
        (
            "S2,v9,a.mp4,30",
            "row 5: subject: 'S2' differs from 's2' in row 3 in the case of letters",
        ),
        ("s9," + "v" * 245 + ",a.mp4,30", "has 245 characters, and file names have room for 150"),
        ("s9,v9,C:\\data\\a.mp4,30", "'C:\\data\\a.mp4' leads elsewhere"),
        ("s9,v 9,a.mp4,30", "row 5: video: 'v 9' may have the characters"),
        ("s9,a/b,a.mp4,30", "row 5: video: 'a/b'"),
        ("s/9,v9,a.mp4,30", "row 5: subject: 's/9'"),
        ("all,v9,a.mp4,30", "row 5: subject: 'all' is reserved for the totals"),
        ("All,v9,a.mp4,30", "row 5: subject: 'All' is reserved for the totals"),
        ("s9,all,a.mp4,30", "row 5: video: 'all' is reserved"),
        ("s9,..,a.mp4,30", "row 5: video: '..' is reserved"),
        (",v9,a.mp4,30", "row 5: subject: is empty"),
        ("s9,,a.mp4,30", "row 5: video: is empty"),
        ("s9,v9,{a}/x.mp4,30", "row 5: path: '{a}/x.mp4' has { or }, which no path may have"),
    ],
)
def test_bad_rows_of_the_recording_sheet(corpus, tmp_path, row, expected):
    (tmp_path / "secret.mp4").write_bytes(b"x")
    (corpus / "link").symlink_to(tmp_path)
    (corpus / "loop").symlink_to("loop")
    message = refused(corpus, expected, videos=VIDEOS + row + "\n")
    assert message.count("\n") == 0  # one fault, one line


def test_a_link_that_stays_inside_is_fine(corpus):
    (corpus / "inside").symlink_to("sub")
    videos = read(corpus, VIDEOS + "s9,v9,inside/b.avi,30\n")[0]
    assert videos["path"].tolist()[3] == str(corpus / "inside/b.avi")


def test_rows_are_lines_of_the_file(corpus):
    refused(corpus, "row 8: fps: 'x'", videos=VIDEOS + '\n\n"s8",v8,a.mp4,30\ns9,v9,a.mp4,x\n')


# ---------------------------------------------------------------- rows of the annotation sheet


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("006,v9,1,2,3,micro", "row 5: video: 'v9' is not in the recording sheet"),
        ("s9,006_1,1,2,3,micro", "row 5: subject: 's9', but the recording sheet says"),
        (
            "6,006_1,1,2,3,micro",
            "row 5: subject: '6', but the recording sheet says that '006_1' is",
        ),
        (",,1,2,3,micro", "row 5: video: is empty; if cells were merged, write subject and video"),
        ('006,006_1,"1,310",,1320,micro', "row 5: onset: '1,310' must be a whole frame number"),
        ("006,006_1,00:01.5,,60,micro", "a time belongs in a column onset_s"),
        (
            "006,006_1,310,316,0,macro",
            "row 5: offset: 0 is before the onset 310; if the end is not",
        ),
        ("006,006_1,9,,3,micro", "row 5: offset: 3 is before the onset 9"),
        ("006,006_1,1,4,3,micro", "row 5: apex: 4 is outside [1, 3]"),
        ("006,006_1,1,0,3,micro", "row 5: apex: 0 is outside [1, 3]"),
        ("006,006_1,1,2,3,M", "row 5: type: 'M' must be micro or macro"),
        ("006,006_1,1,2,3,", "row 5: type: ''"),
        ("006,006_1,1.5,2,3,micro", "row 5: onset: '1.5' must be a whole frame number"),
        ("006,006_1,-1,2,3,micro", "row 5: onset: '-1'"),
        ("006,006_1,1,x,3,micro", "row 5: apex: 'x'"),
        ("006,006_1,1,2,,micro", "row 5: offset: ''"),
        ("006,006_1,1,2,9999999999,micro", "row 5: offset: '9999999999'"),
        ("006,006_1,5,9,14,micro", "row 5: video: the same label as in row 2"),
    ],
)
def test_bad_rows_of_the_annotation_sheet(corpus, row, expected):
    message = refused(corpus, "annotations.csv", expected, labels=LABELS + row + "\n")
    assert message.count("\n") == 0


def test_all_faults_in_one_message(corpus):
    message = refused(
        corpus, "row 5: onset", "row 5: type", "row 6: video", labels=LABELS + "006,006_1,x,,9,?\n"
        "s2,v9,1,,2,micro\n",
    )  # fmt: skip
    assert message.count("\n") == 2
    many = LABELS + "".join(f"006,006_1,{i},,0,micro\n" for i in range(1, 51))
    message = refused(corpus, "and 30 more", labels=many)
    assert len(re.findall("is before the onset", message)) == 20


# ---------------------------------------------------------------- a root, a first frame


def test_paths_can_be_relative_to_a_root(corpus, tmp_path):
    sheet = tmp_path / "elsewhere" / "videos.csv"
    sheet.parent.mkdir()
    sheet.write_text(VIDEOS)
    videos = read_sheets(sheet, root=corpus)[0]
    assert videos["path"].tolist()[1] == str(corpus / "images")
    sheet.write_text(VIDEOS + "s9,v9,../x,30\n")
    with pytest.raises(InputError, match=f"must lie below {corpus}"):
        read_sheets(sheet, root=corpus)


def test_the_face_that_is_followed(corpus):
    text = "subject,video,path,fps,face\n006,v1,a.mp4,30,Left\n006,v2,sub/b.avi,30,\n"
    text += "006,v3,images,30,2\n"
    assert faces_of(read(corpus, text)[0]) == {"v1": "left", "v3": 2}
    assert faces_of(read(corpus)[0]) == {}
    bad = text + "s,v4,a.mp4,30,middle\ns,v5,a.mp4,30,0\n"
    bad += f"s,v6,a.mp4,30,{'9' * 5000}\n"
    refused(corpus, "row 5: face: 'middle' must be auto, left", "row 6: face: '0'", videos=bad)
    refused(corpus, "row 7: face: '999", videos=bad)


def test_a_subject_of_many_digits(corpus):
    labels = "subject,video,onset,offset,type\n"
    refused(corpus, "row 2: subject: '999", labels=f"{labels}{'9' * 5000},006_1,1,9,micro\n")
    refused(corpus, "write 006: a spreadsheet program", labels=f"{labels}6,006_1,1,9,micro\n")


def test_first_frame_of_video_files(corpus):
    text = "subject,video,path,fps,first_frame\n006,v1,a.mp4,30,1\n006,v2,sub/b.avi,30,\n"
    videos = read(corpus, text)[0]
    assert videos["first_frame"].tolist() == [1, pd.NA]
    refused(corpus, "row 4: first_frame: is for video files", videos=text + "s,v3,images,30,1\n")
    refused(corpus, "row 4: first_frame: '-1'", videos=text + "s,v3,a.mp4,30,-1\n")


def test_a_pipe_is_no_recording(corpus):
    os.mkfifo(corpus / "pipe.mp4")
    videos = VIDEOS + "s9,v9,pipe.mp4,30\n"
    refused(corpus, "row 5: path: 'pipe.mp4' is a pipe, device or socket", videos=videos)
